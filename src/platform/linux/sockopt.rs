//! Socket options (setsockopt(2), getsockopt(2)).

use std::io;
use std::os::fd::AsRawFd;

use nix::sys::socket::{TimestampingFlag, setsockopt, sockopt};
use socket2::Socket;

/// `IP_LOCAL_PORT_RANGE` of include/uapi/linux/in.h; Linux 6.3 and later.
const IP_LOCAL_PORT_RANGE: i32 = 51;

/// `IPV6_AUTOFLOWLABEL` of include/uapi/linux/in6.h; Linux 3.17 and later.
const IPV6_AUTOFLOWLABEL: i32 = 70;

/// Enables the ICMP error queue (`IP_RECVERR`, `IPV6_RECVERR`).
///
/// IPv4 queues errors of a connecting TCP socket even without the option, IPv6 does not (ipv6(7)).
pub fn enable_recverr(socket: &Socket, v6: bool) -> io::Result<()> {
    if v6 {
        setsockopt(socket, sockopt::Ipv6RecvErr, &true)?;
    } else {
        setsockopt(socket, sockopt::Ipv4RecvErr, &true)?;
    }
    Ok(())
}

/// Enables the TTL or hop limit of received datagrams (`IP_RECVTTL` in ip(7), `IPV6_RECVHOPLIMIT` in ipv6(7)).
pub fn enable_recvttl(socket: &Socket, v6: bool) -> io::Result<()> {
    if v6 {
        setsockopt(socket, sockopt::Ipv6RecvHopLimit, &true)?;
    } else {
        setsockopt(socket, sockopt::Ipv4RecvTtl, &true)?;
    }
    Ok(())
}

/// Enables kernel receive timestamps, and with `transmit` transmit timestamps (`SO_TIMESTAMPING`,
/// Documentation/networking/timestamping.rst).
pub fn enable_timestamping(socket: &Socket, transmit: bool) -> io::Result<()> {
    let receive = TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE;
    let send = TimestampingFlag::SOF_TIMESTAMPING_TX_SOFTWARE
        | TimestampingFlag::SOF_TIMESTAMPING_OPT_ID
        | TimestampingFlag::SOF_TIMESTAMPING_OPT_TSONLY;
    let flags = if transmit { receive | send } else { receive };
    setsockopt(socket, sockopt::Timestamping, &flags)?;
    Ok(())
}

/// Allows or forbids fragmentation, by this machine and by routers (`IP_MTU_DISCOVER` in ip(7)).
///
/// To forbid it is `IP_PMTUDISC_PROBE`, not `_DO`: with `_DO` the kernel caches the path MTU of an ICMP error and
/// rejects the next probe itself (EMSGSIZE), so the router is not probed again.
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
        // IPv6: only the sender fragments, which needs the path MTU (RFC 8200 section 5).
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
    set(socket, level, name, value)
}

/// Limits connect(2) to this one ephemeral port (ip(7)); if it is in use, connect(2) fails with EADDRNOTAVAIL. Sockets
/// of both families take the option at this level.
pub fn set_local_port(socket: &Socket, port: u16) -> io::Result<()> {
    // Low half: first port. High half: last port.
    let range = i32::from_ne_bytes((u32::from(port) << 16 | u32::from(port)).to_ne_bytes());
    set(socket, libc::IPPROTO_IP, IP_LOCAL_PORT_RANGE, range)
}

/// Sends with flow label 0 instead of a generated one (`IPV6_AUTOFLOWLABEL`).
pub fn disable_auto_flow_label(socket: &Socket) -> io::Result<()> {
    set(socket, libc::IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0)
}

/// Binds the socket to an interface (`SO_BINDTODEVICE`, socket(7)).
pub fn bind_to_interface(socket: &Socket, interface: &str, _v6: bool) -> io::Result<()> {
    socket.bind_device(Some(interface.as_bytes()))
}

/// Sets the traffic class of IPv6 packets (`IPV6_TCLASS`, ipv6(7)).
pub fn set_traffic_class(socket: &Socket, class: u32) -> io::Result<()> {
    socket.set_tclass_v6(class)
}

/// getsockopt(2) into raw bytes: the length written, cut to the buffer. `None`: it failed.
#[allow(unsafe_code)]
pub(super) fn get(socket: &Socket, level: i32, name: i32, buffer: &mut [u8]) -> Option<usize> {
    let mut length = libc::socklen_t::try_from(buffer.len()).ok()?;
    // SAFETY: `socket` is borrowed, so the descriptor stays open. `buffer` is borrowed exclusively and `length` is its
    // length: the kernel writes no more than that, and never reads from it. Every byte value is a valid `u8`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            name,
            buffer.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    (result == 0).then_some(length as usize)
}

/// setsockopt(2) with an `int`.
#[allow(unsafe_code)]
fn set(socket: &Socket, level: i32, name: i32, value: i32) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<i32>()).unwrap_or(0);
    // SAFETY: `socket` is borrowed, so the descriptor stays open. `value` is a local that outlives the call; `length`
    // is its size or 0, so the kernel reads within it, and it keeps no pointer after the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            length,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
