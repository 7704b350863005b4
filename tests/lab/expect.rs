//! What a scenario expects of the tool's output, and whether it came.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::Value;

use crate::tool::Run;

/// All of it is checked, so that a failure shows everything that is wrong at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectations {
    pub(crate) exit: i32,
    /// Exactly these probe lines, in any order.
    #[serde(default, rename = "probe")]
    pub(crate) probes: Vec<Probe>,
    /// Instead, where their order or number is up to the kernel: outcomes with their reasons, each
    /// of which must occur, and no others.
    #[serde(default)]
    pub(crate) some: Vec<(String, String)>,
    #[serde(default, rename = "summary")]
    pub(crate) summaries: Vec<Summary>,
    /// What a single line of diagnostics must mention.
    #[serde(default)]
    pub(crate) complaint: Vec<String>,
}

/// Probe lines: one for each of `seqs`. What is left out is not looked at; `"none"` is null.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probe {
    #[serde(default = "one")]
    pub(crate) target: usize,
    #[serde(default = "first")]
    pub(crate) seqs: Vec<u64>,
    #[serde(default)]
    pub(crate) late: bool,
    #[serde(default)]
    pub(crate) warmup: bool,
    pub(crate) outcome: Words,
    pub(crate) reason: Words,
    pub(crate) evidence: Option<Words>,
    pub(crate) icmp: Option<Words>,
    pub(crate) from: Option<Words>,
    pub(crate) errno: Option<Words>,
    pub(crate) syn_sent: Option<Range>,
    pub(crate) connect_ms: Option<Range>,
    pub(crate) rtt_ms: Option<Range>,
}

/// The summary of one target.
#[derive(Debug, Deserialize)]
pub(crate) struct Summary {
    #[serde(default = "one")]
    pub(crate) target: usize,
    /// Fields of the summary by path, as in `"connect_us/count"`, and what they must be.
    #[serde(flatten)]
    pub(crate) fields: BTreeMap<String, toml::Value>,
}

/// One word, or any of several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    One(String),
    Any(Vec<String>),
}

/// An exact number, both ends of a range, or `"none"`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Range {
    Exactly(f64),
    Between(f64, f64),
    Null(Nothing),
}

/// The word for JSON's null; TOML has none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Nothing {
    None,
}

fn one() -> usize {
    1
}

fn first() -> Vec<u64> {
    vec![1]
}

impl Expectations {
    /// Every difference between what came and what was expected, one per line.
    pub(crate) fn differences(&self, run: &Run, targets: &[SocketAddr]) -> Vec<String> {
        let mut found = Vec::new();
        if run.exit != Some(self.exit) {
            found.push(format!("exit: {:?}, expected {}", run.exit, self.exit));
        }
        self.check_complaint(run, &mut found);
        self.check_probes(run, targets, &mut found);
        self.check_summaries(run, targets, &mut found);
        found
    }

    fn check_complaint(&self, run: &Run, found: &mut Vec<String>) {
        if self.complaint.is_empty() {
            return;
        }
        let lines = run.stderr.lines().filter(|line| !line.trim().is_empty());
        if lines.count() != 1 {
            found.push("stderr: expected exactly one line".to_owned());
        }
        for word in &self.complaint {
            if !run.stderr.contains(word) {
                found.push(format!("stderr: does not mention {word:?}"));
            }
        }
    }

    fn check_probes(&self, run: &Run, targets: &[SocketAddr], found: &mut Vec<String>) {
        if !self.some.is_empty() {
            return self.check_some(run, found);
        }
        let expected: usize = self.probes.iter().map(|probe| probe.seqs.len()).sum();
        let got = run.of_type("probe").count();
        if got != expected {
            found.push(format!("{got} probe lines, expected {expected}"));
        }
        for probe in &self.probes {
            for seq in &probe.seqs {
                probe.check(*seq, run, targets[probe.target - 1], found);
            }
        }
    }

    fn check_some(&self, run: &Run, found: &mut Vec<String>) {
        let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
        let ending = |line: &Value| (text(&line["outcome"]), text(&line["reason"]));
        let got: BTreeSet<_> = run.of_type("probe").map(ending).collect();
        let expected: BTreeSet<_> = self.some.iter().cloned().collect();
        if got != expected {
            found.push(format!(
                "the probes ended as {got:?}, expected {expected:?}"
            ));
        }
    }

    fn check_summaries(&self, run: &Run, targets: &[SocketAddr], found: &mut Vec<String>) {
        let expected = if self.exit == 2 { 0 } else { targets.len() };
        let got = run.of_type("summary").count();
        if got != expected {
            found.push(format!("{got} summaries, expected {expected}"));
        }
        for summary in &self.summaries {
            let target = targets[summary.target - 1];
            let mut lines = run.of_type("summary");
            match lines.find(|line| is_about(line, target)) {
                Some(line) => summary.check(line, found),
                None => found.push(format!("no summary for {target}")),
            }
        }
    }
}

impl Probe {
    fn check(&self, seq: u64, run: &Run, target: SocketAddr, found: &mut Vec<String>) {
        let is_mine = |line: &&Value| {
            let same_turn = line["seq"] == seq && line["warmup"] == self.warmup;
            is_about(line, target) && same_turn && line["late"] == self.late
        };
        let lines: Vec<_> = run.of_type("probe").filter(is_mine).collect();
        let name = format!("{target} seq {seq}{}", if self.late { " late" } else { "" });
        let [line] = lines[..] else {
            found.push(format!("{name}: {} lines, expected one", lines.len()));
            return;
        };
        self.compare(line, &mut |field, expected| {
            let got = line.pointer(&format!("/{field}")).unwrap_or(&Value::Null);
            found.push(format!("{name}: {field} is {got}, expected {expected}"));
        });
    }

    fn compare(&self, line: &Value, wrong: &mut dyn FnMut(&str, &dyn fmt::Display)) {
        self.compare_words(line, wrong);
        self.compare_numbers(line, wrong);
    }

    fn compare_words(&self, line: &Value, wrong: &mut dyn FnMut(&str, &dyn fmt::Display)) {
        let (outcome, reason) = (Some(&self.outcome), Some(&self.reason));
        let (kind, errno) = (self.evidence.as_ref(), self.errno.as_ref());
        let (icmp, from) = (self.icmp.as_ref(), self.from.as_ref());
        let code = icmp_code(line);
        let words = [
            ("outcome", outcome, &line["outcome"]),
            ("reason", reason, &line["reason"]),
            ("evidence/kind", kind, &line["evidence"]["kind"]),
            ("evidence/errno", errno, &line["evidence"]["errno"]),
            ("evidence/icmp", icmp, &code),
            (
                "evidence/icmp/from",
                from,
                &line["evidence"]["icmp"]["from"],
            ),
        ];
        for (field, expected, got) in words {
            if let Some(expected) = expected.filter(|it| !it.allow(got)) {
                wrong(field, expected);
            }
        }
    }

    fn compare_numbers(&self, line: &Value, wrong: &mut dyn FnMut(&str, &dyn fmt::Display)) {
        let numbers = [
            ("syn_sent", &self.syn_sent, 1.0),
            ("connect_us", &self.connect_ms, 1000.0),
            ("rtt_us", &self.rtt_ms, 1000.0),
        ];
        for (field, expected, unit) in numbers {
            if let Some(expected) = expected
                .as_ref()
                .filter(|it| !it.allows(&line[field], unit))
            {
                wrong(field, expected);
            }
        }
    }
}

/// As the scenarios write it: type/code.
fn icmp_code(line: &Value) -> Value {
    let icmp = &line["evidence"]["icmp"];
    match (&icmp["type"], &icmp["code"]) {
        (Value::Null, Value::Null) => Value::Null,
        (kind, code) => format!("{kind}/{code}").into(),
    }
}

impl Summary {
    fn check(&self, line: &Value, found: &mut Vec<String>) {
        for (field, expected) in &self.fields {
            let got = line.pointer(&format!("/{field}")).unwrap_or(&Value::Null);
            if !is_as_expected(got, expected) {
                found.push(format!("summary: {field} is {got}, expected {expected}"));
            }
        }
    }
}

fn is_as_expected(got: &Value, expected: &toml::Value) -> bool {
    match expected {
        toml::Value::String(word) => Words::One(word.clone()).allow(got),
        toml::Value::Integer(number) => is_between(got, *number, *number),
        toml::Value::Array(ends) if got.is_number() => match ends[..] {
            [toml::Value::Integer(low), toml::Value::Integer(high)] => is_between(got, low, high),
            _ => false,
        },
        other => serde_json::to_value(other).is_ok_and(|expected| *got == expected),
    }
}

fn is_between(got: &Value, low: i64, high: i64) -> bool {
    got.as_f64()
        .is_some_and(|got| low as f64 <= got && got <= high as f64)
}

fn is_about(line: &Value, target: SocketAddr) -> bool {
    let host = target.ip().to_string();
    line["address"] == host.as_str() && line["port"] == target.port()
}

impl Words {
    fn allow(&self, got: &Value) -> bool {
        let got = if got.is_null() {
            Some("none")
        } else {
            got.as_str()
        };
        match self {
            Self::One(word) => got == Some(word),
            Self::Any(words) => words.iter().any(|word| got == Some(word)),
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(word) => f.write_str(word),
            Self::Any(words) => f.write_str(&words.join(" or ")),
        }
    }
}

impl Range {
    /// `unit` is how many of the output's units are one of ours.
    fn allows(&self, got: &Value, unit: f64) -> bool {
        let number = got.as_f64().map(|number| number / unit);
        match (self, number) {
            (Self::Exactly(expected), Some(number)) => (expected - number).abs() < 1e-9,
            (Self::Between(low, high), Some(number)) => (low..=high).contains(&&number),
            (Self::Null(_), None) => got.is_null(),
            _ => false,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(number) => write!(f, "{number}"),
            Self::Between(low, high) => write!(f, "{low} to {high} (ms where it is a time)"),
            Self::Null(_) => f.write_str("null"),
        }
    }
}
