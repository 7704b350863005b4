//! The socket's error queue: `MSG_ERRQUEUE` of recvmsg(2), entries as in ip(7) under `IP_RECVERR`.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
use socket2::Socket;

use super::datagram::{CmsgBuffer, address, time};
use crate::outcome::{IcmpError, IcmpVersion};
use crate::platform::ErrorQueueEntry;

/// A queue can hold entries that are no ICMP errors; a socket of one probe never has many.
const MOST_ENTRIES: usize = 16;

/// What was found on a socket's error queue.
#[derive(Debug, Default)]
pub(super) struct Drained {
    /// The first ICMP error.
    pub(super) icmp: Option<IcmpError>,
    /// When the kernel received it, if it stamps what this socket receives.
    pub(super) icmp_at: Option<Duration>,
    /// An entry could not be read whole, so no error is no proof that there was none.
    pub(super) cut: bool,
}

/// Drains the error queue of a socket that carries one probe, so that what an error quotes is not needed.
pub(super) fn drain(socket: &Socket) -> Drained {
    let mut drained = Drained::default();
    let mut control = CmsgBuffer::default();
    for _ in 0..MOST_ENTRIES {
        match read_error_queue(socket, &mut [0], &mut control) {
            Some(ErrorQueueEntry::Icmp { error, at, .. }) if drained.icmp.is_none() => {
                (drained.icmp, drained.icmp_at) = (Some(error), at);
            }
            Some(
                ErrorQueueEntry::Icmp { .. }
                | ErrorQueueEntry::TxTimestamp { .. }
                | ErrorQueueEntry::Other,
            ) => {}
            Some(ErrorQueueEntry::Truncated) => drained.cut = true,
            None => break,
        }
    }
    drained
}

/// Takes one entry off the queue, and as much as fits of the packet that it quotes.
pub fn read_error_queue(
    socket: &Socket,
    quoted: &mut [u8],
    control: &mut CmsgBuffer,
) -> Option<ErrorQueueEntry> {
    let mut iov = [IoSliceMut::new(quoted)];
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let descriptor = socket.as_raw_fd();
    let message =
        recvmsg::<SockaddrStorage>(descriptor, &mut iov, Some(&mut control.0), flags).ok()?;
    let target = message.address.as_ref().and_then(address);
    // `cmsgs` fails where the kernel cut the control data (MSG_CTRUNC).
    let Ok(messages) = message.cmsgs() else {
        return Some(ErrorQueueEntry::Truncated);
    };
    let messages: Vec<_> = messages.collect();
    let icmp = messages.iter().find_map(decode);
    let report = icmp.map(|error| ErrorQueueEntry::Icmp {
        error,
        at: stamp(&messages),
        target,
        quoted: message.bytes,
    });
    Some(
        report
            .or_else(|| sent(&messages))
            .unwrap_or(ErrorQueueEntry::Other),
    )
}

/// The kernel's time stamp of an entry.
fn stamp(messages: &[ControlMessageOwned]) -> Option<Duration> {
    messages.iter().find_map(|message| match message {
        ControlMessageOwned::ScmTimestampsns(stamps) => time(stamps.system),
        _ => None,
    })
}

/// The kernel's word that a datagram has left (`SO_EE_ORIGIN_TIMESTAMPING`).
fn sent(messages: &[ControlMessageOwned]) -> Option<ErrorQueueEntry> {
    let at = stamp(messages)?;
    messages.iter().find_map(|message| match message {
        ControlMessageOwned::Ipv4RecvErr(entry, _) | ControlMessageOwned::Ipv6RecvErr(entry, _) => {
            let id = entry.ee_data;
            let stamp = entry.ee_origin == libc::SO_EE_ORIGIN_TIMESTAMPING;
            stamp.then_some(ErrorQueueEntry::TxTimestamp { id, at })
        }
        _ => None,
    })
}

fn decode(message: &ControlMessageOwned) -> Option<IcmpError> {
    match message {
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

/// Keeps entries of ICMP origin; `SO_EE_ORIGIN_LOCAL` and time stamps are not the network's word.
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
    // For a packet that is too big the kernel adds the MTU of the next link (`icmp_unreach` in
    // net/ipv4/icmp.c, `udpv6_err` in net/ipv6/udp.c); old routers leave it 0 (RFC 1191 section 5).
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
    fn only_icmp_is_the_networks_word() {
        assert_eq!(icmp_error(entry(libc::SO_EE_ORIGIN_LOCAL), None), None);
        assert_eq!(
            icmp_error(entry(libc::SO_EE_ORIGIN_TIMESTAMPING), None),
            None
        );
        let error = icmp_error(entry(libc::SO_EE_ORIGIN_ICMP), None).expect("an ICMP error");
        assert_eq!((error.kind, error.code), (3, 13));
    }

    #[test]
    fn a_sender_of_no_family_is_absent() {
        let unspecified = libc::sockaddr_in {
            sin_family: 0,
            sin_port: 0,
            sin_addr: libc::in_addr { s_addr: 0 },
            sin_zero: [0; 8],
        };
        let message =
            ControlMessageOwned::Ipv4RecvErr(entry(libc::SO_EE_ORIGIN_ICMP), Some(unspecified));
        assert_eq!(decode(&message).expect("an ICMP error").from, None);
    }
}
