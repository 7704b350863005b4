//! ICMP errors that quote too little to tell which of several probes they are about (RFC 792 asks for 8 bytes behind
//! the IP header, which is the UDP header and no more).
//!
//! To guess would be to tell a wrong end of a probe whose answer is still on its way. So such an error waits: for the
//! answers to the other probes, until it can be about one alone; or until one of those that it can be about is
//! given up.

use std::time::Instant;

use super::codec::{Asked, Speech};
use crate::outcome::classify::datagram::DatagramEvidence;
use crate::probe::ProbeId;

/// A probe that has failed, and what was said of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub(super) probe: ProbeId,
    pub(super) testimony: DatagramEvidence,
    /// When that was heard.
    pub(super) at: Instant,
}

/// An error, and what it quotes.
#[derive(Clone, Debug)]
struct Doubt {
    testimony: DatagramEvidence,
    at: Instant,
    quoted: Box<[u8]>,
    /// It is about none that was sent later: the first number of those.
    before: u64,
}

impl Doubt {
    fn can_be_about(&self, asked: &Asked, speech: &Speech) -> bool {
        asked.number < self.before && speech.was_said(asked, &self.quoted)
    }

    fn about(&self, probe: ProbeId) -> Failure {
        let (testimony, at) = (self.testimony, self.at);
        Failure {
            probe,
            testimony,
            at,
        }
    }
}

/// The errors of one line that wait.
#[derive(Debug, Default)]
pub(super) struct Doubts(Vec<Doubt>);

impl Doubts {
    /// Takes in an error that was heard now; tells of which probe it is, if that is clear. `asked` are those that
    /// wait and have not failed, oldest first.
    pub(super) fn note<'a>(
        &mut self,
        testimony: DatagramEvidence,
        quoted: &[u8],
        speech: &Speech,
        asked: &(impl DoubleEndedIterator<Item = &'a Asked> + Clone),
    ) -> Option<Failure> {
        let doubt = Doubt {
            testimony,
            at: Instant::now(),
            quoted: quoted.into(),
            before: asked.clone().next_back()?.number + 1,
        };
        match candidates(&doubt, speech, asked.clone()) {
            (Some(only), None) => Some(doubt.about(only)),
            // More errors than probes say nothing new.
            (Some(_), Some(_)) if self.0.len() < asked.clone().count() => {
                self.0.push(doubt);
                None
            }
            _ => None,
        }
    }

    /// An answer came: an error that can be about one probe alone now, if there is any. Those about none are
    /// forgotten.
    pub(super) fn settled<'a>(
        &mut self,
        speech: &Speech,
        asked: &(impl Iterator<Item = &'a Asked> + Clone),
    ) -> Option<Failure> {
        let is_about_any = |doubt: &Doubt| candidates(doubt, speech, asked.clone()).0.is_some();
        self.0.retain(is_about_any);
        let found = self.0.iter().enumerate().find_map(|(place, doubt)| {
            let (only, another) = candidates(doubt, speech, asked.clone());
            only.filter(|_| another.is_none()).map(|only| (place, only))
        });
        found.map(|(place, only)| self.0.remove(place).about(only))
    }

    /// A probe is given up: the first error that can be about it is.
    pub(super) fn give_to(&mut self, asked: &Asked, speech: &Speech) -> Option<Failure> {
        let can_be = |doubt: &Doubt| doubt.can_be_about(asked, speech);
        let place = self.0.iter().position(can_be)?;
        Some(self.0.remove(place).about(asked.probe))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Up to two probes that an error can be about.
fn candidates<'a>(
    doubt: &Doubt,
    speech: &Speech,
    asked: impl Iterator<Item = &'a Asked>,
) -> (Option<ProbeId>, Option<ProbeId>) {
    let possible = asked.filter(|asked| doubt.can_be_about(asked, speech));
    let mut possible = possible.map(|asked| asked.probe);
    (possible.next(), possible.next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::outcome::{Errno, IcmpError, IcmpVersion};
    use crate::payload::{Payload, Question};

    fn asked(number: u32) -> Asked {
        Asked {
            probe: ProbeId {
                slot: number,
                generation: 0,
            },
            question: Question {
                token: u64::from(number) << 56,
                local: ([127, 0, 0, 1], 1).into(),
                target: ([127, 0, 0, 1], 2).into(),
            },
            number: number.into(),
            nth: number,
            sent: Moment::now(),
            left: None,
        }
    }

    fn testimony() -> DatagramEvidence {
        let icmp = IcmpError {
            version: IcmpVersion::V4,
            kind: 3,
            code: 13,
            from: None,
            mtu: None,
        };
        DatagramEvidence::by_icmp(icmp, Some(Errno::HostUnreachable))
    }

    fn plain() -> Speech {
        Speech::Udp(Payload::Plain(32))
    }

    fn slot(failure: Option<Failure>) -> Option<u32> {
        failure.map(|failure| failure.probe.slot)
    }

    #[test]
    fn a_quote_with_a_token_is_about_its_probe_whichever_waits() {
        let probes = [asked(1), asked(2), asked(3)];
        let mut doubts = Doubts::default();
        let mut said = Vec::new();
        plain().write(&asked(2).question, 2, &mut said);
        let failure = doubts.note(testimony(), &said[..1], &plain(), &probes.iter());
        assert_eq!(slot(failure), Some(2));
        assert!(doubts.is_empty());
    }

    #[test]
    fn an_error_without_a_quote_waits_until_one_probe_is_left() {
        let mut probes = vec![asked(1), asked(2), asked(3)];
        let mut doubts = Doubts::default();
        assert_eq!(
            slot(doubts.note(testimony(), &[], &plain(), &probes.iter())),
            None
        );
        probes.push(asked(4));
        probes.remove(0);
        assert_eq!(
            slot(doubts.settled(&plain(), &probes.iter())),
            None,
            "two are left"
        );
        probes.remove(0);
        let failure = doubts.settled(&plain(), &probes.iter());
        assert_eq!(slot(failure), Some(3), "the fourth was sent later");
        assert!(doubts.is_empty());
    }

    #[test]
    fn an_error_about_probes_that_were_answered_is_forgotten() {
        let probes = [asked(1), asked(2)];
        let mut doubts = Doubts::default();
        doubts.note(testimony(), &[], &plain(), &probes.iter());
        assert_eq!(slot(doubts.settled(&plain(), &[].iter())), None);
        assert!(doubts.is_empty());
    }

    #[test]
    fn who_is_given_up_first_takes_what_can_be_about_him() {
        let probes = [asked(1), asked(2)];
        let mut doubts = Doubts::default();
        doubts.note(testimony(), &[], &plain(), &probes.iter());
        assert_eq!(
            slot(doubts.give_to(&asked(3), &plain())),
            None,
            "sent later"
        );
        assert_eq!(slot(doubts.give_to(&asked(1), &plain())), Some(1));
        assert_eq!(
            slot(doubts.give_to(&asked(2), &plain())),
            None,
            "only one error"
        );
    }

    #[test]
    fn more_errors_than_probes_take_no_memory() {
        let probes = [asked(1), asked(2)];
        let mut doubts = Doubts::default();
        for _ in 0..100 {
            doubts.note(testimony(), &[], &plain(), &probes.iter());
        }
        assert_eq!(doubts.0.len(), 2);
    }
}
