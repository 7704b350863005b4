//! When each target's next probe is due. Pure: owns no clock and no socket.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::outcome::TargetId;
use crate::plan::{Limit, Pace};

/// A probe that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) due: Instant,
    pub(super) target: TargetId,
    pub(super) seq: u64,
    pub(super) warmup: bool,
}

/// The fixed schedule of every target.
///
/// All targets share one interval, so whoever was probed first is due first again: a plain queue
/// stays in order and costs the same for one target and for thousands.
#[derive(Debug)]
pub(super) struct Schedule {
    queue: VecDeque<(Instant, TargetId)>,
    /// How many probes of each target have been handed out, warm-up included.
    started: Vec<u64>,
    pace: Pace,
    /// No probe starts at or after this.
    end: Option<Instant>,
}

impl Schedule {
    /// Probes of `targets` targets, whose first ones are spread over the first interval.
    pub(super) fn new(pace: Pace, targets: usize, start: Instant) -> Self {
        let copies = if pace.is_closed_loop() {
            pace.in_flight
        } else {
            1
        };
        let ids = (0..targets).filter_map(|index| u32::try_from(index).ok().map(TargetId));
        let spread = |target: TargetId| {
            let share = f64::from(target.0) / targets as f64;
            (start + pace.interval.mul_f64(share), target)
        };
        let one_each = || ids.clone().map(spread);
        let end = match pace.limit {
            Limit::Duration(duration) => start.checked_add(duration),
            _ => None,
        };
        Self {
            queue: (0..copies).flat_map(|_| one_each()).collect(),
            started: vec![0; targets],
            pace,
            end,
        }
    }

    /// When the next probe is due, if there will be one.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.queue.front().map(|(due, _)| *due)
    }

    /// Takes the next probe that is due at `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Slot> {
        loop {
            let (due, target) = *self.queue.front()?;
            if due > now {
                return None;
            }
            self.queue.pop_front();
            if self.is_over(target, due) {
                continue;
            }
            let index = self.started[target.index()];
            self.started[target.index()] += 1;
            if !self.pace.is_closed_loop() {
                self.push(due + self.pace.interval, target);
            }
            return Some(self.slot(due, target, index));
        }
    }

    /// Takes back a slot that could not be used yet.
    pub(super) fn put_back(&mut self, slot: Slot) {
        self.started[slot.target.index()] -= 1;
        if !self.pace.is_closed_loop() {
            self.queue.pop_back();
        }
        self.queue.push_front((slot.due, slot.target));
    }

    /// In a closed loop the end of one probe, at `now`, makes the next one due.
    pub(super) fn ended(&mut self, target: TargetId, now: Instant) {
        if self.pace.is_closed_loop() {
            self.push(now, target);
        }
    }

    /// Moves everything on by `gap`, in which nothing could be sent; returns how many probes that left out.
    pub(super) fn skip(&mut self, gap: Duration) -> u64 {
        for (due, _) in &mut self.queue {
            *due += gap;
        }
        if self.pace.is_closed_loop() {
            return 0;
        }
        let each = gap.as_nanos() / self.pace.interval.as_nanos();
        u64::try_from(each).unwrap_or(u64::MAX) * self.queue.len() as u64
    }

    fn push(&mut self, due: Instant, target: TargetId) {
        if !self.is_over(target, due) {
            self.queue.push_back((due, target));
        }
    }

    fn is_over(&self, target: TargetId, due: Instant) -> bool {
        let enough = match self.pace.limit {
            Limit::Count(count) => {
                self.started[target.index()] >= count.saturating_add(self.pace.warmup)
            }
            Limit::Duration(_) | Limit::Forever => false,
        };
        enough || self.end.is_some_and(|end| due >= end)
    }

    fn slot(&self, due: Instant, target: TargetId, index: u64) -> Slot {
        let warmup = index < self.pace.warmup;
        let seq = if warmup {
            index + 1
        } else {
            index + 1 - self.pace.warmup
        };
        Slot {
            due,
            target,
            seq,
            warmup,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(limit: Limit, interval: Duration) -> Pace {
        Pace {
            limit,
            interval,
            warmup: 1,
            timeout: SECOND * 4,
            in_flight: 2,
            hold: None,
        }
    }

    fn drain(schedule: &mut Schedule, now: Instant) -> Vec<Slot> {
        std::iter::from_fn(|| schedule.pop(now)).collect()
    }

    #[test]
    fn probes_are_due_at_fixed_times_however_late_they_are_fetched() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Count(3), SECOND), 1, start);
        let slots = drain(&mut schedule, start + SECOND * 10);
        let due: Vec<_> = slots.iter().map(|slot| slot.due - start).collect();
        assert_eq!(due, [Duration::ZERO, SECOND, SECOND * 2, SECOND * 3]);
        let seq: Vec<_> = slots.iter().map(|slot| (slot.warmup, slot.seq)).collect();
        assert_eq!(seq, [(true, 1), (false, 1), (false, 2), (false, 3)]);
        assert_eq!(schedule.next_due(), None);
    }

    #[test]
    fn many_targets_share_the_first_interval() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Count(9), SECOND), 4, start);
        let due: Vec<_> = drain(&mut schedule, start + SECOND / 2)
            .iter()
            .map(|slot| slot.due - start)
            .collect();
        assert_eq!(due, [Duration::ZERO, SECOND / 4, SECOND / 2]);
    }

    #[test]
    fn a_duration_ends_the_run() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Duration(SECOND * 3), SECOND), 1, start);
        assert_eq!(drain(&mut schedule, start + SECOND * 99).len(), 3);
    }

    #[test]
    fn a_closed_loop_waits_for_ends() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Count(2), Duration::ZERO), 1, start);
        assert_eq!(drain(&mut schedule, start).len(), 2, "as many as in flight");
        schedule.ended(TargetId(0), start);
        assert_eq!(drain(&mut schedule, start).len(), 1);
        schedule.ended(TargetId(0), start);
        assert_eq!(drain(&mut schedule, start).len(), 0, "warm-up and two");
    }

    #[test]
    fn a_slot_put_back_comes_again_and_changes_nothing() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Count(2), SECOND), 2, start);
        let slot = schedule.pop(start).expect("the first probe");
        schedule.put_back(slot);
        assert_eq!(schedule.pop(start), Some(slot));
        assert_eq!(drain(&mut schedule, start + SECOND * 9).len(), 5);
    }

    #[test]
    fn a_gap_moves_the_schedule_and_is_counted() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Forever, SECOND), 1, start);
        schedule.pop(start);
        assert_eq!(schedule.skip(SECOND * 10), 10);
        assert_eq!(schedule.next_due(), Some(start + SECOND * 11));
    }
}
