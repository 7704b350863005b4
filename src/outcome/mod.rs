//! Outcome of a probe, with the evidence for it. Pure: no sockets, no clock, no output.
//!
//! Three layers: system call (`platform/`), decoded evidence ([`evidence`]), classification ([`classify`]: what proves
//! a firewall, a RST, a lost SYN).

pub mod catalog;
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

/// Outcome of a probe. Every probe has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The handshake completed.
    Connected(Handshake),
    /// RST after a completed handshake.
    ResetAfterConnect,
    /// FIN after a completed handshake.
    ClosedAfterConnect,
    /// A reply to a datagram (UDP, ICMP echo).
    Reply,
    /// Connection refused (ECONNREFUSED).
    Refused(Refusal),
    /// ICMP error from another host.
    Unreachable(UnreachableBy),
    /// No reply before the timeout.
    NoReply,
    /// Local error: the probe failed on this machine. Not packet loss.
    Local(LocalCause),
    /// The run was stopped with the probe in flight: counted neither as sent nor as lost.
    Unfinished,
}

/// Retransmissions of a completed handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Handshake {
    /// One SYN, one SYN-ACK.
    Clean,
    /// The first SYN was lost (forward path) or dropped by the target.
    AfterSynLoss,
    /// The SYN-ACK to the first SYN was lost (return path) or very late.
    AfterSynAckLoss,
    /// A SYN was retransmitted; whether and where a packet was lost is unknown.
    AfterRetransmission,
}

/// Evidence for a refused connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// RST: the error queue was read and was empty.
    Rst,
    /// Errno only, no error queue: a RST or an ICMP error of a firewall.
    Errno,
}

/// Evidence for an unreachable target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnreachableBy {
    /// ICMP error with its sender.
    Icmp(IcmpError),
    /// Errno only, no error queue.
    Errno(Errno),
}

/// Outcome without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
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

/// Class of an outcome in the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutcomeClass {
    /// Handshake completed and not reset, or a reply received.
    Succeeded,
    /// Failed at the target or on the path: counts as packet loss.
    Failed,
    /// Local error.
    Local,
    /// In flight at the end of the run.
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

    /// Stable kebab-case reason; absent where the outcome has only one.
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

    /// Whether the three-way handshake completed.
    pub fn handshake_completed(&self) -> bool {
        matches!(
            self,
            Self::Connected(_) | Self::ResetAfterConnect | Self::ClosedAfterConnect
        )
    }

    /// Whether it is a reply or a handshake without retransmission.
    pub fn is_clean(&self) -> bool {
        matches!(self, Self::Reply | Self::Connected(Handshake::Clean))
    }

    /// Whether the probe's time is a latency: handshake completed or reply received.
    pub fn is_answered(&self) -> bool {
        self.handshake_completed() || *self == Self::Reply
    }
}

impl UnreachableBy {
    /// Stable kebab-case reason.
    pub fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::Icmp(icmp) => icmp.reason(),
            Self::Errno(_) => Cow::Borrowed("unreachable-by-errno"),
        }
    }

    /// Sender of the ICMP error, if known.
    pub fn from(&self) -> Option<IpAddr> {
        match self {
            Self::Icmp(icmp) => icmp.from,
            Self::Errno(_) => None,
        }
    }
}

impl Handshake {
    /// Stable kebab-case reason; absent for a clean handshake.
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
    /// Every kind, in the order of summaries.
    pub const ALL: &'static [Self] = &[
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

    /// Stable name, used in JSON.
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

    /// Class in the statistics.
    pub fn class(self) -> OutcomeClass {
        match self {
            // A server may close an idle connection; whether that is seen within the probe depends on timing.
            Self::Connected | Self::Reply | Self::ClosedAfterConnect => OutcomeClass::Succeeded,
            Self::Local => OutcomeClass::Local,
            Self::Unfinished => OutcomeClass::Unfinished,
            _ => OutcomeClass::Failed,
        }
    }
}
