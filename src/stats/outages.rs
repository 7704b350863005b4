//! Since when not: runs of failed probes.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use crate::outcome::{Class, Outcome, Sample};

/// Outages remembered at either end of a run; those in between are only counted.
const KEPT: usize = 16;

/// Different causes named in one outage.
const CAUSES: usize = 8;

/// Failed probes in a row, in the order in which they were sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// When the first failed probe was sent.
    pub from: Instant,
    /// When the last failed probe had ended.
    pub to: Instant,
    /// How many probes failed.
    pub probes: u64,
    /// Their different outcomes, in order of appearance.
    pub causes: Vec<Outcome>,
    /// No probe after it succeeded: it had not ended when the run did.
    pub ongoing: bool,
}

/// Finds outages while samples come in, in whatever order they end.
#[derive(Clone, Debug)]
pub struct Outages {
    next_seq: u64,
    /// Ended before an earlier probe has: at most as many as are under way at once.
    early: BTreeMap<u64, Ended>,
    current: Option<Outage>,
    first: Vec<Outage>,
    last: VecDeque<Outage>,
    total: u64,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    outcome: Outcome,
    from: Instant,
    to: Instant,
}

impl Default for Outages {
    fn default() -> Self {
        Self {
            next_seq: 1,
            early: BTreeMap::new(),
            current: None,
            first: Vec::new(),
            last: VecDeque::new(),
            total: 0,
        }
    }
}

impl Outages {
    /// Takes in a sample; every sequence number comes exactly once.
    pub fn record(&mut self, sample: &Sample) {
        let ended = Ended {
            outcome: sample.ending.outcome,
            from: sample.sent_at,
            to: sample.sent_at + sample.ending.connect.unwrap_or_default(),
        };
        if sample.seq != self.next_seq {
            self.early.insert(sample.seq, ended);
            return;
        }
        self.take_in(ended);
        self.next_seq += 1;
        while let Some(ended) = self.early.remove(&self.next_seq) {
            self.take_in(ended);
            self.next_seq += 1;
        }
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

    fn take_in(&mut self, ended: Ended) {
        match ended.outcome.kind().class() {
            Class::Failed => self.fail(ended),
            Class::Succeeded => self.recover(),
            // Says nothing about the target.
            Class::Local | Class::Unfinished => {}
        }
    }

    fn fail(&mut self, ended: Ended) {
        let outage = self.current.get_or_insert_with(|| Outage {
            from: ended.from,
            to: ended.to,
            probes: 0,
            causes: Vec::new(),
            ongoing: true,
        });
        outage.probes += 1;
        outage.to = outage.to.max(ended.to);
        if outage.causes.len() < CAUSES && !outage.causes.contains(&ended.outcome) {
            outage.causes.push(ended.outcome);
        }
    }

    fn recover(&mut self) {
        let Some(mut outage) = self.current.take() else {
            return;
        };
        outage.ongoing = false;
        self.total += 1;
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
    use crate::outcome::{Handshake, LocalCause};
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
            (2, Outcome::Refused),
            (4, OK),
            (3, Outcome::NoReply),
            (5, Outcome::NoReply),
        ]);
        let list = outages.list();
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].probes, list[0].ongoing), (2, false));
        assert_eq!(list[0].causes, [Outcome::Refused, Outcome::NoReply]);
        assert_eq!((list[1].probes, list[1].ongoing), (1, true));
    }

    #[test]
    fn our_own_trouble_neither_makes_nor_ends_an_outage() {
        let local = Outcome::Local(LocalCause::NoRoute);
        assert_eq!(recorded(&[(1, OK), (2, local), (3, OK)]).total(), 0);
        let outages = recorded(&[(1, Outcome::Refused), (2, local), (3, Outcome::Refused)]);
        assert_eq!(outages.total(), 1);
        assert_eq!(outages.list()[0].probes, 2);
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
}
