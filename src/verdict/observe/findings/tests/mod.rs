//! Verdicts by findings: a healthy target, and what differs from it.

mod answers;
mod fixture;
mod local;
mod observations;
mod partial;
mod works;

use super::case;
use crate::checks::Findings;
use crate::outcome::{Handshake, LocalCause, Outcome, Refusal, UnreachableBy};
use crate::platform::RouteKind;
use crate::text::Text;
use crate::verdict::causes::Code;
use crate::verdict::conclusion::{Conclusion, conclude};
use crate::verdict::statement::statement;
use fixture::*;

/// A situation, what it is, and its findings.
pub(super) type Row = (&'static str, Code, Findings);

/// Rows: what the situation is called, its code, and how it differs from a healthy target.
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
    rows
}

fn decide(findings: &Findings) -> Conclusion {
    conclude(&case(findings))
}

#[test]
fn every_situation_has_its_verdict() {
    let mut wrong = Vec::new();
    for (situation, expected, findings) in rows() {
        let found = decide(&findings);
        if found.code != expected {
            let meaning = Text::plain_lines(&statement(&found).meaning);
            let (is, should) = (found.code.name(), expected.name());
            wrong.push(format!("{situation}: {is} instead of {should}: {meaning}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
            assert_ne!(
                found.code,
                Code::NothingMeasured,
                "{most} {a:?} {least} {b:?}"
            );
            let well = |end: Outcome| end.is_clean() || end == Outcome::ClosedAfterConnect;
            let works = found.code == Code::Works;
            assert!(!works || (well(a) && well(b)), "{most} {a:?} {least} {b:?}");
        }
    }
}

/// What stopped the probes on this machine is the verdict.
#[test]
fn each_local_cause_has_its_verdict() {
    for cause in LocalCause::ALL {
        let findings = but(|it| {
            local(it, *cause);
            route_findings(it).neighbour = None;
            route(it).next_hop = None;
            // EACCES is also what a policy returns.
            if *cause == LocalCause::RouteProhibited {
                route(it).kind = RouteKind::Prohibit;
            }
        });
        let expected = match cause {
            // The route leads to a gateway.
            LocalCause::NoNeighbour => Code::GatewayDead.name(),
            LocalCause::NetworkDown => Code::LinkDown.name(),
            cause => cause.reason(),
        };
        assert_eq!(decide(&findings).code.name(), expected, "{cause:?}");
    }
}
