//! Expected output of a run, and the differences from it.

mod captured;
mod json_fields;
mod probe;
mod value;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::peer::capture::Capture;
use crate::run_output::RunOutput;
use captured::ExpectedPackets;
use json_fields::JsonFields;
use probe::ExpectedProbe;
use value::first_target;

/// All of it is checked: a failure lists every difference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectations {
    exit_code: i32,
    /// Exactly these probe lines, in any order.
    #[serde(default, rename = "probe")]
    probes: Vec<ExpectedProbe>,
    /// Instead of probe lines, where their number or order depends on timing: pairs of outcome and reason. Each must
    /// occur, and no other.
    #[serde(default)]
    outcome_set: Vec<(String, String)>,
    #[serde(default, rename = "summary")]
    summaries: Vec<ExpectedSummary>,
    /// Verdict codes of the targets, in their order.
    #[serde(default)]
    verdicts: Vec<String>,
    /// Last JSON line of a mode with one target.
    #[serde(default)]
    last_line: JsonFields,
    /// Parts of the only line on stderr.
    #[serde(default)]
    stderr_contains: Vec<String>,
    #[serde(default, rename = "captured")]
    packets: Vec<ExpectedPackets>,
}

/// Summary of one target.
#[derive(Debug, Deserialize)]
struct ExpectedSummary {
    #[serde(default = "first_target")]
    target: usize,
    /// By path, as in `"connect_us/count"`: `json_fields.rs`.
    #[serde(flatten)]
    fields: JsonFields,
}

impl Expectations {
    /// Reasons that the scenario is sure to provoke, or outcomes without a reason.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let from_probes = self.probes.iter().filter_map(|probe| {
            let outcomes = probe.outcome.alternatives();
            let reasons = probe.reason.alternatives();
            let is_certain = outcomes.len() == 1 && reasons.len() == 1;
            is_certain.then(|| (outcomes[0].clone(), reasons[0].clone()))
        });
        let pairs = from_probes.chain(self.outcome_set.iter().cloned());
        pairs
            .map(|(outcome, reason)| if reason == "none" { outcome } else { reason })
            .filter(|it| !["connected", "reply", "unfinished"].contains(&it.as_str()))
            .collect()
    }

    /// Expected verdicts.
    pub(crate) fn verdict_codes(&self) -> impl Iterator<Item = &str> {
        let verdicts = self.verdicts.iter().map(String::as_str);
        verdicts.chain(self.last_line.string("verdict/code"))
    }

    /// A message for each difference of the output.
    pub(crate) fn differences(&self, output: &RunOutput, targets: &[Endpoint]) -> Vec<String> {
        let mut differences = Vec::new();
        if output.exit_code != Some(self.exit_code) {
            let (found, expected) = (output.exit_code, self.exit_code);
            differences.push(format!("exit code: {found:?}, expected {expected}"));
        }
        self.check_stderr(output, &mut differences);
        self.check_verdicts(output, &mut differences);
        self.check_probes(output, targets, &mut differences);
        if self.last_line.is_empty() {
            self.check_summaries(output, targets, &mut differences);
        } else {
            let last = output.lines.last().unwrap_or(&Value::Null);
            differences.extend(self.last_line.differences(last));
        }
        differences
    }

    /// A message for each difference of the captured packets.
    pub(crate) fn capture_differences(
        &self,
        capture: &Capture,
        targets: &[Endpoint],
    ) -> Vec<String> {
        let packets = self.packets.iter();
        packets
            .flat_map(|expected| expected.differences(capture, targets))
            .collect()
    }

    fn check_stderr(&self, output: &RunOutput, differences: &mut Vec<String>) {
        if self.stderr_contains.is_empty() {
            return;
        }
        let lines = output.stderr.lines().filter(|line| !line.trim().is_empty());
        if lines.count() != 1 {
            differences.push("stderr: expected exactly one line".to_owned());
        }
        for part in &self.stderr_contains {
            if !output.stderr.contains(part) {
                differences.push(format!("stderr: no {part:?}"));
            }
        }
    }

    fn check_probes(
        &self,
        output: &RunOutput,
        targets: &[Endpoint],
        differences: &mut Vec<String>,
    ) {
        if !self.outcome_set.is_empty() {
            return self.check_outcome_set(output, differences);
        }
        let expected: usize = self.probes.iter().map(|probe| probe.seqs.len()).sum();
        let found = output.of_type("probe").count();
        if found != expected {
            differences.push(format!("{found} probe lines, expected {expected}"));
        }
        for probe in &self.probes {
            let target = targets[probe.target - 1];
            for seq in &probe.seqs {
                probe.check(*seq, output, target, differences);
            }
        }
    }

    fn check_outcome_set(&self, output: &RunOutput, differences: &mut Vec<String>) {
        let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
        let pair = |line: &Value| (text(&line["outcome"]), text(&line["reason"]));
        let found: BTreeSet<_> = output.of_type("probe").map(pair).collect();
        let expected: BTreeSet<_> = self.outcome_set.iter().cloned().collect();
        if found != expected {
            differences.push(format!("outcomes are {found:?}, expected {expected:?}"));
        }
    }

    fn check_verdicts(&self, output: &RunOutput, differences: &mut Vec<String>) {
        let summaries = output.of_type("summary");
        let found: Vec<_> = summaries.map(|line| &line["verdict"]["code"]).collect();
        if !self.verdicts.is_empty() && found != self.verdicts.iter().collect::<Vec<_>>() {
            differences.push(format!("verdicts {found:?}, expected {:?}", self.verdicts));
        }
    }

    fn check_summaries(
        &self,
        output: &RunOutput,
        targets: &[Endpoint],
        differences: &mut Vec<String>,
    ) {
        let expected = if self.exit_code == 2 {
            0
        } else {
            targets.len()
        };
        let found = output.of_type("summary").count();
        if found != expected {
            differences.push(format!("{found} summaries, expected {expected}"));
        }
        for summary in &self.summaries {
            let target = targets[summary.target - 1];
            let mut lines = output.of_type("summary");
            match lines.find(|line| target.matches(line)) {
                Some(line) => {
                    let of_summary = summary.fields.differences(line).into_iter();
                    differences.extend(of_summary.map(|it| format!("summary: {it}")));
                }
                None => differences.push(format!("no summary for {target}")),
            }
        }
    }
}
