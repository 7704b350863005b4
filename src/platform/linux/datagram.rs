//! Sockets for UDP and ICMP echo, with all that Linux tells about a datagram: when it left, when it came,
//! and with how many hops left.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use nix::cmsg_space;
use nix::sys::socket::{SockaddrStorage, TimestampingFlag, Timestamps, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, Socket, Type};

use super::option;
use crate::platform::EchoSocket;

/// A UDP socket that never blocks and no child inherits.
pub fn udp_socket(target: SocketAddr) -> io::Result<Socket> {
    let kind = Type::DGRAM.nonblocking().cloexec();
    Socket::new(Domain::for_address(target), kind, Some(Protocol::UDP))
}

/// A socket for ICMP echoes: the kernel's ping socket where this user's group may have one
/// (`ping_group_range` in icmp(7)), else a raw one where this process may.
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
        // The refusal of the raw socket says less than that of the ping socket.
        Err(refusal) => match open(Type::RAW) {
            Ok(socket) => Ok((socket, EchoSocket::Raw)),
            Err(_) => Err(refusal),
        },
    }
}

/// Asks for the hops left of each answer (`IP_RECVTTL` in ip(7), `IPV6_RECVHOPLIMIT` in ipv6(7)).
pub fn enable_recvttl(socket: &Socket, v6: bool) -> io::Result<()> {
    if v6 {
        setsockopt(socket, sockopt::Ipv6RecvHopLimit, &true)?;
    } else {
        setsockopt(socket, sockopt::Ipv4RecvTtl, &true)?;
    }
    Ok(())
}

/// Asks for the kernel's time stamps of what comes, and with `transmit` of what leaves
/// (Documentation/networking/timestamping.rst).
pub fn enable_timestamping(socket: &Socket, transmit: bool) -> io::Result<()> {
    let received = TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE;
    let sent = TimestampingFlag::SOF_TIMESTAMPING_TX_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_OPT_ID
        | TimestampingFlag::SOF_TIMESTAMPING_OPT_TSONLY;
    let flags = if transmit { received | sent } else { received };
    setsockopt(socket, sockopt::Timestamping, &flags)?;
    Ok(())
}

/// Says whether routers, and this machine, may cut datagrams into fragments (`IP_MTU_DISCOVER` in ip(7)).
///
/// Not allowed is `IP_PMTUDISC_PROBE`, not `_DO`: with `_DO` the kernel would remember a router's answer and
/// refuse the next probe itself, and that router would never be asked again.
pub fn set_fragmentation(socket: &Socket, v6: bool, allowed: bool) -> io::Result<()> {
    let (level, name, value) = match (v6, allowed) {
        (false, true) => (
            libc::IPPROTO_IP,
            libc::IP_MTU_DISCOVER,
            libc::IP_PMTUDISC_DONT,
        ),
        (false, false) => (
            libc::IPPROTO_IP,
            libc::IP_MTU_DISCOVER,
            libc::IP_PMTUDISC_PROBE,
        ),
        // Over IPv6 only the sender fragments, and has to know the path's MTU for it (RFC 8200 section 5).
        (true, true) => return Ok(()),
        (true, false) => (
            libc::IPPROTO_IPV6,
            libc::IPV6_MTU_DISCOVER,
            libc::IPV6_PMTUDISC_PROBE,
        ),
    };
    if v6 {
        setsockopt(socket, sockopt::Ipv6DontFrag, &true)?;
    }
    option::set(socket, level, name, value)
}

/// Room for what comes with an error; kept from call to call.
#[derive(Debug)]
pub struct CmsgBuffer(pub(super) Vec<u8>);

impl Default for CmsgBuffer {
    fn default() -> Self {
        Self(cmsg_space!(
            libc::sock_extended_err,
            libc::sockaddr_in6,
            Timestamps,
            i32,
            i32
        ))
    }
}

/// An IP address and port.
pub(super) fn address(from: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = from.as_sockaddr_in().map(|v4| SocketAddr::V4((*v4).into()));
    v4.or_else(|| {
        from.as_sockaddr_in6()
            .map(|v6| SocketAddr::V6((*v6).into()))
    })
}

/// A stamp as the time since 1970; one that was not taken is 0.
pub(super) fn time(stamp: TimeSpec) -> Option<Duration> {
    let time = Duration::from(stamp);
    (!time.is_zero()).then_some(time)
}
