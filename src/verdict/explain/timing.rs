//! Since when, and until when: where in the run the failures lie.

use std::time::Duration;

use super::Case;
use crate::clock::format_duration;
use crate::outcome::OutcomeClass;
use crate::stats::{Outage, Outages};

/// What the times of the failures say of a target that was reached at times.
pub(super) fn history(case: &Case) -> Option<String> {
    let failed = case.recorder.count_class(OutcomeClass::Failed);
    let succeeded = case.recorder.count_class(OutcomeClass::Succeeded);
    if failed == 0 || succeeded == 0 {
        return None;
    }
    let outages = &case.recorder.outages;
    let when = match outages.list().as_slice() {
        [] => return None,
        [only] if outages.total() == 1 => one(case, only),
        _ => scattered(case, outages),
    };
    let all = failed + succeeded;
    Some(format!("{succeeded} of {all} probes succeeded. {when}"))
}

fn one(case: &Case, outage: &Outage) -> String {
    let at = |instant| case.clock.time_label(instant);
    let (from, to, probes) = (at(outage.from), at(outage.to), outage.probes);
    if outage.ongoing {
        return format!(
            "It worked until {from}; from then on {}, to the end of the run.",
            failing(probes)
        );
    }
    if outage.first_seq == 1 {
        return format!(
            "It failed from the first probe until {to} and has worked since: the service, or the way to it, came up."
        );
    }
    let when = if from == to {
        format!("at {from}")
    } else {
        format!("from {from} to {to}")
    };
    format!("It worked except {when}, when {}.", failing(probes))
}

fn failing(probes: u64) -> String {
    match probes {
        1 => "one probe failed".to_owned(),
        all => format!("all {all} probes failed"),
    }
}

/// Tenths of a second say enough.
fn whole(time: Duration) -> Duration {
    Duration::from_millis(100) * u32::try_from(time.as_millis() / 100).unwrap_or(u32::MAX)
}

fn scattered(case: &Case, outages: &Outages) -> String {
    let longest = outages.longest().filter(|longest| longest.probes > 1);
    let longest = longest.map_or_else(String::new, |longest| {
        let from = case.clock.time_label(longest.from);
        format!(
            ", the longest from {from} for {}",
            format_duration(whole(longest.duration()))
        )
    });
    let times = outages.total();
    format!(
        "The failures came at {times} separate times{longest}: compare them with changes, load and backups on the way."
    )
}
