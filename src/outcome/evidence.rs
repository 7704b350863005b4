//! What the system testified about a probe, decoded but not yet judged.

use std::net::IpAddr;
use std::time::Duration;

use super::{Errno, IcmpError};

/// Everything the system says about a TCP connect attempt at the moment it is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct TcpSocketEvidence {
    /// The socket's pending error (`SO_ERROR`), read before the error queue.
    pub errno: Option<Errno>,
    /// Whether this system has an error queue and it was read; without one, `icmp` says nothing.
    pub queue_read: bool,
    /// The ICMP error found on the socket's error queue.
    pub icmp: Option<IcmpError>,
    /// When the kernel received that, as the time since 1970, where the socket has its time stamps.
    pub icmp_at: Option<Duration>,
    /// `TCP_INFO`, where the system has it.
    pub info: Option<TcpInfo>,
    /// The socket has a peer: the handshake is complete and the connection stands.
    pub connected: bool,
}

/// The fields of Linux' `struct tcp_info` that tell a probe's story. See tcp(7) and include/uapi/linux/tcp.h.
///
/// A field is absent (`last_ack_recv`: zero) where the running kernel returned a shorter structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpInfo {
    /// Where the connection stands.
    pub state: TcpState,
    /// `tcpi_retransmits`: retransmission timers that fired without an answer.
    pub retransmits: u8,
    /// `tcpi_total_retrans`: segments sent again; during connect these are SYNs.
    pub total_retrans: Option<u32>,
    /// `tcpi_retrans`: retransmitted segments that really are out. 0 with `total_retrans` above 0
    /// while connecting means that the local output path refused the last one.
    pub retrans: Option<u32>,
    /// `tcpi_rtt`. With no retransmission this is the one SYN to SYN-ACK time in whole microseconds;
    /// with one it comes from TCP time stamps in whole milliseconds, and is absent without them.
    pub rtt: Option<Duration>,
    /// `tcpi_last_ack_recv`: how long ago the answer came, in whole milliseconds.
    pub last_ack_recv: Duration,
}

/// TCP connection states as far as a probe needs to tell them apart (`include/net/tcp_states.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpState {
    /// A SYN has been sent, or waits to be.
    SynSent,
    /// The handshake is complete.
    Established,
    /// The handshake was complete and the other side has closed.
    CloseWait,
    /// The connection is gone.
    Closed,
    /// A state that a probe's socket does not normally meet.
    Other(u8),
}

impl TcpInfo {
    /// How many SYNs were handed to the network layer, the first one included.
    pub fn syns_sent(&self) -> Option<u32> {
        self.total_retrans.map(|n| n + 1)
    }

    /// Whether a retransmission timer fired and the SYN was not sent again: it still sits in this machine's
    /// queue (`skb_still_in_host_queue` in `net/ipv4/tcp_output.c`), or there is no way to send it any more.
    pub fn syn_stuck_in_queue(&self) -> bool {
        self.retransmits > 0 && self.total_retrans == Some(0)
    }

    /// Whether the handshake completed.
    pub fn is_connected(&self) -> bool {
        matches!(self.state, TcpState::Established | TcpState::CloseWait)
    }
}

/// What the other side of a connection has done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerState {
    /// Nothing: it stands.
    Open,
    /// Closed in order (FIN).
    Closed,
    /// Reset (RST).
    Reset,
}

/// The proof behind an outcome, for the reader to check it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// What kind of thing was seen; `None` when the probe did not end.
    pub kind: Option<EvidenceKind>,
    /// The ICMP error, if one came.
    pub icmp: Option<IcmpError>,
    /// The error a system call returned, if one did.
    pub errno: Option<Errno>,
}

/// The kinds of proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceKind {
    /// The handshake completed.
    SynAck,
    /// A TCP segment with RST came.
    Rst,
    /// A datagram came that answers the probe.
    Reply,
    /// An ICMP error came.
    Icmp,
    /// Nothing came.
    Silence,
    /// A system call failed.
    Errno,
}

impl EvidenceKind {
    /// The stable name used in JSON.
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
    /// Proof of a kind that needs no further data.
    pub fn of(kind: EvidenceKind) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }

    /// Proof by a failed system call.
    pub fn errno(errno: Errno) -> Self {
        Self {
            kind: Some(EvidenceKind::Errno),
            icmp: None,
            errno: Some(errno),
        }
    }
}

/// What this machine knows of a probe's surroundings. Asked only when an outcome depends on it.
pub trait HostContext {
    /// Whether `address` belongs to this machine.
    fn is_local_address(&self, address: IpAddr) -> bool;

    /// What this machine knows of the next hop towards the target.
    fn next_hop_state(&self) -> NextHopState;
}

/// State of the neighbour entry for the next hop (ARP, RFC 826, or Neighbor Discovery, RFC 4861).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextHopState {
    /// It has a link-layer address, or the link needs none.
    Resolved,
    /// The lookup is under way, or has failed since the probe was sent.
    Unresolved,
    /// There is no entry, or this system does not say.
    Unknown,
}
