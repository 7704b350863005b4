//! Coverage: every reason and every verdict is provoked by a scenario.

use std::borrow::Cow;
use std::collections::BTreeSet;

use synack::outcome::catalog::{is_reason, outcomes};
use synack::outcome::{Outcome, OutcomeKind, UnreachableBy};
use synack::verdict::causes::Code;

use crate::scenario::load::Case;
use crate::trial_error::{Result, TrialError};

/// Reasons that a network namespace cannot provoke, and why. Unit tests cover them.
const NOT_PROVOKED: [(&str, &str); 7] = [
    ("refused-by-errno", "only on systems without an error queue"),
    (
        "unreachable-by-errno",
        "only on systems without an error queue",
    ),
    (
        "stuck-in-queue",
        "the link would have to delay a SYN for longer than its retransmission timeout",
    ),
    (
        "network-down",
        "Linux removes the routes of an interface that is down: no-route comes first",
    ),
    (
        "family-not-supported",
        "the kernel has IPv4 and IPv6 in all namespaces",
    ),
    (
        "out-of-memory",
        "it would exhaust the memory of the test machine",
    ),
    ("system-error", "every errno of the lab has its own reason"),
];

/// Every reason is provoked, and no scenario expects an unknown one.
pub(crate) fn every_reason_is_provoked(cases: &[Case]) -> Result<()> {
    let mut provoked = BTreeSet::new();
    for case in cases {
        provoked.extend(case.scenario()?.expect.reasons());
    }
    // `tcp-icmp-errors.toml` provokes ICMP errors of every type and code.
    let others =
        outcomes().filter(|it| !matches!(it, Outcome::Unreachable(UnreachableBy::Icmp(_))));
    let known: BTreeSet<String> = others
        .filter_map(|it| it.reason().map(Cow::into_owned))
        .collect();
    let excluded: BTreeSet<String> = NOT_PROVOKED
        .iter()
        .map(|(code, _)| (*code).to_owned())
        .collect();
    let missing: Vec<_> = known
        .difference(&provoked)
        .filter(|it| !excluded.contains(*it))
        .collect();
    let wrongly_excluded: Vec<_> = excluded.intersection(&provoked).collect();
    let unknown: Vec<_> = provoked
        .iter()
        .filter(|it| !is_reason(it) && !is_outcome(it))
        .collect();
    if missing.is_empty() && wrongly_excluded.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    Err(TrialError::Fail(format!(
        "no scenario provokes {missing:?}; provoked, but excluded: {wrongly_excluded:?}; no text: {unknown:?}"
    )))
}

fn is_outcome(name: &str) -> bool {
    OutcomeKind::ALL.iter().any(|it| it.name() == name)
}

/// Verdicts that no run gives yet, as their observations are not made: situations of `src/verdict/tests` cover them.
const NOT_OBSERVED: &[&str] = &[
    "address-conflict",
    "answers-from-another-address",
    "bridge-shadows-network",
    "client-banned",
    "connections-stuck",
    "conntrack-full-here",
    "ecn-dropped",
    "hairpin-nat",
    "inspection-blocks",
    "large-echo-filtered",
    "name-sinkholed",
    "off-link-gateway",
    "search-list-match",
    "service-hangs",
    "service-says-no",
    "syn-proxy-without-backend",
    "vpn-route-missing",
];

/// Verdicts that a run gives beside a likelier one only: it lacks the observation that separates them.
const NEVER_FIRST: &[&str] = &[
    "connection-limit",
    "nat-target-gone",
    "rst-when-queue-full",
    "syn-rate-limit",
    "tunnel-without-peer",
    "uplink-dead",
];

/// Every verdict is provoked. Those with the name of a reason have their own check.
pub(crate) fn every_verdict_is_provoked(cases: &[Case]) -> Result<()> {
    let all = Code::ALL.iter().map(|it| it.name());
    let mut missing: BTreeSet<_> = all.filter(|it| !is_reason(it)).collect();
    missing.retain(|it| !NOT_OBSERVED.contains(it) && !NEVER_FIRST.contains(it));
    for case in cases {
        for code in case.scenario()?.expect.verdict_codes() {
            missing.remove(code);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(TrialError::Fail(format!(
        "no scenario provokes {missing:?}"
    )))
}
