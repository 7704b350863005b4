//! Windows, macOS, BSD: connects, measures with the user clock, classifies by errno.
//!
//! Not available, so never reported: sender of an ICMP error, SYN retransmissions, kernel round-trip time, whether a
//! SYN left the machine, routes, neighbours, listeners, counters.

mod poller;
#[cfg(feature = "cli")]
pub mod signals;
#[cfg(windows)]
mod windows;

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
use crate::outcome::evidence::{NextHopState, PeerState, TcpInfo, TcpSocketEvidence};

pub use poller::{Poller, Waker};

impl LocalHost {
    /// The source address towards each target, from connect(2) on a UDP socket.
    pub fn routes_to(
        &self,
        targets: impl Iterator<Item = (TargetProtocol, SocketAddr)>,
    ) -> Vec<Option<Route>> {
        let interface: Option<Arc<str>> = self.interface.as_deref().map(Into::into);
        let route = |target| {
            Some(Route {
                is_point_to_point: None,
                next_hop: None,
                source: self.source.or_else(|| source_address(target).ok()),
                interface: interface.clone(),
            })
        };
        targets.map(|(_, target)| route(target)).collect()
    }

    /// Whether `address` is local; only loopback is recognised.
    pub fn is_local_address(address: IpAddr) -> bool {
        address.is_loopback()
    }

    /// Not available.
    pub fn next_hop(&self, _flow_key: &FlowKey, _waited: Option<Duration>) -> NextHopState {
        NextHopState::Unknown
    }

    /// Not available.
    pub fn has_route(&self, _flow_key: &FlowKey) -> bool {
        false
    }

    /// Not available.
    pub fn is_broadcast(&self, _flow_key: &FlowKey) -> bool {
        false
    }

    /// Not available.
    pub fn route_lookup(
        &self,
        _protocol: TargetProtocol,
        _target: SocketAddr,
    ) -> Option<RouteLookup> {
        None
    }

    /// Not available.
    pub fn neighbour(&self, _protocol: TargetProtocol, _target: SocketAddr) -> Option<Neighbour> {
        None
    }
}

/// Opens a non-blocking TCP socket.
pub fn tcp_socket(target: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(target),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Opens a non-blocking UDP socket.
pub fn udp_socket(target: SocketAddr) -> io::Result<Socket> {
    let domain = Domain::for_address(target);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Opens a socket for ICMP echo: a ping socket (macOS, unprivileged), else a raw socket (privileged).
pub fn echo_socket(target: SocketAddr) -> io::Result<(Socket, EchoSocket)> {
    let domain = Domain::for_address(target);
    let protocol = if target.is_ipv4() {
        Protocol::ICMPV4
    } else {
        Protocol::ICMPV6
    };
    let open = |kind| Socket::new(domain, kind, Some(protocol));
    let socket = open(Type::DGRAM).or_else(|error| open(Type::RAW).map_err(|_| error))?;
    socket.set_nonblocking(true)?;
    // Neither kind sets the ICMP identifier here.
    Ok((socket, EchoSocket::Raw))
}

/// Not implemented: the TTL of replies is not read.
pub fn enable_recvttl(_socket: &Socket, _v6: bool) -> io::Result<()> {
    Ok(())
}

/// Not available.
pub fn syn_ack_hop_limit(_socket: &Socket) -> Option<u8> {
    None
}

/// Not implemented: no kernel timestamps.
pub fn enable_timestamping(_socket: &Socket, _transmit: bool) -> io::Result<()> {
    Ok(())
}

/// Linux only.
pub fn reports_ttl_exceeded(_protocol: TargetProtocol) -> bool {
    false
}

/// Linux only: the system's default applies.
pub fn disable_auto_flow_label(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// The system's default applies; to forbid fragmentation is not implemented.
pub fn set_fragmentation(_socket: &Socket, _v6: bool, allowed: bool) -> io::Result<()> {
    if allowed {
        Ok(())
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Control messages are not read.
#[derive(Debug, Default)]
pub struct CmsgBuffer;

/// Buffer for one datagram, reused.
pub struct RecvBatch {
    buffer: Vec<u8>,
    received: Option<RecvMeta>,
}

impl Default for RecvBatch {
    fn default() -> Self {
        Self {
            // The largest datagram has 65,535 bytes.
            buffer: vec![0; 1 << 16],
            received: None,
        }
    }
}

impl RecvBatch {
    /// Most datagrams per call.
    pub const CAPACITY: usize = 1;

    /// Receives one datagram. `WouldBlock`: none is queued.
    pub fn receive(
        &mut self,
        socket: &Socket,
        _limit: usize,
        _with_sender: bool,
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

    /// Datagrams of the last call.
    pub fn datagrams(&self) -> impl Iterator<Item = (&RecvMeta, &[u8])> {
        let received = self.received.iter();
        received.map(|received| {
            let datagram = self.buffer.get(..received.length);
            (received, datagram.unwrap_or(&self.buffer))
        })
    }
}

/// No error queue.
pub fn read_error_queue(
    _socket: &Socket,
    _quote: &mut [u8],
    _control: &mut CmsgBuffer,
) -> Option<ErrorQueueEntry> {
    None
}

/// No error queue.
pub fn enable_recverr(_socket: &Socket, _v6: bool) -> io::Result<()> {
    Ok(())
}

/// Linux only; elsewhere bind(2) sets the port.
pub fn set_local_port(_socket: &Socket, _port: u16) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Linux only; elsewhere each probe has its own socket.
pub fn disconnect(_socket: &Socket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// No `TCP_INFO` with the fields needed.
pub fn tcp_info(_socket: &Socket) -> Option<TcpInfo> {
    None
}

/// Sets the traffic class of IPv6 packets (`IPV6_TCLASS`).
#[cfg(unix)]
pub fn set_traffic_class(socket: &Socket, class: u32) -> io::Result<()> {
    socket.set_tclass_v6(class)
}

/// Not supported.
#[cfg(not(unix))]
pub fn set_traffic_class(_socket: &Socket, _class: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Most reads per poll, so that a peer that keeps sending does not starve the other probes.
const MAX_READS: usize = 16;

/// Whether the peer closed or reset: discards received data until end of file or EAGAIN.
pub fn peer_end(mut socket: &Socket, _readiness: Readiness, errno: Option<Errno>) -> PeerState {
    if errno.is_some_and(Errno::is_reset) {
        return PeerState::Reset;
    }
    let mut data = [0; 4096];
    for _ in 0..MAX_READS {
        match socket.read(&mut data) {
            Ok(0) => return PeerState::Closed,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                return PeerState::Reset;
            }
            Err(_) => return PeerState::Open,
        }
    }
    PeerState::Open
}

/// Pending error and connection state of the socket.
pub fn tcp_socket_evidence(socket: &Socket, _readiness: Readiness) -> TcpSocketEvidence {
    let pending = socket.take_error();
    TcpSocketEvidence {
        errno: pending.ok().flatten().map(|error| errno(&error)),
        connected: is_connected(socket),
        ..TcpSocketEvidence::default()
    }
}

#[cfg(windows)]
use windows::is_connected;

/// Whether the handshake has completed: ENOTCONN until then (getpeername(2)).
#[cfg(not(windows))]
fn is_connected(socket: &Socket) -> bool {
    socket.peer_addr().is_ok()
}

/// Whether fragmentation can be forbidden per socket.
pub const CAN_FORBID_FRAGMENTS: bool = false;

/// ICMP errors appear only as an errno.
pub const HAS_ERROR_QUEUE: bool = false;

/// Whether sockets can be bound to an interface.
pub const CAN_BIND_TO_INTERFACE: bool = cfg!(target_vendor = "apple");

/// Binds the socket to an interface (`IP_BOUND_IF`).
#[cfg(target_vendor = "apple")]
pub fn bind_to_interface(socket: &Socket, interface: &str, v6: bool) -> io::Result<()> {
    let index = interface_index(interface).and_then(std::num::NonZeroU32::new);
    if v6 {
        socket.bind_device_by_index_v6(index)
    } else {
        socket.bind_device_by_index_v4(index)
    }
}

/// Not supported.
#[cfg(not(target_vendor = "apple"))]
pub fn bind_to_interface(_socket: &Socket, _interface: &str, _v6: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The index of the interface of that name, if it exists.
#[cfg(target_vendor = "apple")]
pub fn interface_index(name: &str) -> Option<u32> {
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: `name` is a `CString`, so NUL-terminated, and outlives the call; the function only reads it and keeps no
    // pointer.
    #[allow(unsafe_code)]
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index > 0).then_some(index)
}

/// Not implemented: interface names are not resolved.
#[cfg(not(target_vendor = "apple"))]
pub fn interface_index(_name: &str) -> Option<u32> {
    None
}

/// Not available.
pub fn open_descriptors() -> Option<usize> {
    None
}

/// Not available: the system assigns local ports.
pub fn ephemeral_ports() -> Option<EphemeralPorts> {
    None
}

/// Not available; EMFILE is handled when it occurs.
pub fn raise_descriptor_limit() -> Option<usize> {
    None
}

/// Operating system; no kernel clock.
pub fn host() -> HostInfo {
    HostInfo {
        system: std::env::consts::OS.to_owned(),
        name: None,
        rtt_clock: None,
    }
}

/// Not available.
pub fn counters() -> Option<Counters> {
    None
}

/// Not available.
pub fn listeners(_protocol: TargetProtocol, _port: u16) -> Option<Vec<Listener>> {
    None
}

/// Not available.
pub fn link(_interface: &str) -> Option<Link> {
    None
}

/// Not available.
pub fn links() -> Vec<(String, Link)> {
    Vec::new()
}
