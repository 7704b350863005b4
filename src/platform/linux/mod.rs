//! What Linux tells an ordinary user.

mod counters;
mod datagram;
mod error_queue;
mod hops;
mod host;
mod inbox;
mod interfaces;
mod links;
mod listeners;
mod netlink;
mod option;
mod parts;
mod poller;
pub mod signals;
mod sock_diag;
mod surroundings;
mod tcp_info;
mod vigil;
mod ways;

use std::io;
use std::net::SocketAddr;

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};

use super::{Readiness, errno};
use crate::outcome::Errno;
use crate::outcome::evidence::{PeerEnd, TcpSocketEvidence, TcpState};

pub use counters::counters;
pub use datagram::{
    CmsgBuffer, echo_socket, enable_recvttl, enable_timestamping, set_fragmentation, udp_socket,
};
pub use error_queue::read_error_queue;
pub use hops::syn_ack_hop_limit;
pub use host::{
    ephemeral_ports, host, open_descriptors, raise_descriptor_limit, reports_ttl_exceeded,
};
pub use inbox::RecvBatch;
pub use links::{link, links};
pub use listeners::listeners;
pub use poller::{Poller, Waker};
pub use surroundings::interface_index;
pub use tcp_info::tcp_info;

/// A TCP socket that never blocks and no child inherits; one system call (socket(2)).
pub fn tcp_socket(target: SocketAddr) -> io::Result<Socket> {
    let kind = Type::STREAM.nonblocking().cloexec();
    Socket::new(Domain::for_address(target), kind, Some(Protocol::TCP))
}

/// Asks for ICMP errors on `socket`'s error queue.
///
/// IPv4 fills the queue of a connecting TCP socket even without the option, IPv6 does not (ipv6(7)).
pub fn enable_recverr(socket: &Socket, v6: bool) -> io::Result<()> {
    if v6 {
        setsockopt(socket, sockopt::Ipv6RecvErr, &true)?;
    } else {
        setsockopt(socket, sockopt::Ipv4RecvErr, &true)?;
    }
    Ok(())
}

/// `IP_LOCAL_PORT_RANGE` of include/uapi/linux/in.h; Linux 6.3 and later.
const IP_LOCAL_PORT_RANGE: i32 = 51;

/// Leaves connect(2) this one port of the ephemeral range (ip(7)): where it is taken, connect(2) says EADDRNOTAVAIL.
/// Sockets of both families take the option at this level.
pub fn set_local_port(socket: &Socket, port: u16) -> io::Result<()> {
    // The lower half is the first port, the upper half the last.
    let range = i32::from_ne_bytes((u32::from(port) << 16 | u32::from(port)).to_ne_bytes());
    option::set(socket, libc::IPPROTO_IP, IP_LOCAL_PORT_RANGE, range)
}

/// `IPV6_AUTOFLOWLABEL` of include/uapi/linux/in6.h; Linux 3.17 and later.
const IPV6_AUTOFLOWLABEL: i32 = 70;

/// Sends with the flow label 0 instead of one that the kernel draws for each socket.
pub fn disable_auto_flow_label(socket: &Socket) -> io::Result<()> {
    option::set(socket, libc::IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0)
}

/// Ends a TCP connection with a RST, so that the socket can connect again (connect(2) on `AF_UNSPEC`).
pub fn disconnect(socket: &Socket) -> io::Result<()> {
    Ok(rustix::net::connect_unspec(socket)?)
}

/// Fragments can be forbidden.
pub const CAN_FORBID_FRAGMENTS: bool = true;

/// ICMP errors come with their sender.
pub const HAS_ERROR_QUEUE: bool = true;

/// Sockets can be bound to an interface.
pub const CAN_BIND_TO_INTERFACE: bool = true;

/// Sends through this interface alone (`SO_BINDTODEVICE`, socket(7)).
pub fn bind_to_interface(socket: &Socket, interface: &str, _v6: bool) -> io::Result<()> {
    socket.bind_device(Some(interface.as_bytes()))
}

/// Marks IPv6 packets (`IPV6_TCLASS`, ipv6(7)).
pub fn set_traffic_class(socket: &Socket, class: u32) -> io::Result<()> {
    socket.set_tclass_v6(class)
}

/// What the other side has done: its RST leaves an error, its FIN shows in the poll (`EPOLLRDHUP`).
pub fn peer_end(_socket: &Socket, readiness: Readiness, errno: Option<Errno>) -> PeerEnd {
    match errno {
        Some(errno) if errno.is_reset() => PeerEnd::Reset,
        _ if readiness.closed => PeerEnd::Closed,
        _ => PeerEnd::Open,
    }
}

/// Everything the system says about a connecting socket that asked for attention.
///
/// `SO_ERROR` is read first: taking an entry off the error queue can clear the pending error
/// (`sock_dequeue_err_skb`, net/core/skbuff.c), and a failed socket would then look connected.
/// A socket without an error needs neither.
pub fn tcp_socket_evidence(socket: &Socket, readiness: Readiness) -> TcpSocketEvidence {
    let mut testimony = if readiness.failed {
        errors(socket)
    } else {
        TcpSocketEvidence::default()
    };
    let info = tcp_info(socket);
    // A RST can come between the poll, which saw no error yet, and this look at the state.
    if !readiness.failed && info.is_some_and(|info| info.state == TcpState::Closed) {
        testimony = errors(socket);
    }
    TcpSocketEvidence {
        info,
        stands: info.map_or_else(|| socket.peer_addr().is_ok(), |info| info.is_connected()),
        ..testimony
    }
}

/// `SO_ERROR`, and then the error queue.
fn errors(socket: &Socket) -> TcpSocketEvidence {
    let pending = socket.take_error();
    let queue = error_queue::drain(socket);
    TcpSocketEvidence {
        errno: pending.ok().flatten().map(|error| errno(&error)),
        icmp: queue.icmp,
        icmp_at: queue.icmp_at,
        queue_read: !queue.cut,
        ..TcpSocketEvidence::default()
    }
}
