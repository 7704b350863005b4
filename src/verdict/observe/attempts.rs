//! Probes of one service by how they ended, and the troubles among them.

use crate::outcome::{Handshake, IcmpError, LocalCause, Outcome, UnreachableBy};
use crate::stats::Loss;
use crate::verdict::observation::Port;

/// Loss is loss where its 95 % interval lies above this share, in percent; below it may be chance.
const NOTICEABLE: f64 = 1.0;

/// Probes by how they ended. Unfinished ones are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attempts {
    /// Connected with one SYN, or answered.
    pub clean: u64,
    /// Connected with several SYNs: the first was lost or dropped (forward path or target).
    pub after_syn_loss: u64,
    /// Connected with several SYNs: the SYN-ACK to the first was lost or late (return path).
    pub after_synack_loss: u64,
    /// Connected with several SYNs, direction unknown.
    pub after_retransmission: u64,
    /// Closed by the peer after the handshake.
    pub closed: u64,
    /// Reset after the handshake.
    pub reset: u64,
    /// Refused.
    pub refused: u64,
    /// No reply.
    pub silent: u64,
    /// Rejected, by ICMP error.
    pub unreachable: Vec<(UnreachableBy, u64)>,
    /// Local errors, by cause.
    pub local: Vec<(LocalCause, u64)>,
    /// Datagrams from the target that answer no probe.
    pub strays: u64,
    /// Replies after the timeout; their probes count as silent.
    pub late: u64,
    /// Silence between ICMP errors has a cause of its own: it lasts longer than their rate limit explains.
    pub unexplained_silence: bool,
    /// Probes of the path to the same port.
    pub path: PathProbes,
}

/// Probes of a traced path with a TTL that reaches the target, each a single packet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PathProbes {
    /// Without a reply.
    pub lost: u64,
    /// All.
    pub sent: u64,
    /// Probes that end before the target are lost as well.
    pub begins_before_target: bool,
    /// What they get.
    pub reply: Option<PathReply>,
}

/// What probes of a path get in the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PathReply {
    /// A connection, or an answer.
    Success,
    /// A RST.
    Rst,
    /// An ICMP error, also where other probes of the host got it.
    Rejected(IcmpError),
}

/// Probes with the same trouble.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trouble {
    /// How they ended.
    pub port: Port,
    /// Their number.
    pub probes: u64,
}

impl Attempts {
    /// Counts outcomes.
    pub fn of(outcomes: impl IntoIterator<Item = (Outcome, u64)>) -> Self {
        let mut attempts = Self::default();
        for (outcome, count) in outcomes {
            attempts.add(outcome, count);
        }
        attempts
    }

    fn add(&mut self, outcome: Outcome, count: u64) {
        let place = match outcome {
            Outcome::Reply | Outcome::Connected(Handshake::Clean) => &mut self.clean,
            Outcome::Connected(Handshake::AfterSynLoss) => &mut self.after_syn_loss,
            Outcome::Connected(Handshake::AfterSynAckLoss) => &mut self.after_synack_loss,
            Outcome::Connected(Handshake::AfterRetransmission) => &mut self.after_retransmission,
            Outcome::ClosedAfterConnect => &mut self.closed,
            Outcome::ResetAfterConnect => &mut self.reset,
            Outcome::Refused(_) => &mut self.refused,
            Outcome::NoReply => &mut self.silent,
            Outcome::Unreachable(by) => place_of(&mut self.unreachable, by),
            Outcome::Local(cause) => place_of(&mut self.local, cause),
            Outcome::Unfinished => return,
        };
        *place += count;
    }

    /// Connected with several SYNs.
    pub fn retransmitted(&self) -> u64 {
        self.after_syn_loss + self.after_synack_loss + self.after_retransmission
    }

    /// Connected, or answered, and not reset.
    pub fn succeeded(&self) -> u64 {
        self.clean + self.retransmitted() + self.closed
    }

    /// Rejected with an ICMP error.
    pub fn rejected(&self) -> u64 {
        self.unreachable.iter().map(|(_, count)| count).sum()
    }

    /// Local errors.
    pub fn local_errors(&self) -> u64 {
        self.local.iter().map(|(_, count)| count).sum()
    }

    /// A packet came back, ICMP errors included.
    pub fn replied(&self) -> u64 {
        self.succeeded() + self.reset + self.refused + self.rejected()
    }

    /// Left this machine and did not succeed.
    pub fn failed(&self) -> u64 {
        self.reset + self.refused + self.rejected() + self.silent
    }

    /// All probes.
    pub fn total(&self) -> u64 {
        self.replied() + self.silent + self.local_errors()
    }

    /// The most frequent ICMP error; of the path where the probes themselves got none.
    pub fn usual_rejection(&self) -> Option<UnreachableBy> {
        let of_path = match self.path.reply {
            Some(PathReply::Rejected(error)) => Some(UnreachableBy::Icmp(error)),
            _ => None,
        };
        most_frequent(&self.unreachable).or(of_path)
    }

    /// The most frequent local error.
    pub fn usual_local_cause(&self) -> Option<LocalCause> {
        most_frequent(&self.local)
    }

    /// Packets that were lost or dropped, and packets that were sent to find out: retransmitted SYNs and probes without a
    /// reply, of all that were answered at all.
    pub fn loss(&self) -> (u64, u64) {
        let lost = self.retransmitted() + self.silent + self.path.lost;
        (lost, self.replied() + self.silent + self.path.sent)
    }

    /// Whether what is missing came late: after the timeout, or after the SYN was sent again.
    fn is_late(&self) -> bool {
        let all_again = self.after_synack_loss > 1 && self.after_synack_loss == self.total();
        all_again || self.late > 0 && (self.replied() == 0 || self.late >= self.silent)
    }

    /// Whether more packets are lost than by chance.
    pub fn is_lossy(&self) -> bool {
        let (lost, sent) = self.loss();
        self.replied() > self.rejected() && is_noticeable(lost, sent)
    }

    /// The troubles: what happens to most of the failed probes comes first.
    pub fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        let mut add = |port: Port, probes: u64| {
            if probes > 0 {
                troubles.push(Trouble { port, probes });
            }
        };
        let works = self.succeeded() > 0 || self.path.reply == Some(PathReply::Success);
        let or_some = |all: Port, some: Port| if works { some } else { all };
        if let Some(port) = self.explains_silence() {
            add(port, self.silent + self.local_errors());
        } else {
            add(Port::Local, self.local_errors());
            add(or_some(Port::Icmp, Port::IcmpSome), self.rejected());
            add(or_some(Port::Rst, Port::RstSome), self.refused);
            add(Port::ResetsAfter, self.reset);
            self.add_silence(&mut add);
        }
        // An ICMP error says more than silence.
        let has_icmp = troubles.iter().any(|it| it.port == Port::Icmp);
        let is_minor = |port| port == Port::Lossy || has_icmp && port == Port::Silent;
        troubles.sort_by_key(|it| (is_minor(it.port), std::cmp::Reverse(it.probes)));
        if self.closed > 0 {
            let (port, probes) = (Port::ClosesAfter, self.closed);
            troubles.push(Trouble { port, probes });
        }
        troubles
    }

    /// What the probes without a reply got as well, where nothing else came back: a local error that other probes met too
    /// early to tell, or what probes of the path got.
    fn explains_silence(&self) -> Option<Port> {
        if self.silent == 0 || self.replied() > 0 || self.strays + self.late > 0 {
            return None;
        }
        if self.local_errors() * 2 >= self.silent {
            return self
                .usual_local_cause()
                .filter(|it| !is_lack(*it))
                .map(|_| Port::Local);
        }
        match self.path.reply? {
            PathReply::Success => None,
            PathReply::Rst => Some(Port::Rst),
            PathReply::Rejected(_) => Some(Port::Icmp),
        }
    }

    fn add_silence(&self, add: &mut impl FnMut(Port, u64)) {
        let (lost, sent) = self.loss();
        let never_works = self.succeeded() == 0 && self.path.reply != Some(PathReply::Success);
        // Senders of ICMP errors rate-limit them: silence between rejects is no trouble of its own.
        let is_limited = never_works && self.rejected() > 0 && !self.unexplained_silence;
        if self.is_late() {
            // Some replies came in time.
            let late = if self.replied() == 0 {
                self.total()
            } else {
                self.silent + self.after_synack_loss
            };
            add(Port::Late, late);
        } else if self.strays > 0 && never_works && self.silent > 0 {
            add(Port::Strays, self.silent);
        } else if self.replied() == self.rejected() && never_works && !is_limited {
            add(Port::Silent, self.silent);
        } else if is_limited || !is_noticeable(lost, sent) {
            // Nothing that is more than chance.
        } else if self.silent > 0 || self.retransmitted() == 0 {
            add(Port::SilentSome, self.silent + self.path.lost);
        } else {
            add(Port::Lossy, self.retransmitted());
        }
    }
}

/// Whether the machine lacks something for one more socket, which other probes may have.
fn is_lack(cause: LocalCause) -> bool {
    matches!(
        cause,
        LocalCause::PortsExhausted | LocalCause::TooManyOpenFiles | LocalCause::OutOfMemory
    )
}

/// Whether a share is more than chance.
pub fn is_noticeable(lost: u64, sent: u64) -> bool {
    Loss::of(lost, sent).is_some_and(|loss| loss.low > NOTICEABLE)
}

fn place_of<T: PartialEq>(counts: &mut Vec<(T, u64)>, key: T) -> &mut u64 {
    let place = counts.iter().position(|(known, _)| *known == key);
    let place = place.unwrap_or_else(|| {
        counts.push((key, 0));
        counts.len() - 1
    });
    &mut counts[place].1
}

/// The first of those that are most frequent.
fn most_frequent<T: Copy>(counts: &[(T, u64)]) -> Option<T> {
    let counts = counts.iter();
    let most = counts.reduce(|most, next| if next.1 > most.1 { next } else { most });
    most.map(|(key, _)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{IcmpError, IcmpVersion, Refusal};

    const OK: Outcome = Outcome::Connected(Handshake::Clean);
    const AGAIN: Outcome = Outcome::Connected(Handshake::AfterSynLoss);
    const RST: Outcome = Outcome::Refused(Refusal::Rst);

    fn rejected() -> Outcome {
        Outcome::Unreachable(UnreachableBy::Icmp(IcmpError::new(IcmpVersion::V4, 3, 13)))
    }

    fn ports(outcomes: &[(Outcome, u64)]) -> Vec<Port> {
        let attempts = Attempts::of(outcomes.iter().copied());
        let troubles = attempts.troubles();
        troubles.into_iter().map(|it| it.port).collect()
    }

    #[test]
    fn each_way_to_fail_is_a_trouble_of_its_own() {
        let silent = Outcome::NoReply;
        let reset = Outcome::ResetAfterConnect;
        let local = Outcome::Local(LocalCause::NoRoute);
        for (outcomes, expected) in [
            (vec![(OK, 4)], vec![]),
            (vec![(RST, 4)], vec![Port::Rst]),
            (vec![(RST, 1), (OK, 3)], vec![Port::RstSome]),
            (vec![(silent, 4)], vec![Port::Silent]),
            (vec![(silent, 2), (OK, 4)], vec![Port::SilentSome]),
            (vec![(AGAIN, 3), (OK, 3)], vec![Port::Lossy]),
            (
                vec![(AGAIN, 3), (silent, 1), (OK, 3)],
                vec![Port::SilentSome],
            ),
            (vec![(reset, 3)], vec![Port::ResetsAfter]),
            (
                vec![(Outcome::ClosedAfterConnect, 3)],
                vec![Port::ClosesAfter],
            ),
            (vec![(local, 1), (OK, 3)], vec![Port::Local]),
            (
                vec![(RST, 1), (rejected(), 3), (OK, 1)],
                vec![Port::IcmpSome, Port::RstSome],
            ),
            // The rate limit of the sender.
            (vec![(rejected(), 1), (silent, 5)], vec![Port::Icmp]),
            (
                vec![(RST, 3), (silent, 2)],
                vec![Port::Rst, Port::SilentSome],
            ),
        ] {
            assert_eq!(ports(&outcomes), expected, "{outcomes:?}");
        }
    }

    #[test]
    fn what_may_be_chance_is_no_trouble() {
        assert_eq!(ports(&[(AGAIN, 1), (OK, 19)]), []);
        assert_eq!(ports(&[(Outcome::NoReply, 1), (OK, 999)]), []);
        assert_eq!(ports(&[(AGAIN, 11), (OK, 9)]), [Port::Lossy]);
    }

    #[test]
    fn datagrams_that_answer_nothing_are_strays() {
        let mut attempts = Attempts::of([(Outcome::NoReply, 4)]);
        attempts.strays = 2;
        let troubles = attempts.troubles();
        assert_eq!(troubles[0].port, Port::Strays);
    }
}
