//! What a name of a report means: outcome, reason, verdict or cause.

use super::case::{Case, Depth};
use super::causes::{Cause, Code, Owner, rows};
use super::conclusion::conclude;
use super::glossary;
use super::letter::Letter;
use super::observation::{Kind, Name, Observations, OtherAddress, Resolver, Value};
use super::observe::attempts::Attempts;
use super::observe::host::Ports;
use super::ranking::Ranking;
use super::subject::Subject;
use super::template::{NoValues, fill};
use crate::hosts::Protocol;
use crate::outcome::catalog::outcomes;
use crate::outcome::{IcmpError, IcmpVersion, Outcome, OutcomeKind, UnreachableBy};
use crate::text::{Text, Value as Word};

/// Observations for and against a cause that are named.
const OBSERVATIONS: usize = 3;

/// An explanation of a name.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The name.
    pub name: String,
    /// What it is a name of.
    pub subject: ExplainedSubject,
    /// What it means.
    pub meaning: Text,
    /// Possible causes, or the cause itself.
    pub causes: Vec<ExplainedCause>,
}

/// What a name is a name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainedSubject {
    /// An outcome of a probe.
    Outcome,
    /// The reason of an outcome.
    Reason,
    /// A verdict.
    Verdict,
    /// A cause.
    Cause,
}

/// A cause in general words.
#[derive(Clone, Debug)]
pub struct ExplainedCause {
    /// The cause.
    pub cause: Cause,
    /// The cause as a clause.
    pub clause: Text,
    /// How it comes about.
    pub explanation: Text,
    /// Observations that speak for it.
    pub good: Vec<Text>,
    /// Observations that speak against it.
    pub bad: Vec<Text>,
    /// What to do next, and who.
    pub next: Vec<(Owner, Text)>,
}

impl ExplainedSubject {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Reason => "reason",
            Self::Verdict => "verdict",
            Self::Cause => "cause",
        }
    }
}

/// Every meaning of a name, whatever its letter case; none where it is unknown.
pub fn explain(name: &str) -> Vec<Explanation> {
    let name = name.to_lowercase();
    let found = [outcome(&name), reason(&name), verdict(&name), cause(&name)];
    found.into_iter().flatten().collect()
}

/// Every name, each once for each subject, with its meaning.
pub fn all() -> Vec<(ExplainedSubject, &'static str, Text)> {
    let of_glossary = glossary::all().map(|(name, meaning)| {
        let is_outcome = OutcomeKind::ALL.iter().any(|it| it.name() == name);
        let subject = if is_outcome {
            ExplainedSubject::Outcome
        } else {
            ExplainedSubject::Reason
        };
        (subject, name, Text::from(meaning))
    });
    let verdicts = Code::ALL.iter();
    let verdicts = verdicts.map(|it| {
        (
            ExplainedSubject::Verdict,
            it.name(),
            Text::from(it.meaning()),
        )
    });
    let causes = Cause::ALL.iter();
    let causes = causes.map(|it| (ExplainedSubject::Cause, it.name(), clause(*it)));
    of_glossary.chain(verdicts).chain(causes).collect()
}

fn outcome(name: &str) -> Option<Explanation> {
    let kind = OutcomeKind::ALL
        .iter()
        .copied()
        .find(|it| it.name() == name)?;
    let example = outcomes().find(|it| it.kind() == kind)?;
    let causes = match kind {
        // Each of its reasons has causes of its own.
        OutcomeKind::Local | OutcomeKind::Unreachable => Vec::new(),
        _ => possible_causes(example),
    };
    Some(Explanation {
        name: name.to_owned(),
        subject: ExplainedSubject::Outcome,
        meaning: glossary::meaning(name)?.into(),
        causes,
    })
}

fn reason(name: &str) -> Option<Explanation> {
    let has_name = |it: &Outcome| it.reason().is_some_and(|reason| reason == name);
    let example = outcomes().find(has_name).or_else(|| unnamed_icmp(name))?;
    let unnamed = "An ICMP error without a name: type and code.";
    Some(Explanation {
        name: name.to_owned(),
        subject: ExplainedSubject::Reason,
        meaning: glossary::meaning(name).unwrap_or(unnamed).into(),
        causes: possible_causes(example),
    })
}

/// An ICMP error by type and code: `icmp-3-99`.
fn unnamed_icmp(name: &str) -> Option<Outcome> {
    let (kind, code) = name.strip_prefix("icmp-")?.split_once('-')?;
    Some(Outcome::Unreachable(UnreachableBy::Icmp(IcmpError::new(
        IcmpVersion::V4,
        kind.parse().ok()?,
        code.parse().ok()?,
    ))))
}

fn verdict(name: &str) -> Option<Explanation> {
    let code = Code::ALL.iter().find(|it| it.name() == name)?;
    let causes = rows().filter(|row| row.all_codes().any(|it| it == *code));
    let mut causes: Vec<_> = causes.collect();
    causes.sort_by(|a, b| b.prior.log10().total_cmp(&a.prior.log10()));
    Some(Explanation {
        name: name.to_owned(),
        subject: ExplainedSubject::Verdict,
        meaning: code.meaning().into(),
        causes: causes.iter().map(|row| explained(row.cause)).collect(),
    })
}

fn cause(name: &str) -> Option<Explanation> {
    let cause = Cause::from_name(name)?;
    let explained = explained(cause);
    Some(Explanation {
        name: name.to_owned(),
        subject: ExplainedSubject::Cause,
        meaning: explained.clause.clone().capitalized(),
        causes: vec![explained],
    })
}

/// Causes of a run in which every probe ends like this, the likely first.
fn possible_causes(outcome: Outcome) -> Vec<ExplainedCause> {
    let protocol = match outcome {
        Outcome::Reply => Protocol::Udp,
        _ => Protocol::Tcp,
    };
    let mut seen = Observations::default();
    seen.set(OtherAddress::Only);
    seen.set(Resolver::Ok);
    seen.set(Name::Plain);
    let case = Case {
        subject: Subject::unknown(protocol, Word::label("the target")),
        seen,
        attempts: Attempts::of([(outcome, 4)]),
        course: None,
        echoes: None,
        ports: Ports::default(),
        traced: None,
        dead_flows: None,
        expects_reply: true,
        longest_outage: 0,
        slow: None,
        depth: Depth::Run,
        missed: Vec::new(),
    };
    let conclusion = conclude(&case);
    let ranking: &Ranking = &conclusion.findings[0].ranking;
    if ranking.works() {
        return Vec::new();
    }
    let others = ranking.possible().map(|it| it.cause);
    let causes = std::iter::once(ranking.first).chain(others);
    causes.map(explained).collect()
}

fn explained(cause: Cause) -> ExplainedCause {
    let texts = cause.text();
    let next = texts.next.iter();
    ExplainedCause {
        cause,
        clause: clause(cause),
        explanation: fill(texts.explanation, &NoValues),
        good: observations(cause, speaks_for),
        bad: observations(cause, speaks_against),
        next: next
            .map(|(owner, what)| (*owner, fill(what, &NoValues)))
            .collect(),
    }
}

fn clause(cause: Cause) -> Text {
    fill(cause.text().clause, &NoValues)
}

/// The observations that weigh most, the first ones.
fn observations(cause: Cause, weight: fn(Cause, Value) -> f64) -> Vec<Text> {
    let kinds = Kind::ALL.iter().filter(|kind| cause.row().names(**kind));
    let values = kinds.flat_map(|kind| kind.values());
    let mut weighed: Vec<_> = values.map(|it| (weight(cause, it), it)).collect();
    weighed.retain(|(weight, _)| *weight > 0.0);
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
    let heaviest = weighed.into_iter().take(OBSERVATIONS);
    heaviest
        .map(|(_, value)| fill(value.sentence(), &NoValues))
        .collect()
}

/// Powers of ten by which a value is likelier under the cause than usual. What the cause always shows comes first.
fn speaks_for(cause: Cause, value: Value) -> f64 {
    let letter = cause.row().letter(value);
    let lead = letter.log10() - value.default_letter().log10();
    match letter {
        _ if matches!(value.kind, Kind::Protocol | Kind::Family) => 0.0,
        Letter::A => lead + 10.0,
        Letter::U => lead,
        _ => 0.0,
    }
}

/// Powers of ten by which a value is less likely under the cause than usual; what probes are, and how they end, is not told.
fn speaks_against(cause: Cause, value: Value) -> f64 {
    let is_trivial = matches!(value.kind, Kind::Protocol | Kind::Family | Kind::Port);
    let letter = cause.row().letter(value);
    let lead = value.default_letter().log10() - letter.log10();
    if letter < Letter::S && !is_trivial {
        lead
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(name: &str) -> Vec<ExplainedSubject> {
        explain(name).iter().map(|it| it.subject).collect()
    }

    #[test]
    fn names_are_found_whatever_their_letter_case() {
        use ExplainedSubject::{Cause, Outcome, Reason, Verdict};
        assert_eq!(subjects("no-reply"), [Outcome]);
        assert_eq!(subjects("RST"), [Reason]);
        assert_eq!(subjects("Port-Closed"), [Verdict]);
        assert_eq!(subjects("host-down"), [Cause]);
        assert_eq!(subjects("no-route"), [Reason, Verdict]);
        assert_eq!(subjects("icmp-3-99"), [Reason]);
        assert_eq!(subjects("nonsense"), []);
    }

    #[test]
    fn every_name_is_explained() {
        for (subject, name, meaning) in all() {
            let found = explain(name);
            let found = found.iter().find(|it| it.subject == subject);
            assert!(found.is_some_and(|it| !it.meaning.is_empty()), "{name}");
            assert!(!meaning.is_empty(), "{name}");
        }
    }

    #[test]
    fn every_cause_has_something_that_speaks_for_it() {
        for cause in Cause::ALL.iter().filter(|it| **it != Cause::Works) {
            let explained = explained(*cause);
            assert!(!explained.good.is_empty(), "{cause:?}");
            assert!(!explained.next.is_empty(), "{cause:?}");
        }
    }

    #[test]
    fn a_reason_has_the_causes_of_a_run_that_shows_it() {
        let silence = explain("silence").remove(0);
        let causes: Vec<_> = silence.causes.iter().map(|it| it.cause).collect();
        assert!(causes.contains(&Cause::HostDown), "{causes:?}");
        assert!(!causes.contains(&Cause::ServiceRestarted), "{causes:?}");
    }
}
