//! Observations from the findings of a diagnosis.

mod machine;
mod names;
mod own_target;
mod path_mtu;
mod place;
mod probed;
mod slow;
#[cfg(test)]
mod tests;

use super::attempts::{Attempts, PathProbes, PathReply};
use super::host::Ports;
use super::{icmp, path};
use crate::checks::Findings;
use crate::hosts::Protocol;
use crate::outcome::{IcmpError, UnreachableBy};
use crate::path::{FinalReply, LossCount, PathAnalysis, PathEnd, PathNote};
use crate::text::{Text, service};
use crate::verdict::case::{Case, Depth};
use crate::verdict::observation::{Course, IcmpKind, Observations, Ttl};
use crate::verdict::subject::Subject;
use probed::{address, attempts_of, endpoint};

/// What the findings show of the target.
pub fn case(findings: &Findings) -> Case<'_> {
    let attempts = attempts(findings);
    let mut seen = Observations::default();
    seen.set(Ttl::Default);
    names::observe(&mut seen, findings);
    place::observe(&mut seen, findings, &attempts);
    machine::observe(&mut seen, findings);
    own_target::observe(&mut seen, findings, &attempts);
    path_mtu::observe(&mut seen, findings);
    if let (Some(traced), Some(address)) = (traced(findings), address(findings)) {
        path::observe(&mut seen, traced, address);
    }
    Case {
        subject: subject(findings),
        course: course(findings, &attempts).map(|it| (it, Text::default())),
        echoes: echoes(findings),
        ports: ports(findings),
        traced: traced(findings),
        dead_flows: dead_flows(findings),
        expects_reply: true,
        longest_outage: 0,
        slow: slow::code(findings, &attempts),
        depth: Depth::Diagnosis,
        missed: Vec::new(),
        attempts,
        seen,
    }
}

fn traced(findings: &Findings) -> Option<path::Traced<'_>> {
    findings
        .path
        .as_ref()
        .map(|(path, analysis)| (path, analysis))
}

/// Probes of the target, those of its path included.
fn attempts(findings: &Findings) -> Attempts {
    let probes = findings.target_probes();
    let mut attempts = probes.map(attempts_of).unwrap_or_default();
    for (cause, _) in &mut attempts.local {
        *cause = place::actual_cause(findings, *cause);
    }
    if let Some((_, analysis)) = &findings.path {
        attempts.path = path_probes(analysis);
    }
    if attempts.path.reply.is_none() {
        attempts.path.reply = host_rejection(findings).map(PathReply::Rejected);
    }
    attempts
}

/// Probes of a path that reach its end, and their reply.
pub(super) fn path_probes(analysis: &PathAnalysis) -> PathProbes {
    let reply = match analysis.end {
        PathEnd::FinalReply { reply, .. } if reply.is_success() => Some(PathReply::Success),
        PathEnd::FinalReply {
            reply: FinalReply::Rst,
            ..
        } => Some(PathReply::Rst),
        PathEnd::Rejected { icmp, .. } => Some(PathReply::Rejected(icmp)),
        _ => None,
    };
    let lost = analysis.notes.iter().find_map(|note| match note {
        PathNote::Loss { lost, sent, onset } => Some((*lost, *sent, *onset)),
        _ => None,
    });
    // A single lost packet is chance.
    let lost = lost.filter(|(lost, ..)| *lost > 1);
    let (lost, sent, onset) = lost.unwrap_or_default();
    PathProbes {
        lost,
        sent,
        begins_before_target: onset.is_some_and(|it| it.from.is_some()),
        reply,
    }
}

/// The ICMP error that other probes of the host were rejected with, where it is about the host: senders limit their errors,
/// so the port's own probes may have got none.
fn host_rejection(findings: &Findings) -> Option<IcmpError> {
    let echo = findings
        .echo
        .iter()
        .map(|it| (Protocol::Icmp, attempts_of(it)));
    let ports = findings.other_ports.iter();
    let ports = ports.map(|it| (Protocol::Tcp, attempts_of(it)));
    let all: Vec<_> = echo.chain(ports).collect();
    if all.iter().any(|(_, it)| it.replied() > it.rejected()) {
        return None;
    }
    let rejected = all.iter().filter_map(|(protocol, it)| {
        let UnreachableBy::Icmp(error) = it.usual_rejection()? else {
            return None;
        };
        Some((*protocol, error))
    });
    let rejected: Vec<_> = rejected.collect();
    let is_about_host = |error: &IcmpError| {
        let of_other = |it: &&(Protocol, IcmpError)| it.1 == *error && it.0 != rejected[0].0;
        match icmp::kind(error) {
            IcmpKind::Net | IcmpKind::Host => true,
            // The same rule for two protocols.
            IcmpKind::Prohibited => rejected.iter().any(|it| of_other(&it)),
            _ => false,
        }
    };
    let mut errors = rejected.iter().map(|(_, error)| *error);
    errors.find(is_about_host)
}

fn subject(findings: &Findings) -> Subject {
    let route = findings.route.as_ref();
    let route = route.and_then(|it| it.route.as_ref());
    Subject {
        protocol: findings.protocol,
        target: service(&findings.target),
        name: findings.name.name.as_deref().map(Into::into),
        family: findings.name.family,
        address: endpoint(findings),
        replies_from_any_port: false,
        source: route.and_then(|it| it.source),
        gateway: place::gateway(findings),
        interface: route.and_then(|it| it.interface.clone()),
        icmp: None,
        hop: traced(findings).and_then(path::hop),
        other_address: names::working_address(findings),
    }
}

/// Echoes to the host, where these are not the target; those of the path MTU check included.
fn echoes(findings: &Findings) -> Option<Attempts> {
    let echo = findings.echo.as_ref();
    let echo = echo.filter(|_| findings.protocol.has_ports())?;
    let small = findings.sizes.as_ref().map(|it| &it.small_probes);
    let outcomes = echo.outcomes.iter();
    let outcomes = outcomes.chain(small.into_iter().flat_map(|it| &it.outcomes));
    Some(Attempts::of(outcomes.copied()))
}

fn ports(findings: &Findings) -> Ports {
    let mut ports = Ports::default();
    for batch in &findings.other_ports {
        ports.add(batch.target.address.port(), &attempts_of(batch));
    }
    ports
}

/// All probes failed within a second, and none that was sent later.
fn course(findings: &Findings, attempts: &Attempts) -> Option<Course> {
    let survey = findings.path.as_ref()?.0.survey.as_ref()?;
    let later = LossCount::of(&survey.full_ttl);
    let all_at_first = attempts.silent + attempts.retransmitted() == attempts.total();
    let is_over = later.sent > 0 && later.lost == 0;
    (attempts.total() > 1 && all_at_first && is_over).then_some(Course::Ended)
}

/// Source ports that never get a reply, of those that were tried.
fn dead_flows(findings: &Findings) -> Option<(u64, u64)> {
    let (path, analysis) = findings.path.as_ref()?;
    let dead = path::dead_flows(analysis)?;
    Some((dead.len() as u64, path.flows.len() as u64))
}
