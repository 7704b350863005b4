//! JSON objects shared by all modes. The contract is `schema.json`: fields are added, never changed.

use serde::Serialize;

use super::{Redacted, Redactor};
use crate::outcome::{Errno, Evidence, EvidenceKind, IcmpError, Outcome};
use crate::text::Text;
use crate::verdict::conclusion::{Conclusion, Finding};
use crate::verdict::observation::Value;
use crate::verdict::statement::{Statement, Step, statement};

/// An ICMP error.
#[derive(Serialize)]
pub(crate) struct IcmpObject {
    r#type: u8,
    code: u8,
    from: Option<Redacted>,
    mtu: Option<u32>,
}

/// The evidence of an outcome.
#[derive(Serialize)]
pub(crate) struct EvidenceObject {
    kind: Option<&'static str>,
    icmp: Option<IcmpObject>,
    errno: Option<String>,
}

impl IcmpObject {
    pub(crate) fn new(icmp: &IcmpError, redactor: &Redactor) -> Self {
        Self {
            r#type: icmp.kind,
            code: icmp.code,
            from: icmp.from.map(|from| redactor.address(from)),
            mtu: icmp.mtu,
        }
    }
}

impl EvidenceObject {
    pub(crate) fn new(evidence: &Evidence, redactor: &Redactor) -> Self {
        let icmp = evidence.icmp.as_ref();
        Self {
            kind: evidence.kind.map(EvidenceKind::name),
            icmp: icmp.map(|icmp| IcmpObject::new(icmp, redactor)),
            errno: evidence.errno.map(|errno| Errno::name(errno).into_owned()),
        }
    }
}

/// A verdict.
#[derive(Serialize)]
pub(crate) struct VerdictObject {
    code: &'static str,
    meaning: Vec<Redacted>,
    evidence: Vec<Redacted>,
    next: Vec<Redacted>,
    #[serde(flatten)]
    ranking: RankingObject,
}

/// State, certainty and causes of a verdict.
#[derive(Serialize)]
pub(crate) struct RankingObject {
    state: &'static str,
    certainty: Option<String>,
    ranked: Vec<RankedObject>,
    ruled_out: Vec<RuledOutObject>,
    could_have_missed: Vec<Redacted>,
}

/// A possible cause, with the observations that it explains, and those that it does not.
#[derive(Serialize)]
struct RankedObject {
    cause: &'static str,
    owner: &'static str,
    r#for: Vec<String>,
    against: Vec<String>,
}

/// A cause that is out of the question, and the observation that says so.
#[derive(Serialize)]
struct RuledOutObject {
    cause: &'static str,
    by: String,
}

impl VerdictObject {
    pub(crate) fn new(conclusion: &Conclusion, redactor: &Redactor) -> Self {
        let statement = statement(conclusion);
        let shown = |texts: &[Text]| texts.iter().map(|it| redactor.text(it)).collect();
        let next: Vec<_> = statement.next.iter().map(Step::line).collect();
        Self {
            code: conclusion.code.name(),
            meaning: shown(&statement.meaning),
            evidence: shown(&statement.evidence),
            next: shown(&next),
            ranking: RankingObject::new(conclusion, &statement, redactor),
        }
    }
}

impl RankingObject {
    pub(crate) fn new(conclusion: &Conclusion, statement: &Statement, redactor: &Redactor) -> Self {
        let certainty = conclusion.certainty();
        let ranking = &conclusion.findings[0].ranking;
        let ruled_out = ranking.ruled_out().into_iter().flat_map(|(by, causes)| {
            let causes = causes.into_iter();
            causes.map(move |cause| RuledOutObject {
                cause: cause.name(),
                by: by.to_string(),
            })
        });
        let missed = statement.missed.iter();
        Self {
            state: conclusion.state.name(),
            certainty: certainty.map(|it| it.name().replace(' ', "-")),
            ranked: ranked(&conclusion.findings[0]),
            ruled_out: ruled_out.collect(),
            could_have_missed: missed.map(|it| redactor.text(it)).collect(),
        }
    }
}

/// The first cause and those within reach; none where nothing was ranked.
fn ranked(finding: &Finding) -> Vec<RankedObject> {
    let ranking = &finding.ranking;
    if ranking.works() {
        return Vec::new();
    }
    let others = ranking.possible().map(|it| it.cause);
    let causes = std::iter::once(ranking.first).chain(others);
    let names = |values: Vec<Value>| values.iter().map(Value::to_string).collect();
    causes
        .map(|cause| {
            let (good, bad) = ranking.for_and_against(cause);
            RankedObject {
                cause: cause.name(),
                owner: finding.owner(cause).name(),
                r#for: names(good),
                against: names(bad),
            }
        })
        .collect()
}

/// The reason of an outcome.
pub(crate) fn reason(outcome: &Outcome) -> Option<String> {
    outcome.reason().map(std::borrow::Cow::into_owned)
}

/// An object as one line. Serialization of these types cannot fail: string keys only.
pub(crate) fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
