//! How probes ended, in numbers.

use crate::checks::ProbeBatch;
use crate::outcome::{Handshake, IcmpError, LocalCause, Outcome, UnreachableBy};

/// How many probes ended in which way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Connected, or answered; not closed or reset at once.
    pub(super) connected: u64,
    /// Closed by the other side after the handshake.
    pub(super) closed: u64,
    /// Reset after the handshake.
    pub(super) reset: u64,
    /// Refused.
    pub(super) refused: u64,
    /// Rejected with an ICMP error.
    pub(super) unreachable: u64,
    /// Not answered.
    pub(super) silent: u64,
    /// Never left this machine.
    pub(super) local: u64,
    /// Connected with more than one SYN: the first was lost, or dropped there.
    pub(super) syn_lost: u64,
    /// Connected with more than one SYN: the answer to the first was lost, or late.
    pub(super) answer_lost: u64,
    /// Connected with more than one SYN; which was lost does not show.
    pub(super) either_lost: u64,
}

impl Tally {
    pub(super) fn of(tried: &ProbeBatch) -> Self {
        let mut tally = Self::default();
        for (outcome, count) in &tried.outcomes {
            tally.add(outcome, *count);
        }
        tally
    }

    fn add(&mut self, outcome: &Outcome, count: u64) {
        let place = match outcome {
            Outcome::Connected(handshake) => {
                match handshake {
                    Handshake::Clean => {}
                    Handshake::AfterSynLoss => self.syn_lost += count,
                    Handshake::AfterSynAckLoss => self.answer_lost += count,
                    Handshake::AfterRetransmission => self.either_lost += count,
                }
                &mut self.connected
            }
            Outcome::Reply => &mut self.connected,
            Outcome::ClosedAfterConnect => &mut self.closed,
            Outcome::ResetAfterConnect => &mut self.reset,
            Outcome::Refused(_) => &mut self.refused,
            Outcome::Unreachable(_) => &mut self.unreachable,
            Outcome::NoReply => &mut self.silent,
            Outcome::Local(_) => &mut self.local,
            Outcome::Unfinished => return,
        };
        *place += count;
    }

    /// All that ended.
    pub(super) fn total(&self) -> u64 {
        self.answers() + self.silent + self.local
    }

    /// Those that got what they wanted.
    pub(super) fn worked(&self) -> u64 {
        self.connected + self.closed
    }

    /// Those that left this machine and did not.
    pub(super) fn failed(&self) -> u64 {
        self.reset + self.refused + self.unreachable + self.silent
    }

    /// Those that connected with more than one SYN.
    pub(super) fn resent(&self) -> u64 {
        self.syn_lost + self.answer_lost + self.either_lost
    }

    /// Those that anybody answered, whatever he said.
    pub(super) fn answers(&self) -> u64 {
        self.worked() + self.reset + self.refused + self.unreachable
    }

    /// Whether something was sent and nobody answered.
    pub(super) fn is_silent(&self) -> bool {
        self.silent > 0 && self.answers() == 0
    }
}

/// The ICMP error that was met most often.
pub(super) fn usual_icmp(tried: &ProbeBatch) -> Option<IcmpError> {
    most(tried, |outcome| match outcome {
        Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => Some(*icmp),
        _ => None,
    })
}

/// The local cause that was met most often.
pub(super) fn usual_cause(tried: &ProbeBatch) -> Option<LocalCause> {
    most(tried, |outcome| match outcome {
        Outcome::Local(cause) => Some(*cause),
        _ => None,
    })
}

fn most<T>(tried: &ProbeBatch, wanted: impl Fn(&Outcome) -> Option<T>) -> Option<T> {
    let ends = tried.outcomes.iter();
    let known = ends.filter_map(|(outcome, count)| Some((wanted(outcome)?, *count)));
    // The first of those that are equally frequent.
    let most = known.reduce(|most, next| if next.1 > most.1 { next } else { most });
    most.map(|(what, _)| what)
}
