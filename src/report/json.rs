//! JSON objects shared by all modes. The contract is `schema.json`: fields are added, never changed.

use serde::Serialize;

use super::{Redacted, Redactor};
use crate::outcome::{Errno, Evidence, EvidenceKind, IcmpError, Outcome};
use crate::text::Text;
use crate::verdict::explain::Verdict;

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
    code: String,
    meaning: Vec<Redacted>,
    next: Vec<Redacted>,
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

/// An object as one line. Serialization of these types cannot fail: string keys only.
pub(crate) fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
