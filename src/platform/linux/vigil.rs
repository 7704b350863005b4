//! Staying awake for what is due within a millisecond.
//!
//! Who sleeps is woken when the machine gets round to it: on a virtual machine with nothing else to do, one wake-up in
//! 100 to 300 comes later than 1 ms, and who has not slept is so late one time in 1,000 to 10,000 (`scripts/bench`).
//! But where others want the processor too, who never sleeps has soon used up its share and waits for several
//! milliseconds, while a sleeper is let in early. So a vigil ends when the processor has been lost, for ever longer.

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// What is due within this is waited for awake.
const NEAR: Duration = Duration::from_millis(1);

/// A shorter pause is the kernel's own work; somebody else's share is at least as long
/// (`sysctl_sched_base_slice`, kernel/sched/fair.c).
const LOST: Duration = Duration::from_micros(700);

/// Who wants the processor for longer than a moment, or rations it (cgroups(7)), takes it again within this.
const AGAIN: Duration = Duration::from_millis(250);

/// How long to sleep as others do when the processor is lost again and again, at first and at most.
const REST: Duration = Duration::from_millis(20);
const LONGEST_REST: Duration = Duration::from_secs(10);

/// Whether to stay awake.
#[derive(Debug, Default)]
pub(super) struct Vigil {
    is_wanted: bool,
    /// When the processor was lost last.
    lost: Option<Instant>,
    /// For how long to sleep since then, and the next time twice as long.
    rest: Duration,
}

/// One wait that is spent awake.
pub(super) struct Watch {
    /// How often the processor had been taken away when it began.
    switches: i64,
    last: Instant,
    longest_pause: Duration,
}

impl Vigil {
    /// From now on, what is near is waited for awake.
    pub(super) fn begin(&mut self) {
        self.is_wanted = true;
    }

    /// A watch until then, if it is worth one.
    pub(super) fn watch(&self, until: Instant) -> Option<Watch> {
        if !self.is_wanted {
            return None;
        }
        let now = Instant::now();
        let is_near = until.saturating_duration_since(now) <= NEAR;
        (is_near && !self.rests(now)).then(|| Watch {
            switches: switches(),
            last: now,
            longest_pause: Duration::ZERO,
        })
    }

    /// Takes note of how a watch went.
    pub(super) fn end(&mut self, watch: &Watch) {
        if watch.longest_pause > LOST && switches() > watch.switches {
            self.lose(watch.last);
        }
    }

    fn rests(&self, now: Instant) -> bool {
        self.lost.is_some_and(|lost| now < lost + self.rest)
    }

    fn lose(&mut self, now: Instant) {
        let is_again = self.lost.is_some_and(|lost| now < lost + self.rest + AGAIN);
        self.rest = match self.rest {
            _ if !is_again => Duration::ZERO,
            Duration::ZERO => REST,
            rest => (2 * rest).min(LONGEST_REST),
        };
        self.lost = Some(now);
    }
}

impl Watch {
    /// Whether it goes on.
    pub(super) fn goes_on(&mut self, until: Instant) -> bool {
        let now = Instant::now();
        self.longest_pause = self.longest_pause.max(now - self.last);
        self.last = now;
        now < until
    }
}

/// How often somebody else was given the processor while this thread wanted it (getrusage(2)).
fn switches() -> i64 {
    getrusage(UsageWho::RUSAGE_THREAD).map_or(0, |usage| usage.involuntary_context_switches())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_waited_for_awake_and_only_if_wanted() {
        let mut vigil = Vigil::default();
        let soon = Instant::now() + NEAR / 2;
        assert!(vigil.watch(soon).is_none());
        vigil.begin();
        assert!(vigil.watch(soon).is_some());
        assert!(vigil.watch(soon + 100 * NEAR).is_none());
    }

    #[test]
    fn a_watch_ends_when_it_is_over() {
        let mut vigil = Vigil::default();
        vigil.begin();
        let until = Instant::now() + NEAR / 2;
        let mut watch = vigil.watch(until).expect("a watch");
        while watch.goes_on(until) {}
        assert!(watch.last >= until);
    }

    #[test]
    fn who_loses_the_processor_once_stays_awake() {
        let mut vigil = Vigil::default();
        vigil.begin();
        let mut now = Instant::now();
        for _ in 0..5 {
            now += 2 * AGAIN;
            vigil.lose(now);
            assert!(!vigil.rests(now));
        }
    }

    #[test]
    fn who_loses_the_processor_again_and_again_rests_ever_longer() {
        let mut vigil = Vigil::default();
        vigil.begin();
        let mut now = Instant::now();
        vigil.lose(now);
        let mut rests = Vec::new();
        for _ in 0..12 {
            now += AGAIN / 2;
            vigil.lose(now);
            assert!(vigil.rests(now) && vigil.watch(now).is_none());
            rests.push(vigil.rest);
            now += vigil.rest;
            assert!(!vigil.rests(now));
        }
        assert!(rests.is_sorted() && rests[0] == REST && rests[11] == LONGEST_REST);
        vigil.lose(now + 2 * AGAIN);
        assert_eq!(vigil.rest, Duration::ZERO, "that was somebody else");
    }
}
