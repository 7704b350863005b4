//! Situations, one row each: a healthy walk, and what is different.

mod answers;
mod local;
mod partial;
mod works;

use std::collections::HashSet;

use super::build::*;
use crate::checks::Findings;
use crate::outcome::{Handshake, LocalCause, Outcome, Refusal, UnreachableBy};
use crate::platform::RouteKind;
use crate::verdict::diagnosis::{Code, decide};

/// A situation, what it is, and its findings.
pub(super) type Row = (&'static str, Code, Findings);

/// Rows: what the situation is called, its code, and how it differs from a healthy walk.
macro_rules! table {
    ($($situation:literal => $code:expr, |$it:ident| $change:expr;)*) => {
        vec![$(($situation, $code, but(|$it| { $change; }))),*]
    };
}
use table;

/// Every row.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = works::rows();
    rows.extend(local::rows());
    rows.extend(answers::rows());
    rows.extend(partial::rows());
    rows.extend(LocalCause::ALL.iter().map(|cause| {
        let findings = but(|it| {
            local(it, *cause);
            way(it).neighbour = None;
            route(it).next_hop = None;
            // Where the route delivers, EACCES is no route's word.
            if *cause == LocalCause::RouteProhibited {
                route(it).kind = RouteKind::Prohibit;
            }
        });
        (cause.reason(), Code::Local(*cause), findings)
    }));
    rows
}

#[test]
fn every_situation_has_its_verdict() {
    let mut wrong = Vec::new();
    for (situation, expected, findings) in rows() {
        let found = decide(&findings);
        if found.code != expected {
            let (is, should) = (found.code.name(), expected.name());
            let verdict = found.verdict.plain();
            wrong.push(format!("{situation}: {is} instead of {should}: {verdict}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_row() {
    let met: HashSet<Code> = rows().into_iter().map(|(_, code, _)| code).collect();
    let missing: Vec<_> = Code::all().filter(|code| !met.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Probes may end in any two ways at once. Something is always known then, and a failure is never called well.
#[test]
fn every_mixture_is_decided() {
    let ends = [
        CONNECTED,
        Outcome::Connected(Handshake::AfterSynLoss),
        Outcome::ResetAfterConnect,
        Outcome::ClosedAfterConnect,
        RST,
        Outcome::Refused(Refusal::Errno),
        rejected(ROUTER, 3, 13),
        rejected(ROUTER, 3, 1),
        rejected(TARGET, 3, 3),
        Outcome::Unreachable(UnreachableBy::Errno(crate::outcome::Errno::HostUnreachable)),
        SILENCE,
        Outcome::Local(LocalCause::NoNeighbour),
        Outcome::Local(LocalCause::PortsExhausted),
    ];
    let pairs = ends.iter().flat_map(|a| ends.iter().map(move |b| (*a, *b)));
    for (a, b) in pairs.filter(|(a, b)| a != b) {
        for (most, least) in [(1, 1), (4, 1)] {
            let found = decide(&but(|it| ended(it, &[(a, most), (b, least)])));
            assert_ne!(found.code, Code::Unclear, "{most} {a:?} {least} {b:?}");
            let well = |end: Outcome| end.is_clean() || end == Outcome::ClosedAfterConnect;
            let works = found.code == Code::Works;
            assert!(!works || (well(a) && well(b)), "{most} {a:?} {least} {b:?}");
        }
    }
}
