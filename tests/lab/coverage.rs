//! Coverage: every reason and every verdict is provoked by a scenario.

use std::collections::BTreeSet;

use synack::verdict::diagnosis::Code;

use crate::scenario::load::Case;
use crate::trial_error::{Result, TrialError};

/// Reasons that a network namespace cannot provoke, and why. Unit tests cover them.
const NOT_PROVOKED: [(&str, &str); 8] = [
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
    (
        "icmp-other",
        "stands for every ICMP error without a text of its own, which `tcp-icmp-errors.toml` provokes",
    ),
];

/// Every reason is provoked, and no scenario expects an unknown one.
pub(crate) fn every_reason_is_provoked(cases: &[Case]) -> Result<()> {
    let mut provoked = BTreeSet::new();
    for case in cases {
        provoked.extend(case.scenario()?.expect.reasons());
    }
    let known: BTreeSet<String> = synack::verdict::explain::codes()
        .map(str::to_owned)
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
        .filter(|it| !synack::verdict::explain::is_code(it))
        .collect();
    if missing.is_empty() && wrongly_excluded.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    Err(TrialError::Fail(format!(
        "no scenario provokes {missing:?}; provoked, but excluded: {wrongly_excluded:?}; no text: {unknown:?}"
    )))
}

/// Verdict where no rule matches: a scenario for it would show a missing rule.
const NO_RULE_MATCHES: &str = "unclear";

/// Every verdict of a diagnosis is provoked. Reasons have their own check.
pub(crate) fn every_verdict_is_provoked(cases: &[Case]) -> Result<()> {
    let mut missing: BTreeSet<_> = Code::explained().map(|(name, _)| name).collect();
    missing.remove(NO_RULE_MATCHES);
    for case in cases {
        if let Some(code) = case.scenario()?.expect.verdict_code() {
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
