//! Second layer: evidence decoded from system calls, not yet classified.

use std::net::IpAddr;
use std::time::Duration;

use super::{Errno, IcmpError};

/// State of a TCP socket that is or was connecting.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpSocketEvidence {
    /// Pending socket error (`SO_ERROR`), read before the error queue.
    pub errno: Option<Errno>,
    /// The error queue was read. False on systems without one: an absent `icmp` proves nothing then.
    pub queue_read: bool,
    /// ICMP error from the error queue.
    pub icmp: Option<IcmpError>,
    /// Kernel receive time of `icmp`, since 1970; absent without timestamps on the socket.
    pub icmp_at: Option<Duration>,
    /// `TCP_INFO`; absent on systems without it.
    pub info: Option<TcpInfo>,
    /// The handshake completed and the connection is open.
    pub connected: bool,
}

/// Fields of `struct tcp_info` without their prefix `tcpi_`. See tcp(7) and include/uapi/linux/tcp.h.
///
/// A field is absent (`last_ack_recv`: zero) if the running kernel returned a shorter structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpInfo {
    /// `tcpi_state`.
    pub state: TcpState,
    /// `tcpi_retransmits`: retransmission timeouts since the last ACK.
    pub retransmits: u8,
    /// `tcpi_total_retrans`: retransmitted segments; during connect these are SYNs.
    pub total_retrans: Option<u32>,
    /// `tcpi_retrans`: retransmitted segments in flight. 0 with `total_retrans` above 0 while connecting: local output
    /// dropped the last one.
    pub retrans: Option<u32>,
    /// `tcpi_rtt`. Without retransmission the SYN to SYN-ACK time in whole microseconds; after one from TCP timestamps
    /// in whole milliseconds, absent without them.
    pub rtt: Option<Duration>,
    /// `tcpi_last_ack_recv`: time since the last ACK, in whole milliseconds.
    pub last_ack_recv: Duration,
}

/// TCP states that a probe distinguishes (`include/net/tcp_states.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpState {
    /// A SYN was sent or is queued.
    SynSent,
    /// Handshake complete.
    Established,
    /// Handshake complete, FIN received.
    CloseWait,
    /// Closed.
    Closed,
    /// Any other state.
    Other(u8),
}

impl TcpInfo {
    /// SYNs handed to the network layer, including retransmissions.
    pub fn syns_sent(&self) -> Option<u32> {
        self.total_retrans.map(|n| n + 1)
    }

    /// Whether the retransmission timer fired without a retransmission: the SYN is still in a local queue
    /// (`skb_still_in_host_queue` in `net/ipv4/tcp_output.c`), or has no route any more.
    pub fn syn_stuck_in_queue(&self) -> bool {
        self.retransmits > 0 && self.total_retrans == Some(0)
    }

    /// Whether the handshake completed.
    pub fn is_connected(&self) -> bool {
        matches!(self.state, TcpState::Established | TcpState::CloseWait)
    }
}

/// State of the peer's end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// Open.
    Open,
    /// FIN received.
    Closed,
    /// RST received.
    Reset,
}

/// Evidence for an outcome, as reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Kind of evidence; absent if the probe did not end.
    pub kind: Option<EvidenceKind>,
    /// ICMP error received.
    pub icmp: Option<IcmpError>,
    /// Errno of a system call or pending on the socket.
    pub errno: Option<Errno>,
}

/// Kinds of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    /// Handshake completed.
    SynAck,
    /// RST received.
    Rst,
    /// Matching datagram received.
    Reply,
    /// ICMP error received.
    Icmp,
    /// Nothing received before the timeout.
    Silence,
    /// Errno only.
    Errno,
}

impl EvidenceKind {
    /// Stable name, used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::SynAck => "syn-ack",
            Self::Rst => "rst",
            Self::Reply => "reply",
            Self::Icmp => "icmp",
            Self::Silence => "silence",
            Self::Errno => "errno",
        }
    }
}

impl Evidence {
    /// Evidence without further data.
    pub fn of(kind: EvidenceKind) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }

    /// Evidence by errno.
    pub fn errno(errno: Errno) -> Self {
        Self {
            kind: Some(EvidenceKind::Errno),
            icmp: None,
            errno: Some(errno),
        }
    }
}

/// Host state that classification may depend on. Queried only when an outcome depends on it.
pub trait HostContext {
    /// Whether `address` is assigned to this machine.
    fn is_local_address(&self, address: IpAddr) -> bool;

    /// Neighbour state of the next hop towards the target.
    fn next_hop_state(&self) -> NextHopState;
}

/// Neighbour state of the next hop (ARP, RFC 826; Neighbor Discovery, RFC 4861), as far as outcomes depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextHopState {
    /// Link-layer address known, or none needed on this link.
    Resolved,
    /// Resolution in progress (INCOMPLETE), or FAILED since the probe was sent.
    Unresolved,
    /// No entry, or no information from this system.
    Unknown,
}
