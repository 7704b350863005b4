//! Hop limit of the SYN-ACK. IPv6 only: over IPv4 the same getsockopt(2) returns an unrelated default
//! (`do_ip_getsockopt` in `net/ipv4/ip_sockglue.c`).

use socket2::Socket;

use super::{cmsg, sockopt};

/// Buffer size: one control message, a header of 16 bytes and a padded `int`, fits.
const LENGTH: usize = 64;

/// `IPV6_2292PKTOPTIONS` of include/uapi/linux/in6.h, which the libc crate lacks.
const IPV6_2292PKTOPTIONS: i32 = 6;

/// The hop limit of the SYN-ACK, for a connected IPv6 socket with `IPV6_RECVHOPLIMIT` (`tcp_v6_do_rcv` in
/// `net/ipv6/tcp_ipv6.c`).
pub fn syn_ack_hop_limit(socket: &Socket) -> Option<u8> {
    let mut buffer = [0_u8; LENGTH];
    let length = sockopt::get(socket, libc::IPPROTO_IPV6, IPV6_2292PKTOPTIONS, &mut buffer)?;
    cmsg::hop_limit(buffer.get(..length)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform;
    use std::net::{Ipv6Addr, TcpListener};

    #[test]
    fn syn_ack_over_loopback_has_initial_hop_limit() {
        let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
            return; // no IPv6 on this machine
        };
        let address = listener.local_addr().expect("an address");
        let socket = platform::tcp_socket(address).expect("a socket");
        platform::enable_recvttl(&socket, true).expect("the option");
        socket.set_nonblocking(false).expect("a blocking socket");
        socket.connect(&address.into()).expect("a connection");
        // net.ipv6.conf.lo.hop_limit is 64 by default.
        assert!(syn_ack_hop_limit(&socket).is_some_and(|hop_limit| hop_limit > 1));
    }
}
