//! The hop limit with which a TCP connection's last segment arrived. Linux tells it for IPv6 alone: the
//! same question over IPv4 answers with an unrelated default (`do_ip_getsockopt` in `net/ipv4/ip_sockglue.c`).

use socket2::Socket;

use super::option;

/// Room for one control message: a header of 16 bytes and a number, padded.
const LENGTH: usize = 64;

/// `IPV6_2292PKTOPTIONS` of include/uapi/linux/in6.h, which the libc crate does not name.
const PACKET_OPTIONS: i32 = 6;

/// Where the number stands: behind length (8), level (4) and type (4), cmsg(3).
const LEVEL: std::ops::Range<usize> = 8..12;
const KIND: std::ops::Range<usize> = 12..16;
const VALUE: std::ops::Range<usize> = 16..20;

/// The hop limit of the SYN-ACK, for a connected IPv6 socket that was asked to note it
/// (`IPV6_RECVHOPLIMIT`; `tcp_v6_do_rcv` in `net/ipv6/tcp_ipv6.c`).
pub fn syn_ack_hop_limit(socket: &Socket) -> Option<u8> {
    let mut buffer = [0_u8; LENGTH];
    let length = option::read(socket, libc::IPPROTO_IPV6, PACKET_OPTIONS, &mut buffer)?;
    decode(buffer.get(..length)?)
}

fn decode(bytes: &[u8]) -> Option<u8> {
    let number = |range: std::ops::Range<usize>| {
        let field = bytes.get(range)?;
        Some(i32::from_ne_bytes(field.try_into().ok()?))
    };
    let is_hops = number(LEVEL)? == libc::IPPROTO_IPV6
        && [libc::IPV6_HOPLIMIT, libc::IPV6_2292HOPLIMIT].contains(&number(KIND)?);
    let hops = u8::try_from(number(VALUE)?).ok();
    hops.filter(|_| is_hops)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform;
    use std::net::{Ipv6Addr, TcpListener};

    #[test]
    fn loopback_is_no_hop_away() {
        let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
            return; // no IPv6 here, so nothing to ask
        };
        let address = listener.local_addr().expect("an address");
        let socket = platform::tcp_socket(address).expect("a socket");
        platform::enable_recvttl(&socket, true).expect("the option");
        socket.set_nonblocking(false).expect("a blocking socket");
        socket.connect(&address.into()).expect("a connection");
        // net.ipv6.conf.lo.hop_limit is 64 unless somebody changed it.
        assert!(syn_ack_hop_limit(&socket).is_some_and(|hops| hops > 1));
    }

    #[test]
    fn nothing_else_is_taken_for_hops() {
        assert_eq!(decode(&[]), None);
        let mut bytes = [0; 24];
        bytes[LEVEL].copy_from_slice(&0_i32.to_ne_bytes());
        bytes[KIND].copy_from_slice(&2_i32.to_ne_bytes());
        bytes[VALUE].copy_from_slice(&1_i32.to_ne_bytes());
        assert_eq!(decode(&bytes), None, "what IPv4 would say");
    }
}
