//! Outages: consecutive failed probes in send order, with start and end.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::outcome::{Outcome, OutcomeClass, Sample};

/// Outages kept from the start of a run, and as many from its end; those in between are only counted.
const MAX_KEPT: usize = 16;

/// Distinct outcomes kept per outage.
const MAX_OUTCOMES: usize = 8;

/// Consecutive failed probes, in send order.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// Sequence number of the first failed probe.
    pub first_seq: u64,
    /// Send time of the first failed probe.
    pub from: Instant,
    /// Send time of the first probe that succeeded again; while none has, end of the last failed one.
    pub to: Instant,
    /// Number of failed probes.
    pub probes: u64,
    /// Their distinct outcomes, in order of appearance.
    pub outcomes: Vec<Outcome>,
    /// No later probe succeeded before the end of the run.
    pub ongoing: bool,
}

/// Detects outages in samples that arrive in any order.
#[derive(Clone, Debug)]
pub struct Outages {
    next_seq: u64,
    /// Probes that ended before an earlier one did, as segments by first sequence number. Adjacent segments are merged:
    /// one outstanding probe holds back a few segments, not every later probe.
    pending: BTreeMap<u64, Segment>,
    current: Option<Outage>,
    first: Vec<Outage>,
    last: VecDeque<Outage>,
    /// The longest outage that is over.
    longest: Option<Outage>,
    total: u64,
}

/// Consecutive probes of the same state.
#[derive(Clone, Debug)]
struct Segment {
    /// One past its last sequence number.
    end: u64,
    state: SegmentState,
}

#[derive(Clone, Debug)]
enum SegmentState {
    /// Succeeded; send time of the first of them.
    Up(Instant),
    Down(Outage),
    /// Local error or unfinished: no evidence about the target.
    Neutral,
}

impl Default for Outages {
    fn default() -> Self {
        Self {
            next_seq: 1,
            pending: BTreeMap::new(),
            current: None,
            first: Vec::new(),
            last: VecDeque::new(),
            longest: None,
            total: 0,
        }
    }
}

impl SegmentState {
    fn of(sample: &Sample) -> Self {
        let outcome = sample.result.outcome;
        match outcome.kind().class() {
            OutcomeClass::Succeeded => Self::Up(sample.sent_at),
            OutcomeClass::Local | OutcomeClass::Unfinished => Self::Neutral,
            OutcomeClass::Failed => Self::Down(Outage {
                first_seq: sample.seq,
                from: sample.sent_at,
                to: sample.sent_at + sample.result.duration(),
                probes: 1,
                outcomes: vec![outcome],
                ongoing: true,
            }),
        }
    }

    /// Appends the next segment's state if both can be one segment. False: they cannot.
    fn merge(&mut self, next: &Self) -> bool {
        match (&mut *self, next) {
            (_, Self::Neutral) | (Self::Up(_), Self::Up(_)) => true,
            (Self::Neutral, other) => {
                *self = other.clone();
                true
            }
            (Self::Down(outage), Self::Down(next)) => {
                outage.extend(next);
                true
            }
            _ => false,
        }
    }
}

impl Outage {
    /// From `from` to `to`.
    pub fn duration(&self) -> Duration {
        self.to.saturating_duration_since(self.from)
    }

    fn extend(&mut self, next: &Self) {
        self.to = self.to.max(next.to);
        self.probes += next.probes;
        for outcome in &next.outcomes {
            if self.outcomes.len() < MAX_OUTCOMES && !self.outcomes.contains(outcome) {
                self.outcomes.push(*outcome);
            }
        }
    }
}

impl Outages {
    /// Records a sample. Each sequence number must occur exactly once.
    pub fn record(&mut self, sample: &Sample) {
        let state = SegmentState::of(sample);
        if sample.seq != self.next_seq {
            self.hold(sample.seq, state);
            return;
        }
        self.apply(state);
        self.next_seq += 1;
        while let Some(segment) = self.pending.remove(&self.next_seq) {
            self.apply(segment.state);
            self.next_seq = segment.end;
        }
    }

    /// Holds a probe that ended out of order, merged with its neighbours where possible.
    fn hold(&mut self, seq: u64, state: SegmentState) {
        let mut start = seq;
        let mut segment = Segment {
            end: seq + 1,
            state,
        };
        if let Some((&previous_start, previous)) = self.pending.range_mut(..seq).next_back()
            && previous.end == seq
            && previous.state.merge(&segment.state)
        {
            previous.end = segment.end;
            start = previous_start;
            segment = previous.clone();
        }
        if let Some(next) = self.pending.get(&segment.end)
            && segment.state.merge(&next.state)
        {
            let end = next.end;
            self.pending.remove(&segment.end);
            segment.end = end;
        }
        self.pending.insert(start, segment);
    }

    /// Number of outages, including the current one.
    pub fn total(&self) -> u64 {
        self.total + u64::from(self.current.is_some())
    }

    /// The outages kept: the first and the last ones of a run with many.
    pub fn list(&self) -> Vec<Outage> {
        let current = self.current.iter();
        let kept = self.first.iter().chain(&self.last).chain(current);
        kept.cloned().collect()
    }

    /// The outage that is not over.
    pub fn current(&self) -> Option<&Outage> {
        self.current.as_ref()
    }

    /// The longest outage, even if it is no longer kept.
    pub fn longest(&self) -> Option<&Outage> {
        let candidates = self.longest.iter().chain(&self.current);
        candidates.max_by_key(|outage| outage.duration())
    }

    /// The latest outage that is over.
    pub fn latest(&self) -> Option<&Outage> {
        self.last.back().or(self.first.last())
    }

    fn apply(&mut self, state: SegmentState) {
        match (state, &mut self.current) {
            (SegmentState::Neutral, _) => {}
            (SegmentState::Up(at), _) => self.end_current(at),
            (SegmentState::Down(outage), Some(current)) => current.extend(&outage),
            (SegmentState::Down(outage), None) => self.current = Some(outage),
        }
    }

    /// A probe sent at `at` succeeded: the current outage ends then, even if an earlier probe timed out after that.
    fn end_current(&mut self, at: Instant) {
        let Some(mut outage) = self.current.take() else {
            return;
        };
        outage.to = at.max(outage.from);
        outage.ongoing = false;
        self.total += 1;
        let longest = self.longest.as_ref();
        if longest.is_none_or(|longest| outage.duration() > longest.duration()) {
            self.longest = Some(outage.clone());
        }
        if self.first.len() < MAX_KEPT {
            self.first.push(outage);
            return;
        }
        if self.last.len() == MAX_KEPT {
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
    fn consecutive_failures_are_one_outage() {
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
    fn local_errors_neither_start_nor_end_an_outage() {
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
    fn completion_order_does_not_matter() {
        let local = Outcome::Local(LocalCause::NoRoute);
        let refused = Outcome::Refused(Refusal::Rst);
        let outcomes = [
            OK,
            refused,
            local,
            Outcome::NoReply,
            OK,
            OK,
            refused,
            refused,
        ];
        let in_order: Vec<_> = (1..).zip(outcomes).collect();
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
    fn one_outstanding_probe_holds_back_few_segments() {
        let mut order: Vec<_> = (2..=100_000).map(|seq| (seq, OK)).collect();
        order.swap(10, 500);
        let outages = recorded(&order);
        assert!(outages.pending.len() <= 2, "{}", outages.pending.len());
    }

    #[test]
    fn outages_of_a_flapping_target_are_counted_in_constant_memory() {
        let order: Vec<_> = (1..=2000)
            .map(|seq| (seq, if seq % 2 == 0 { OK } else { Outcome::NoReply }))
            .collect();
        let outages = recorded(&order);
        assert_eq!(outages.total(), 1000);
        assert_eq!(outages.list().len(), 2 * MAX_KEPT);
    }

    #[test]
    fn the_longest_outage_is_kept() {
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
