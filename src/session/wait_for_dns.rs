//! Waits for a name to resolve, in runs without a fixed number of probes.

use std::thread;
use std::time::{Duration, Instant};

use super::RunError;
use super::resolution::{self, Resolved};
use crate::plan::{Limit, TargetPlan};
use crate::platform::signals::Signals;
use crate::platform::{SignalState, Waker};
use crate::term::print_diagnostic;

/// Time between attempts.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Interval of checks whether the run was stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Resolves the plan's targets. A run without a fixed number of probes waits until the first name resolves or its
/// duration is over; the wait counts towards that duration.
pub(crate) fn resolve(
    plan: &TargetPlan,
    limit: &mut Limit,
    signals: &Signals,
    waker: &Waker,
) -> Result<Resolved, RunError> {
    let started = Instant::now();
    let mut warned = false;
    loop {
        let error = match resolution::resolve(plan, signals, waker) {
            Err(error @ RunError::NoTarget(_)) => error,
            Ok(resolved) if warned => {
                shorten(limit, started.elapsed());
                return Ok(resolved);
            }
            other => return other,
        };
        let may_retry = match *limit {
            Limit::Count(_) => false,
            Limit::Duration(limit) => started.elapsed() + RETRY_INTERVAL < limit,
            Limit::Forever => true,
        };
        if !may_retry || signals.stop_requested() {
            return Err(error);
        }
        if !std::mem::replace(&mut warned, true) {
            print_diagnostic(&format!("{error}; trying again until it resolves"));
        }
        pause(signals);
    }
}

fn shorten(limit: &mut Limit, waited: Duration) {
    if let Limit::Duration(left) = limit {
        *left = left.saturating_sub(waited);
    }
}

fn pause(signals: &Signals) {
    let until = Instant::now() + RETRY_INTERVAL;
    while Instant::now() < until && !signals.stop_requested() {
        thread::sleep(POLL_INTERVAL);
    }
}
