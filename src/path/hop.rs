//! What was heard for one TTL. Pure.

use std::net::IpAddr;
use std::time::Duration;

use crate::hosts::{Protocol, Target};
use crate::outcome::{IcmpError, LocalCause, Outcome, Refusal, Sample, UnreachableBy};
use crate::stats::Distribution;

/// Significant digits of a hop's times: a hop of a path is not worth the memory of more.
const DIGITS: u8 = 2;

/// Different answers kept for one hop; a path that changes more often than that is told by its first ones.
const MOST_ANSWERS: usize = 16;

/// What was heard for one TTL.
#[derive(Clone, Debug)]
pub struct Hop {
    /// How far the probes could go; `None`: as far as usual.
    pub ttl: Option<u8>,
    /// Probes that ended, without those that never left.
    pub sent: u64,
    /// Probes that were answered.
    pub answered: u64,
    /// Who answered what, in the order in which it was first heard.
    pub replies: Vec<HopReply>,
    /// Round-trip times of all answers.
    pub rtts: Distribution,
    /// The largest TTL that was left of an answer of the target, where the system tells.
    pub reply_ttl: Option<u8>,
    /// Why the last probe that did not leave did not.
    pub local_cause: Option<LocalCause>,
}

/// One kind of answer from one address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HopReply {
    /// Who answered. Absent where the kernel could not tell.
    pub from: Option<IpAddr>,
    /// What.
    pub kind: ReplyKind,
    /// How often.
    pub count: u64,
    /// The shortest round-trip time.
    pub min_rtt: Option<Duration>,
}

/// What an answer to a probe with a small TTL says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// The TTL ran out there: an ordinary hop.
    TimeExceeded,
    /// Another ICMP error: somebody there, or who speaks for it, says no.
    Rejected(IcmpError),
    /// The answer that the whole probe would get.
    FinalReply(FinalReply),
}

/// The answer of whoever speaks for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalReply {
    /// The handshake completed.
    SynAck,
    /// A RST.
    Rst,
    /// A datagram.
    Reply,
    /// The target itself says that nothing listens on the UDP port.
    PortUnreachable,
}

impl FinalReply {
    /// Whether it is the answer of something that works.
    pub fn is_success(self) -> bool {
        matches!(self, Self::SynAck | Self::Reply)
    }

    /// As a reader knows it.
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
    /// A hop of which nothing is known.
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

    /// Takes in a probe to `target` that has ended. An answer that came late is one all the same.
    pub fn record(&mut self, target: &Target, sample: &Sample) {
        let result = &sample.result;
        let said = match result.outcome {
            // Somebody answered, but this system does not tell who: neither a hop nor lost.
            Outcome::Refused(Refusal::Errno) | Outcome::Unreachable(UnreachableBy::Errno(_)) => {
                return;
            }
            Outcome::Unfinished => return,
            Outcome::Local(cause) => {
                self.local_cause = Some(cause);
                return;
            }
            Outcome::NoReply => None,
            outcome => meaning(target, outcome),
        };
        self.sent += u64::from(!sample.late);
        let Some((from, what)) = said else { return };
        self.answered += 1;
        if matches!(what, ReplyKind::FinalReply(_)) {
            self.reply_ttl = self.reply_ttl.max(result.ttl);
        }
        // Which of several SYNs was answered does not show (Karn's algorithm, RFC 6298 section 3).
        let time = result.rtt.map(|rtt| rtt.time).or(result.connect);
        let time = time.filter(|_| !result.was_retransmitted());
        if let Some(time) = time {
            self.rtts.record(time);
        }
        self.hear(&HopReply {
            from,
            kind: what,
            count: 1,
            min_rtt: time,
        });
    }

    fn hear(&mut self, new: &HopReply) {
        let same = |it: &&mut HopReply| it.from == new.from && it.kind.is_like(new.kind);
        if let Some(known) = self.replies.iter_mut().find(same) {
            known.count += new.count;
            known.min_rtt = [known.min_rtt, new.min_rtt].into_iter().flatten().min();
        } else if self.replies.len() < MOST_ANSWERS {
            self.replies.push(*new);
        }
    }

    /// This hop, of which nothing was heard, with what was heard at another time.
    #[must_use]
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            local_cause: self.local_cause.or(other.local_cause),
            ..other.clone()
        }
    }

    /// Adds what was heard at another time; the distribution of times stays as it is.
    pub(super) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.reply_ttl = self.reply_ttl.max(other.reply_ttl);
        for heard in &other.replies {
            self.hear(heard);
        }
    }

    /// Whether anybody answered.
    pub fn is_unanswered(&self) -> bool {
        self.replies.is_empty()
    }

    /// The first answer of a router where the TTL ran out.
    pub fn router(&self) -> Option<IpAddr> {
        self.replies
            .iter()
            .find(|heard| heard.kind == ReplyKind::TimeExceeded)?
            .from
    }

    /// The first answer that speaks for the target.
    pub fn final_reply(&self) -> Option<FinalReply> {
        self.replies.iter().find_map(|heard| match heard.kind {
            ReplyKind::FinalReply(reached) => Some(reached),
            _ => None,
        })
    }

    /// The first rejection.
    pub fn rejection(&self) -> Option<IcmpError> {
        self.replies.iter().find_map(|heard| match heard.kind {
            ReplyKind::Rejected(icmp) => Some(icmp),
            _ => None,
        })
    }

    /// How many answers spoke for the target.
    pub(super) fn answers_of_target(&self) -> u64 {
        let heard = self.replies.iter();
        let of_target = heard.filter(|it| matches!(it.kind, ReplyKind::FinalReply(_)));
        of_target.map(|heard| heard.count).sum()
    }

    /// How many answers came from the end of the way.
    pub fn terminal_replies(&self) -> u64 {
        let ends = self
            .replies
            .iter()
            .filter(|it| it.kind != ReplyKind::TimeExceeded);
        ends.map(|heard| heard.count).sum()
    }

    /// Whether probes with this TTL, or a larger one, get their last answer.
    pub fn is_path_end(&self) -> bool {
        self.final_reply().is_some() || self.rejection().is_some()
    }

    /// The share of probes without an answer, from 0 to 1; absent where none was sent.
    pub fn loss(&self) -> Option<f64> {
        let lost = self.sent.saturating_sub(self.answered);
        (self.sent > 0).then(|| lost as f64 / self.sent as f64)
    }
}

impl ReplyKind {
    /// Whether both say the same; the MTU that a router names may change.
    fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Self::Rejected(a), Self::Rejected(b)) => (a.kind, a.code) == (b.kind, b.code),
            _ => self == other,
        }
    }
}

/// Who said what. `None`: the system does not tell.
fn meaning(target: &Target, outcome: Outcome) -> Option<(Option<IpAddr>, ReplyKind)> {
    let address = Some(target.address.ip());
    let own = |reached| Some((address, ReplyKind::FinalReply(reached)));
    // No TCP stack says so of a closed port: there it is a firewall's word (RFC 9293 section 3.10.7.1).
    let says_closed = target.protocol == Protocol::Udp;
    match outcome {
        Outcome::Connected(_) | Outcome::ResetAfterConnect | Outcome::ClosedAfterConnect => {
            own(FinalReply::SynAck)
        }
        Outcome::Refused(Refusal::Rst) => own(FinalReply::Rst),
        Outcome::Reply => own(FinalReply::Reply),
        Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => {
            let what = if icmp.is_ttl_exceeded() {
                ReplyKind::TimeExceeded
            } else if says_closed && icmp.is_port_unreachable() && icmp.from == address {
                ReplyKind::FinalReply(FinalReply::PortUnreachable)
            } else {
                ReplyKind::Rejected(icmp)
            };
            Some((icmp.from, what))
        }
        _ => None,
    }
}
