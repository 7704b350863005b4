//! Outcomes of a few probes to one address and port. Pure data.

use std::time::Duration;

use crate::hosts::{Protocol, Target};
use crate::outcome::{Handshake, LocalCause, Outcome, OutcomeClass, OutcomeKind, UnreachableBy};

/// Outcomes of a few probes to one address and port.
#[derive(Clone, Debug)]
pub struct ProbeBatch {
    /// Their target.
    pub target: Target,
    /// Finished probes, those that never left included.
    pub sent: u64,
    /// Distinct outcomes and their counts.
    pub outcomes: Vec<(Outcome, u64)>,
    /// Datagrams from the target that match no probe.
    pub strays: u64,
    /// Successful replies after the timeout; their probes are counted as no reply.
    pub late: u64,
    /// Median time to the reply as the application sees it.
    pub median_connect: Option<Duration>,
    /// Median round-trip time by the kernel's clock, without SYN retransmissions and local delays.
    pub median_rtt: Option<Duration>,
}

impl ProbeBatch {
    /// Adds more probes to the same target; the medians stay unchanged.
    pub(super) fn merge(&mut self, more: Self) {
        self.sent += more.sent;
        self.strays += more.strays;
        self.late += more.late;
        for (outcome, count) in more.outcomes {
            add_outcome(&mut self.outcomes, outcome, count);
        }
    }

    /// Probes with an outcome of this kind.
    pub fn count(&self, kind: OutcomeKind) -> u64 {
        self.count_if(|outcome| outcome.kind() == kind)
    }

    /// Probes that succeeded.
    pub fn succeeded(&self) -> u64 {
        self.count_if(|outcome| outcome.kind().class() == OutcomeClass::Succeeded)
    }

    /// Probes with a reply of the target, refusals included, as far as one probe shows.
    pub fn answered_by_target(&self) -> u64 {
        self.count_if(|outcome| self.is_from_target(outcome))
    }

    /// Probes that connected with more than one SYN.
    pub fn retransmitted(&self) -> u64 {
        self.count_if(|it| matches!(it, Outcome::Connected(shake) if *shake != Handshake::Clean))
    }

    /// Probes that left this machine.
    pub(super) fn left(&self) -> u64 {
        self.sent - self.count(OutcomeKind::Local)
    }

    /// Whether no probe got a reply.
    pub fn is_unanswered(&self) -> bool {
        self.sent > 0 && self.count(OutcomeKind::NoReply) == self.sent
    }

    /// Whether some probes got a reply and some none. ICMP errors do not count as replies: hosts rate-limit them.
    pub(super) fn is_partly_answered(&self) -> bool {
        use OutcomeKind::{NoReply, Refused, ResetAfterConnect};
        let answered = self.succeeded() + self.count(Refused) + self.count(ResetAfterConnect);
        answered > 0 && self.count(NoReply) > 0
    }

    /// Whether this user may send such probes.
    pub(super) fn was_permitted(&self) -> bool {
        let is_denied = |outcome: &Outcome| *outcome == Outcome::Local(LocalCause::Permission);
        !self.outcomes.iter().all(|(outcome, _)| is_denied(outcome))
    }

    fn is_from_target(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Refused(_) => true,
            Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => {
                // A host sends it for a closed UDP port; for TCP only a firewall does.
                let is_host = icmp.from == Some(self.target.address.ip());
                is_host && icmp.is_port_unreachable() && self.target.protocol == Protocol::Udp
            }
            outcome => outcome.is_answered() || *outcome == Outcome::ResetAfterConnect,
        }
    }

    fn count_if(&self, is_counted: impl Fn(&Outcome) -> bool) -> u64 {
        let counted = self.outcomes.iter().filter(|it| is_counted(&it.0));
        counted.map(|(_, count)| count).sum()
    }
}

/// Adds `count` probes with this outcome.
pub(super) fn add_outcome(outcomes: &mut Vec<(Outcome, u64)>, outcome: Outcome, count: u64) {
    match outcomes.iter_mut().find(|(it, _)| *it == outcome) {
        Some((_, known)) => *known += count,
        None => outcomes.push((outcome, count)),
    }
}
