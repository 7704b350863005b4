//! `--expect OUTCOME`: every probe of a target must have that outcome.

use super::AssertionResult;
use crate::outcome::{Outcome, OutcomeClass, OutcomeKind};
use crate::stats::Recorder;
use crate::text;
use crate::text::Text;

/// A set of outcomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Outcomes of this kind: `connected`, `refused`.
    Kind(OutcomeKind),
    /// Outcomes with this reason: `rst`, `admin-prohibited`.
    Reason(String),
    /// Succeeded: `ok`.
    Success,
    /// Failed: `failure`.
    Failure,
}

impl Expectation {
    /// Parses the stable name of an outcome or reason. `is_reason`: whether a reason of this name exists.
    pub fn parse(text: &str, is_reason: impl Fn(&str) -> bool) -> Result<Self, String> {
        let kind = OutcomeKind::ALL.iter().copied().find(|kind| {
            // Unfinished probes are no result.
            kind.name() == text && *kind != OutcomeKind::Unfinished
        });
        match (kind, text) {
            (Some(kind), _) => Ok(Self::Kind(kind)),
            (None, "ok") => Ok(Self::Success),
            (None, "failure") => Ok(Self::Failure),
            (None, reason) if is_reason(reason) => Ok(Self::Reason(reason.to_owned())),
            _ => Err(format!(
                "not an outcome: use ok, failure, {} or a reason such as rst or admin-prohibited",
                names()
            )),
        }
    }

    /// Whether an outcome is in the set.
    pub fn matches(&self, outcome: &Outcome) -> bool {
        let kind = outcome.kind();
        match self {
            Self::Kind(expected) => kind == *expected,
            Self::Reason(reason) => outcome.reason().is_some_and(|it| it == reason.as_str()),
            Self::Success => kind.class() == OutcomeClass::Succeeded,
            Self::Failure => kind.class() == OutcomeClass::Failed,
        }
    }

    /// Number of a target's probes with such an outcome.
    fn count(&self, recorder: &Recorder) -> u64 {
        match self {
            Self::Kind(kind) => recorder.count(*kind),
            Self::Success => recorder.count_class(OutcomeClass::Succeeded),
            Self::Failure => recorder.count_class(OutcomeClass::Failed),
            // Outcomes with a reason are in the groups.
            Self::Reason(_) => {
                let groups = recorder.outcome_groups.iter();
                groups
                    .filter(|group| self.matches(&group.outcome))
                    .map(|group| group.count)
                    .sum()
            }
        }
    }

    /// Name on the command line.
    pub fn name(&self) -> &str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Reason(reason) => reason,
            Self::Success => "ok",
            Self::Failure => "failure",
        }
    }

    /// Checks that every probe of a target matches. Fails if no probe ended.
    pub fn check(&self, target: &Text, recorder: &Recorder) -> AssertionResult {
        let (matching, all) = (self.count(recorder), recorder.sent());
        AssertionResult {
            condition: format!("expect {}", self.name()),
            observed: text![matching, " of ", all, " probes of ", target.clone()],
            passed: matching == all && all > 0,
        }
    }
}

/// Names of outcomes for an error message.
fn names() -> String {
    let kinds = OutcomeKind::ALL.iter();
    let names: Vec<_> = kinds
        .filter(|kind| **kind != OutcomeKind::Unfinished)
        .map(|kind| kind.name())
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, Refusal};
    use crate::stats::fixture::sample;
    use std::time::Instant;

    const OK: Outcome = Outcome::Connected(Handshake::Clean);
    const REFUSED: Outcome = Outcome::Refused(Refusal::Rst);

    fn recorded(outcomes: &[Outcome]) -> Recorder {
        let start = Instant::now();
        let mut recorder = Recorder::new(3);
        for (seq, outcome) in (1..).zip(outcomes) {
            recorder.record(&sample(start, seq, *outcome));
        }
        recorder
    }

    fn expected(text: &str) -> Expectation {
        Expectation::parse(text, |reason| reason == "rst").expect(text)
    }

    #[test]
    fn outcomes_reasons_and_classes_are_parsed() {
        assert_eq!(expected("refused"), Expectation::Kind(OutcomeKind::Refused));
        assert_eq!(expected("rst"), Expectation::Reason("rst".to_owned()));
        assert!(expected("ok").matches(&OK) && !expected("ok").matches(&REFUSED));
        assert!(expected("failure").matches(&Outcome::NoReply));
        let error = Expectation::parse("nonsense", |_| false).expect_err("no outcome");
        assert!(error.contains("no-reply"), "{error}");
        assert!(Expectation::parse("unfinished", |_| false).is_err());
    }

    #[test]
    fn every_probe_must_match() {
        let all = expected("rst").check(&"h:1".into(), &recorded(&[REFUSED, REFUSED]));
        assert!(all.passed);
        assert_eq!(all.observed.plain(), "2 of 2 probes of h:1");
        let some = expected("refused").check(&"h:1".into(), &recorded(&[REFUSED, OK]));
        assert!(!some.passed);
        assert!(
            !expected("ok").check(&"h:1".into(), &recorded(&[])).passed,
            "nothing ended"
        );
    }
}
