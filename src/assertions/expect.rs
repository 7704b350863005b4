//! `--expect`: every probe of a target has to end like this.

use super::AssertionResult;
use crate::outcome::{Outcome, OutcomeClass, OutcomeKind};
use crate::stats::Recorder;

/// Which endings are meant: those of one outcome, or with one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Every ending of this kind: `connected`, `refused`.
    Kind(OutcomeKind),
    /// Every ending with this reason: `rst`, `admin-prohibited`.
    Reason(String),
    /// Every ending that counts as a success: `ok`.
    Success,
    /// Every ending that counts as a failure: `failure`.
    Failure,
}

impl Expectation {
    /// Reads an outcome or a reason by its stable name. `is_reason` tells whether there is such a reason.
    pub fn parse(text: &str, is_reason: impl Fn(&str) -> bool) -> Result<Self, String> {
        let kind = OutcomeKind::ALL.into_iter().find(|kind| {
            // A probe that was cut short says nothing that anybody could expect.
            kind.name() == text && *kind != OutcomeKind::Unfinished
        });
        match (kind, text) {
            (Some(kind), _) => Ok(Self::Kind(kind)),
            (None, "ok") => Ok(Self::Success),
            (None, "failure") => Ok(Self::Failure),
            (None, reason) if is_reason(reason) => Ok(Self::Reason(reason.to_owned())),
            _ => Err(format!(
                "it is no outcome: use ok, failure, {} or a reason such as rst or admin-prohibited",
                names()
            )),
        }
    }

    /// Whether a probe ended so.
    pub fn is_met_by(&self, outcome: &Outcome) -> bool {
        let kind = outcome.kind();
        match self {
            Self::Kind(expected) => kind == *expected,
            Self::Reason(reason) => outcome.reason().is_some_and(|is| is == reason.as_str()),
            Self::Success => kind.class() == OutcomeClass::Succeeded,
            Self::Failure => kind.class() == OutcomeClass::Failed,
        }
    }

    /// How many of a target's probes ended so.
    fn count(&self, recorder: &Recorder) -> u64 {
        match self {
            Self::Kind(kind) => recorder.count(*kind),
            Self::Success => recorder.count_class(OutcomeClass::Succeeded),
            Self::Failure => recorder.count_class(OutcomeClass::Failed),
            // What ended with a reason is among the causes.
            Self::Reason(_) => {
                let causes = recorder.outcome_groups.iter();
                causes
                    .filter(|cause| self.is_met_by(&cause.outcome))
                    .map(|cause| cause.count)
                    .sum()
            }
        }
    }

    /// The name it is asked for by.
    pub fn name(&self) -> &str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Reason(reason) => reason,
            Self::Success => "ok",
            Self::Failure => "failure",
        }
    }

    /// Whether every probe of a target ended so; a target of which no probe ended has not met anything.
    pub fn check(&self, target: &str, recorder: &Recorder) -> AssertionResult {
        let (met, all) = (self.count(recorder), recorder.sent());
        AssertionResult {
            condition: format!("expect {}", self.name()),
            observed: format!("{met} of {all} probes of {target}"),
            passed: met == all && all > 0,
        }
    }
}

/// The names of outcomes, for people.
fn names() -> String {
    let kinds = OutcomeKind::ALL.iter();
    let named: Vec<_> = kinds
        .filter(|kind| **kind != OutcomeKind::Unfinished)
        .map(|kind| kind.name())
        .collect();
    named.join(", ")
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
    fn outcomes_reasons_and_classes_can_be_expected() {
        assert_eq!(expected("refused"), Expectation::Kind(OutcomeKind::Refused));
        assert_eq!(expected("rst"), Expectation::Reason("rst".to_owned()));
        assert!(expected("ok").is_met_by(&OK) && !expected("ok").is_met_by(&REFUSED));
        assert!(expected("failure").is_met_by(&Outcome::NoReply));
        let error = Expectation::parse("nonsense", |_| false).expect_err("no outcome");
        assert!(error.contains("no-reply"), "{error}");
        assert!(Expectation::parse("unfinished", |_| false).is_err());
    }

    #[test]
    fn every_probe_must_meet_what_is_expected() {
        let all = expected("rst").check("h:1", &recorded(&[REFUSED, REFUSED]));
        assert!(all.passed);
        assert_eq!(all.observed, "2 of 2 probes of h:1");
        let some = expected("refused").check("h:1", &recorded(&[REFUSED, OK]));
        assert!(!some.passed);
        assert!(
            !expected("ok").check("h:1", &recorded(&[])).passed,
            "nothing ended"
        );
    }
}
