//! Expected values: strings and numbers. `"none"` is JSON's null.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// A string, or one of several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ExpectedString {
    One(String),
    AnyOf(Vec<String>),
}

impl ExpectedString {
    pub(crate) fn alternatives(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::AnyOf(texts) => texts,
        }
    }

    pub(crate) fn matches(&self, found: &Value) -> bool {
        let found = if found.is_null() {
            Some("none")
        } else {
            found.as_str()
        };
        self.alternatives()
            .iter()
            .any(|text| found == Some(text.as_str()))
    }
}

impl fmt::Display for ExpectedString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.alternatives().join(" or "))
    }
}

/// A number, a range with both ends, or `"none"`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ExpectedNumber {
    Exact(f64),
    Range(f64, f64),
    Null(NullWord),
    /// The value of a placeholder: TOML has it in quotes.
    Quoted(QuotedNumber),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NullWord {
    None,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct QuotedNumber(f64);

impl TryFrom<String> for QuotedNumber {
    type Error = std::num::ParseFloatError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl ExpectedNumber {
    /// `unit`: units of `found` in one unit of the expectation.
    pub(crate) fn matches(&self, found: &Value, unit: f64) -> bool {
        let number = found.as_f64().map(|number| number / unit);
        match (self, number) {
            (Self::Exact(expected) | Self::Quoted(QuotedNumber(expected)), Some(number)) => {
                (expected - number).abs() < 1e-9
            }
            (Self::Range(low, high), Some(number)) => (low..=high).contains(&&number),
            (Self::Null(_), None) => found.is_null(),
            _ => false,
        }
    }
}

impl fmt::Display for ExpectedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(number) | Self::Quoted(QuotedNumber(number)) => write!(f, "{number}"),
            Self::Range(low, high) => write!(f, "{low} to {high} (times in ms)"),
            Self::Null(_) => f.write_str("null"),
        }
    }
}

/// Reports a field that differs: its name, the value found, the value expected.
pub(super) type ReportDifference<'a> = dyn FnMut(&str, &Value, &dyn fmt::Display) + 'a;

/// Default of `target`: the first.
pub(super) fn first_target() -> usize {
    1
}
