//! What happened to one probe and how we know. Pure: no sockets, no clock, no output.
//!
//! Evidence takes three steps: a system call (`platform/`) becomes decoded evidence
//! ([`evidence`]), and [`classify`] gives it a meaning.

pub mod classify;
mod errno;
pub mod evidence;
mod icmp;
mod local_cause;
mod reply_summary;
mod sample;

use std::borrow::Cow;
use std::net::IpAddr;

pub use errno::Errno;
pub use evidence::{Evidence, EvidenceKind};
pub use icmp::{IcmpError, IcmpVersion};
pub use local_cause::LocalCause;
pub use reply_summary::ReplySummary;
pub use sample::{ExtraReply, ProbeResult, Rtt, RttClock, Sample, TargetId};

/// How one probe ended. Every probe ends as exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The handshake completed.
    Connected(Handshake),
    /// The handshake completed and then a RST came.
    ResetAfterConnect,
    /// The handshake completed and then the other side closed (FIN).
    ClosedAfterConnect,
    /// The datagram was answered (UDP, ICMP echo).
    Reply,
    /// The connection was refused.
    Refused(Refusal),
    /// An ICMP error from another machine answered the probe.
    Unreachable(UnreachableBy),
    /// Nothing came back before the deadline.
    NoReply,
    /// This very machine stopped the probe: never loss, never the target's fault.
    Local(LocalCause),
    /// The run was stopped while the probe was under way: neither lost nor sent.
    Unfinished,
}

/// How smoothly a completed handshake went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// One SYN, one SYN-ACK.
    Clean,
    /// The first SYN got no answer: lost on the way out, or dropped by the target.
    AfterSynLoss,
    /// The first SYN arrived; its SYN-ACK was lost or very late: loss on the way back.
    AfterSynAckLoss,
    /// A SYN was sent again; whether a packet was lost, and which way, cannot be told.
    AfterRetransmission,
}

/// How a refusal is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A RST answered the SYN: the error queue was read, and it was empty.
    Rst,
    /// Only the system's ECONNREFUSED is known: a RST, or a firewall's ICMP error.
    Errno,
}

/// Who said that the target cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreachableBy {
    /// An ICMP error, with its sender.
    Icmp(IcmpError),
    /// Only the system's errno is known: a system without an error queue.
    Errno(Errno),
}

/// The outcome without its data: what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OutcomeKind {
    /// See [`Outcome::Connected`].
    Connected,
    /// See [`Outcome::ResetAfterConnect`].
    ResetAfterConnect,
    /// See [`Outcome::ClosedAfterConnect`].
    ClosedAfterConnect,
    /// See [`Outcome::Reply`].
    Reply,
    /// See [`Outcome::Refused`].
    Refused,
    /// See [`Outcome::Unreachable`].
    Unreachable,
    /// See [`Outcome::NoReply`].
    NoReply,
    /// See [`Outcome::Local`].
    Local,
    /// See [`Outcome::Unfinished`].
    Unfinished,
}

/// What an outcome means for the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeClass {
    /// The target completed the handshake and did not abort it, or it answered.
    Succeeded,
    /// The target, or the way to it, did not: this is what the loss percentage counts.
    Failed,
    /// This machine's own trouble.
    Local,
    /// Did not end.
    Unfinished,
}

impl Outcome {
    /// The outcome without its data.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Connected(_) => OutcomeKind::Connected,
            Self::ResetAfterConnect => OutcomeKind::ResetAfterConnect,
            Self::ClosedAfterConnect => OutcomeKind::ClosedAfterConnect,
            Self::Reply => OutcomeKind::Reply,
            Self::Refused(_) => OutcomeKind::Refused,
            Self::Unreachable(_) => OutcomeKind::Unreachable,
            Self::NoReply => OutcomeKind::NoReply,
            Self::Local(_) => OutcomeKind::Local,
            Self::Unfinished => OutcomeKind::Unfinished,
        }
    }

    /// The stable kebab-case reason, absent where the outcome says it all.
    pub fn reason(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Connected(handshake) => handshake.reason().map(Cow::Borrowed),
            Self::Refused(Refusal::Rst) => Some(Cow::Borrowed("rst")),
            Self::Refused(Refusal::Errno) => Some(Cow::Borrowed("refused-by-errno")),
            Self::Unreachable(by) => Some(by.reason()),
            Self::NoReply => Some(Cow::Borrowed("silence")),
            Self::Local(cause) => Some(Cow::Borrowed(cause.reason())),
            Self::Reply | Self::ResetAfterConnect | Self::ClosedAfterConnect | Self::Unfinished => {
                None
            }
        }
    }

    /// Whether the three-way handshake completed, whatever came after.
    pub fn handshake_completed(&self) -> bool {
        matches!(
            self,
            Self::Connected(_) | Self::ResetAfterConnect | Self::ClosedAfterConnect
        )
    }

    /// Whether all went well, so that there is no cause to name.
    pub fn is_clean(&self) -> bool {
        matches!(self, Self::Reply | Self::Connected(Handshake::Clean))
    }

    /// Whether the target answered as it should, so that the probe's time is a latency.
    pub fn is_answered(&self) -> bool {
        self.handshake_completed() || *self == Self::Reply
    }
}

impl UnreachableBy {
    /// The stable kebab-case reason.
    pub fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Icmp(icmp) => icmp.reason(),
            Self::Errno(_) => Cow::Borrowed("unreachable-by-errno"),
        }
    }

    /// Who said it, where that is known.
    pub fn from(&self) -> Option<IpAddr> {
        match self {
            Self::Icmp(icmp) => icmp.from,
            Self::Errno(_) => None,
        }
    }
}

impl Handshake {
    /// The stable kebab-case reason; none for a clean handshake.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Clean => None,
            Self::AfterSynLoss => Some("after-syn-loss"),
            Self::AfterSynAckLoss => Some("after-synack-loss"),
            Self::AfterRetransmission => Some("after-retransmission"),
        }
    }
}

impl OutcomeKind {
    /// Every kind, in the order in which summaries list them.
    pub const ALL: [Self; 9] = [
        Self::Connected,
        Self::Reply,
        Self::ResetAfterConnect,
        Self::ClosedAfterConnect,
        Self::Refused,
        Self::Unreachable,
        Self::NoReply,
        Self::Local,
        Self::Unfinished,
    ];

    /// The stable name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::ResetAfterConnect => "reset-after-connect",
            Self::ClosedAfterConnect => "closed-after-connect",
            Self::Reply => "reply",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::NoReply => "no-reply",
            Self::Local => "local",
            Self::Unfinished => "unfinished",
        }
    }

    /// What it means for the counts.
    pub fn class(self) -> OutcomeClass {
        match self {
            // A close in order is the server's right, and whether it is seen at once is chance.
            Self::Connected | Self::Reply | Self::ClosedAfterConnect => OutcomeClass::Succeeded,
            Self::Local => OutcomeClass::Local,
            Self::Unfinished => OutcomeClass::Unfinished,
            _ => OutcomeClass::Failed,
        }
    }
}
