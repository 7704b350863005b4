//! `loss>1%`, `p99>50ms`, `rtt-p50>2ms`: a figure of the summary held against a limit.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::AssertionResult;
use crate::outcome::OutcomeClass;
use crate::stats::{Distribution, Recorder};

/// A condition on one figure. A run fails when it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FailCondition {
    figure: Figure,
    relation: Relation,
    /// In the figure's own unit: percent, microseconds, or a number.
    limit: f64,
}

/// What is wrong with a condition, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{what}, at column {column}: {text}[here]{rest}")]
pub struct FailConditionError {
    what: String,
    column: usize,
    text: String,
    rest: String,
}

/// A figure of the summary.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Figure {
    Loss,
    Count(Count),
    Time(Times, Statistic),
    Jitter,
}

/// A count of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
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

/// A distribution of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    Connect,
    Rtt,
    Refused,
}

/// A figure of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Statistic {
    Min,
    Mean,
    Max,
    Stddev,
    Percentile(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
    Unequal,
}

const COUNTS: [(&str, Count); 9] = [
    ("sent", Count::Sent),
    ("succeeded", Count::Succeeded),
    ("failed", Count::Failed),
    ("local", Count::Local),
    ("late", Count::Late),
    ("outages", Count::Outages),
    ("duplicates", Count::Duplicates),
    ("reordered", Count::Reordered),
    ("strays", Count::Strays),
];

/// Longer operators first: `>=` begins with `>`.
const RELATIONS: [(&str, Relation); 7] = [
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    ("==", Relation::Equal),
    ("!=", Relation::Unequal),
    (">", Relation::More),
    ("<", Relation::Less),
    ("=", Relation::Equal),
];

const FIGURES: &str = "a figure is loss, p99, mean, max, ..., rtt-p50, refused-mean, jitter, or a count such as failed";

impl FromStr for FailCondition {
    type Err = FailConditionError;

    fn from_str(text: &str) -> Result<Self, FailConditionError> {
        let fail = |at: usize, what: &str| FailConditionError {
            what: what.to_owned(),
            column: text[..at].chars().count() + 1,
            text: text[..at].to_owned(),
            rest: text[at..].to_owned(),
        };
        let operator = text
            .find(['<', '>', '=', '!'])
            .ok_or_else(|| fail(text.len(), "an operator is missing: >, >=, <, <=, == or !="))?;
        let name = text[..operator].trim();
        let start = text.len() - text.trim_start().len();
        let figure = Figure::named(name).ok_or_else(|| fail(start.min(operator), FIGURES))?;
        let (sign, relation) = RELATIONS
            .into_iter()
            .find(|(sign, _)| text[operator..].starts_with(sign))
            .ok_or_else(|| fail(operator, "this is no operator"))?;
        let after = operator + sign.len();
        let value = after + (text[after..].len() - text[after..].trim_start().len());
        let limit = figure
            .limit(text[after..].trim())
            .map_err(|what| fail(value, what))?;
        Ok(Self {
            figure,
            relation,
            limit,
        })
    }
}

impl Figure {
    fn named(name: &str) -> Option<Self> {
        if let Some((_, count)) = COUNTS.into_iter().find(|(known, _)| *known == name) {
            return Some(Self::Count(count));
        }
        match name {
            "loss" => return Some(Self::Loss),
            "jitter" => return Some(Self::Jitter),
            _ => {}
        }
        let (times, statistic) = match name.split_once('-') {
            Some(("connect" | "reply", statistic)) => (Times::Connect, statistic),
            Some(("rtt", statistic)) => (Times::Rtt, statistic),
            Some(("refused", statistic)) => (Times::Refused, statistic),
            Some(_) => return None,
            None => (Times::Connect, name),
        };
        Statistic::named(statistic).map(|statistic| Self::Time(times, statistic))
    }

    /// Reads a limit in the figure's own unit.
    fn limit(self, text: &str) -> Result<f64, &'static str> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let number: f64 = digits
            .trim_end()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or("a limit is a number with a unit, as in 1% or 50ms")?;
        match (self, &text[digits.len()..]) {
            (Self::Loss, "%" | "") | (Self::Count(_), "") => Ok(number),
            (Self::Loss, _) => Err("loss is in percent, as in 1%"),
            (Self::Count(_), _) => Err("a count has no unit"),
            (_, "us") => Ok(number),
            (_, "ms") => Ok(number * 1e3),
            (_, "s") => Ok(number * 1e6),
            _ => Err("a time needs its unit: us, ms or s"),
        }
    }

    fn of(self, recorder: &Recorder) -> Option<f64> {
        match self {
            Self::Loss => recorder.loss().map(|loss| loss.percent),
            Self::Count(count) => Some(count.of(recorder) as f64),
            Self::Jitter => recorder.jitter.mean_us(),
            Self::Time(times, statistic) => statistic.of(match times {
                Times::Connect => &recorder.connect,
                Times::Rtt => &recorder.rtt,
                Times::Refused => &recorder.refused,
            }),
        }
    }

    /// A value of it, for people.
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

/// Three decimals are more than any limit is meant to.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss => f.write_str("loss"),
            Self::Jitter => f.write_str("jitter"),
            Self::Count(count) => {
                let known = COUNTS.iter().find(|(_, known)| known == count);
                f.write_str(known.map_or("", |(name, _)| name))
            }
            Self::Time(times, statistic) => {
                let times = match times {
                    Times::Connect => "connect",
                    Times::Rtt => "rtt",
                    Times::Refused => "refused",
                };
                write!(f, "{times}-{statistic}")
            }
        }
    }
}

impl Count {
    fn of(self, recorder: &Recorder) -> u64 {
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
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "min" => Self::Min,
            "mean" => Self::Mean,
            "max" => Self::Max,
            "stddev" => Self::Stddev,
            _ => {
                let number = name.strip_prefix('p')?;
                let percent: f64 = match number {
                    // HdrHistogram's habit, and that of this tool's JSON.
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

    fn of(self, values: &Distribution) -> Option<f64> {
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

impl Relation {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::More => value > limit,
            Self::AtLeast => value >= limit,
            Self::Less => value < limit,
            Self::AtMost => value <= limit,
            Self::Equal => (value - limit).abs() < 1e-9,
            Self::Unequal => (value - limit).abs() >= 1e-9,
        }
    }

    fn sign(self) -> &'static str {
        let known = RELATIONS.iter().find(|(_, known)| *known == self);
        known.map_or("", |(sign, _)| sign)
    }
}

impl FailCondition {
    /// Whether the condition holds for a target, which is a failure. A figure that does not exist cannot be
    /// cleared of it: that is a failure, too, and says so.
    pub fn check(&self, target: &str, recorder: &Recorder) -> AssertionResult {
        let value = self.figure.of(recorder);
        let name = self.figure;
        AssertionResult {
            condition: format!("fail if {self}"),
            observed: match value {
                Some(value) => format!("{name} of {target} is {}", name.format_value(value)),
                None => format!("{name} of {target} does not exist: too few values"),
            },
            passed: value.is_some_and(|value| !self.relation.holds(value, self.limit)),
        }
    }
}

impl fmt::Display for FailCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.figure.format_value(self.limit);
        write!(f, "{} {} {limit}", self.figure, self.relation.sign())
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

    /// A quarter lost, each answer after a millisecond.
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
    fn conditions_read_as_they_are_written() {
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
    fn a_mistake_is_shown_at_its_place() {
        for (text, place) in [
            ("loss", "loss[here]"),
            ("", "operator is missing, at column 1"),
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
            let got = message(text);
            assert!(
                got.contains(place) || got.contains("missing"),
                "{text:?}: {got}"
            );
        }
    }

    #[test]
    fn a_run_fails_when_the_condition_holds() {
        let run = recorder(8);
        assert!(!parsed("loss>1%").check("h:1", &run).passed);
        assert!(parsed("loss>25%").check("h:1", &run).passed);
        assert!(!parsed("failed==2").check("h:1", &run).passed);
        assert!(parsed("max>2ms").check("h:1", &run).passed);
        let found = parsed("loss>1%").check("h:1", &run).observed;
        assert_eq!(found, "loss of h:1 is 25 %");
    }

    #[test]
    fn a_figure_that_does_not_exist_clears_nothing() {
        let few = parsed("p99>50ms").check("h:1", &recorder(8));
        assert!(!few.passed && few.observed.contains("does not exist"));
        assert!(parsed("p99>50ms").check("h:1", &recorder(400)).passed);
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text: String) {
            let _ = text.parse::<FailCondition>();
        }

        #[test]
        fn nearly_right_texts_are_no_panic(text in "(loss|p9?9?|rtt-max|failed)?[<>=!]{0,3}[ 0-9.%mus-]{0,6}") {
            if let Ok(condition) = text.parse::<FailCondition>() {
                let again: FailCondition = condition.to_string().parse().expect("its own words");
                prop_assert_eq!(again.figure, condition.figure);
            }
        }
    }
}
