//! `--fail-if EXPR`: `loss>1%`, `p99>50ms`, `rtt-p50>2ms`; compares a metric of the summary with a limit.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::AssertionResult;
use crate::outcome::OutcomeClass;
use crate::stats::{Distribution, Recorder};
use crate::text;
use crate::text::Text;

/// A condition on one metric. The run fails if it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FailCondition {
    metric: Metric,
    comparison: Comparison,
    /// In the unit of the metric: percent, microseconds, or a count.
    limit: f64,
}

/// Parse error with its position.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}, at column {column}: {text}[here]{rest}")]
pub struct FailConditionError {
    message: String,
    column: usize,
    text: String,
    rest: String,
}

/// A metric of the summary.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Metric {
    Loss,
    Count(Counter),
    Latency(Latency, Statistic),
    Jitter,
}

/// A counter of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counter {
    Sent,
    Succeeded,
    Failed,
    Local,
    Late,
    Outages,
    Duplicates,
    Reordered,
    Strays,
}

/// A latency distribution of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Latency {
    Connect,
    Rtt,
    Refused,
}

/// A statistic of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Statistic {
    Min,
    Mean,
    Max,
    Stddev,
    Percentile(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
}

const COUNTERS: [(&str, Counter); 9] = [
    ("sent", Counter::Sent),
    ("succeeded", Counter::Succeeded),
    ("failed", Counter::Failed),
    ("local", Counter::Local),
    ("late", Counter::Late),
    ("outages", Counter::Outages),
    ("duplicates", Counter::Duplicates),
    ("reordered", Counter::Reordered),
    ("strays", Counter::Strays),
];

/// Longer operators first: `>` is a prefix of `>=`.
const OPERATORS: [(&str, Comparison); 7] = [
    (">=", Comparison::GreaterOrEqual),
    ("<=", Comparison::LessOrEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
];

const METRICS_HELP: &str = "unknown metric: use loss, p99, mean, max, rtt-p50, refused-mean, jitter, or a count such as failed";

impl FromStr for FailCondition {
    type Err = FailConditionError;

    fn from_str(text: &str) -> Result<Self, FailConditionError> {
        let fail = |at: usize, message: &str| FailConditionError {
            message: message.to_owned(),
            column: text[..at].chars().count() + 1,
            text: text[..at].to_owned(),
            rest: text[at..].to_owned(),
        };
        let operator_at = text
            .find(['<', '>', '=', '!'])
            .ok_or_else(|| fail(text.len(), "missing operator: >, >=, <, <=, == or !="))?;
        let name = text[..operator_at].trim();
        let start = text.len() - text.trim_start().len();
        let metric =
            Metric::parse(name).ok_or_else(|| fail(start.min(operator_at), METRICS_HELP))?;
        let (operator, comparison) = OPERATORS
            .into_iter()
            .find(|(operator, _)| text[operator_at..].starts_with(operator))
            .ok_or_else(|| fail(operator_at, "unknown operator: use >, >=, <, <=, == or !="))?;
        let after = operator_at + operator.len();
        let value = after + (text[after..].len() - text[after..].trim_start().len());
        let limit = metric
            .parse_limit(text[after..].trim())
            .map_err(|message| fail(value, message))?;
        Ok(Self {
            metric,
            comparison,
            limit,
        })
    }
}

impl Metric {
    fn parse(name: &str) -> Option<Self> {
        if let Some((_, counter)) = COUNTERS.into_iter().find(|(it, _)| *it == name) {
            return Some(Self::Count(counter));
        }
        match name {
            "loss" => return Some(Self::Loss),
            "jitter" => return Some(Self::Jitter),
            _ => {}
        }
        let (latency, statistic) = match name.split_once('-') {
            Some(("connect" | "reply", statistic)) => (Latency::Connect, statistic),
            Some(("rtt", statistic)) => (Latency::Rtt, statistic),
            Some(("refused", statistic)) => (Latency::Refused, statistic),
            Some(_) => return None,
            None => (Latency::Connect, name),
        };
        Statistic::parse(statistic).map(|statistic| Self::Latency(latency, statistic))
    }

    /// Parses a limit in the unit of the metric.
    fn parse_limit(self, text: &str) -> Result<f64, &'static str> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let number: f64 = digits
            .trim_end()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or("the limit must be a number with a unit, as in 1% or 50ms")?;
        match (self, &text[digits.len()..]) {
            (Self::Loss, "%" | "") | (Self::Count(_), "") => Ok(number),
            (Self::Loss, _) => Err("loss takes a limit in percent, as in 1%"),
            (Self::Count(_), _) => Err("a count has no unit"),
            (_, "us") => Ok(number),
            (_, "ms") => Ok(number * 1e3),
            (_, "s") => Ok(number * 1e6),
            _ => Err("a time limit needs a unit: us, ms or s"),
        }
    }

    fn value(self, recorder: &Recorder) -> Option<f64> {
        match self {
            Self::Loss => recorder.loss().map(|loss| loss.percent),
            Self::Count(counter) => Some(counter.value(recorder) as f64),
            Self::Jitter => recorder.jitter.mean_us(),
            Self::Latency(latency, statistic) => statistic.value(match latency {
                Latency::Connect => &recorder.connect,
                Latency::Rtt => &recorder.rtt,
                Latency::Refused => &recorder.refused,
            }),
        }
    }

    /// Formats a value with its unit.
    fn format_value(self, value: f64) -> String {
        match self {
            Self::Loss => format!("{} %", rounded(value)),
            Self::Count(_) => format!("{value}"),
            _ if value >= 1e6 => format!("{} s", rounded(value / 1e6)),
            _ if value >= 1e3 => format!("{} ms", rounded(value / 1e3)),
            _ => format!("{} us", rounded(value)),
        }
    }
}

/// To three decimals.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss => f.write_str("loss"),
            Self::Jitter => f.write_str("jitter"),
            Self::Count(counter) => {
                let found = COUNTERS.iter().find(|(_, it)| it == counter);
                f.write_str(found.map_or("", |(name, _)| name))
            }
            Self::Latency(latency, statistic) => {
                let latency = match latency {
                    Latency::Connect => "connect",
                    Latency::Rtt => "rtt",
                    Latency::Refused => "refused",
                };
                write!(f, "{latency}-{statistic}")
            }
        }
    }
}

impl Counter {
    fn value(self, recorder: &Recorder) -> u64 {
        match self {
            Self::Sent => recorder.sent(),
            Self::Succeeded => recorder.count_class(OutcomeClass::Succeeded),
            Self::Failed => recorder.count_class(OutcomeClass::Failed),
            Self::Local => recorder.count_class(OutcomeClass::Local),
            Self::Late => recorder.late,
            Self::Outages => recorder.outages.total(),
            Self::Duplicates => recorder.replies.duplicates,
            Self::Reordered => recorder.replies.reordered,
            Self::Strays => recorder.replies.strays,
        }
    }
}

impl Statistic {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "min" => Self::Min,
            "mean" => Self::Mean,
            "max" => Self::Max,
            "stddev" => Self::Stddev,
            _ => {
                let number = name.strip_prefix('p')?;
                let percent: f64 = match number {
                    // As in HdrHistogram and in this tool's JSON.
                    "999" => 99.9,
                    "9999" => 99.99,
                    _ => number.parse().ok()?,
                };
                let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                let within = percent > 0.0 && percent <= 100.0;
                return (plain && within).then_some(Self::Percentile(percent));
            }
        })
    }

    fn value(self, values: &Distribution) -> Option<f64> {
        match self {
            Self::Percentile(percent) => values.percentile(percent),
            Self::Min => values.figures().map(|figures| figures.min),
            Self::Mean => values.figures().map(|figures| figures.mean),
            Self::Max => values.figures().map(|figures| figures.max),
            Self::Stddev => values.figures().and_then(|figures| figures.stddev),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Min => f.write_str("min"),
            Self::Mean => f.write_str("mean"),
            Self::Max => f.write_str("max"),
            Self::Stddev => f.write_str("stddev"),
            Self::Percentile(percent) => write!(f, "p{percent}"),
        }
    }
}

impl Comparison {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Greater => value > limit,
            Self::GreaterOrEqual => value >= limit,
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::Equal => (value - limit).abs() < 1e-9,
            Self::NotEqual => (value - limit).abs() >= 1e-9,
        }
    }

    fn operator(self) -> &'static str {
        let found = OPERATORS.iter().find(|(_, it)| *it == self);
        found.map_or("", |(operator, _)| operator)
    }
}

impl FailCondition {
    /// Checks a target: fails if the condition holds, or if the metric is absent.
    pub fn check(&self, target: &Text, recorder: &Recorder) -> AssertionResult {
        let value = self.metric.value(recorder);
        let (metric, name) = (self.metric, Text::words(self.metric.to_string()));
        AssertionResult {
            condition: format!("fail if {self}"),
            observed: match value {
                Some(value) => {
                    let value = format!(" is {}", metric.format_value(value));
                    text![name, " of ", target.clone(), Text::words(value)]
                }
                None => text![name, " of ", target.clone(), " is absent: too few values"],
            },
            passed: value.is_some_and(|value| !self.comparison.holds(value, self.limit)),
        }
    }
}

impl fmt::Display for FailCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.metric.format_value(self.limit);
        write!(f, "{} {} {limit}", self.metric, self.comparison.operator())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, Outcome};
    use crate::stats::fixture::sample;
    use proptest::prelude::*;
    use std::time::Instant;

    fn parsed(text: &str) -> FailCondition {
        text.parse().expect(text)
    }

    fn message(text: &str) -> String {
        let error = text.parse::<FailCondition>().expect_err(text);
        error.to_string()
    }

    /// 25 % loss, connect time 1 ms.
    fn recorder(probes: u64) -> Recorder {
        let start = Instant::now();
        let mut recorder = Recorder::new(3);
        for seq in 1..=probes {
            let lost = seq % 4 == 0;
            let outcome = if lost {
                Outcome::NoReply
            } else {
                Outcome::Connected(Handshake::Clean)
            };
            recorder.record(&sample(start, seq, outcome));
        }
        recorder
    }

    #[test]
    fn conditions_are_parsed_and_normalised() {
        for (text, shown) in [
            ("loss>1%", "loss > 1 %"),
            (" loss >= 1.5 ", "loss >= 1.5 %"),
            ("p99>50ms", "connect-p99 > 50 ms"),
            ("connect-p50>2ms", "connect-p50 > 2 ms"),
            ("rtt-p999 > 1500us", "rtt-p99.9 > 1.5 ms"),
            ("refused-mean<=1s", "refused-mean <= 1 s"),
            ("reply-max!=10us", "connect-max != 10 us"),
            ("failed=0", "failed == 0"),
            ("outages>2", "outages > 2"),
            ("jitter>1ms", "jitter > 1 ms"),
        ] {
            assert_eq!(parsed(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn errors_show_their_position() {
        for (text, position) in [
            ("loss", "loss[here]"),
            ("", "missing operator: >, >=, <, <=, == or !=, at column 1"),
            ("losss>1%", "[here]losss>1%"),
            ("p0>1ms", "[here]p0>1ms"),
            ("p101>1ms", "[here]p101>1ms"),
            ("loss>", "loss>[here]"),
            ("loss>1ms", "loss>[here]1ms"),
            ("p99>50", "p99>[here]50"),
            ("failed>1%", "failed>[here]1%"),
            ("loss!1%", "loss[here]!1%"),
            ("p99>1e999ms", "p99>[here]1e999ms"),
            ("loss>\u{20ac}", "at column 6"),
        ] {
            let message = message(text);
            assert!(
                message.contains(position) || message.contains("missing"),
                "{text:?}: {message}"
            );
        }
    }

    #[test]
    fn a_run_fails_when_the_condition_holds() {
        let run = recorder(8);
        assert!(!parsed("loss>1%").check(&"h:1".into(), &run).passed);
        assert!(parsed("loss>25%").check(&"h:1".into(), &run).passed);
        assert!(!parsed("failed==2").check(&"h:1".into(), &run).passed);
        assert!(parsed("max>2ms").check(&"h:1".into(), &run).passed);
        let observed = parsed("loss>1%")
            .check(&"h:1".into(), &run)
            .observed
            .plain();
        assert_eq!(observed, "loss of h:1 is 25 %");
    }

    #[test]
    fn an_absent_metric_fails() {
        let few = parsed("p99>50ms").check(&"h:1".into(), &recorder(8));
        assert!(!few.passed && few.observed.plain().contains("is absent"));
        assert!(
            parsed("p99>50ms")
                .check(&"h:1".into(), &recorder(400))
                .passed
        );
    }

    proptest! {
        #[test]
        fn arbitrary_text_does_not_panic(text: String) {
            let _ = text.parse::<FailCondition>();
        }

        #[test]
        fn similar_text_does_not_panic(text in "(loss|p9?9?|rtt-max|failed)?[<>=!]{0,3}[ 0-9.%mus-]{0,6}") {
            if let Ok(condition) = text.parse::<FailCondition>() {
                let again: FailCondition = condition.to_string().parse().expect("its own output");
                prop_assert_eq!(again.metric, condition.metric);
            }
        }
    }
}
