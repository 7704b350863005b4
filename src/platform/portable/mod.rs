//! Every system but Linux: connects, measures with the user clock, and classifies by the errno alone.
//!
//! Not seen here, and never claimed: who sent an ICMP error, lost SYNs, the path's own round-trip time,
//! whether a SYN left the machine, routes and neighbours.

mod poller;
pub mod signals;

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::{
    Counters, EchoSocket, EphemeralPorts, ErrorQueueEntry, FlowKey, HostInfo, Link, Listener,
    LocalHost, Neighbour, Readiness, RecvMeta, Route, RouteLookup, errno, source_address,
};
use crate::hosts::Protocol as TargetProtocol;
use crate::outcome::Errno;
use crate::outcome::evidence::{NextHop, PeerEnd, TcpInfo, TcpSocketEvidence};

pub use poller::{Poller, Waker};

impl LocalHost {
    /// The source address towards each target, as a UDP socket's connect chooses it.
    pub fn routes_to(
        &self,
        targets: impl Iterator<Item = (TargetProtocol, SocketAddr)>,
    ) -> Vec<Option<Route>> {
        let interface: Option<Arc<str>> = self.interface.as_deref().map(Into::into);
        let route = |target| {
            Some(Route {
                next_hop: None,
                source: self.source.or_else(|| source_address(target).ok()),
                interface: interface.clone(),
            })
        };
        targets.map(|(_, target)| route(target)).collect()
    }

    /// Whether `address` belongs to this machine, as far as that can be told here.
    pub fn is_local_address(address: IpAddr) -> bool {
        address.is_loopback()
    }

    /// Not told by this system.
    pub fn next_hop(&self, _journey: &FlowKey, _waited: Option<Duration>) -> NextHop {
        NextHop::Unknown
    }

    /// Not told by this system.
    pub fn has_route(&self, _journey: &FlowKey) -> bool {
        false
    }

    /// Not told by this system.
    pub fn is_broadcast(&self, _journey: &FlowKey) -> bool {
        false
    }

    /// Not told by this system.
    pub fn route_lookup(
        &self,
        _protocol: TargetProtocol,
        _target: SocketAddr,
    ) -> Option<RouteLookup> {
        None
    }

    /// Not told by this system.
    pub fn neighbour(&self, _protocol: TargetProtocol, _target: SocketAddr) -> Option<Neighbour> {
        None
    }
}

/// A TCP socket that never blocks.
pub fn tcp_socket(target: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(target),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A UDP socket that never blocks.
pub fn udp_socket(target: SocketAddr) -> io::Result<Socket> {
    let domain = Domain::for_address(target);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A socket for ICMP echoes: macOS has ping sockets for everybody, other systems want privileges.
pub fn echo_socket(target: SocketAddr) -> io::Result<(Socket, EchoSocket)> {
    let domain = Domain::for_address(target);
    let protocol = if target.is_ipv4() {
        Protocol::ICMPV4
    } else {
        Protocol::ICMPV6
    };
    let open = |kind| Socket::new(domain, kind, Some(protocol));
    let socket = open(Type::DGRAM).or_else(|refusal| open(Type::RAW).map_err(|_| refusal))?;
    socket.set_nonblocking(true)?;
    // Neither kind of socket gives an identifier of its own here.
    Ok((socket, EchoSocket::Raw))
}

/// Not asked for here.
pub fn enable_recvttl(_socket: &Socket, _v6: bool) -> io::Result<()> {
    Ok(())
}

/// Not told by this system.
pub fn syn_ack_hop_limit(_socket: &Socket) -> Option<u8> {
    None
}

/// No kernel clock measures here.
pub fn enable_timestamping(_socket: &Socket, _transmit: bool) -> io::Result<()> {
    Ok(())
}

/// No system but Linux tells.
pub fn reports_ttl_exceeded(_protocol: TargetProtocol) -> bool {
    false
}

/// Left as the system has it.
pub fn disable_auto_flow_label(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Left as the system has it, where that is what is asked for.
pub fn set_fragmentation(_socket: &Socket, _v6: bool, allowed: bool) -> io::Result<()> {
    if allowed {
        Ok(())
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// No control data is read here.
#[derive(Debug, Default)]
pub struct CmsgBuffer;

/// Room for one datagram; kept from call to call.
pub struct RecvBatch {
    buffer: Vec<u8>,
    received: Option<RecvMeta>,
}

impl Default for RecvBatch {
    fn default() -> Self {
        Self {
            // Larger than any datagram.
            buffer: vec![0; 1 << 16],
            received: None,
        }
    }
}

impl RecvBatch {
    /// Most datagrams taken in one call.
    pub const CAPACITY: usize = 1;

    /// Takes one datagram from the socket. `WouldBlock`: there is none.
    pub fn receive(
        &mut self,
        socket: &Socket,
        _at_most: usize,
        _from_anywhere: bool,
    ) -> io::Result<usize> {
        self.received = None;
        let from = socket.peek_sender().ok().and_then(|from| from.as_socket());
        let mut socket = socket;
        self.received = Some(RecvMeta {
            length: socket.read(&mut self.buffer)?,
            from,
            at: None,
            ttl: None,
        });
        Ok(1)
    }

    /// What the last call has taken.
    pub fn datagrams(&self) -> impl Iterator<Item = (&RecvMeta, &[u8])> {
        let received = self.received.iter();
        received.map(|received| {
            let datagram = self.buffer.get(..received.length);
            (received, datagram.unwrap_or(&self.buffer))
        })
    }
}

/// There is no error queue here.
pub fn read_error_queue(
    _socket: &Socket,
    _quoted: &mut [u8],
    _control: &mut CmsgBuffer,
) -> Option<ErrorQueueEntry> {
    None
}

/// There is no error queue here.
pub fn enable_recverr(_socket: &Socket, _v6: bool) -> io::Result<()> {
    Ok(())
}

/// A port is taken by bind(2) here.
pub fn set_local_port(_socket: &Socket, _port: u16) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A socket carries one probe here.
pub fn disconnect(_socket: &Socket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is no `TCP_INFO` that says enough here.
pub fn tcp_info(_socket: &Socket) -> Option<TcpInfo> {
    None
}

/// Marks IPv6 packets (`IPV6_TCLASS`).
#[cfg(unix)]
pub fn set_traffic_class(socket: &Socket, class: u32) -> io::Result<()> {
    socket.set_tclass_v6(class)
}

/// Not offered by this system.
#[cfg(not(unix))]
pub fn set_traffic_class(_socket: &Socket, _class: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Reads of what a peer has sent before the next look at the others.
const READS: usize = 16;

/// What the other side has done: reads away what it sent, until the stream ends or has nothing more.
pub fn peer_end(mut socket: &Socket, _readiness: Readiness, errno: Option<Errno>) -> PeerEnd {
    if errno.is_some_and(Errno::is_reset) {
        return PeerEnd::Reset;
    }
    let mut data = [0; 4096];
    // A peer that never stops talking must not hold up the other probes.
    for _ in 0..READS {
        match socket.read(&mut data) {
            Ok(0) => return PeerEnd::Closed,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return PeerEnd::Reset,
            Err(_) => return PeerEnd::Open,
        }
    }
    PeerEnd::Open
}

/// The socket's pending error, and whether it has a peer, is all there is.
pub fn tcp_socket_evidence(socket: &Socket, _readiness: Readiness) -> TcpSocketEvidence {
    let pending = socket.take_error();
    TcpSocketEvidence {
        errno: pending.ok().flatten().map(|error| errno(&error)),
        stands: socket.peer_addr().is_ok(),
        ..TcpSocketEvidence::default()
    }
}

/// Whether fragments can be forbidden.
pub const CAN_FORBID_FRAGMENTS: bool = false;

/// ICMP errors show as an errno alone.
pub const HAS_ERROR_QUEUE: bool = false;

/// Whether sockets can be bound to an interface.
pub const CAN_BIND_TO_INTERFACE: bool = cfg!(target_vendor = "apple");

/// Sends through this interface alone (`IP_BOUND_IF`).
#[cfg(target_vendor = "apple")]
pub fn bind_to_interface(socket: &Socket, interface: &str, v6: bool) -> io::Result<()> {
    let index = interface_index(interface).and_then(std::num::NonZeroU32::new);
    if v6 {
        socket.bind_device_by_index_v6(index)
    } else {
        socket.bind_device_by_index_v4(index)
    }
}

/// Not offered by this system.
#[cfg(not(target_vendor = "apple"))]
pub fn bind_to_interface(_socket: &Socket, _interface: &str, _v6: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The number of the interface of that name, if this machine has one.
#[cfg(target_vendor = "apple")]
pub fn interface_index(name: &str) -> Option<u32> {
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: `name` is a valid string that ends with NUL and lives through the call.
    #[allow(unsafe_code)]
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index > 0).then_some(index)
}

/// Interfaces have no names a user could give here.
#[cfg(not(target_vendor = "apple"))]
pub fn interface_index(_name: &str) -> Option<u32> {
    None
}

/// Not known here.
pub fn open_descriptors() -> Option<usize> {
    None
}

/// The system chooses the local ports.
pub fn ephemeral_ports() -> Option<EphemeralPorts> {
    None
}

/// Not known here; running out of descriptors is noticed when it happens.
pub fn raise_descriptor_limit() -> Option<usize> {
    None
}

/// The machine's system; no kernel clock measures here.
pub fn host() -> HostInfo {
    HostInfo {
        system: std::env::consts::OS.to_owned(),
        name: None,
        rtt_clock: None,
    }
}

/// Not told by this system.
pub fn counters() -> Option<Counters> {
    None
}

/// Not told by this system.
pub fn listeners(_protocol: TargetProtocol, _port: u16) -> Option<Vec<Listener>> {
    None
}

/// Not told by this system.
pub fn link(_interface: &str) -> Option<Link> {
    None
}

/// Not told by this system.
pub fn links() -> Vec<(String, Link)> {
    Vec::new()
}
