//! Selection of local ports.
//!
//! A port reused too soon may meet the old connection's state on the server: the handshake stalls or is reset. So the
//! probes of a target use the whole range in order, not the kernel's random choice (RFC 6056).

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use socket2::{SockAddr, Socket};

use super::random_u64;
use super::socket_options::port_zero;
use crate::hosts::Protocol;
use crate::platform::{self, EchoSocket, EphemeralPorts};

/// The local ports of a run.
#[derive(Clone, Debug)]
pub(super) struct PortRange {
    low: u16,
    size: u32,
    reserved: Vec<RangeInclusive<u16>>,
}

/// The last port used for one target.
#[derive(Clone, Copy, Debug)]
pub(super) struct PortCursor {
    offset: u32,
}

impl PortRange {
    /// The kernel's ephemeral range without the reserved ports.
    pub(super) fn ephemeral(ports: EphemeralPorts) -> Option<Self> {
        let mut range = Self::from_range(&ports.range)?;
        range.reserved = ports.reserved;
        Some(range)
    }

    /// A configured range; `None` if it is empty.
    pub(super) fn from_range(range: &RangeInclusive<u16>) -> Option<Self> {
        (!range.is_empty()).then(|| Self {
            low: *range.start(),
            size: u32::from(*range.end()) - u32::from(*range.start()) + 1,
            reserved: Vec::new(),
        })
    }

    /// The size of the range, reserved ports included.
    pub(super) fn len(&self) -> usize {
        self.size as usize
    }

    fn is_reserved(&self, port: u16) -> bool {
        self.reserved.iter().any(|ports| ports.contains(&port))
    }
}

impl PortCursor {
    /// Starts at a random offset, so that concurrent runs do not use the same ports at the same time.
    pub(super) fn random() -> Self {
        Self {
            offset: (random_u64() >> 32) as u32,
        }
    }

    /// The next port that is not `excluded`. `None` if the range has no other.
    ///
    /// A local target must not be probed from its own port: TCP connects to itself (simultaneous open, RFC 9293
    /// section 3.5), and a closed port looks open.
    pub(super) fn next(&mut self, range: &PortRange, excluded: u16) -> Option<u16> {
        (0..range.size).find_map(|_| {
            self.offset = self.offset.wrapping_add(1) % range.size;
            let port = u16::try_from(u32::from(range.low) + self.offset).ok()?;
            (port != excluded && !range.is_reserved(port)).then_some(port)
        })
    }
}

/// Up to `wanted` unused local ports, or ICMP echo identifiers, in ascending order. They are of both parities; Linux
/// prefers odd ones for bind(2) to port 0 (`inet_csk_find_open_port` in `net/ipv4/inet_connection_sock.c`).
pub fn free_ports(
    protocol: Protocol,
    target: SocketAddr,
    source: Option<IpAddr>,
    wanted: usize,
) -> Vec<u16> {
    let bound = |port| bind_port(protocol, target, source, port);
    let Some((first, socket)) = bound(0) else {
        return Vec::new();
    };
    // All sockets stay open until the last is bound: a closed ping socket's identifier may be assigned again.
    let next = (first..=u16::MAX).skip(1).filter_map(bound);
    let all = std::iter::once((first, socket)).chain(next).take(wanted);
    let all: Vec<_> = all.collect();
    all.iter().map(|(port, _)| *port).collect()
}

/// Binds a socket to `port`, or to any port for 0. `None`: the port is in use.
fn bind_port(
    protocol: Protocol,
    target: SocketAddr,
    source: Option<IpAddr>,
    port: u16,
) -> Option<(u16, Socket)> {
    let (socket, kind) = match protocol {
        Protocol::Tcp => (platform::tcp_socket(target).ok()?, None),
        Protocol::Udp => (platform::udp_socket(target).ok()?, None),
        Protocol::Icmp => platform::echo_socket(target)
            .map(|(socket, kind)| (socket, Some(kind)))
            .ok()?,
    };
    if kind == Some(EchoSocket::Raw) {
        // A raw socket has no identifier (its local port is the protocol number), so none is in use.
        let any = (random_u64() >> 49) as u16 + 1;
        return Some((if port == 0 { any } else { port }, socket));
    }
    let mut local = port_zero(source, target);
    local.set_port(port);
    socket.bind(&SockAddr::from(local)).ok()?;
    let port = socket.local_addr().ok()?.as_socket()?.port();
    Some((port, socket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_port_is_reused_only_after_all_others() {
        let range = PortRange::from_range(&(40000..=40099)).expect("a range");
        let mut cursor = PortCursor::random();
        let mut round = || {
            (0..100)
                .filter_map(|_| cursor.next(&range, 0))
                .collect::<Vec<_>>()
        };
        let first = round();
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 100);
        assert_eq!(first, round(), "the second round equals the first");
    }

    #[test]
    fn reserved_ports_are_skipped() {
        let range = PortRange::ephemeral(EphemeralPorts {
            range: 65530..=65535,
            reserved: vec![65531..=65534],
        });
        let range = range.expect("a range");
        let mut cursor = PortCursor::random();
        let seen: HashSet<_> = (0..10).filter_map(|_| cursor.next(&range, 0)).collect();
        assert_eq!(seen, HashSet::from([65530, 65535]));
    }

    #[test]
    fn the_excluded_port_is_skipped() {
        let range = PortRange::from_range(&(40000..=40002)).expect("a range");
        let mut cursor = PortCursor::random();
        let seen: HashSet<_> = (0..9).filter_map(|_| cursor.next(&range, 40001)).collect();
        assert_eq!(seen, HashSet::from([40000, 40002]));
    }

    #[test]
    fn free_ports_are_of_both_parities() {
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            let ports = free_ports(protocol, ([127, 0, 0, 1], 1).into(), None, 8);
            assert_eq!(ports.iter().collect::<HashSet<_>>().len(), 8, "{ports:?}");
            let odd = ports.iter().filter(|port| *port % 2 == 1).count();
            assert!((1..8).contains(&odd), "{protocol:?}: {ports:?}");
        }
    }

    #[test]
    fn a_fully_reserved_range_has_no_port() {
        let range = PortRange::ephemeral(EphemeralPorts {
            range: 100..=101,
            reserved: vec![1..=1000],
        });
        assert_eq!(PortCursor::random().next(&range.expect("a range"), 0), None);
    }
}
