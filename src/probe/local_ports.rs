//! Which local port comes next.
//!
//! A port used again too soon meets the server's memory of the old connection: a stalled handshake or
//! a RST that was meant for its predecessor. So every target's probes walk through the whole range,
//! instead of taking what the kernel draws at random (RFC 6056).

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use socket2::{SockAddr, Socket};

use super::chance::chance;
use super::socket_options::any_port;
use crate::hosts::Protocol;
use crate::platform::{self, EchoSocket, EphemeralPorts};

/// The ports that a run walks through.
#[derive(Clone, Debug)]
pub(super) struct PortRange {
    low: u16,
    size: u32,
    reserved: Vec<RangeInclusive<u16>>,
}

/// One target's place in the range.
#[derive(Clone, Copy, Debug)]
pub(super) struct PortWalk {
    step: u32,
}

impl PortRange {
    /// The kernel's range, less the reserved ports.
    pub(super) fn ephemeral(ports: EphemeralPorts) -> Option<Self> {
        let mut range = Self::exactly(&ports.range)?;
        range.reserved = ports.reserved;
        Some(range)
    }

    /// A range the user asked for. `None` if it is empty.
    pub(super) fn exactly(range: &RangeInclusive<u16>) -> Option<Self> {
        (!range.is_empty()).then(|| Self {
            low: *range.start(),
            size: u32::from(*range.end()) - u32::from(*range.start()) + 1,
            reserved: Vec::new(),
        })
    }

    /// How many ports there are.
    pub(super) fn len(&self) -> usize {
        self.size as usize
    }

    fn is_reserved(&self, port: u16) -> bool {
        self.reserved.iter().any(|hole| hole.contains(&port))
    }
}

impl PortWalk {
    /// Starts anywhere, so that two runs at once do not walk in step.
    pub(super) fn anywhere() -> Self {
        Self {
            step: (chance() >> 32) as u32,
        }
    }

    /// The next port that is not `but`. `None` if the range has no other.
    ///
    /// A target on this machine must not be probed from its own port: TCP would connect to itself
    /// (simultaneous open, RFC 9293 section 3.5) and a closed port would look open.
    pub(super) fn next(&mut self, range: &PortRange, but: u16) -> Option<u16> {
        (0..range.size).find_map(|_| {
            self.step = self.step.wrapping_add(1) % range.size;
            let port = u16::try_from(u32::from(range.low) + self.step).ok()?;
            (port != but && !range.is_reserved(port)).then_some(port)
        })
    }
}

/// So many local ports, or identifiers of ICMP echoes, that nothing uses, one after the other: of both parities, unlike
/// those that Linux names, which for bind(2) are odd (`inet_csk_find_open_port` in
/// `net/ipv4/inet_connection_sock.c`).
/// Fewer where there are no more.
pub(crate) fn free_ports(
    protocol: Protocol,
    target: SocketAddr,
    source: Option<IpAddr>,
    wanted: usize,
) -> Vec<u16> {
    let held = |port| hold(protocol, target, source, port);
    let Some((first, socket)) = held(0) else {
        return Vec::new();
    };
    // Held until all are known: a ping socket's identifier may not be its own otherwise.
    let next = (first..=u16::MAX).skip(1).filter_map(held);
    let all = std::iter::once((first, socket)).chain(next).take(wanted);
    let all: Vec<_> = all.collect();
    all.iter().map(|(port, _)| *port).collect()
}

/// This port, or with 0 any, and the socket that holds it until it is dropped. `None` where it is taken.
fn hold(
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
        // It has no identifier of its own: what it calls its port is the number of the protocol. Any will do.
        let any = (chance() >> 49) as u16 + 1;
        return Some((if port == 0 { any } else { port }, socket));
    }
    let mut local = any_port(source, target);
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
    fn a_port_comes_again_only_after_all_others() {
        let range = PortRange::exactly(&(40000..=40099)).expect("a range");
        let mut walk = PortWalk::anywhere();
        let mut lap = || {
            (0..100)
                .filter_map(|_| walk.next(&range, 0))
                .collect::<Vec<_>>()
        };
        let first = lap();
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 100);
        assert_eq!(first, lap(), "the second lap is the first one again");
    }

    #[test]
    fn reserved_ports_are_left_out() {
        let range = PortRange::ephemeral(EphemeralPorts {
            range: 65530..=65535,
            reserved: vec![65531..=65534],
        });
        let range = range.expect("a range");
        let mut walk = PortWalk::anywhere();
        let seen: HashSet<_> = (0..10).filter_map(|_| walk.next(&range, 0)).collect();
        assert_eq!(seen, HashSet::from([65530, 65535]));
    }

    #[test]
    fn the_target_s_own_port_is_left_out() {
        let range = PortRange::exactly(&(40000..=40002)).expect("a range");
        let mut walk = PortWalk::anywhere();
        let seen: HashSet<_> = (0..9).filter_map(|_| walk.next(&range, 40001)).collect();
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
    fn a_range_without_a_free_port_ends() {
        let range = PortRange::ephemeral(EphemeralPorts {
            range: 100..=101,
            reserved: vec![1..=1000],
        });
        assert_eq!(PortWalk::anywhere().next(&range.expect("a range"), 0), None);
    }
}
