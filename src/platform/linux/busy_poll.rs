//! Busy-polling: polls without sleep while a deadline is near.
//!
//! Timer wake-ups can be late: on an idle virtual machine one in 100 to 400 is over 1 ms late. Busy-polling, one probe
//! in 1,000 or fewer leaves so late, at 1,000 a second (`scripts/bench schedule`).
//!
//! With other processes runnable, a thread that never sleeps uses up its time slice and is preempted for several
//! milliseconds, while one that sleeps is scheduled early. So repeated preemption suspends busy-polling, with
//! exponential backoff.

use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// A longer pause counts as preemption: it is the scheduler's base time slice (`sysctl_sched_base_slice`,
/// kernel/sched/fair.c), and most kernel work is shorter.
const PREEMPTED: Duration = Duration::from_micros(700);

/// Preemptions further apart than this are not treated as sustained competition; sleeping would cost more.
const REPEATED_WITHIN: Duration = Duration::from_millis(250);

/// First and longest suspension of busy-polling.
const MIN_BACKOFF: Duration = Duration::from_millis(20);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Decides whether to busy-poll.
#[derive(Debug, Default)]
pub(super) struct BusyPoll {
    /// Deadlines within this time are busy-polled.
    window: Duration,
    /// Time of the last preemption.
    preempted: Option<Instant>,
    /// Suspension since then.
    backoff: Duration,
}

/// One busy-polled wait.
pub(super) struct BusyWait {
    /// Involuntary context switches at its start.
    switches: i64,
    deadline: Instant,
    last_poll: Instant,
    longest_pause: Duration,
}

impl BusyPoll {
    /// Busy-polls from now on for deadlines within `window`. Disabled if this process has one CPU or less, by affinity
    /// or cgroup quota: a local server may need it.
    pub(super) fn enable(&mut self, window: Duration) {
        let has_spare_cpu = available_parallelism().is_ok_and(|cpus| cpus.get() > 1);
        self.window = if has_spare_cpu {
            window
        } else {
            Duration::ZERO
        };
    }

    /// Starts a busy wait. `None`: sleep instead.
    pub(super) fn start(&self, deadline: Instant) -> Option<BusyWait> {
        if self.window.is_zero() {
            return None;
        }
        let now = Instant::now();
        let left = deadline.checked_duration_since(now)?;
        (left <= self.window && !self.is_suspended(now)).then_some(())?;
        Some(BusyWait {
            switches: involuntary_switches()?,
            deadline,
            last_poll: now,
            longest_pause: Duration::ZERO,
        })
    }

    /// Evaluates a finished busy wait.
    pub(super) fn finish(&mut self, wait: &BusyWait) {
        // A pause without a context switch was the hypervisor's: sleeping would not help.
        if wait.longest_pause > PREEMPTED && involuntary_switches() > Some(wait.switches) {
            self.back_off(wait.last_poll);
        }
    }

    fn is_suspended(&self, now: Instant) -> bool {
        self.preempted
            .is_some_and(|preempted| now < preempted + self.backoff)
    }

    fn back_off(&mut self, now: Instant) {
        let is_repeated = self
            .preempted
            .is_some_and(|preempted| now < preempted + self.backoff + REPEATED_WITHIN);
        self.backoff = match self.backoff {
            _ if !is_repeated => Duration::ZERO,
            Duration::ZERO => MIN_BACKOFF,
            backoff => (2 * backoff).min(MAX_BACKOFF),
        };
        self.preempted = Some(now);
    }
}

impl BusyWait {
    /// Whether to poll again, after a poll with or without events.
    pub(super) fn continues(&mut self, has_events: bool) -> bool {
        let now = Instant::now();
        self.longest_pause = self.longest_pause.max(now - self.last_poll);
        self.last_poll = now;
        !has_events && now < self.deadline
    }
}

/// Involuntary context switches of this thread (getrusage(2)).
fn involuntary_switches() -> Option<i64> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
    Some(usage.involuntary_context_switches())
}

#[cfg(test)]
mod tests {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn busy_poll(window: Duration) -> BusyPoll {
        BusyPoll {
            window,
            ..BusyPoll::default()
        }
    }

    #[test]
    fn only_future_deadlines_within_the_window_are_busy_polled() {
        let now = Instant::now();
        let deadline = now + 3600 * 1000 * MS;
        assert!(BusyPoll::default().start(deadline).is_none());
        assert!(busy_poll(7200 * 1000 * MS).start(deadline).is_some());
        assert!(busy_poll(1800 * 1000 * MS).start(deadline).is_none());
        assert!(busy_poll(7200 * 1000 * MS).start(now).is_none());
    }

    #[test]
    fn longest_pause_is_measured() {
        let busy_poll = busy_poll(3600 * 1000 * MS);
        let begun = Instant::now();
        let mut wait = busy_poll
            .start(begun + 1000 * 1000 * MS)
            .expect("a busy wait");
        std::thread::sleep(3 * MS);
        // The pause before an event counts too.
        assert!(!wait.continues(true));
        assert!(wait.continues(false));
        assert!(wait.longest_pause >= 3 * MS && wait.longest_pause <= begun.elapsed());
        wait.deadline = begun;
        assert!(!wait.continues(false));
    }

    #[test]
    fn single_cpu_disables_busy_polling() {
        let thread = std::thread::spawn(|| {
            let this_thread = Pid::from_raw(0);
            let allowed = sched_getaffinity(this_thread).expect("the affinity");
            let mut one = CpuSet::new();
            let first = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu) == Ok(true));
            one.set(first.expect("a CPU")).expect("a valid CPU");
            sched_setaffinity(this_thread, &one).expect("own affinity");
            let mut busy_poll = BusyPoll::default();
            busy_poll.enable(MS);
            busy_poll.window
        });
        assert_eq!(thread.join().expect("no panic"), Duration::ZERO);
    }

    #[test]
    fn occasional_preemption_does_not_suspend() {
        let mut busy_poll = busy_poll(MS);
        let mut now = Instant::now();
        for _ in 0..20 {
            busy_poll.back_off(now);
            assert!(!busy_poll.is_suspended(now));
            now += 2 * REPEATED_WITHIN;
        }
    }

    #[test]
    fn repeated_preemption_backs_off_exponentially() {
        let mut busy_poll = busy_poll(MS);
        let mut now = Instant::now();
        busy_poll.back_off(now);
        let mut backoffs = Vec::new();
        for _ in 0..12 {
            now += REPEATED_WITHIN / 2;
            busy_poll.back_off(now);
            assert!(busy_poll.is_suspended(now));
            backoffs.push(busy_poll.backoff);
            now += busy_poll.backoff;
            assert!(!busy_poll.is_suspended(now));
        }
        assert!(backoffs.is_sorted() && backoffs[0] == MIN_BACKOFF && backoffs[11] == MAX_BACKOFF);
        now += 2 * REPEATED_WITHIN;
        busy_poll.back_off(now);
        assert!(!busy_poll.is_suspended(now), "not repeated");
    }

    #[test]
    fn only_a_long_pause_with_a_context_switch_is_preemption() {
        let wait = |longest_pause, new_switches| BusyWait {
            switches: involuntary_switches().expect("a count") - new_switches,
            deadline: Instant::now(),
            last_poll: Instant::now(),
            longest_pause,
        };
        let is_preempted = |wait: &BusyWait| {
            let mut busy_poll = busy_poll(MS);
            busy_poll.finish(wait);
            busy_poll.preempted.is_some()
        };
        assert!(is_preempted(&wait(2 * PREEMPTED, 1)));
        assert!(!is_preempted(&wait(PREEMPTED / 2, 1)));
        // A start value that no later count exceeds: no switch since.
        assert!(!is_preempted(&wait(2 * PREEMPTED, i64::from(i32::MIN))));
    }
}
