//! Observations from a traced path alone.

use std::net::IpAddr;

use super::attempts::{Attempts, PathProbes};
use super::findings::path_probes;
use super::host::Ports;
use super::path::{self, Traced};
use super::run::place;
use crate::hosts::Protocol;
use crate::outcome::{Handshake, IcmpError, IcmpVersion, Outcome, Refusal, UnreachableBy};
use crate::path::{DistanceBy, FinalReply, Path, PathEnd};
use crate::platform::Route;
use crate::text::Text;
use crate::verdict::case::{Case, Depth};
use crate::verdict::observation::{Echo, Observations, OtherAddress, Others, Resolver};
use crate::verdict::subject::Subject;

/// What a path shows of the target.
pub fn case<'a>(traced: Traced<'a>, subject: Subject, route: Option<&Route>) -> Case<'a> {
    let (measured, analysis) = traced;
    let mut seen = Observations::default();
    seen.set(Resolver::Ok);
    if measured.target.has_one_address() {
        seen.set(OtherAddress::Only);
    }
    let address = measured.target.address.ip();
    if let Some(place) = place(address, subject.source, route) {
        seen.set(place);
    }
    path::observe(&mut seen, traced, address);
    observe_host(&mut seen, measured);
    let dead = path::dead_flows(analysis);
    Case {
        subject: Subject {
            hop: path::hop(traced),
            ..subject
        },
        course: None,
        echoes: None,
        ports: Ports::default(),
        traced: Some(traced),
        dead_flows: dead.map(|it| (it.len() as u64, measured.flows.len() as u64)),
        expects_reply: true,
        longest_outage: 0,
        slow: None,
        depth: Depth::Trace,
        missed: Vec::new(),
        attempts: Attempts {
            path: PathProbes {
                begins_before_target: path_probes(analysis).begins_before_target,
                ..PathProbes::default()
            },
            ..attempts(traced)
        },
        seen,
    }
}

/// Probes that reached the end of the path, or could have.
fn attempts((path, analysis): Traced) -> Attempts {
    let sent: u64 = path.flows.iter().map(|it| it.attempts).sum();
    let answered: u64 = path.flows.iter().map(|it| it.answered).sum();
    let lost = sent.saturating_sub(answered);
    let of = |outcome, count| Attempts::of([(outcome, count)]);
    match &analysis.end {
        PathEnd::FinalReply { reply, .. } => {
            // Only the discovery got through: rounds, from another source port, did not.
            let answered = answered.max(1);
            Attempts::of([
                (outcome_of(*reply, path.target.address.ip()), answered),
                (Outcome::NoReply, lost),
            ])
        }
        PathEnd::Rejected { icmp, .. } => of(
            Outcome::Unreachable(UnreachableBy::Icmp(*icmp)),
            sent.max(1),
        ),
        PathEnd::NoReply { .. } | PathEnd::Loop(_) => of(Outcome::NoReply, sent.max(1)),
        PathEnd::Local(cause) => of(Outcome::Local(*cause), path.sent.max(1)),
        PathEnd::Unknown => Attempts::default(),
    }
}

fn outcome_of(reply: FinalReply, target: IpAddr) -> Outcome {
    match reply {
        FinalReply::SynAck => Outcome::Connected(Handshake::Clean),
        FinalReply::Reply => Outcome::Reply,
        FinalReply::Rst => Outcome::Refused(Refusal::Rst),
        FinalReply::PortUnreachable => {
            Outcome::Unreachable(UnreachableBy::Icmp(port_unreachable(target)))
        }
    }
}

/// RFC 792, RFC 4443 section 3.1.
fn port_unreachable(target: IpAddr) -> IcmpError {
    let (version, kind, code) = match target {
        IpAddr::V4(_) => (IcmpVersion::V4, 3, 3),
        IpAddr::V6(_) => (IcmpVersion::V6, 1, 4),
    };
    IcmpError {
        from: Some(target),
        ..IcmpError::new(version, kind, code)
    }
}

/// The host replied to what measured its distance.
fn observe_host(seen: &mut Observations, path: &Path) {
    match path.host_distance.map(|it| it.by) {
        Some(DistanceBy::Echo) if path.target.protocol != Protocol::Icmp => seen.set(Echo::Ok),
        Some(DistanceBy::TcpPort(port)) => {
            seen.set_with(Others::Answer, Text::words(Protocol::Tcp.service(port)));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::analyze;
    use crate::path::fixture::PathFixture;
    use crate::text::Value;
    use crate::verdict::causes::Code;
    use crate::verdict::conclusion::conclude;

    fn code(fixture: &PathFixture) -> Code {
        let analysis = analyze(&fixture.path);
        let target = &fixture.path.target;
        let mut subject = Subject::unknown(target.protocol, Value::service(target));
        subject.address = Some(target.address);
        conclude(&case((&fixture.path, &analysis), subject, None)).code
    }

    #[test]
    fn verdicts_of_paths() {
        for (rounds, host, expected) in [
            ("1 2 S", Some(3), Code::Works),
            ("1 2 R", Some(3), Code::PortClosed),
            ("1 2 R", Some(5), Code::FirewallResets),
            ("1 2 S", Some(5), Code::ProxyAnswers),
            ("1 2 X3", Some(5), Code::FirewallRejects),
            ("1 2 3 4 3 4 3 4", None, Code::RoutingLoop),
            ("1 2 * * *", Some(5), Code::PortFiltered),
            ("L L L", None, Code::NoRoute),
        ] {
            let fixture = PathFixture::of(rounds);
            let fixture = match host {
                Some(host) => fixture.host(host),
                None => fixture,
            };
            assert_eq!(code(&fixture), expected, "{rounds} {host:?}");
        }
    }

    #[test]
    fn source_ports_without_a_reply_are_a_path_of_several() {
        let fixture =
            PathFixture::of("1 2 S|1 2 S|1 2 S|1 2 S/1 2 * >*|1 2 * >*|1 2 * >*|1 2 * >*").host(3);
        assert_eq!(code(&fixture), Code::SomeFlowsFail);
    }
}
