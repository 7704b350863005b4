//! Baseline of the kernel counters: their growth while nothing is sent.

use std::thread;
use std::time::{Duration, Instant};

use super::Baseline;
use crate::platform::counters;

/// Duration and number of the intervals without probes.
const INTERVAL: Duration = Duration::from_millis(250);
const INTERVALS: u32 = 4;

/// The interval with the fewest drops on arrival. Retransmitted replies come in bursts, unrelated traffic does not.
pub(super) fn check(is_ipv4: bool, stopped: &dyn Fn() -> bool) -> Option<Baseline> {
    let intervals = (0..INTERVALS).take_while(|_| !stopped());
    let baselines = intervals.filter_map(|_| measure());
    baselines.min_by_key(|it| it.counters.dropped_on_arrival(is_ipv4))
}

fn measure() -> Option<Baseline> {
    let (started, before) = (Instant::now(), counters()?);
    thread::sleep(INTERVAL);
    Some(Baseline {
        counters: counters()?.since(&before),
        took: started.elapsed(),
    })
}
