//! What a scenario expects of the tool's output, and whether it came.

pub(crate) mod json_fields;

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::endpoint::Place;
use crate::expect::json_fields::Fields;
use crate::tool::Run;
use crate::wire_check::Requests;

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
    /// The last line of a mode that looks at one target.
    #[serde(default)]
    pub(crate) last: Fields,
    /// What a single line of diagnostics must mention.
    #[serde(default)]
    pub(crate) complaint: Vec<String>,
    /// What the scripted peer must have seen in the tool's packets.
    #[serde(default, rename = "request")]
    pub(crate) requests: Requests,
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
    pub(crate) rtt_clock: Option<Words>,
    /// Of the answer.
    pub(crate) ttl: Option<Range>,
    /// What the answer said.
    pub(crate) answer: Option<Words>,
    /// What an ICMP error said the largest packet to be.
    pub(crate) mtu: Option<Range>,
    /// The source, with the port where there is one.
    pub(crate) local: Option<Words>,
}

/// The summary of one target.
#[derive(Debug, Deserialize)]
pub(crate) struct Summary {
    #[serde(default = "one")]
    pub(crate) target: usize,
    /// Fields of the summary by path, as in `"connect_us/count"`, and what they must be: matcher.rs.
    #[serde(flatten)]
    pub(crate) fields: Fields,
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
    /// A number that a placeholder stands for: only in quotes is that TOML.
    Filled(Number),
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Number(f64);

impl TryFrom<String> for Number {
    type Error = std::num::ParseFloatError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// The word for JSON's null; TOML has none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Nothing {
    None,
}

pub(crate) fn one() -> usize {
    1
}

fn first() -> Vec<u64> {
    vec![1]
}

impl Expectations {
    /// The reasons that some probe must end with, or the outcomes of those that have none.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let lines = self.probes.iter().filter_map(|probe| {
            let (outcomes, reasons) = (probe.outcome.all(), probe.reason.all());
            // Where either of two may come, neither is certain to.
            let certain = outcomes.len() == 1 && reasons.len() == 1;
            certain.then(|| (outcomes[0].clone(), reasons[0].clone()))
        });
        let reasons = lines.chain(self.some.iter().cloned());
        reasons
            .map(|(outcome, reason)| if reason == "none" { outcome } else { reason })
            .filter(|it| !["connected", "reply", "unfinished"].contains(&it.as_str()))
            .collect()
    }

    /// Every difference between what came and what was expected, one per line.
    pub(crate) fn differences(&self, run: &Run, targets: &[Place]) -> Vec<String> {
        let mut found = Vec::new();
        if run.exit != Some(self.exit) {
            found.push(format!("exit: {:?}, expected {}", run.exit, self.exit));
        }
        self.check_complaint(run, &mut found);
        self.check_probes(run, targets, &mut found);
        if self.last.is_empty() {
            self.check_summaries(run, targets, &mut found);
        } else {
            let last = run.lines.last().unwrap_or(&Value::Null);
            found.extend(self.last.differences(last));
        }
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

    fn check_probes(&self, run: &Run, targets: &[Place], found: &mut Vec<String>) {
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
        let result = |line: &Value| (text(&line["outcome"]), text(&line["reason"]));
        let got: BTreeSet<_> = run.of_type("probe").map(result).collect();
        let expected: BTreeSet<_> = self.some.iter().cloned().collect();
        if got != expected {
            found.push(format!(
                "the probes ended as {got:?}, expected {expected:?}"
            ));
        }
    }

    fn check_summaries(&self, run: &Run, targets: &[Place], found: &mut Vec<String>) {
        let expected = if self.exit == 2 { 0 } else { targets.len() };
        let got = run.of_type("summary").count();
        if got != expected {
            found.push(format!("{got} summaries, expected {expected}"));
        }
        for summary in &self.summaries {
            let target = targets[summary.target - 1];
            let mut lines = run.of_type("summary");
            match lines.find(|line| target.is_of(line)) {
                Some(line) => {
                    let wrong = summary.fields.differences(line).into_iter();
                    found.extend(wrong.map(|it| format!("summary: {it}")));
                }
                None => found.push(format!("no summary for {target}")),
            }
        }
    }
}

/// Takes what differs: its name, what came, and what was expected.
type Wrong<'a> = dyn FnMut(&str, &Value, &dyn fmt::Display) + 'a;

impl Probe {
    fn check(&self, seq: u64, run: &Run, target: Place, found: &mut Vec<String>) {
        let is_mine = |line: &&Value| {
            let same_turn = line["seq"] == seq && line["warmup"] == self.warmup;
            target.is_of(line) && same_turn && line["late"] == self.late
        };
        let lines: Vec<_> = run.of_type("probe").filter(is_mine).collect();
        let name = format!("{target} seq {seq}{}", if self.late { " late" } else { "" });
        let [line] = lines[..] else {
            found.push(format!("{name}: {} lines, expected one", lines.len()));
            return;
        };
        self.compare(line, &mut |field, got, expected| {
            found.push(format!("{name}: {field} is {got}, expected {expected}"));
        });
    }

    fn compare(&self, line: &Value, wrong: &mut Wrong) {
        self.compare_words(line, wrong);
        self.compare_numbers(line, wrong);
    }

    fn compare_words(&self, line: &Value, wrong: &mut Wrong) {
        let code = icmp_code(line);
        let at = |path: &str| line.pointer(path).unwrap_or(&Value::Null);
        let words = [
            ("outcome", Some(&self.outcome), at("/outcome")),
            ("reason", Some(&self.reason), at("/reason")),
            ("evidence", self.evidence.as_ref(), at("/evidence/kind")),
            ("errno", self.errno.as_ref(), at("/evidence/errno")),
            ("icmp", self.icmp.as_ref(), &code),
            ("from", self.from.as_ref(), at("/evidence/icmp/from")),
            ("rtt_clock", self.rtt_clock.as_ref(), at("/rtt_clock")),
            ("answer", self.answer.as_ref(), at("/answer")),
            ("local", self.local.as_ref(), at("/local")),
        ];
        for (name, expected, got) in words {
            if let Some(expected) = expected.filter(|it| !it.allow(got)) {
                wrong(name, got, expected);
            }
        }
    }

    fn compare_numbers(&self, line: &Value, wrong: &mut Wrong) {
        let at = |path: &str| line.pointer(path).unwrap_or(&Value::Null);
        let numbers = [
            ("syn_sent", &self.syn_sent, at("/syn_sent"), 1.0),
            ("connect_us", &self.connect_ms, at("/connect_us"), 1000.0),
            ("rtt_us", &self.rtt_ms, at("/rtt_us"), 1000.0),
            ("ttl", &self.ttl, at("/ttl"), 1.0),
            ("mtu", &self.mtu, at("/evidence/icmp/mtu"), 1.0),
        ];
        for (name, expected, got, unit) in numbers {
            if let Some(expected) = expected.as_ref().filter(|it| !it.allows(got, unit)) {
                wrong(name, got, expected);
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

impl Words {
    fn all(&self) -> &[String] {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Any(words) => words,
        }
    }

    pub(crate) fn allow(&self, got: &Value) -> bool {
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
    pub(crate) fn allows(&self, got: &Value, unit: f64) -> bool {
        let number = got.as_f64().map(|number| number / unit);
        match (self, number) {
            (Self::Exactly(expected) | Self::Filled(Number(expected)), Some(number)) => {
                (expected - number).abs() < 1e-9
            }
            (Self::Between(low, high), Some(number)) => (low..=high).contains(&&number),
            (Self::Null(_), None) => got.is_null(),
            _ => false,
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(number) | Self::Filled(Number(number)) => write!(f, "{number}"),
            Self::Between(low, high) => write!(f, "{low} to {high} (ms where it is a time)"),
            Self::Null(_) => f.write_str("null"),
        }
    }
}
