//! ICMP error queue of a socket: `MSG_ERRQUEUE` of recvmsg(2), `IP_RECVERR` in ip(7).

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
use socket2::Socket;

use super::cmsg::{CmsgBuffer, timestamp};
use super::sockets::socket_addr;
use crate::outcome::{IcmpError, IcmpVersion};
use crate::platform::ErrorQueueEntry;

/// Most entries read from the queue of a socket with one probe, ICMP errors or not.
const MAX_ENTRIES: usize = 16;

/// Content of a socket's error queue.
#[derive(Debug, Default)]
pub(super) struct Drained {
    /// The first ICMP error.
    pub(super) icmp: Option<IcmpError>,
    /// Its kernel receive timestamp, if the socket has timestamping enabled.
    pub(super) icmp_at: Option<Duration>,
    /// An entry was truncated: a missing ICMP error proves nothing.
    pub(super) truncated: bool,
}

/// Drains the error queue of a socket with one probe, for which the quoted packet is not needed.
pub(super) fn drain(socket: &Socket) -> Drained {
    let mut drained = Drained::default();
    let mut control = CmsgBuffer::default();
    for _ in 0..MAX_ENTRIES {
        match read_error_queue(socket, &mut [0], &mut control) {
            Some(ErrorQueueEntry::Icmp { error, at, .. }) if drained.icmp.is_none() => {
                (drained.icmp, drained.icmp_at) = (Some(error), at);
            }
            Some(
                ErrorQueueEntry::Icmp { .. }
                | ErrorQueueEntry::TxTimestamp { .. }
                | ErrorQueueEntry::Other,
            ) => {}
            Some(ErrorQueueEntry::Truncated) => drained.truncated = true,
            None => break,
        }
    }
    drained
}

/// Dequeues one entry; `quote` receives what fits of the quoted packet. `None`: the queue is empty.
pub fn read_error_queue(
    socket: &Socket,
    quote: &mut [u8],
    control: &mut CmsgBuffer,
) -> Option<ErrorQueueEntry> {
    let mut iov = [IoSliceMut::new(quote)];
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let descriptor = socket.as_raw_fd();
    let message =
        recvmsg::<SockaddrStorage>(descriptor, &mut iov, Some(&mut control.0), flags).ok()?;
    let target = message.address.as_ref().and_then(socket_addr);
    // `cmsgs` fails on MSG_CTRUNC.
    let Ok(cmsgs) = message.cmsgs() else {
        return Some(ErrorQueueEntry::Truncated);
    };
    let cmsgs: Vec<_> = cmsgs.collect();
    let icmp = cmsgs.iter().find_map(icmp_in);
    let entry = icmp.map(|error| ErrorQueueEntry::Icmp {
        error,
        at: timestamp(&cmsgs),
        target,
        quoted: message.bytes,
    });
    let entry = entry.or_else(|| tx_timestamp(&cmsgs));
    Some(entry.unwrap_or(ErrorQueueEntry::Other))
}

/// A transmit timestamp (`SO_EE_ORIGIN_TIMESTAMPING`).
fn tx_timestamp(cmsgs: &[ControlMessageOwned]) -> Option<ErrorQueueEntry> {
    let at = timestamp(cmsgs)?;
    cmsgs.iter().find_map(|cmsg| match cmsg {
        ControlMessageOwned::Ipv4RecvErr(entry, _) | ControlMessageOwned::Ipv6RecvErr(entry, _) => {
            let id = entry.ee_data;
            let is_timestamp = entry.ee_origin == libc::SO_EE_ORIGIN_TIMESTAMPING;
            is_timestamp.then_some(ErrorQueueEntry::TxTimestamp { id, at })
        }
        _ => None,
    })
}

fn icmp_in(cmsg: &ControlMessageOwned) -> Option<IcmpError> {
    match cmsg {
        ControlMessageOwned::Ipv4RecvErr(error, from) => {
            let from = from.filter(|from| i32::from(from.sin_family) == libc::AF_INET);
            let from = from.map(|from| Ipv4Addr::from(u32::from_be(from.sin_addr.s_addr)).into());
            icmp_error(*error, from)
        }
        ControlMessageOwned::Ipv6RecvErr(error, from) => {
            let from = from.filter(|from| i32::from(from.sin6_family) == libc::AF_INET6);
            let from = from.map(|from| Ipv6Addr::from(from.sin6_addr.s6_addr).into());
            icmp_error(*error, from)
        }
        _ => None,
    }
}

/// Decodes an entry of ICMP origin; `SO_EE_ORIGIN_LOCAL` and timestamps are none.
fn icmp_error(error: libc::sock_extended_err, from: Option<IpAddr>) -> Option<IcmpError> {
    let version = match error.ee_origin {
        libc::SO_EE_ORIGIN_ICMP => IcmpVersion::V4,
        libc::SO_EE_ORIGIN_ICMP6 => IcmpVersion::V6,
        _ => return None,
    };
    let icmp = IcmpError {
        version,
        kind: error.ee_type,
        code: error.ee_code,
        from: from.map(|from| from.to_canonical()),
        mtu: None,
    };
    // Packet too big: `ee_info` is the next-hop MTU (`icmp_unreach` in net/ipv4/icmp.c, `udpv6_err` in net/ipv6/udp.c);
    // old routers leave it 0 (RFC 1191 section 5).
    let mtu = Some(error.ee_info).filter(|mtu| icmp.is_too_big() && *mtu > 0);
    Some(IcmpError { mtu, ..icmp })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(origin: u8) -> libc::sock_extended_err {
        libc::sock_extended_err {
            ee_errno: 113,
            ee_origin: origin,
            ee_type: 3,
            ee_code: 13,
            ee_pad: 0,
            ee_info: 0,
            ee_data: 0,
        }
    }

    #[test]
    fn only_icmp_origin_is_an_icmp_error() {
        assert_eq!(icmp_error(entry(libc::SO_EE_ORIGIN_LOCAL), None), None);
        assert_eq!(
            icmp_error(entry(libc::SO_EE_ORIGIN_TIMESTAMPING), None),
            None
        );
        let error = icmp_error(entry(libc::SO_EE_ORIGIN_ICMP), None).expect("an ICMP error");
        assert_eq!((error.kind, error.code), (3, 13));
    }

    #[test]
    fn sender_of_family_unspec_is_absent() {
        let unspecified = libc::sockaddr_in {
            sin_family: 0,
            sin_port: 0,
            sin_addr: libc::in_addr { s_addr: 0 },
            sin_zero: [0; 8],
        };
        let cmsg =
            ControlMessageOwned::Ipv4RecvErr(entry(libc::SO_EE_ORIGIN_ICMP), Some(unspecified));
        assert_eq!(icmp_in(&cmsg).expect("an ICMP error").from, None);
    }
}
