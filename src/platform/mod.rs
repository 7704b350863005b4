//! Everything that depends on the operating system: sockets, polling, signals, and the network state of this machine.
//!
//! Each system has a folder with the same functions. `linux/` reads the ICMP error queue, `TCP_INFO`, kernel
//! timestamps, routes, neighbours, listeners and counters. `portable/` (Windows, macOS, BSD) connects and measures with
//! the user clock.

mod errno;
mod message;
mod net_state;
mod resolver_files;
mod signal_state;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(not(target_os = "linux"), path = "portable/mod.rs")]
mod system;

use std::io;
use std::iter;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;

use crate::hosts::Protocol;

pub use crate::outcome::evidence::PeerState;
pub use errno::errno;
pub use message::{ErrorQueueEntry, RecvMeta};
pub use net_state::{
    Counters, Link, Listener, Neighbour, NeighbourState, Process, Route, RouteKind, RouteLookup,
    is_link_local,
};
pub use resolver_files::{hosts_file_entries, name_servers};
pub use signal_state::{NoSignals, SignalState, StopSignals};
pub use system::{
    CAN_BIND_TO_INTERFACE, CAN_FORBID_FRAGMENTS, CmsgBuffer, HAS_ERROR_QUEUE, Poller, RecvBatch,
    Waker, bind_to_interface, counters, disable_auto_flow_label, disconnect, echo_socket,
    enable_recverr, enable_recvttl, enable_timestamping, ephemeral_ports, host, interface_index,
    link, links, listeners, open_descriptors, peer_end, raise_descriptor_limit, read_error_queue,
    reports_ttl_exceeded, set_fragmentation, set_local_port, set_traffic_class, syn_ack_hop_limit,
    tcp_info, tcp_socket, tcp_socket_evidence, udp_socket,
};

#[cfg(feature = "cli")]
pub use system::signals;

/// This machine as the sender of probes. Every query reads the current state: addresses, routes and neighbours change
/// during a run.
#[derive(Clone, Debug, Default)]
pub struct LocalHost {
    /// The interface that probes are bound to.
    pub interface: Option<String>,
    /// The source address that probes are bound to.
    pub source: Option<IpAddr>,
    /// The DSCP that probes are marked with.
    pub dscp: Option<u8>,
}

impl LocalHost {
    /// The route to one target.
    pub fn route_to(&self, protocol: Protocol, target: SocketAddr) -> Option<Route> {
        self.routes_to(iter::once((protocol, target))).pop()?
    }
}

/// Flow of a probe: protocol, destination, source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    /// Protocol.
    pub protocol: Protocol,
    /// Destination address and port.
    pub target: SocketAddr,
    /// Source address and port, once bound.
    pub local: Option<SocketAddr>,
}

/// Poll result for one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The token that the socket was registered with.
    pub token: u64,
    /// An error or a hang-up is pending.
    pub failed: bool,
    /// The peer has closed its direction (FIN); without `EPOLLRDHUP`, data may be pending instead.
    pub closed: bool,
}

/// Kinds of socket for ICMP echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoSocket {
    /// The kernel sets the identifier and delivers replies to it only.
    Ping,
    /// The sender builds the ICMP header; all ICMP of the machine is delivered.
    Raw,
}

/// Facts about the machine for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostInfo {
    /// Operating system and version: `Linux 6.18.44`.
    pub system: String,
    /// Host name, if there is one.
    pub name: Option<String>,
    /// The clock of `rtt_us`: `kernel`, or absent where there is only the user clock.
    pub rtt_clock: Option<&'static str>,
}

/// Local ports that the kernel assigns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralPorts {
    /// The configured range.
    pub range: RangeInclusive<u16>,
    /// Reserved ports within it.
    pub reserved: Vec<RangeInclusive<u16>>,
}

/// The source address that the kernel selects for `target`: connect(2) on a UDP socket, which sends nothing.
pub fn source_address(target: SocketAddr) -> io::Result<IpAddr> {
    let unspecified: SocketAddr = if target.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(unspecified)?;
    socket.connect(target)?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn linux_reports_all_network_state() {
        let target = (Ipv4Addr::LOCALHOST, 1).into();
        let host = LocalHost::default();
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            assert!(listeners(protocol, 1).is_some());
            assert!(host.route_lookup(protocol, target).is_some());
            assert!(host.neighbour(protocol, target).is_some());
        }
        assert!(counters().is_some());
        assert!(link("lo").is_some());
        assert!(!links().is_empty());
        assert!(hosts_file_entries("localhost").is_some());
    }
}
