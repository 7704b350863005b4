//! Expected probe lines.

use serde::Deserialize;
use serde_json::Value;

use super::value::{ExpectedNumber, ExpectedString, ReportDifference, first_target};
use crate::endpoint::Endpoint;
use crate::run_output::RunOutput;

/// One line for each of `seqs`. Fields that are not named are not checked; `"none"` is null.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedProbe {
    #[serde(default = "first_target")]
    pub(super) target: usize,
    #[serde(default = "first_seq")]
    pub(super) seqs: Vec<u64>,
    #[serde(default)]
    late: bool,
    #[serde(default)]
    warmup: bool,
    pub(super) outcome: ExpectedString,
    pub(super) reason: ExpectedString,
    evidence: Option<ExpectedString>,
    /// Type and code, as in `3/13`.
    icmp: Option<ExpectedString>,
    icmp_from: Option<ExpectedString>,
    errno: Option<ExpectedString>,
    syn_sent: Option<ExpectedNumber>,
    connect_ms: Option<ExpectedNumber>,
    rtt_ms: Option<ExpectedNumber>,
    rtt_clock: Option<ExpectedString>,
    /// Of the reply.
    ttl: Option<ExpectedNumber>,
    answer: Option<ExpectedString>,
    /// Of the ICMP error.
    mtu: Option<ExpectedNumber>,
    local: Option<ExpectedString>,
}

fn first_seq() -> Vec<u64> {
    vec![1]
}

impl ExpectedProbe {
    /// Checks the line of one sequence number.
    pub(super) fn check(
        &self,
        seq: u64,
        output: &RunOutput,
        target: Endpoint,
        differences: &mut Vec<String>,
    ) {
        let is_expected = |line: &&Value| {
            let is_of_probe = line["seq"] == seq && line["warmup"] == self.warmup;
            target.matches(line) && is_of_probe && line["late"] == self.late
        };
        let lines: Vec<_> = output.of_type("probe").filter(is_expected).collect();
        let name = format!("{target} seq {seq}{}", if self.late { " late" } else { "" });
        let [line] = lines[..] else {
            differences.push(format!("{name}: {} lines, expected one", lines.len()));
            return;
        };
        let mut report = |field: &str, found: &Value, expected: &dyn std::fmt::Display| {
            differences.push(format!("{name}: {field} is {found}, expected {expected}"));
        };
        self.compare_strings(line, &mut report);
        self.compare_numbers(line, &mut report);
    }

    fn compare_strings(&self, line: &Value, report: &mut ReportDifference) {
        let icmp = icmp_type_code(line);
        let at = |path: &str| line.pointer(path).unwrap_or(&Value::Null);
        let strings = [
            ("outcome", Some(&self.outcome), at("/outcome")),
            ("reason", Some(&self.reason), at("/reason")),
            ("evidence", self.evidence.as_ref(), at("/evidence/kind")),
            ("errno", self.errno.as_ref(), at("/evidence/errno")),
            ("icmp", self.icmp.as_ref(), &icmp),
            (
                "icmp from",
                self.icmp_from.as_ref(),
                at("/evidence/icmp/from"),
            ),
            ("rtt_clock", self.rtt_clock.as_ref(), at("/rtt_clock")),
            ("answer", self.answer.as_ref(), at("/answer")),
            ("local", self.local.as_ref(), at("/local")),
        ];
        for (name, expected, found) in strings {
            if let Some(expected) = expected.filter(|it| !it.matches(found)) {
                report(name, found, expected);
            }
        }
    }

    fn compare_numbers(&self, line: &Value, report: &mut ReportDifference) {
        let at = |path: &str| line.pointer(path).unwrap_or(&Value::Null);
        let numbers = [
            ("syn_sent", &self.syn_sent, at("/syn_sent"), 1.0),
            ("connect_us", &self.connect_ms, at("/connect_us"), 1000.0),
            ("rtt_us", &self.rtt_ms, at("/rtt_us"), 1000.0),
            ("ttl", &self.ttl, at("/ttl"), 1.0),
            ("mtu", &self.mtu, at("/evidence/icmp/mtu"), 1.0),
        ];
        for (name, expected, found, unit) in numbers {
            if let Some(expected) = expected.as_ref().filter(|it| !it.matches(found, unit)) {
                report(name, found, expected);
            }
        }
    }
}

/// `TYPE/CODE`, or null.
fn icmp_type_code(line: &Value) -> Value {
    let icmp = &line["evidence"]["icmp"];
    match (&icmp["type"], &icmp["code"]) {
        (Value::Null, Value::Null) => Value::Null,
        (icmp_type, code) => format!("{icmp_type}/{code}").into(),
    }
}
