//! `--until OUTCOME`: the run ends when every target had that outcome once, and fails if one never has.

use super::{AssertionResult, Expectation};
use crate::outcome::{Outcome, TargetId};
use crate::text;
use crate::text::Text;

/// Tracks which targets had the expected outcome.
#[derive(Clone, Debug)]
pub struct Until {
    expected: Expectation,
    /// Per target, the number of the first probe with the expected outcome.
    met_after: Vec<Option<u64>>,
    ended: Vec<u64>,
}

impl Until {
    /// Starts with `targets` targets.
    pub fn new(expected: Expectation, targets: usize) -> Self {
        Self {
            expected,
            met_after: vec![None; targets],
            ended: vec![0; targets],
        }
    }

    /// Adds a target.
    pub fn add_target(&mut self) {
        self.met_after.push(None);
        self.ended.push(0);
    }

    /// Records the outcome of a probe. Warm-up probes and late replies count, too.
    pub fn record(&mut self, target: TargetId, outcome: &Outcome) {
        let (Some(ended), Some(met)) = (
            self.ended.get_mut(target.index()),
            self.met_after.get_mut(target.index()),
        ) else {
            return;
        };
        *ended += 1;
        if met.is_none() && self.expected.matches(outcome) {
            *met = Some(*ended);
        }
    }

    /// Whether every target had the expected outcome.
    pub fn is_met(&self) -> bool {
        self.met_after.iter().all(Option::is_some)
    }

    /// Result for one target.
    pub fn result(&self, target: TargetId, name: &Text) -> AssertionResult {
        let met = self.met_after.get(target.index()).copied().flatten();
        AssertionResult {
            condition: format!("until {}", self.expected.name()),
            observed: match met {
                Some(probe) => text![name.clone(), " did at probe ", probe],
                None => text![name.clone(), " never did"],
            },
            passed: met.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, Refusal};

    const OK: Outcome = Outcome::Connected(Handshake::Clean);
    const REFUSED: Outcome = Outcome::Refused(Refusal::Rst);

    fn expected(text: &str) -> Expectation {
        Expectation::parse(text, |_| false).expect(text)
    }

    #[test]
    fn until_is_met_once_every_target_had_the_outcome() {
        let mut until = Until::new(expected("ok"), 2);
        let (first, second) = (TargetId(0), TargetId(1));
        until.record(first, &REFUSED);
        until.record(first, &OK);
        assert!(!until.is_met());
        assert!(!until.result(second, &"h:2".into()).passed);
        until.record(second, &OK);
        assert!(until.is_met());
        assert_eq!(
            until.result(first, &"h:1".into()).observed.plain(),
            "h:1 did at probe 2"
        );
    }
}
