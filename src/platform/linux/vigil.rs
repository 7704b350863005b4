//! Staying awake for what is due soon.
//!
//! Who sleeps is woken when the machine gets round to it: on a virtual machine with nothing else to do, one wake-up in
//! 100 to 400 comes later than 1 ms. Without sleep one probe in 1,000 or fewer leaves so late, at 1,000 a second
//! (`scripts/bench schedule`).
//! But where others want the processor too, who never sleeps has soon used up its share and waits for several
//! milliseconds, while a sleeper is let in early. So whoever loses the processor again and again goes to sleep for a while,
//! and each time for longer.

use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// A pause that counts as a loss: who has much to compute is given as much at a time (`sysctl_sched_base_slice`,
/// kernel/sched/fair.c), and most of the kernel's own work takes less.
const LOST: Duration = Duration::from_micros(700);

/// Losses that lie further apart than this are not one competitor's, and cost less than to go to sleep.
const AGAIN: Duration = Duration::from_millis(250);

/// For how long to sleep, at first and at most.
const SLEEP: Duration = Duration::from_millis(20);
const LONGEST_SLEEP: Duration = Duration::from_secs(10);

/// Whether to stay awake.
#[derive(Debug, Default)]
pub(super) struct Vigil {
    /// What is due within this is waited for awake.
    near: Duration,
    /// When the processor was lost last.
    lost: Option<Instant>,
    /// For how long to sleep since then.
    sleep: Duration,
}

/// One wait that is spent awake.
pub(super) struct Watch {
    /// How often the processor had been taken away when it began.
    switches: i64,
    until: Instant,
    last: Instant,
    longest_pause: Duration,
}

impl Vigil {
    /// From now on, what is due within `near` is waited for awake. Never where this process has one processor or less,
    /// by its affinity or its group's quota: whoever is to answer may need that.
    pub(super) fn begin(&mut self, near: Duration) {
        let is_shared = available_parallelism().is_ok_and(|processors| processors.get() > 1);
        self.near = if is_shared { near } else { Duration::ZERO };
    }

    /// A watch until then, if it is worth one.
    pub(super) fn watch(&self, until: Instant) -> Option<Watch> {
        if self.near.is_zero() {
            return None;
        }
        let now = Instant::now();
        let left = until.checked_duration_since(now)?;
        (left <= self.near && !self.sleeps(now)).then_some(())?;
        Some(Watch {
            switches: switches()?,
            until,
            last: now,
            longest_pause: Duration::ZERO,
        })
    }

    /// Takes note of how a watch went.
    pub(super) fn end(&mut self, watch: &Watch) {
        // Where nobody else was given the processor, a pause was the host's doing, and sleep would be no help.
        if watch.longest_pause > LOST && switches() > Some(watch.switches) {
            self.lose(watch.last);
        }
    }

    fn sleeps(&self, now: Instant) -> bool {
        self.lost.is_some_and(|lost| now < lost + self.sleep)
    }

    fn lose(&mut self, now: Instant) {
        let is_again = self
            .lost
            .is_some_and(|lost| now < lost + self.sleep + AGAIN);
        self.sleep = match self.sleep {
            _ if !is_again => Duration::ZERO,
            Duration::ZERO => SLEEP,
            sleep => (2 * sleep).min(LONGEST_SLEEP),
        };
        self.lost = Some(now);
    }
}

impl Watch {
    /// Whether it goes on after a look at what came.
    pub(super) fn goes_on(&mut self, came: bool) -> bool {
        let now = Instant::now();
        self.longest_pause = self.longest_pause.max(now - self.last);
        self.last = now;
        !came && now < self.until
    }
}

/// How often somebody else was given the processor while this thread wanted it (getrusage(2)).
fn switches() -> Option<i64> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
    Some(usage.involuntary_context_switches())
}

#[cfg(test)]
mod tests {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn wakeful(near: Duration) -> Vigil {
        Vigil {
            near,
            ..Vigil::default()
        }
    }

    #[test]
    fn only_what_is_near_and_to_come_is_waited_for_awake_and_only_if_wanted() {
        let now = Instant::now();
        let soon = now + 3600 * 1000 * MS;
        assert!(Vigil::default().watch(soon).is_none());
        assert!(wakeful(7200 * 1000 * MS).watch(soon).is_some());
        assert!(wakeful(1800 * 1000 * MS).watch(soon).is_none());
        assert!(wakeful(7200 * 1000 * MS).watch(now).is_none());
    }

    #[test]
    fn a_watch_knows_its_longest_pause() {
        let vigil = wakeful(3600 * 1000 * MS);
        let begun = Instant::now();
        let mut watch = vigil.watch(begun + 1000 * 1000 * MS).expect("a watch");
        std::thread::sleep(3 * MS);
        // What came ends it, and the pause before that counts.
        assert!(!watch.goes_on(true));
        assert!(watch.goes_on(false));
        assert!(watch.longest_pause >= 3 * MS && watch.longest_pause <= begun.elapsed());
        watch.until = begun;
        assert!(!watch.goes_on(false));
    }

    #[test]
    fn who_has_one_processor_leaves_it_to_others() {
        let alone = std::thread::spawn(|| {
            let myself = Pid::from_raw(0);
            let allowed = sched_getaffinity(myself).expect("processors");
            let mut one = CpuSet::new();
            let first = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu) == Ok(true));
            one.set(first.expect("a processor")).expect("its number");
            sched_setaffinity(myself, &one).expect("this thread's own");
            let mut vigil = Vigil::default();
            vigil.begin(MS);
            vigil.near
        });
        assert_eq!(alone.join().expect("no panic"), Duration::ZERO);
    }

    #[test]
    fn who_loses_the_processor_now_and_then_stays_awake() {
        let mut vigil = wakeful(MS);
        let mut now = Instant::now();
        for _ in 0..20 {
            vigil.lose(now);
            assert!(!vigil.sleeps(now));
            now += 2 * AGAIN;
        }
    }

    #[test]
    fn who_loses_it_again_and_again_sleeps_ever_longer() {
        let mut vigil = wakeful(MS);
        let mut now = Instant::now();
        vigil.lose(now);
        let mut slept = Vec::new();
        for _ in 0..12 {
            now += AGAIN / 2;
            vigil.lose(now);
            assert!(vigil.sleeps(now));
            slept.push(vigil.sleep);
            now += vigil.sleep;
            assert!(!vigil.sleeps(now));
        }
        assert!(slept.is_sorted() && slept[0] == SLEEP && slept[11] == LONGEST_SLEEP);
        now += 2 * AGAIN;
        vigil.lose(now);
        assert!(!vigil.sleeps(now), "that was somebody else");
    }

    #[test]
    fn only_a_long_pause_in_which_others_ran_is_a_loss() {
        let watch = |pause, before| Watch {
            switches: switches().expect("a count") - before,
            until: Instant::now(),
            last: Instant::now(),
            longest_pause: pause,
        };
        let lost = |watch: &Watch| {
            let mut vigil = wakeful(MS);
            vigil.end(watch);
            vigil.lost.is_some()
        };
        assert!(lost(&watch(2 * LOST, 1)));
        assert!(!lost(&watch(LOST / 2, 1)));
        // As many as there will ever be: none since then.
        assert!(!lost(&watch(2 * LOST, i64::from(i32::MIN))));
    }
}
