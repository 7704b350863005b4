//! What the JSON of all modes shares: lines, ICMP errors, evidence. The contract is `schema.json`; fields are added, never
//! changed.

use serde::Serialize;

use super::{Redactor, Shown};
use crate::outcome::{Errno, Evidence, EvidenceKind, IcmpError, Outcome};
use crate::text::Text;
use crate::verdict::explain::Verdict;

/// An ICMP error.
#[derive(Serialize)]
pub(crate) struct Icmp {
    r#type: u8,
    code: u8,
    from: Option<Shown>,
    mtu: Option<u32>,
}

/// What proves an outcome.
#[derive(Serialize)]
pub(crate) struct EvidenceObject {
    kind: Option<&'static str>,
    icmp: Option<Icmp>,
    errno: Option<String>,
}

impl Icmp {
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
            icmp: icmp.map(|icmp| Icmp::new(icmp, redactor)),
            errno: evidence.errno.map(|errno| Errno::name(errno).into_owned()),
        }
    }
}

/// What a result means.
#[derive(Serialize)]
pub(crate) struct VerdictObject {
    code: String,
    meaning: Vec<Shown>,
    next: Vec<Shown>,
}

impl VerdictObject {
    pub(crate) fn new(verdict: &Verdict, redactor: &Redactor) -> Self {
        let shown = |texts: &[Text]| texts.iter().map(|it| redactor.text(it)).collect();
        Self {
            code: verdict.code.clone(),
            meaning: shown(&verdict.meaning),
            next: shown(&verdict.next),
        }
    }
}

/// The reason of an outcome.
pub(crate) fn reason(outcome: &Outcome) -> Option<String> {
    outcome.reason().map(std::borrow::Cow::into_owned)
}

/// An object as a line. Types of this program always serialise: no map with odd keys, no failing implementation.
pub(crate) fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
