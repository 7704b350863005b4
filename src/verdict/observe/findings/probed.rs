//! What was probed, and what came back.

use std::net::{IpAddr, SocketAddr};

use crate::checks::{Findings, ProbeBatch};
use crate::outcome::OutcomeKind;
use crate::verdict::observe::attempts::Attempts;

/// Probes that ended, of one service.
pub(super) fn attempts_of(batch: &ProbeBatch) -> Attempts {
    Attempts {
        strays: batch.strays,
        late: batch.late,
        ..Attempts::of(batch.outcomes.iter().copied())
    }
}

/// The address that was probed.
pub(super) fn address(findings: &Findings) -> Option<IpAddr> {
    endpoint(findings).map(|it| it.ip())
}

pub(super) fn endpoint(findings: &Findings) -> Option<SocketAddr> {
    let probed = findings.target_probes().map(|it| it.target.address);
    let port = findings.port.unwrap_or_default();
    let first = findings.name.addresses.first();
    probed.or_else(|| first.map(|it| SocketAddr::new(*it, port)))
}

/// Whether anything at all came back on the path to the target.
pub(super) fn any_reply(findings: &Findings, attempts: &Attempts) -> bool {
    let answered = |batch: &ProbeBatch| {
        let unanswered = batch.count(OutcomeKind::NoReply) + batch.count(OutcomeKind::Local);
        batch.sent > unanswered
    };
    let gateway = findings
        .route
        .iter()
        .filter_map(|it| it.gateway_echo.as_ref());
    let mut others = findings
        .other_ports
        .iter()
        .chain(&findings.echo)
        .chain(gateway);
    let path = findings.path.iter().flat_map(|(path, _)| {
        let flows = path.flows.iter().flat_map(|flow| &flow.hops);
        path.hops
            .iter()
            .chain(flows)
            .chain(&path.discovery_hops)
            .chain(&path.host_hops)
    });
    let mut path = path.filter(|hop| !hop.is_unanswered());
    attempts.replied() > 0 || others.any(answered) || path.next().is_some()
}
