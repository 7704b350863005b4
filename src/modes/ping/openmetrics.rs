//! Metrics in text, for the directory that Prometheus' `node_exporter` reads (`--collector.textfile.directory`).
//!
//! The text is valid in two formats: Prometheus' text format 0.0.4, which that collector parses
//! (`collector/textfile.go`, `expfmt.TextParser`), and `OpenMetrics` 1.0. The collector refuses a file with time
//! stamps, so there are none; the run's times are metrics of their own. `# EOF`, which `OpenMetrics` demands, is a
//! comment to it. Of one metric in several files it refuses differing helps, so these never change, and equal
//! labels, so every metric carries its target's.
//!
//! Each file describes one run and replaces the previous one, so counts are gauges: they do not accumulate over
//! runs as a counter does. Units are seconds and ratios. A missing value has no line.

use std::collections::{BTreeMap, HashMap};

use super::summary::{RunSummary, TargetSummary};
use crate::outcome::{OutcomeClass, OutcomeKind};
use crate::report::Redactor;
use crate::report::machine_numbers::{PERCENTILES, seconds};
use crate::stats::Distribution;
use crate::term::escape_controls;
use crate::text::Value;

/// A metric with one number for each target: name, help, and the number where it exists.
type Gauge = (
    &'static str,
    &'static str,
    fn(&TargetSummary) -> Option<String>,
);

/// A distribution of times: name, help, and the values.
type Summary = (
    &'static str,
    &'static str,
    for<'a> fn(&TargetSummary<'a>) -> &'a Distribution,
);

/// A target's labels, and the target.
type Labelled<'a> = (String, TargetSummary<'a>);

const GAUGES: [Gauge; 17] = [
    (
        "success",
        "1 if the target replied at least once, else 0.",
        |it| Some(u8::from(of_class(it, OutcomeClass::Succeeded) > 0).to_string()),
    ),
    ("succeeded", "Successful probes.", |it| {
        Some(of_class(it, OutcomeClass::Succeeded).to_string())
    }),
    (
        "failed",
        "Failed probes: no reply, refused, unreachable.",
        |it| Some(of_class(it, OutcomeClass::Failed).to_string()),
    ),
    (
        "local_errors",
        "Probes that failed on the local machine; not loss.",
        |it| Some(of_class(it, OutcomeClass::Local).to_string()),
    ),
    (
        "unfinished",
        "Probes in flight when the run was stopped; in no other count.",
        |it| Some(of_class(it, OutcomeClass::Unfinished).to_string()),
    ),
    ("late", "Replies after the timeout.", |it| {
        Some(it.recorder.late.to_string())
    }),
    (
        "duplicates",
        "Further replies to a probe that already had one.",
        |it| Some(it.recorder.replies.duplicates.to_string()),
    ),
    (
        "strays",
        "Datagrams from the target that match no probe.",
        |it| Some(it.recorder.replies.strays.to_string()),
    ),
    (
        "reordered",
        "Replies received after the reply to a later probe.",
        |it| Some(it.recorder.replies.reordered.to_string()),
    ),
    (
        "outages",
        "Outages: one or more failed probes in a row.",
        |it| {
            let outages = it.recorder.outages.total();
            (!it.never_answers()).then(|| outages.to_string())
        },
    ),
    (
        "loss_ratio",
        "Failed probes / (failed + succeeded).",
        |it| it.loss().map(|loss| ratio(loss.percent)),
    ),
    (
        "loss_lower_ratio",
        "Lower bound of the 95 % confidence interval of the loss.",
        |it| it.loss().map(|loss| ratio(loss.low)),
    ),
    (
        "loss_upper_ratio",
        "Upper bound of the 95 % confidence interval of the loss.",
        |it| it.loss().map(|loss| ratio(loss.high)),
    ),
    (
        "jitter_seconds",
        "Mean absolute difference of successive times.",
        |it| it.recorder.jitter.mean_us().map(seconds),
    ),
    ("lookup_seconds", "Duration of the name lookup.", |it| {
        let lookup = it.target.lookup.as_ref();
        lookup.map(|it| seconds(it.took.as_secs_f64() * 1e6))
    }),
    ("start_time_seconds", "Start of the run, Unix time.", |it| {
        Some(unix_time(it, it.record.started))
    }),
    ("end_time_seconds", "End of the run, Unix time.", |it| {
        Some(unix_time(it, it.record.ended))
    }),
];

const SUMMARIES: [Summary; 3] = [
    (
        "connect_seconds",
        "Time to the completed handshake or the reply, as the application sees it.",
        |it| &it.recorder.connect,
    ),
    (
        "rtt_seconds",
        "Round-trip time of the path, kernel clock.",
        |it| &it.recorder.rtt,
    ),
    (
        "refused_seconds",
        "Time from the first SYN to the RST.",
        |it| &it.recorder.refused,
    ),
];

/// Every family of metrics, for each target.
pub(super) fn text(summary: &RunSummary, redactor: &Redactor) -> String {
    let targets = labelled(summary, redactor);
    let mut text = family(
        "probes",
        "gauge",
        "Probes that ended, by outcome and reason.",
        &each(&targets, probes),
    );
    for (name, help, number) in GAUGES {
        let lines = each(&targets, |labels, target| {
            let number = number(target);
            number.map_or_else(String::new, |it| line(name, labels, &it))
        });
        text += &family(name, "gauge", help, &lines);
    }
    for (name, help, values) in SUMMARIES {
        let lines = each(&targets, |labels, it| quantiles(name, labels, values(it)));
        text += &family(name, "summary", help, &lines);
    }
    let help = "1 for the verdict of the target.";
    text += &family("verdict", "gauge", help, &each(&targets, verdict));
    text + "# EOF\n"
}

/// The targets with labels that no two of them share.
fn labelled<'a>(summary: &'a RunSummary, redactor: &Redactor) -> Vec<Labelled<'a>> {
    let mut seen: HashMap<String, u64> = HashMap::new();
    let label = |target: TargetSummary<'a>| {
        let mut labels = labels(&target, redactor);
        let times = seen.entry(labels.clone()).or_default();
        *times += 1;
        // The same target may be given twice.
        if *times > 1 {
            labels += &format!(",repeat=\"{times}\"");
        }
        (labels, target)
    };
    summary.targets().map(label).collect()
}

fn labels(target: &TargetSummary, redactor: &Redactor) -> String {
    let target = target.target;
    let mut labels = vec![
        label("target", &redactor.service(target)),
        label("address", &redactor.value(&Value::address(target))),
    ];
    labels.extend(target.port().map(|port| label("port", &port.to_string())));
    labels.push(label("protocol", target.protocol.name()));
    labels.join(",")
}

/// A label whose value may hold anything.
fn label(name: &str, value: &str) -> String {
    format!("{name}=\"{}\"", escaped(&escape_controls(value)))
}

/// Backslash, quotation mark and line feed have escapes; everything else stands for itself.
fn escaped(value: &str) -> String {
    let value = value.replace('\\', r"\\").replace('"', "\\\"");
    value.replace('\n', r"\n")
}

/// A family's lines under its help and type; nothing if there is no line.
fn family(name: &str, kind: &str, help: &str, lines: &str) -> String {
    if lines.is_empty() {
        return String::new();
    }
    format!("# HELP synack_{name} {help}\n# TYPE synack_{name} {kind}\n{lines}")
}

/// Lines of each target.
fn each(targets: &[Labelled], lines: impl Fn(&str, &TargetSummary) -> String) -> String {
    let lines = targets.iter().map(|(labels, target)| lines(labels, target));
    lines.collect()
}

fn line(name: &str, labels: &str, number: &str) -> String {
    format!("synack_{name}{{{labels}}} {number}\n")
}

/// A line for each outcome and reason. Different senders of the same ICMP error share one.
fn probes(labels: &str, target: &TargetSummary) -> String {
    let recorder = target.recorder;
    let mut counts = BTreeMap::new();
    for cause in &recorder.outcome_groups {
        let reason = cause.outcome.reason().map(std::borrow::Cow::into_owned);
        *counts.entry((cause.outcome.kind(), reason)).or_insert(0) += cause.count;
    }
    // The rest has no reason, or one too many to be told apart.
    for kind in OutcomeKind::ALL.iter().copied() {
        let told = recorder
            .outcome_groups
            .iter()
            .filter(|it| it.outcome.kind() == kind);
        let rest = recorder.count(kind) - told.map(|it| it.count).sum::<u64>();
        *counts.entry((kind, None)).or_insert(0) += rest;
    }
    counts.retain(|(kind, _), count| *count > 0 && kind.class() != OutcomeClass::Unfinished);
    let line = |((kind, reason), count): ((OutcomeKind, Option<String>), u64)| {
        let mut labels = format!("{labels},{}", label("outcome", kind.name()));
        if let Some(reason) = reason {
            labels += &format!(",{}", label("reason", &reason));
        }
        line("probes", &labels, &count.to_string())
    };
    counts.into_iter().map(line).collect()
}

/// The quantiles that the sample supports, from the smallest to the largest value, then sum and count.
fn quantiles(name: &str, labels: &str, values: &Distribution) -> String {
    let Some(figures) = values.figures() else {
        return String::new();
    };
    let quantile = |quantile: &str, us: f64| {
        let labels = format!("{labels},quantile=\"{quantile}\"");
        line(name, &labels, &seconds(us))
    };
    let mut text = quantile("0", figures.min);
    for (percent, _, name) in PERCENTILES {
        let value = values.percentile(percent);
        text += &value.map_or_else(String::new, |us| quantile(name, us));
    }
    text += &quantile("1", figures.max);
    let sum = seconds(figures.mean * figures.count as f64);
    text += &line(&format!("{name}_sum"), labels, &sum);
    text + &line(&format!("{name}_count"), labels, &figures.count.to_string())
}

fn verdict(labels: &str, target: &TargetSummary) -> String {
    let code = label("code", target.conclusion().code.name());
    line("verdict", &format!("{labels},{code}"), "1")
}

fn of_class(target: &TargetSummary, class: OutcomeClass) -> u64 {
    target.recorder.count_class(class)
}

/// Per cent as a ratio, with so many digits that one in a thousand million is not 0.
fn ratio(percent: f64) -> String {
    let text = format!("{:.9}", percent / 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn unix_time(target: &TargetSummary, instant: std::time::Instant) -> String {
    let time = target.info.clock.at(instant);
    format!("{:.3}", time.as_millisecond() as f64 / 1e3)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A line's name, labels and number.
    pub(in crate::modes::ping) type Reading = (String, Vec<(String, String)>, f64);

    /// Reads a line as `expfmt.TextParser` does: names, values with three escapes, a number.
    pub(in crate::modes::ping) fn read(line: &str) -> Reading {
        let (name, rest) = line.split_once('{').expect("labels");
        let mut labels = Vec::new();
        let mut rest = rest;
        loop {
            let (label, after) = rest.split_once("=\"").expect("a value");
            let (value, after) = value(after);
            labels.push((label.to_owned(), value));
            match after.split_at(1) {
                (",", more) => rest = more,
                (mark, number) => {
                    assert_eq!(mark, "}", "{line}");
                    let number = number.trim().parse().expect("a number");
                    return (name.to_owned(), labels, number);
                }
            }
        }
    }

    /// A label's value, and what follows its closing quotation mark.
    fn value(text: &str) -> (String, &str) {
        let mut value = String::new();
        let mut chars = text.char_indices();
        loop {
            match chars.next().expect("a closing quotation mark") {
                (end, '"') => return (value, &text[end + 1..]),
                (_, '\\') => match chars.next().expect("an escape").1 {
                    'n' => value.push('\n'),
                    c => {
                        assert!(matches!(c, '\\' | '"'), "no escape: {c}");
                        value.push(c);
                    }
                },
                (_, c) => value.push(c),
            }
        }
    }

    #[test]
    fn names_are_units_and_no_counter_s() {
        for (name, ..) in GAUGES {
            assert!(
                !name.ends_with("_total") && !name.ends_with("_count"),
                "{name}"
            );
        }
        for (name, ..) in SUMMARIES {
            assert!(name.ends_with("_seconds"), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_label_reads_back(text in r#"[\PC\n\r"\\{},= \u{202e}]{0,40}"#) {
            let line = line("x", &format!("{},b=\"2\"", label("a", &text)), "1");
            prop_assert_eq!(line.matches('\n').count(), 1);
            let (name, labels, _) = read(&line);
            prop_assert_eq!(name, "synack_x");
            let expected = [("a".to_owned(), escape_controls(&text)), ("b".to_owned(), "2".to_owned())];
            prop_assert_eq!(labels, expected);
            prop_assert_eq!(value(&(escaped(&text) + "\"")).0, text);
        }
    }
}
