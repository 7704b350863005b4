//! A run without a fixed number of probes waits for a name that does not resolve yet.

use std::thread;
use std::time::{Duration, Instant};

use super::RunError;
use super::resolution::{self, Resolved};
use crate::plan::{Limit, TargetPlan};
use crate::platform::signals::Signals;
use crate::platform::{SignalState, Waker};
use crate::term::print_diagnostic;

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// How often a pause looks whether the user has had enough.
const GLANCE: Duration = Duration::from_millis(50);

/// The plan's targets. A run without a fixed number of probes waits until the first name resolves, or its time is
/// over; what it waited is taken off its time.
pub(crate) fn resolve(
    plan: &TargetPlan,
    limit: &mut Limit,
    signals: &Signals,
    waker: &Waker,
) -> Result<Resolved, RunError> {
    let started = Instant::now();
    let mut told = false;
    loop {
        let error = match resolution::resolve(plan, signals, waker) {
            Err(error @ RunError::NoTarget(_)) => error,
            Ok(resolved) if told => {
                shorten(limit, started.elapsed());
                return Ok(resolved);
            }
            other => return other,
        };
        let patient = match *limit {
            Limit::Count(_) => false,
            Limit::Duration(most) => started.elapsed() + PAUSE < most,
            Limit::Forever => true,
        };
        if !patient || signals.stop_requested() {
            return Err(error);
        }
        if !std::mem::replace(&mut told, true) {
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
    let until = Instant::now() + PAUSE;
    while Instant::now() < until && !signals.stop_requested() {
        thread::sleep(GLANCE);
    }
}
