//! Replies to probes with one TTL. Pure.

use std::net::IpAddr;
use std::time::Duration;

use crate::hosts::{Protocol, Target};
use crate::outcome::{IcmpError, LocalCause, Outcome, Refusal, Sample, UnreachableBy};
use crate::stats::Distribution;

/// Significant digits of a hop's round-trip times, to bound memory.
const DIGITS: u8 = 2;

/// Distinct replies kept per hop: the first ones.
const MAX_REPLIES: usize = 16;

/// Replies to probes with one TTL.
#[derive(Clone, Debug)]
pub struct Hop {
    /// TTL of the probes; `None`: full TTL.
    pub ttl: Option<u8>,
    /// Finished probes, without those that never left.
    pub sent: u64,
    /// Probes with a reply.
    pub answered: u64,
    /// Distinct replies, in order of first arrival.
    pub replies: Vec<HopReply>,
    /// Round-trip times of all replies.
    pub rtts: Distribution,
    /// Largest remaining TTL of the final replies, where the system reports it.
    pub reply_ttl: Option<u8>,
    /// Cause of the last probe that did not leave.
    pub local_cause: Option<LocalCause>,
}

/// Replies of one kind from one address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HopReply {
    /// Sender; absent where the kernel did not report it.
    pub from: Option<IpAddr>,
    /// Kind of reply.
    pub kind: ReplyKind,
    /// Number of replies.
    pub count: u64,
    /// Smallest round-trip time.
    pub min_rtt: Option<Duration>,
}

/// Kind of a reply to a probe with a limited TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// ICMP time exceeded, from a router on the path.
    TimeExceeded,
    /// Any other ICMP error.
    Rejected(IcmpError),
    /// The reply that a full-TTL probe would get.
    FinalReply(FinalReply),
}

/// Reply of the target, or of a device that answers on its behalf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalReply {
    /// SYN-ACK: the handshake completed.
    SynAck,
    /// RST.
    Rst,
    /// A datagram (UDP, ICMP echo).
    Reply,
    /// ICMP port unreachable from the target itself: the UDP port is closed.
    PortUnreachable,
}

impl FinalReply {
    /// Whether the service answered.
    pub fn is_success(self) -> bool {
        matches!(self, Self::SynAck | Self::Reply)
    }

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SynAck => "SYN-ACK",
            Self::Rst => "RST",
            Self::Reply => "reply",
            Self::PortUnreachable => "port unreachable",
        }
    }
}

impl Hop {
    /// A hop without probes.
    pub fn new(ttl: Option<u8>) -> Self {
        Self {
            ttl,
            sent: 0,
            answered: 0,
            replies: Vec::new(),
            rtts: Distribution::new(DIGITS),
            reply_ttl: None,
            local_cause: None,
        }
    }

    /// Hops from 1 to `last`.
    pub fn up_to(last: u8) -> Vec<Self> {
        (1..=last).map(|ttl| Self::new(Some(ttl))).collect()
    }

    /// Adds a finished probe to `target`. A late reply counts as a reply.
    pub fn record(&mut self, target: &Target, sample: &Sample) {
        let result = &sample.result;
        let reply = match result.outcome {
            // A reply whose sender is not reported: neither a hop nor lost.
            Outcome::Refused(Refusal::Errno) | Outcome::Unreachable(UnreachableBy::Errno(_)) => {
                return;
            }
            Outcome::Unfinished => return,
            Outcome::Local(cause) => {
                self.local_cause = Some(cause);
                return;
            }
            Outcome::NoReply => None,
            outcome => reply_of(target, outcome),
        };
        self.sent += u64::from(!sample.late);
        let Some((from, kind)) = reply else { return };
        self.answered += 1;
        if matches!(kind, ReplyKind::FinalReply(_)) {
            self.reply_ttl = self.reply_ttl.max(result.ttl);
        }
        // After a retransmission the RTT is ambiguous (Karn's algorithm, RFC 6298 section 3).
        let rtt = result.rtt.map(|rtt| rtt.time).or(result.connect);
        let rtt = rtt.filter(|_| !result.was_retransmitted());
        if let Some(rtt) = rtt {
            self.rtts.record(rtt);
        }
        self.add_reply(&HopReply {
            from,
            kind,
            count: 1,
            min_rtt: rtt,
        });
    }

    fn add_reply(&mut self, new: &HopReply) {
        let same = |it: &&mut HopReply| it.from == new.from && it.kind.is_same_kind(new.kind);
        if let Some(known) = self.replies.iter_mut().find(same) {
            known.count += new.count;
            known.min_rtt = [known.min_rtt, new.min_rtt].into_iter().flatten().min();
        } else if self.replies.len() < MAX_REPLIES {
            self.replies.push(*new);
        }
    }

    /// This unanswered hop with the replies of another measurement.
    #[must_use]
    pub(super) fn with_replies_of(&self, other: &Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            local_cause: self.local_cause.or(other.local_cause),
            ..other.clone()
        }
    }

    /// Adds the counts and replies of another measurement; `rtts` stays unchanged.
    pub(super) fn merge(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.reply_ttl = self.reply_ttl.max(other.reply_ttl);
        for reply in &other.replies {
            self.add_reply(reply);
        }
    }

    /// Whether no probe got a reply.
    pub fn is_unanswered(&self) -> bool {
        self.replies.is_empty()
    }

    /// Sender of the first time exceeded.
    pub fn router(&self) -> Option<IpAddr> {
        self.replies
            .iter()
            .find(|reply| reply.kind == ReplyKind::TimeExceeded)?
            .from
    }

    /// The first final reply.
    pub fn final_reply(&self) -> Option<FinalReply> {
        self.replies.iter().find_map(|reply| match reply.kind {
            ReplyKind::FinalReply(reply) => Some(reply),
            _ => None,
        })
    }

    /// The first rejection.
    pub fn rejection(&self) -> Option<IcmpError> {
        self.replies.iter().find_map(|reply| match reply.kind {
            ReplyKind::Rejected(icmp) => Some(icmp),
            _ => None,
        })
    }

    /// Number of final replies.
    pub(super) fn final_replies(&self) -> u64 {
        self.count(|kind| matches!(kind, ReplyKind::FinalReply(_)))
    }

    /// Number of final replies and rejections.
    pub(super) fn terminal_replies(&self) -> u64 {
        self.count(|kind| kind != ReplyKind::TimeExceeded)
    }

    fn count(&self, is_counted: impl Fn(ReplyKind) -> bool) -> u64 {
        let counted = self.replies.iter().filter(|it| is_counted(it.kind));
        counted.map(|reply| reply.count).sum()
    }

    /// Whether the path ends here: a final reply or a rejection.
    pub fn is_path_end(&self) -> bool {
        self.final_reply().is_some() || self.rejection().is_some()
    }

    /// Ratio of probes without a reply, 0 to 1; absent where none was sent.
    pub fn loss(&self) -> Option<f64> {
        let lost = self.sent.saturating_sub(self.answered);
        (self.sent > 0).then(|| lost as f64 / self.sent as f64)
    }
}

impl ReplyKind {
    /// Equality except for the MTU that a router reports, which may change.
    fn is_same_kind(self, other: Self) -> bool {
        match (self, other) {
            (Self::Rejected(a), Self::Rejected(b)) => (a.kind, a.code) == (b.kind, b.code),
            _ => self == other,
        }
    }
}

/// Sender and kind of the reply; `None` for outcomes without one.
fn reply_of(target: &Target, outcome: Outcome) -> Option<(Option<IpAddr>, ReplyKind)> {
    let address = Some(target.address.ip());
    let from_target = |reply| Some((address, ReplyKind::FinalReply(reply)));
    // A TCP stack answers a closed port with a RST, never with ICMP (RFC 9293 section 3.10.7.1).
    let is_udp = target.protocol == Protocol::Udp;
    match outcome {
        Outcome::Connected(_) | Outcome::ResetAfterConnect | Outcome::ClosedAfterConnect => {
            from_target(FinalReply::SynAck)
        }
        Outcome::Refused(Refusal::Rst) => from_target(FinalReply::Rst),
        Outcome::Reply => from_target(FinalReply::Reply),
        Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => {
            let kind = if icmp.is_ttl_exceeded() {
                ReplyKind::TimeExceeded
            } else if is_udp && icmp.is_port_unreachable() && icmp.from == address {
                ReplyKind::FinalReply(FinalReply::PortUnreachable)
            } else {
                ReplyKind::Rejected(icmp)
            };
            Some((icmp.from, kind))
        }
        _ => None,
    }
}
