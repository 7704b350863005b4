//! When each target's next probe is due. Pure: has no clock and no socket.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::outcome::TargetId;
use crate::plan::{Limit, SchedulePlan};

/// First probes of many targets are spread over at most this share of the first interval; the rest is margin for a
/// slow start of this process.
const MAX_SPREAD: f64 = 0.9;

/// A probe that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DueProbe {
    pub(super) due: Instant,
    pub(super) target: TargetId,
    pub(super) seq: u64,
    pub(super) warmup: bool,
}

/// The fixed schedule of all targets.
///
/// All targets share one interval, so the target probed first is due first again: a FIFO queue stays sorted, at the
/// same cost for one target and for thousands.
#[derive(Debug)]
pub(super) struct Schedule {
    queue: VecDeque<(Instant, TargetId)>,
    /// Probes started of each target, warm-up included.
    started: Vec<u64>,
    plan: SchedulePlan,
    /// No probe starts at or after this.
    end: Option<Instant>,
    /// Probes that were due and could not be sent in time.
    skipped: u64,
    /// From the due time of the first probe dropped at the end of the run to that end.
    behind_at_end: Duration,
}

impl Schedule {
    /// Schedules `targets` targets; their first probes are spread over the first interval.
    pub(super) fn new(plan: SchedulePlan, targets: usize, start: Instant) -> Self {
        // A run shorter than the interval still probes every target.
        let first_round = match plan.limit {
            Limit::Duration(duration) => duration.min(plan.interval),
            Limit::Count(_) | Limit::Forever => plan.interval,
        };
        let last = targets.saturating_sub(1) as f64 / targets.max(1) as f64;
        let spread_over = first_round.mul_f64(MAX_SPREAD / last.max(MAX_SPREAD));
        let ids = (0..targets).filter_map(|index| u32::try_from(index).ok().map(TargetId));
        let spread = |target: TargetId| {
            let share = f64::from(target.0) / targets as f64;
            (start + spread_over.mul_f64(share), target)
        };
        let one_each = || ids.clone().map(spread);
        let end = match plan.limit {
            Limit::Duration(duration) => start.checked_add(duration),
            _ => None,
        };
        Self {
            queue: (0..entries_per_target(&plan))
                .flat_map(|_| one_each())
                .collect(),
            started: vec![0; targets],
            plan,
            end,
            skipped: 0,
            behind_at_end: Duration::ZERO,
        }
    }

    /// Adds a target. Its first probe is due now, after those that are due already.
    pub(super) fn add_target(&mut self, now: Instant) {
        let Ok(target) = u32::try_from(self.started.len()).map(TargetId) else {
            return;
        };
        self.started.push(0);
        if self.is_complete(target, now) {
            return;
        }
        let position = self.queue.partition_point(|(due, _)| *due <= now);
        for _ in 0..entries_per_target(&self.plan) {
            self.queue.insert(position, (now, target));
        }
    }

    /// Whether the run's duration is over.
    pub(super) fn has_ended(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| now >= end)
    }

    /// The end of the run, where no probe is due: the deadline for further targets.
    pub(super) fn target_deadline(&self, now: Instant) -> Option<Instant> {
        self.end.filter(|end| self.queue.is_empty() && *end > now)
    }

    /// When the next probe is due; `None` after the last one.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.queue.front().map(|(due, _)| *due)
    }

    /// Takes the next probe that is due at `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<DueProbe> {
        self.close_at_end(now);
        let (due, target) = loop {
            let (due, target) = *self.queue.front()?;
            if due > now {
                return None;
            }
            self.queue.pop_front();
            // In a closed loop a target has several queue entries.
            if !self.is_complete(target, due) {
                break (due, target);
            }
        };
        let index = self.started[target.index()];
        self.started[target.index()] += 1;
        if !self.plan.is_closed_loop() {
            self.push(due + self.plan.interval, target);
        }
        Some(self.due_probe(due, target, index))
    }

    /// Puts back a probe that could not be started.
    pub(super) fn put_back(&mut self, probe: DueProbe) {
        self.started[probe.target.index()] -= 1;
        // The target's next entry is the last of the queue, unless this was its last probe.
        let next = (probe.due + self.plan.interval, probe.target);
        if !self.plan.is_closed_loop() && self.queue.back() == Some(&next) {
            self.queue.pop_back();
        }
        self.queue.push_front((probe.due, probe.target));
    }

    /// At the end of the run: drops the queue and counts what was due as skipped.
    fn close_at_end(&mut self, now: Instant) {
        let Some(end) = self.end.filter(|end| now >= *end) else {
            return;
        };
        let queue = std::mem::take(&mut self.queue);
        let first = queue.front().filter(|_| !self.plan.is_closed_loop());
        self.behind_at_end += first.map_or(Duration::ZERO, |(due, _)| {
            end.saturating_duration_since(*due)
        });
        for (due, _) in queue {
            self.count_skipped(due, end);
        }
    }

    /// Counts the probes of one target due from `due` until `until` as skipped. A probe due within the last, partial
    /// interval is postponed by a stall, and dropped by the end of the run.
    fn count_skipped(&mut self, due: Instant, until: Instant) {
        if self.plan.is_closed_loop() {
            return;
        }
        let interval = self.plan.interval.as_nanos();
        let probes = match self.end.filter(|end| *end <= until) {
            Some(end) => end
                .saturating_duration_since(due)
                .as_nanos()
                .div_ceil(interval),
            None => until.saturating_duration_since(due).as_nanos() / interval,
        };
        let probes = u64::try_from(probes).unwrap_or(u64::MAX);
        self.skipped = self.skipped.saturating_add(probes);
    }

    /// Probes that were due and not sent.
    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How far behind the schedule was at the end of the run.
    pub(super) fn behind_at_end(&self) -> Duration {
        self.behind_at_end
    }

    /// In a closed loop: the end of a probe at `now` makes the target's next one due.
    pub(super) fn probe_ended(&mut self, target: TargetId, now: Instant) {
        if self.plan.is_closed_loop() {
            self.push(now, target);
        }
    }

    /// Postpones the schedule by `gap`, in which nothing was sent. A run with a probe count takes longer; any other
    /// run skips the probes that were due.
    pub(super) fn postpone(&mut self, gap: Duration) {
        let counted = matches!(self.plan.limit, Limit::Count(_));
        for (due, target) in std::mem::take(&mut self.queue) {
            if !counted {
                self.count_skipped(due, due + gap);
            }
            self.push(due + gap, target);
        }
    }

    fn push(&mut self, due: Instant, target: TargetId) {
        if !self.is_complete(target, due) {
            self.queue.push_back((due, target));
        }
    }

    /// Whether a target has no probe left that could start at `due`.
    fn is_complete(&self, target: TargetId, due: Instant) -> bool {
        let count_reached = match self.plan.limit {
            Limit::Count(count) => {
                self.started[target.index()] >= count.saturating_add(self.plan.warmup)
            }
            Limit::Duration(_) | Limit::Forever => false,
        };
        count_reached || self.end.is_some_and(|end| due >= end)
    }

    fn due_probe(&self, due: Instant, target: TargetId, index: u64) -> DueProbe {
        let warmup = index < self.plan.warmup;
        let seq = if warmup {
            index + 1
        } else {
            index + 1 - self.plan.warmup
        };
        DueProbe {
            due,
            target,
            seq,
            warmup,
        }
    }
}

/// Queue entries of one target.
fn entries_per_target(plan: &SchedulePlan) -> usize {
    if plan.is_closed_loop() {
        plan.in_flight
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn plan(limit: Limit, interval: Duration) -> SchedulePlan {
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

    fn drain(schedule: &mut Schedule, now: Instant) -> Vec<DueProbe> {
        std::iter::from_fn(|| schedule.pop(now)).collect()
    }

    #[test]
    fn due_times_do_not_depend_on_when_they_are_fetched() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Count(3), SECOND), 1, start);
        let probes = drain(&mut schedule, start + SECOND * 10);
        let due: Vec<_> = probes.iter().map(|probe| probe.due - start).collect();
        assert_eq!(due, [Duration::ZERO, SECOND, SECOND * 2, SECOND * 3]);
        let seq: Vec<_> = probes
            .iter()
            .map(|probe| (probe.warmup, probe.seq))
            .collect();
        assert_eq!(seq, [(true, 1), (false, 1), (false, 2), (false, 3)]);
        assert_eq!(schedule.next_due(), None);
    }

    #[test]
    fn first_probes_are_spread_over_the_first_interval() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Count(9), SECOND), 4, start);
        let due: Vec<_> = drain(&mut schedule, start + SECOND / 2)
            .iter()
            .map(|probe| probe.due - start)
            .collect();
        assert_eq!(due, [Duration::ZERO, SECOND / 4, SECOND / 2]);
    }

    #[test]
    fn first_probes_of_1000_targets_are_due_within_90_percent_of_the_interval() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Count(1), SECOND), 1000, start);
        assert_eq!(drain(&mut schedule, start + SECOND * 9 / 10).len(), 1000);
    }

    #[test]
    fn a_duration_ends_the_run() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Duration(SECOND * 3), SECOND), 1, start);
        let almost = start + Duration::from_millis(2999);
        assert_eq!(drain(&mut schedule, almost).len(), 3);
    }

    #[test]
    fn a_run_shorter_than_the_interval_still_probes_every_target() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Duration(SECOND), SECOND * 5), 10, start);
        let almost = start + Duration::from_millis(999);
        assert_eq!(drain(&mut schedule, almost).len(), 10);
        assert_eq!(schedule.next_due(), None);
    }

    #[test]
    fn no_probe_starts_after_the_end_and_due_ones_count_as_skipped() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Duration(SECOND * 5), SECOND), 1, start);
        assert!(schedule.pop(start).is_some());
        assert_eq!(schedule.pop(start + SECOND * 7), None);
        assert_eq!(schedule.skipped(), 4, "seconds 1 to 4");
        assert_eq!(schedule.behind_at_end(), SECOND * 4);
        assert_eq!(schedule.next_due(), None);
    }

    #[test]
    fn a_run_that_ends_on_schedule_skips_nothing() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Duration(SECOND * 3), SECOND), 2, start);
        assert_eq!(
            drain(&mut schedule, start + SECOND * 2 + SECOND / 2).len(),
            6
        );
        assert_eq!(schedule.pop(start + SECOND * 3), None);
        assert_eq!(
            (schedule.skipped(), schedule.behind_at_end()),
            (0, Duration::ZERO)
        );
        let mut closed = Schedule::new(plan(Limit::Duration(SECOND), Duration::ZERO), 1, start);
        assert_eq!(closed.pop(start + SECOND * 2), None);
        assert_eq!(
            (closed.skipped(), closed.behind_at_end()),
            (0, Duration::ZERO),
            "no schedule"
        );
    }

    #[test]
    fn a_gap_skips_no_more_probes_than_were_left() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Duration(SECOND * 10), SECOND), 1, start);
        drain(&mut schedule, start + SECOND * 2);
        schedule.postpone(SECOND * 3600);
        assert_eq!(schedule.skipped(), 7, "seconds 3 to 9");
        assert_eq!(schedule.next_due(), None, "nothing left to send");
    }

    #[test]
    fn putting_back_a_last_probe_removes_no_other_target_s_entry() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Count(0), SECOND), 3, start);
        let all = start + SECOND;
        for _ in 0..5 {
            let probe = schedule.pop(all).expect("a probe");
            schedule.put_back(probe);
        }
        assert_eq!(drain(&mut schedule, all).len(), 3);
    }

    #[test]
    fn a_closed_loop_starts_a_probe_when_one_ends() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Count(2), Duration::ZERO), 1, start);
        assert_eq!(drain(&mut schedule, start).len(), 2, "as many as in flight");
        schedule.probe_ended(TargetId(0), start);
        assert_eq!(drain(&mut schedule, start).len(), 1);
        schedule.probe_ended(TargetId(0), start);
        assert_eq!(
            drain(&mut schedule, start).len(),
            0,
            "warm-up and count reached"
        );
    }

    #[test]
    fn a_probe_put_back_is_due_again() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Count(2), SECOND), 2, start);
        let probe = schedule.pop(start).expect("the first probe");
        schedule.put_back(probe);
        assert_eq!(schedule.pop(start), Some(probe));
        assert_eq!(drain(&mut schedule, start + SECOND * 9).len(), 5);
    }

    #[test]
    fn a_gap_postpones_the_schedule_and_counts_skipped_probes() {
        let start = Instant::now();
        let mut schedule = Schedule::new(plan(Limit::Forever, SECOND), 1, start);
        schedule.pop(start);
        schedule.postpone(SECOND * 10);
        assert_eq!(schedule.skipped(), 10);
        assert_eq!(schedule.next_due(), Some(start + SECOND * 11));
    }
}
