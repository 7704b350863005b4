//! What the scenarios prove all together: no reason and no verdict is only a word in the documentation.

use std::collections::BTreeSet;

use synack::verdict::diagnosis::Code;

use crate::scenario::Case;
use crate::trial_error::{Result, Trouble};

/// Reasons that no packet and no setting of a network namespace provokes, and why. Unit tests have them.
const NOT_HERE: [(&str, &str); 8] = [
    (
        "refused-by-errno",
        "only a system without an error queue says so",
    ),
    (
        "unreachable-by-errno",
        "only a system without an error queue says so",
    ),
    (
        "stuck-in-queue",
        "the link would have to hold a SYN back for longer than its retransmission",
    ),
    (
        "network-down",
        "Linux takes the routes of an interface away with it: no-route comes first",
    ),
    (
        "family-not-supported",
        "the kernel has both versions of IP, for all namespaces",
    ),
    (
        "out-of-memory",
        "this machine's memory is not the lab's to take",
    ),
    (
        "system-error",
        "what has a text of its own is no unknown error",
    ),
    (
        "icmp-other",
        "stands for every ICMP error without a text of its own, which `icmp.toml` provokes",
    ),
];

/// Every reason is provoked by some scenario, and the scenarios know no others.
pub(crate) fn every_reason_is_provoked(cases: &[Case]) -> Result<()> {
    let mut provoked = BTreeSet::new();
    for case in cases {
        provoked.extend(case.concrete()?.expect.reasons());
    }
    let known: BTreeSet<String> = synack::verdict::explain::codes()
        .map(str::to_owned)
        .collect();
    let excused: BTreeSet<String> = NOT_HERE
        .iter()
        .map(|(code, _)| (*code).to_owned())
        .collect();
    let missing: Vec<_> = known
        .difference(&provoked)
        .filter(|it| !excused.contains(*it))
        .collect();
    let needless: Vec<_> = excused.intersection(&provoked).collect();
    let unknown: Vec<_> = provoked
        .iter()
        .filter(|it| !synack::verdict::explain::is_code(it))
        .collect();
    if missing.is_empty() && needless.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    Err(Trouble::Fail(format!(
        "no scenario provokes {missing:?}; excused for nothing: {needless:?}; without a text: {unknown:?}"
    )))
}

/// The verdict on what fits no rule: a scenario for it would show a rule that is missing.
const NO_VERDICT: &str = "unclear";

/// Every verdict of a diagnosis is provoked by some scenario, but those that are reasons too.
pub(crate) fn every_verdict_is_provoked(cases: &[Case]) -> Result<()> {
    let mut missing: BTreeSet<_> = Code::explained().map(|(name, _)| name).collect();
    missing.remove(NO_VERDICT);
    for case in cases {
        let expect = case.concrete()?.expect;
        if let Some(code) = expect.last.word("verdict/code") {
            missing.remove(code);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Trouble::Fail(format!("no scenario provokes {missing:?}")))
}
