//! Fields of a JSON line by path, and what a scenario says they must be.
//!
//! ```toml
//! "end/kind" = "reached"                             # a word, a number, true or false; "none" is null
//! "end/ttl" = [6, 7]                                 # a number within a range
//! "end/how" = ["rst", "syn-ack"]                     # any of several words
//! "hops/#" = 7                                       # how many there are
//! "hops/*/sent" = 3                                  # the same of each
//! "hops/*/ttl" = [1, 2, 3]                           # one after the other: exactly so many
//! "notes" = [{ kind = "loss", lost = [1, 3] }]       # of objects, only the fields that are named
//! ```
//!
//! Every field that is named has to be there, so that a name that is misspelt fits nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What is left out is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(BTreeMap<String, toml::Value>);

impl Fields {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one word that a field must be.
    pub(crate) fn word(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.as_str()
    }

    /// Every field that is not as it must be.
    pub(crate) fn differences(&self, line: &Value) -> Vec<String> {
        let wrong = self.0.iter().filter_map(|(path, expected)| {
            let steps: Vec<&str> = path.split('/').collect();
            let Some(got) = at(line, &steps) else {
                return Some(format!("there is no {path}"));
            };
            let fits = if steps.contains(&"*") && !expected.is_array() {
                all_fit(&got, expected)
            } else {
                fits(&got, expected)
            };
            (!fits).then(|| format!("{path} is {got}, expected {expected}"))
        });
        wrong.collect()
    }
}

/// `None`: there is no such field, which is not the same as one that is null.
fn at(value: &Value, path: &[&str]) -> Option<Value> {
    match path {
        [] => Some(value.clone()),
        ["#"] => value.as_array().map(|all| all.len().into()),
        ["*", rest @ ..] => value.as_array()?.iter().map(|it| at(it, rest)).collect(),
        [name, rest @ ..] => at(value.pointer(&format!("/{name}"))?, rest),
    }
}

fn all_fit(got: &Value, expected: &toml::Value) -> bool {
    let all = got.as_array().filter(|all| !all.is_empty());
    all.is_some_and(|all| all.iter().all(|it| fits(it, expected)))
}

fn fits(got: &Value, expected: &toml::Value) -> bool {
    match (expected, got) {
        (toml::Value::String(word), Value::Null) => word == "none",
        // A number that a placeholder stands for: only in quotes is that TOML.
        (toml::Value::String(word), Value::Number(_)) => word.parse().ok() == got.as_f64(),
        (toml::Value::Integer(_) | toml::Value::Float(_), Value::Number(_)) => {
            number(expected) == got.as_f64()
        }
        (toml::Value::Array(ends), Value::Number(_)) => is_within(got, ends),
        (toml::Value::Array(all), Value::Array(got)) => {
            all.len() == got.len() && all.iter().zip(got).all(|(it, got)| fits(got, it))
        }
        (toml::Value::Array(any), _) => any.iter().any(|it| fits(got, it)),
        (toml::Value::Table(fields), Value::Object(got)) => fields
            .iter()
            .all(|(name, it)| got.get(name).is_some_and(|got| fits(got, it))),
        (other, _) => serde_json::to_value(other).is_ok_and(|it| it == *got),
    }
}

fn is_within(got: &Value, ends: &[toml::Value]) -> bool {
    let [low, high] = ends else { return false };
    let (low, got, high) = (number(low), got.as_f64(), number(high));
    low.is_some() && high.is_some() && low <= got && got <= high
}

fn number(value: &toml::Value) -> Option<f64> {
    value
        .as_float()
        .or_else(|| value.as_integer().map(|it| it as f64))
}
