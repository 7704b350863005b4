//! Situations as a run sees them, with the true cause and what must stay possible.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::text::Text;
use crate::verdict::causes::Cause;
use crate::verdict::observation::{Observations, Value};
use crate::verdict::ranking::rank;

/// Causes within this distance of the first count as the first.
const TIED: f64 = 0.5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Situation {
    /// True causes; one of them is ranked first.
    truth: Vec<String>,
    /// One of them is first or tied with the first.
    #[serde(default = "yes")]
    first: bool,
    /// Causes that remain possible.
    #[serde(default)]
    with: Vec<String>,
    /// What was observed.
    seen: BTreeMap<String, String>,
    /// The certainty that is right: `shown` only where an expert would sign it.
    certainty: String,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Situations {
    always: BTreeMap<String, String>,
    #[serde(flatten)]
    situations: BTreeMap<String, Situation>,
}

pub(super) fn observed(seen: &BTreeMap<String, String>) -> Observations {
    let mut observations = Observations::default();
    for (kind, value) in seen {
        let found = Value::from_names(kind, value);
        observations.insert(
            found.unwrap_or_else(|| panic!("{kind} = {value}")),
            Text::default(),
        );
    }
    observations
}

fn cause(name: &str) -> Cause {
    Cause::from_name(name).unwrap_or_else(|| panic!("{name} is no cause"))
}

fn all() -> Situations {
    toml::from_str(include_str!("situations.toml")).expect("situations")
}

#[test]
fn every_situation_is_ranked_rightly() {
    let Situations { always, situations } = all();
    assert!(situations.len() >= 175, "{}", situations.len());
    let mut wrong = Vec::new();
    for (name, situation) in &situations {
        let mut seen = always.clone();
        seen.extend(situation.seen.clone());
        let ranking = rank(&observed(&seen));
        let truth: Vec<_> = situation.truth.iter().map(|it| cause(it)).collect();
        let is_first = truth.contains(&ranking.first);
        let is_near = truth
            .iter()
            .any(|it| ranking.behind(*it).is_some_and(|it| it < TIED));
        let possible: Vec<_> = ranking.possible().map(|it| it.cause).collect();
        let missing: Vec<_> = situation.with.iter().map(|it| cause(it)).collect();
        let missing: Vec<_> = missing
            .into_iter()
            .filter(|it| *it != ranking.first && !possible.contains(it))
            .collect();
        let ranked_right = if situation.first { is_first } else { is_near };
        let certainty = ranking.certainty().name();
        if !ranked_right || !missing.is_empty() || certainty != situation.certainty {
            let next: Vec<_> = ranking.possible().take(3).collect();
            wrong.push(format!(
                "{name}: {certainty} {:?}, then {next:?}; missing {missing:?}",
                ranking.first
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
