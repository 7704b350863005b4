//! When each target's next probe is due. Pure: owns no clock and no socket.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::outcome::TargetId;
use crate::plan::{Limit, SchedulePlan};

/// Where in the first interval the first probe of the last of many targets is due, at the latest: within it, though this
/// process took a while to begin.
const LAST: f64 = 0.9;

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
    pace: SchedulePlan,
    /// No probe starts at or after this.
    end: Option<Instant>,
    /// Probes that were due and could not be sent in time.
    skipped: u64,
    /// How long before the end of the run the first of those was due that the end left out.
    cut: Duration,
}

impl Schedule {
    /// Probes of `targets` targets, whose first ones are spread over the first interval.
    pub(super) fn new(pace: SchedulePlan, targets: usize, start: Instant) -> Self {
        // A run shorter than the interval still probes every target.
        let first_round = match pace.limit {
            Limit::Duration(duration) => duration.min(pace.interval),
            Limit::Count(_) | Limit::Forever => pace.interval,
        };
        let last = targets.saturating_sub(1) as f64 / targets.max(1) as f64;
        let spread_over = first_round.mul_f64(LAST / last.max(LAST));
        let ids = (0..targets).filter_map(|index| u32::try_from(index).ok().map(TargetId));
        let spread = |target: TargetId| {
            let share = f64::from(target.0) / targets as f64;
            (start + spread_over.mul_f64(share), target)
        };
        let one_each = || ids.clone().map(spread);
        let end = match pace.limit {
            Limit::Duration(duration) => start.checked_add(duration),
            _ => None,
        };
        Self {
            queue: (0..copies(&pace)).flat_map(|_| one_each()).collect(),
            started: vec![0; targets],
            pace,
            end,
            skipped: 0,
            cut: Duration::ZERO,
        }
    }

    /// One more target, whose first probe is due now. Whoever is due now already goes first.
    pub(super) fn add_target(&mut self, now: Instant) {
        let Ok(target) = u32::try_from(self.started.len()).map(TargetId) else {
            return;
        };
        self.started.push(0);
        if self.is_over(target, now) {
            return;
        }
        let place = self.queue.partition_point(|(due, _)| *due <= now);
        for _ in 0..copies(&self.pace) {
            self.queue.insert(place, (now, target));
        }
    }

    /// Whether the run's time is over.
    pub(super) fn has_ended(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| now >= end)
    }

    /// When nobody needs to wait for further targets any more: with nothing due, the end of the run.
    pub(super) fn end_of_waiting(&self, now: Instant) -> Option<Instant> {
        self.end.filter(|end| self.queue.is_empty() && *end > now)
    }

    /// When the next probe is due, if there will be one.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.queue.front().map(|(due, _)| *due)
    }

    /// Takes the next probe that is due at `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Slot> {
        self.close_at_end(now);
        let (due, target) = loop {
            let (due, target) = *self.queue.front()?;
            if due > now {
                return None;
            }
            self.queue.pop_front();
            // In a closed loop one target stands in the queue several times.
            if !self.is_over(target, due) {
                break (due, target);
            }
        };
        let index = self.started[target.index()];
        self.started[target.index()] += 1;
        if !self.pace.is_closed_loop() {
            self.push(due + self.pace.interval, target);
        }
        Some(self.slot(due, target, index))
    }

    /// Takes back a slot that could not be used yet.
    pub(super) fn put_back(&mut self, slot: Slot) {
        self.started[slot.target.index()] -= 1;
        // The follow-up stands at the end, unless this was the target's last probe.
        let follow_up = (slot.due + self.pace.interval, slot.target);
        if !self.pace.is_closed_loop() && self.queue.back() == Some(&follow_up) {
            self.queue.pop_back();
        }
        self.queue.push_front((slot.due, slot.target));
    }

    /// The time is over: what was due and not sent is left out.
    fn close_at_end(&mut self, now: Instant) {
        let Some(end) = self.end.filter(|end| now >= *end) else {
            return;
        };
        let queue = std::mem::take(&mut self.queue);
        let first = queue.front().filter(|_| !self.pace.is_closed_loop());
        self.cut += first.map_or(Duration::ZERO, |(due, _)| {
            end.saturating_duration_since(*due)
        });
        for (due, _) in queue {
            self.leave_out(due, end);
        }
    }

    /// Counts the slots of one target from `due` up to `until` as left out. A gap moves the slot that it cuts
    /// on to its end; the end of the run drops it.
    fn leave_out(&mut self, due: Instant, until: Instant) {
        if self.pace.is_closed_loop() {
            return;
        }
        let interval = self.pace.interval.as_nanos();
        let slots = match self.end.filter(|end| *end <= until) {
            Some(end) => end
                .saturating_duration_since(due)
                .as_nanos()
                .div_ceil(interval),
            None => until.saturating_duration_since(due).as_nanos() / interval,
        };
        let slots = u64::try_from(slots).unwrap_or(u64::MAX);
        self.skipped = self.skipped.saturating_add(slots);
    }

    /// How many probes were left out, because nothing could be sent when they were due.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How far behind the schedule was when the end of the run left the rest of it out.
    pub(super) fn cut(&self) -> Duration {
        self.cut
    }

    /// In a closed loop the end of one probe, at `now`, makes the next one due.
    pub(super) fn ended(&mut self, target: TargetId, now: Instant) {
        if self.pace.is_closed_loop() {
            self.push(now, target);
        }
    }

    /// Moves everything on by `gap`, in which nothing could be sent. A run that counts its probes only
    /// takes longer for it; any other one leaves out those that were due.
    pub(super) fn skip(&mut self, gap: Duration) {
        let counted = matches!(self.pace.limit, Limit::Count(_));
        for (due, target) in std::mem::take(&mut self.queue) {
            if !counted {
                self.leave_out(due, due + gap);
            }
            self.push(due + gap, target);
        }
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

/// How often a target stands in the queue.
fn copies(pace: &SchedulePlan) -> usize {
    if pace.is_closed_loop() {
        pace.in_flight
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(limit: Limit, interval: Duration) -> SchedulePlan {
        SchedulePlan {
            limit,
            interval,
            warmup: 1,
            timeout: SECOND * 4,
            in_flight: 2,
            hold: None,
            summary_every: None,
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
    fn the_last_of_many_targets_is_due_well_within_the_first_interval() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Count(1), SECOND), 1000, start);
        assert_eq!(drain(&mut schedule, start + SECOND * 9 / 10).len(), 1000);
    }

    #[test]
    fn a_duration_ends_the_run() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Duration(SECOND * 3), SECOND), 1, start);
        let almost = start + Duration::from_millis(2999);
        assert_eq!(drain(&mut schedule, almost).len(), 3);
    }

    #[test]
    fn a_run_shorter_than_the_interval_still_probes_every_target() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Duration(SECOND), SECOND * 5), 10, start);
        let almost = start + Duration::from_millis(999);
        assert_eq!(drain(&mut schedule, almost).len(), 10);
        assert_eq!(schedule.next_due(), None);
    }

    #[test]
    fn nothing_starts_after_the_end_and_what_was_due_is_counted() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Duration(SECOND * 5), SECOND), 1, start);
        assert!(schedule.pop(start).is_some());
        assert_eq!(schedule.pop(start + SECOND * 7), None);
        assert_eq!(schedule.skipped(), 4, "seconds 1 to 4");
        assert_eq!(schedule.cut(), SECOND * 4);
        assert_eq!(schedule.next_due(), None);
    }

    #[test]
    fn an_end_in_time_cuts_nothing() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Duration(SECOND * 3), SECOND), 2, start);
        assert_eq!(
            drain(&mut schedule, start + SECOND * 2 + SECOND / 2).len(),
            6
        );
        assert_eq!(schedule.pop(start + SECOND * 3), None);
        assert_eq!((schedule.skipped(), schedule.cut()), (0, Duration::ZERO));
        let mut closed = Schedule::new(pace(Limit::Duration(SECOND), Duration::ZERO), 1, start);
        assert_eq!(closed.pop(start + SECOND * 2), None);
        assert_eq!(
            (closed.skipped(), closed.cut()),
            (0, Duration::ZERO),
            "no schedule"
        );
    }

    #[test]
    fn a_gap_leaves_out_no_more_than_the_run_had_left() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Duration(SECOND * 10), SECOND), 1, start);
        drain(&mut schedule, start + SECOND * 2);
        schedule.skip(SECOND * 3600);
        assert_eq!(schedule.skipped(), 7, "seconds 3 to 9");
        assert_eq!(schedule.next_due(), None, "nothing left to wait for");
    }

    #[test]
    fn a_last_probe_put_back_takes_no_other_target_s() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(Limit::Count(0), SECOND), 3, start);
        let all = start + SECOND;
        for _ in 0..5 {
            let slot = schedule.pop(all).expect("a probe");
            schedule.put_back(slot);
        }
        assert_eq!(drain(&mut schedule, all).len(), 3);
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
        schedule.skip(SECOND * 10);
        assert_eq!(schedule.skipped(), 10);
        assert_eq!(schedule.next_due(), Some(start + SECOND * 11));
    }
}
