//! What the operating system can testify. Everything system-specific lives behind the functions and
//! types named here; each system has a folder that offers all of them.
//!
//! `linux/` reads the error queue, `TCP_INFO`, routes and neighbours. `portable/` connects everywhere,
//! measures with the user clock, and says less.

mod errno;
mod facts;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(not(target_os = "linux"), path = "portable/mod.rs")]
mod system;

use std::fs;
use std::iter;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::hosts::{Protocol, hosts_file, resolv_conf};
use crate::outcome::IcmpError;
use crate::plan::SocketPlan;

pub use crate::outcome::evidence::PeerEnd;
pub use errno::errno;
pub use facts::{
    Counters, Link, Listener, Neighbour, NeighbourState, Process, RouteKind, RouteLookup,
    is_link_local,
};
pub use system::{
    CAN_BIND_TO_INTERFACE, CAN_FORBID_FRAGMENTS, CmsgBuffer, HAS_ERROR_QUEUE, Poller, RecvBatch,
    Waker, bind_to_interface, counters, disable_auto_flow_label, disconnect, echo_socket,
    enable_recverr, enable_recvttl, enable_timestamping, ephemeral_ports, host, interface_index,
    link, links, listeners, open_descriptors, peer_end, raise_descriptor_limit, read_error_queue,
    reports_ttl_exceeded, set_fragmentation, set_local_port, set_traffic_class, signals,
    syn_ack_hop_limit, tcp_info, tcp_socket, tcp_socket_evidence, udp_socket,
};

/// This machine as probes leave it. It is asked afresh each time: addresses and neighbours change during a run.
/// Each system's folder says what can be asked.
#[derive(Clone, Debug, Default)]
pub struct LocalHost {
    /// The interface that probes are bound to.
    pub interface: Option<String>,
    /// The source address that probes are bound to.
    pub source: Option<IpAddr>,
    /// The DSCP that probes are marked with.
    pub dscp: Option<u8>,
}

impl From<&SocketPlan> for LocalHost {
    fn from(plan: &SocketPlan) -> Self {
        Self {
            interface: plan.interface.clone(),
            source: plan.source.as_ref().map(|source| source.address),
            dscp: plan.dscp,
        }
    }
}

impl LocalHost {
    /// The route packets to one target take.
    pub fn route_to(&self, protocol: Protocol, target: SocketAddr) -> Option<Route> {
        self.routes_to(iter::once((protocol, target))).pop()?
    }
}

/// Whence and whither a probe goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    /// By what.
    pub protocol: Protocol,
    /// To where.
    pub target: SocketAddr,
    /// From where, once that is known.
    pub local: Option<SocketAddr>,
}

/// What a poll of the sockets found about one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The number the socket was added with.
    pub token: u64,
    /// It has an error or a hang-up to report.
    pub failed: bool,
    /// The other side has closed its direction; where the system does not say, there may be data instead.
    pub closed: bool,
}

/// One datagram, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecvMeta {
    /// Bytes in the buffer; what did not fit is gone.
    pub length: usize,
    /// Who sent it, where the system says.
    pub from: Option<SocketAddr>,
    /// When the kernel received it: wall-clock time since 1970.
    pub at: Option<Duration>,
    /// Its TTL or hop limit on arrival.
    pub ttl: Option<u8>,
}

/// One entry of a socket's error queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorQueueEntry {
    /// An ICMP error, and how many bytes of the offending packet it quotes, from the UDP payload or the
    /// ICMP header on.
    Icmp {
        /// The error.
        error: IcmpError,
        /// When the kernel received it, as the time since 1970, where the socket has its time stamps.
        at: Option<Duration>,
        /// Where the offending packet was going, as the error quotes it; the port is 0 for ICMP.
        target: Option<SocketAddr>,
        /// Bytes quoted; routers may quote none of the payload (RFC 792 asks for 8 bytes beyond the IP header).
        quoted: usize,
    },
    /// A datagram of this socket has left.
    TxTimestamp {
        /// Which one: they are numbered from 0.
        id: u32,
        /// When the kernel handed it to the device: wall-clock time since 1970.
        at: Duration,
    },
    /// Something that is of no interest here.
    Other,
    /// An entry that could not be read whole.
    Truncated,
}

/// The kinds of socket that can send ICMP echoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoSocket {
    /// The kernel gives the identifier, and delivers nothing but replies to it.
    Ping,
    /// Everything is up to us, and everybody's ICMP comes in.
    Raw,
}

/// The way this machine would send a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Whom it is handed to first: the gateway, or the target itself. Absent where the system does not tell.
    pub next_hop: Option<IpAddr>,
    /// The source address the kernel would choose.
    pub source: Option<IpAddr>,
    /// The interface it leaves by, where the system tells; most routes of a run share it.
    pub interface: Option<Arc<str>>,
}

/// Facts about the machine that belong in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostInfo {
    /// Operating system and version: `Linux 6.18.44`.
    pub system: String,
    /// The machine's own name, if it has one.
    pub name: Option<String>,
    /// Which clock measured `rtt_us`: `kernel`, or nothing where only the user clock exists.
    pub rtt_clock: Option<&'static str>,
}

/// The local ports the kernel gives out by itself, less those reserved by the administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralPorts {
    /// The whole range.
    pub range: RangeInclusive<u16>,
    /// Holes in it.
    pub reserved: Vec<RangeInclusive<u16>>,
}

/// What a signal asked for; read and cleared by the engine's loop.
pub trait SignalState {
    /// SIGINT, SIGTERM or their like: stop the run and print the summary.
    fn stop_requested(&self) -> bool;
    /// SIGQUIT since the last call: print the statistics so far and go on.
    fn take_statistics_request(&self) -> bool;
    /// SIGCONT since the last call: this process may have been stopped in between.
    fn take_continued(&self) -> bool;
}

impl<S: SignalState + ?Sized> SignalState for &S {
    fn stop_requested(&self) -> bool {
        (**self).stop_requested()
    }
    fn take_statistics_request(&self) -> bool {
        (**self).take_statistics_request()
    }
    fn take_continued(&self) -> bool {
        (**self).take_continued()
    }
}

/// Only the wish to stop, for work beside a run: the other signals are for the run, and are taken once.
#[derive(Clone, Copy, Debug)]
pub struct StopSignals<S>(pub S);

impl<S: SignalState> SignalState for StopSignals<S> {
    fn stop_requested(&self) -> bool {
        self.0.stop_requested()
    }
    fn take_statistics_request(&self) -> bool {
        false
    }
    fn take_continued(&self) -> bool {
        false
    }
}

/// The source address for packets to `target`, as connect(2) on a UDP socket chooses it; sends nothing.
pub fn source_address(target: SocketAddr) -> std::io::Result<IpAddr> {
    let unspecified: SocketAddr = if target.is_ipv4() {
        (std::net::Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (std::net::Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = std::net::UdpSocket::bind(unspecified)?;
    socket.connect(target)?;
    Ok(socket.local_addr()?.ip())
}

/// The addresses that this machine's hosts file gives `name`; a resolver asks it before DNS, mostly
/// (nsswitch.conf(5)). `None`: the file cannot be read.
pub fn hosts_file_entries(name: &str) -> Option<Vec<IpAddr>> {
    // A comment in another encoding must not hide the names.
    let bytes = fs::read(hosts_file()).ok()?;
    Some(hosts_file::addresses_of(
        name,
        &String::from_utf8_lossy(&bytes),
    ))
}

/// The name servers that this machine's resolver asks (resolv.conf(5)); empty where the system keeps them elsewhere.
pub fn name_servers() -> Vec<IpAddr> {
    let text = fs::read("/etc/resolv.conf").unwrap_or_default();
    resolv_conf::name_servers(&String::from_utf8_lossy(&text))
}

/// Where it is (hosts(5)).
#[cfg(not(windows))]
fn hosts_file() -> PathBuf {
    PathBuf::from("/etc/hosts")
}

/// Where it is: in the system's folder, wherever Windows was installed to.
#[cfg(windows)]
fn hosts_file() -> PathBuf {
    let root = std::env::var_os("SystemRoot").unwrap_or_else(|| r"C:\Windows".into());
    PathBuf::from(root).join(r"System32\drivers\etc\hosts")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn linux_tells_of_everything() {
        let target = (Ipv4Addr::LOCALHOST, 1).into();
        let here = LocalHost::default();
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            assert!(listeners(protocol, 1).is_some());
            assert!(here.route_lookup(protocol, target).is_some());
            assert!(here.neighbour(protocol, target).is_some());
        }
        assert!(counters().is_some());
        assert!(link("lo").is_some());
        assert!(!links().is_empty());
        assert!(hosts_file_entries("localhost").is_some());
    }
}
