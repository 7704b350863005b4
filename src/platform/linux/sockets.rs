//! TCP, UDP and ICMP echo sockets: non-blocking, close-on-exec.

use std::io;
use std::net::SocketAddr;

use nix::sys::socket::SockaddrStorage;
use socket2::{Domain, Protocol, Socket, Type};

use crate::platform::EchoSocket;

/// Opens a TCP socket.
pub fn tcp_socket(target: SocketAddr) -> io::Result<Socket> {
    let kind = Type::STREAM.nonblocking().cloexec();
    Socket::new(Domain::for_address(target), kind, Some(Protocol::TCP))
}

/// Opens a UDP socket.
pub fn udp_socket(target: SocketAddr) -> io::Result<Socket> {
    let kind = Type::DGRAM.nonblocking().cloexec();
    Socket::new(Domain::for_address(target), kind, Some(Protocol::UDP))
}

/// Opens a socket for ICMP echo: a ping socket if `ping_group_range` allows it (icmp(7)), else a raw socket.
pub fn echo_socket(target: SocketAddr) -> io::Result<(Socket, EchoSocket)> {
    let domain = Domain::for_address(target);
    let protocol = if target.is_ipv4() {
        Protocol::ICMPV4
    } else {
        Protocol::ICMPV6
    };
    let open = |kind: Type| Socket::new(domain, kind.nonblocking().cloexec(), Some(protocol));
    match open(Type::DGRAM) {
        Ok(socket) => Ok((socket, EchoSocket::Ping)),
        // The ping socket's error is the more specific one.
        Err(error) => match open(Type::RAW) {
            Ok(socket) => Ok((socket, EchoSocket::Raw)),
            Err(_) => Err(error),
        },
    }
}

/// Closes a TCP connection with a RST, so that the socket can connect again (connect(2) on `AF_UNSPEC`).
pub fn disconnect(socket: &Socket) -> io::Result<()> {
    Ok(rustix::net::connect_unspec(socket)?)
}

/// An IPv4 or IPv6 address with its port.
pub(super) fn socket_addr(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in();
    let v6 = address.as_sockaddr_in6();
    let v4 = v4.map(|v4| SocketAddr::V4((*v4).into()));
    v4.or_else(|| v6.map(|v6| SocketAddr::V6((*v6).into())))
}
