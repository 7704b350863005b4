//! The target works, and something takes long.

use std::time::Duration;

use super::place;
use crate::checks::{Findings, RouteFindings};
use crate::verdict::causes::Code;
use crate::verdict::observe::attempts::Attempts;

/// A round trip from which on people complain: half around the world takes about that long.
const SLOW_RTT: Duration = Duration::from_millis(200);

/// The same to a neighbour, where a millisecond is usual.
const SLOW_NEIGHBOUR: Duration = Duration::from_millis(50);

/// Time between the reply's arrival and its delivery to this process.
const SLOW_HERE: Duration = Duration::from_millis(50);

/// A name lookup from which on people complain.
const SLOW_LOOKUP: Duration = Duration::from_secs(1);

/// What takes long, if anything does.
pub(super) fn code(findings: &Findings, attempts: &Attempts) -> Option<Code> {
    if attempts.retransmitted() > 0 || attempts.succeeded() == 0 {
        return None;
    }
    if is_slow_here(findings) {
        Some(Code::SlowHere)
    } else if is_slow_path(findings) {
        Some(Code::SlowPath)
    } else if findings.name.took.is_some_and(|it| it >= SLOW_LOOKUP) {
        Some(Code::SlowNameLookup)
    } else {
        None
    }
}

fn is_slow_here(findings: &Findings) -> bool {
    let batch = findings.target_probes();
    let times = batch.and_then(|it| it.median_connect.zip(it.median_rtt));
    times.is_some_and(|(connect, rtt)| {
        connect.saturating_sub(rtt) >= SLOW_HERE && connect >= rtt * 3
    })
}

fn is_slow_path(findings: &Findings) -> bool {
    let batch = findings.target_probes();
    let rtt = batch.and_then(|it| it.median_rtt.or(it.median_connect));
    let route = findings.route.as_ref();
    let is_neighbour = route.is_some_and(RouteFindings::target_is_neighbour);
    let limit = if is_neighbour && !place::is_own(findings) {
        SLOW_NEIGHBOUR
    } else {
        SLOW_RTT
    };
    rtt.is_some_and(|rtt| rtt >= limit)
}
