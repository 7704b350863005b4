//! A few probes to a few targets at once, and how they ended.

use std::io;
use std::time::{Duration, Instant};

use super::Tried;
use crate::engine::{Engine, Sink};
use crate::outcome::{Extra, Outcome, Sample, TargetId};
use crate::plan::{Limit, Pace, Plan};
use crate::platform::{Poller, SignalState};
use crate::probe::Probes;
use crate::stats::RunRecord;
use crate::target::Target;

/// Sockets of one step open at once.
const MOST_SOCKETS: usize = 64;

/// How often it is looked whether the user has had enough.
const GLANCE: Duration = Duration::from_millis(50);

/// How a step probes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habit {
    /// Probes of each target.
    pub(super) count: u64,
    /// From one to the next.
    pub(super) interval: Duration,
    /// When one is given up.
    pub(super) timeout: Duration,
    /// After connecting: watch this long for a reset or a close.
    pub(super) hold: Option<Duration>,
}

impl Habit {
    fn pace(self) -> Pace {
        Pace {
            limit: Limit::Count(self.count),
            interval: self.interval,
            warmup: 0,
            timeout: self.timeout,
            in_flight: 1,
            hold: self.hold,
            summary_every: Some(GLANCE),
        }
    }
}

/// Probes all of `targets`, whose sockets are as `plan` has them.
pub(super) fn tries(
    targets: Vec<Target>,
    plan: &Plan,
    habit: Habit,
    signals: &dyn SignalState,
) -> io::Result<Vec<Tried>> {
    let pace = habit.pace();
    let plan = Plan {
        pace,
        ..plan.clone()
    };
    let network = Probes::new(Poller::new()?, &targets, &plan);
    let mut tallies = Tallies(targets.iter().map(|_| Tally::default()).collect());
    let clock = Instant::now;
    let engine = Engine::new(network, pace, targets.len(), MOST_SOCKETS, signals, &clock);
    engine.run(&mut tallies).1?;
    let tried = targets.into_iter().zip(tallies.0);
    Ok(tried.map(|(target, tally)| tally.of(target)).collect())
}

/// What came of each target's probes.
struct Tallies(Vec<Tally>);

#[derive(Debug, Default)]
struct Tally {
    sent: u64,
    ends: Vec<(Outcome, u64)>,
    strays: u64,
    connects: Vec<Duration>,
    rtts: Vec<Duration>,
}

impl Sink for Tallies {
    fn sample(&mut self, sample: &Sample) {
        if let Some(tally) = self.0.get_mut(sample.target.index()) {
            tally.record(sample);
        }
    }

    fn extra(&mut self, target: TargetId, extra: Extra) {
        if let (Some(tally), Extra::Stray) = (self.0.get_mut(target.index()), extra) {
            tally.strays += 1;
        }
    }

    fn statistics_requested(&mut self, _so_far: &RunRecord) {}

    fn idle(&mut self) {}
}

impl Tally {
    fn record(&mut self, sample: &Sample) {
        let ending = &sample.ending;
        // An answer that came late was counted as none.
        if sample.late || ending.outcome == Outcome::Unfinished {
            return;
        }
        self.sent += 1;
        match self.ends.iter_mut().find(|(it, _)| *it == ending.outcome) {
            Some((_, count)) => *count += 1,
            None => self.ends.push((ending.outcome, 1)),
        }
        if ending.outcome.is_answered() {
            self.connects.extend(ending.connect);
            self.rtts.extend(ending.rtt.map(|rtt| rtt.time));
        }
    }

    fn of(self, target: Target) -> Tried {
        Tried {
            target,
            sent: self.sent,
            ends: self.ends,
            strays: self.strays,
            connect: median(self.connects),
            rtt: median(self.rtts),
        }
    }
}

/// The middle one; of two the smaller.
fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    let middle = times.len().checked_sub(1)? / 2;
    times.get(middle).copied()
}
