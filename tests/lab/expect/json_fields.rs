//! Expected fields of a JSON object, by path.
//!
//! ```toml
//! "end/kind" = "reached"                             # a string, number or boolean; "none" is null
//! "end/ttl" = [6, 7]                                 # a range, where the field is a number
//! "end/how" = ["rst", "syn-ack"]                     # one of these, where the field is a string
//! "hops/#" = 7                                       # length of an array
//! "hops/*/sent" = 3                                  # of every element
//! "hops/*/ttl" = [1, 2, 3]                           # of the elements in order, and of no others
//! "notes" = [{ kind = "loss", lost = [1, 3] }]       # of objects, the named fields
//! ```
//!
//! A named field must exist: a misspelt path matches nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Fields that are not named are not checked.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct JsonFields(BTreeMap<String, toml::Value>);

impl JsonFields {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The string that a field must be.
    pub(crate) fn string(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.as_str()
    }

    /// A message for each field that differs.
    pub(crate) fn differences(&self, object: &Value) -> Vec<String> {
        let differences = self.0.iter().filter_map(|(path, expected)| {
            let keys: Vec<&str> = path.split('/').collect();
            let Some(found) = select(object, &keys) else {
                return Some(format!("no field {path}"));
            };
            let is_equal = if keys.contains(&"*") && !expected.is_array() {
                all_match(&found, expected)
            } else {
                matches(&found, expected)
            };
            (!is_equal).then(|| format!("{path} is {found}, expected {expected}"))
        });
        differences.collect()
    }
}

/// `None`: no such field; a field that is null is `Some`.
fn select(value: &Value, path: &[&str]) -> Option<Value> {
    match path {
        [] => Some(value.clone()),
        ["#"] => value.as_array().map(|elements| elements.len().into()),
        ["*", rest @ ..] => {
            let elements = value.as_array()?.iter();
            elements.map(|element| select(element, rest)).collect()
        }
        [key, rest @ ..] => select(value.pointer(&format!("/{key}"))?, rest),
    }
}

fn all_match(found: &Value, expected: &toml::Value) -> bool {
    let elements = found.as_array().filter(|elements| !elements.is_empty());
    elements.is_some_and(|elements| elements.iter().all(|it| matches(it, expected)))
}

fn matches(found: &Value, expected: &toml::Value) -> bool {
    match (expected, found) {
        (toml::Value::String(text), Value::Null) => text == "none",
        // The value of a placeholder: TOML has it in quotes.
        (toml::Value::String(text), Value::Number(_)) => text.parse().ok() == found.as_f64(),
        (toml::Value::Integer(_) | toml::Value::Float(_), Value::Number(_)) => {
            number(expected) == found.as_f64()
        }
        (toml::Value::Array(range), Value::Number(_)) => is_within(found, range),
        (toml::Value::Array(expected), Value::Array(found)) => {
            let mut pairs = expected.iter().zip(found);
            expected.len() == found.len() && pairs.all(|(it, found)| matches(found, it))
        }
        (toml::Value::Array(alternatives), _) => alternatives.iter().any(|it| matches(found, it)),
        (toml::Value::Table(fields), Value::Object(found)) => fields
            .iter()
            .all(|(key, it)| found.get(key).is_some_and(|found| matches(found, it))),
        (other, _) => serde_json::to_value(other).is_ok_and(|it| it == *found),
    }
}

fn is_within(found: &Value, range: &[toml::Value]) -> bool {
    let [low, high] = range else { return false };
    let (low, found, high) = (number(low), found.as_f64(), number(high));
    low.is_some() && high.is_some() && low <= found && found <= high
}

fn number(value: &toml::Value) -> Option<f64> {
    value
        .as_float()
        .or_else(|| value.as_integer().map(|it| it as f64))
}
