//! The socket's error queue: `MSG_ERRQUEUE` of recvmsg(2), entries as in ip(7) under `IP_RECVERR`.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use socket2::Socket;

use crate::outcome::{IcmpError, IcmpVersion};

/// A queue can hold entries that are no ICMP errors; a socket of one probe never has many.
const MOST_ENTRIES: usize = 16;

/// What was found on a socket's error queue.
#[derive(Debug, Default)]
pub(super) struct Drained {
    /// The first ICMP error.
    pub(super) icmp: Option<IcmpError>,
    /// An entry could not be read whole, so no error is no proof that there was none.
    pub(super) cut: bool,
}

/// Drains the error queue.
pub(super) fn drain(socket: &Socket) -> Drained {
    let mut drained = Drained::default();
    for _ in 0..MOST_ENTRIES {
        match next_entry(socket) {
            Entry::Icmp(error) => drained.icmp = drained.icmp.or(Some(error)),
            Entry::Other => {}
            Entry::Cut => drained.cut = true,
            Entry::None => break,
        }
    }
    drained
}

enum Entry {
    Icmp(IcmpError),
    Other,
    Cut,
    None,
}

/// Takes one entry off the queue.
fn next_entry(socket: &Socket) -> Entry {
    // The quoted packet is not needed: one socket carries one probe.
    let mut quoted = [0_u8; 1];
    let mut iov = [IoSliceMut::new(&mut quoted)];
    let mut control = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in6);
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let Ok(message) = recvmsg::<()>(socket.as_raw_fd(), &mut iov, Some(&mut control), flags) else {
        return Entry::None;
    };
    // `cmsgs` fails where the kernel cut the control data (MSG_CTRUNC).
    let Ok(mut messages) = message.cmsgs() else {
        return Entry::Cut;
    };
    messages
        .find_map(|message| decode(&message))
        .map_or(Entry::Other, Entry::Icmp)
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
    Some(IcmpError {
        version,
        kind: error.ee_type,
        code: error.ee_code,
        from: from.map(|from| from.to_canonical()),
    })
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
