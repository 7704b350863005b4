//! Since when not: runs of failed probes.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::outcome::{Outcome, OutcomeClass, Sample};

/// Outages remembered at either end of a run; those in between are only counted.
const KEPT: usize = 16;

/// Different causes named in one outage.
const CAUSES: usize = 8;

/// Failed probes in a row, in the order in which they were sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// The number of the first failed probe.
    pub first_seq: u64,
    /// When the first failed probe was sent.
    pub from: Instant,
    /// When the last failed probe had ended, or the next one was sent that succeeded.
    pub to: Instant,
    /// How many probes failed.
    pub probes: u64,
    /// Their different outcomes, in order of appearance.
    pub outcomes: Vec<Outcome>,
    /// No probe after it succeeded: it had not ended when the run did.
    pub ongoing: bool,
}

/// Finds outages while samples come in, in whatever order they end.
#[derive(Clone, Debug)]
pub struct Outages {
    next_seq: u64,
    /// What ended before some earlier probe has, by its first sequence number. Neighbours are joined, so one
    /// silent probe holds back a few stretches, not every probe that ended meanwhile.
    early: BTreeMap<u64, Stretch>,
    current: Option<Outage>,
    first: Vec<Outage>,
    last: VecDeque<Outage>,
    /// The longest that is over.
    longest: Option<Outage>,
    total: u64,
}

/// Probes in a row that mean the same.
#[derive(Clone, Debug)]
struct Stretch {
    /// The sequence number after its last probe.
    end: u64,
    meaning: Meaning,
}

#[derive(Clone, Debug)]
enum Meaning {
    /// Succeeded; when the first of them was sent.
    Fine(Instant),
    Failed(Outage),
    /// Says nothing about the target.
    Neutral,
}

impl Default for Outages {
    fn default() -> Self {
        Self {
            next_seq: 1,
            early: BTreeMap::new(),
            current: None,
            first: Vec::new(),
            last: VecDeque::new(),
            longest: None,
            total: 0,
        }
    }
}

impl Meaning {
    fn of(sample: &Sample) -> Self {
        let outcome = sample.result.outcome;
        match outcome.kind().class() {
            OutcomeClass::Succeeded => Self::Fine(sample.sent_at),
            OutcomeClass::Local | OutcomeClass::Unfinished => Self::Neutral,
            OutcomeClass::Failed => Self::Failed(Outage {
                first_seq: sample.seq,
                from: sample.sent_at,
                to: sample.sent_at + sample.result.duration(),
                probes: 1,
                outcomes: vec![outcome],
                ongoing: true,
            }),
        }
    }

    /// Appends what came next, if both mean the same.
    fn join(&mut self, next: &Self) -> bool {
        match (&mut *self, next) {
            (_, Self::Neutral) | (Self::Fine(_), Self::Fine(_)) => true,
            (Self::Neutral, other) => {
                *self = other.clone();
                true
            }
            (Self::Failed(outage), Self::Failed(next)) => {
                outage.extend(next);
                true
            }
            _ => false,
        }
    }
}

impl Outage {
    /// From the first failed probe's sending to the last one's end.
    pub fn duration(&self) -> Duration {
        self.to.saturating_duration_since(self.from)
    }

    fn extend(&mut self, next: &Self) {
        self.to = self.to.max(next.to);
        self.probes += next.probes;
        for cause in &next.outcomes {
            if self.outcomes.len() < CAUSES && !self.outcomes.contains(cause) {
                self.outcomes.push(*cause);
            }
        }
    }
}

impl Outages {
    /// Takes in a sample; every sequence number comes exactly once.
    pub fn record(&mut self, sample: &Sample) {
        let meaning = Meaning::of(sample);
        if sample.seq != self.next_seq {
            self.keep(sample.seq, meaning);
            return;
        }
        self.take_in(meaning);
        self.next_seq += 1;
        while let Some(stretch) = self.early.remove(&self.next_seq) {
            self.take_in(stretch.meaning);
            self.next_seq = stretch.end;
        }
    }

    /// Keeps what ended early, joined to its neighbours where they mean the same.
    fn keep(&mut self, seq: u64, meaning: Meaning) {
        let mut start = seq;
        let mut stretch = Stretch {
            end: seq + 1,
            meaning,
        };
        if let Some((&before, earlier)) = self.early.range_mut(..seq).next_back()
            && earlier.end == seq
            && earlier.meaning.join(&stretch.meaning)
        {
            earlier.end = stretch.end;
            start = before;
            stretch = earlier.clone();
        }
        if let Some(later) = self.early.get(&stretch.end)
            && stretch.meaning.join(&later.meaning)
        {
            let end = later.end;
            self.early.remove(&stretch.end);
            stretch.end = end;
        }
        self.early.insert(start, stretch);
    }

    /// How many outages there were.
    pub fn total(&self) -> u64 {
        self.total + u64::from(self.current.is_some())
    }

    /// The outages remembered: the first ones and the last ones of a run that had very many.
    pub fn list(&self) -> Vec<Outage> {
        let current = self.current.iter();
        let known = self.first.iter().chain(&self.last).chain(current);
        known.cloned().collect()
    }

    /// The outage that goes on.
    pub fn current(&self) -> Option<&Outage> {
        self.current.as_ref()
    }

    /// The longest of all outages, also of those that are no longer remembered.
    pub fn longest(&self) -> Option<&Outage> {
        let known = self.longest.iter().chain(&self.current);
        known.max_by_key(|outage| outage.duration())
    }

    /// The latest outage that is over.
    pub fn latest(&self) -> Option<&Outage> {
        self.last.back().or(self.first.last())
    }

    fn take_in(&mut self, meaning: Meaning) {
        match (meaning, &mut self.current) {
            (Meaning::Neutral, _) => {}
            (Meaning::Fine(at), _) => self.recover(at),
            (Meaning::Failed(outage), Some(current)) => current.extend(&outage),
            (Meaning::Failed(outage), None) => self.current = Some(outage),
        }
    }

    /// The probe sent at `at` succeeded. Whoever still waited for an earlier one then was out no longer.
    fn recover(&mut self, at: Instant) {
        let Some(mut outage) = self.current.take() else {
            return;
        };
        outage.to = outage.to.min(at).max(outage.from);
        outage.ongoing = false;
        self.total += 1;
        let longest = self.longest.as_ref();
        if longest.is_none_or(|longest| outage.duration() > longest.duration()) {
            self.longest = Some(outage.clone());
        }
        if self.first.len() < KEPT {
            self.first.push(outage);
            return;
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(outage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, LocalCause, Refusal};
    use crate::stats::fixture::sample;

    fn recorded(order: &[(u64, Outcome)]) -> Outages {
        let start = Instant::now();
        let mut outages = Outages::default();
        for (seq, outcome) in order {
            outages.record(&sample(start, *seq, *outcome));
        }
        outages
    }

    const OK: Outcome = Outcome::Connected(Handshake::Clean);

    #[test]
    fn failures_in_a_row_are_one_outage_whatever_the_order_they_end_in() {
        let outages = recorded(&[
            (1, OK),
            (2, Outcome::Refused(Refusal::Rst)),
            (4, OK),
            (3, Outcome::NoReply),
            (5, Outcome::NoReply),
        ]);
        let list = outages.list();
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].probes, list[0].ongoing), (2, false));
        assert_eq!(
            list[0].outcomes,
            [Outcome::Refused(Refusal::Rst), Outcome::NoReply]
        );
        assert_eq!((list[1].probes, list[1].ongoing), (1, true));
    }

    #[test]
    fn our_own_trouble_neither_makes_nor_ends_an_outage() {
        let local = Outcome::Local(LocalCause::NoRoute);
        assert_eq!(recorded(&[(1, OK), (2, local), (3, OK)]).total(), 0);
        let outages = recorded(&[
            (1, Outcome::Refused(Refusal::Rst)),
            (2, local),
            (3, Outcome::Refused(Refusal::Rst)),
        ]);
        assert_eq!(outages.total(), 1);
        assert_eq!(outages.list()[0].probes, 2);
    }

    #[test]
    fn the_order_in_which_probes_end_changes_nothing() {
        let local = Outcome::Local(LocalCause::NoRoute);
        let refused = Outcome::Refused(Refusal::Rst);
        let story = [
            OK,
            refused,
            local,
            Outcome::NoReply,
            OK,
            OK,
            refused,
            refused,
        ];
        let in_order: Vec<_> = (1..).zip(story).collect();
        let mut shuffled = in_order.clone();
        for step in [3, 5, 7] {
            shuffled.rotate_left(step);
            shuffled.swap(0, step);
            let spans = |outages: &Outages| {
                let list = outages.list();
                list.iter()
                    .map(|o| (o.probes, o.ongoing))
                    .collect::<Vec<_>>()
            };
            assert_eq!(spans(&recorded(&shuffled)), spans(&recorded(&in_order)));
        }
    }

    #[test]
    fn a_silent_probe_holds_back_stretches_not_every_probe_after_it() {
        let mut order: Vec<_> = (2..=100_000).map(|seq| (seq, OK)).collect();
        order.swap(10, 500);
        let outages = recorded(&order);
        assert!(outages.early.len() <= 2, "{}", outages.early.len());
    }

    #[test]
    fn a_flapping_target_is_counted_but_not_remembered_for_ever() {
        let order: Vec<_> = (1..=2000)
            .map(|seq| (seq, if seq % 2 == 0 { OK } else { Outcome::NoReply }))
            .collect();
        let outages = recorded(&order);
        assert_eq!(outages.total(), 1000);
        assert_eq!(outages.list().len(), 2 * KEPT);
    }

    #[test]
    fn the_longest_outage_is_known_when_it_is_no_longer_remembered() {
        let long = 1001..=1020;
        let fails = |seq: &u64| seq % 2 == 1 || long.contains(seq);
        let order: Vec<_> = (1..=2000)
            .map(|seq| (seq, if fails(&seq) { Outcome::NoReply } else { OK }))
            .collect();
        let outages = recorded(&order);
        assert!(outages.list().iter().all(|outage| outage.probes == 1));
        let longest = outages.longest().expect("an outage");
        assert_eq!((longest.first_seq, longest.probes), (1001, 21));
    }
}
