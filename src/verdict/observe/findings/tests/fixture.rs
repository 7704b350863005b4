//! Findings to start from: a healthy target, and changes to it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::checks::{
    Findings, ListenerFindings, LocalFindings, NameFindings, ProbeBatch, RouteFindings,
    SizeFindings,
};
use crate::hosts::resolve::ResolveError;
use crate::hosts::{Lookup, Protocol, Target};
use crate::outcome::{
    Handshake, IcmpError, IcmpVersion, LocalCause, Outcome, Refusal, UnreachableBy,
};
use crate::path::{
    Distance, DistanceBy, FinalReply, Flow, Hop, HopReply, Path, PathAnalysis, PathEnd, PathNote,
    ReplyKind, Responder,
};
use crate::platform::{
    Counters, Link, Listener, Neighbour, NeighbourState, Process, RouteKind, RouteLookup,
};

pub(super) const TARGET: &str = "192.0.2.10";
pub(super) const TARGET_V6: &str = "2001:db8::10";
pub(super) const GATEWAY: &str = "198.51.100.1";
pub(super) const ROUTER: &str = "203.0.113.3";
pub(super) const PORT: u16 = 5432;

pub(super) const CONNECTED: Outcome = Outcome::Connected(Handshake::Clean);
pub(super) const RST: Outcome = Outcome::Refused(Refusal::Rst);
pub(super) const SILENCE: Outcome = Outcome::NoReply;

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(super) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// An ICMP error from a device, by type and code.
pub(super) fn icmp(from: &str, kind: u8, code: u8) -> IcmpError {
    let from = ip(from);
    let version = if from.is_ipv4() {
        IcmpVersion::V4
    } else {
        IcmpVersion::V6
    };
    IcmpError {
        version,
        kind,
        code,
        from: Some(from),
        mtu: None,
    }
}

pub(super) fn rejected(from: &str, kind: u8, code: u8) -> Outcome {
    Outcome::Unreachable(UnreachableBy::Icmp(icmp(from, kind, code)))
}

fn target(protocol: Protocol, address: &str, port: u16) -> Target {
    let address = SocketAddr::new(ip(address), port);
    Target {
        protocol,
        host: Arc::from("db.example"),
        address,
        lookup: Some(Arc::new(Lookup {
            addresses: vec![address],
            took: ms(3),
        })),
    }
}

/// Probes that ended so.
pub(super) fn batch(
    protocol: Protocol,
    address: &str,
    port: u16,
    ends: &[(Outcome, u64)],
) -> ProbeBatch {
    let answered = ends.iter().any(|(outcome, _)| outcome.is_answered());
    ProbeBatch {
        target: target(protocol, address, port),
        sent: ends.iter().map(|(_, count)| count).sum(),
        outcomes: ends.to_vec(),
        strays: 0,
        late: 0,
        median_connect: answered.then(|| ms(12)),
        median_rtt: answered.then(|| ms(11)),
    }
}

fn tcp(port: u16, ends: &[(Outcome, u64)]) -> ProbeBatch {
    batch(Protocol::Tcp, TARGET, port, ends)
}

pub(super) fn echo(outcome: Outcome) -> ProbeBatch {
    batch(Protocol::Icmp, TARGET, 0, &[(outcome, 3)])
}

pub(super) fn link() -> Link {
    Link {
        index: 2,
        up: true,
        carrier: Some(true),
        mtu: Some(1500),
        addresses: vec![(ip("198.51.100.7"), 24)],
        is_loopback: false,
        is_point_to_point: false,
    }
}

/// A hop whose router is known.
pub(super) fn hop(ttl: u8, router: &str, best: u64) -> Hop {
    let mut hop = Hop::new(Some(ttl));
    hop.sent = 3;
    hop.answered = 3;
    hop.replies.push(HopReply {
        from: Some(ip(router)),
        kind: ReplyKind::TimeExceeded,
        count: 3,
        min_rtt: Some(ms(best)),
    });
    hop
}

fn flow(port: u16, hops: Vec<Hop>) -> Flow {
    Flow {
        port,
        hops,
        full_ttl: Hop::new(None),
        attempts: 3,
        answered: 3,
    }
}

/// So many probes to each of these hops, all answered.
pub(super) fn surveyed(hops: &[Hop], sent: u64) -> Flow {
    let mut flow = flow(0, hops.to_vec());
    for hop in &mut flow.hops {
        (hop.sent, hop.answered) = (sent, sent);
    }
    flow
}

/// The path of a healthy target: the gateway, two routers, and the host at hop 4.
pub(super) fn path(
    end: PathEnd,
    speaker: Option<Responder>,
    notes: Vec<PathNote>,
) -> (Path, PathAnalysis) {
    let hops = vec![
        hop(1, GATEWAY, 1),
        hop(2, "203.0.113.2", 4),
        hop(3, ROUTER, 9),
    ];
    let path = Path {
        target: target(Protocol::Tcp, TARGET, PORT),
        discovery_hops: Vec::new(),
        full_ttl_outcome: None,
        hops: hops.clone(),
        flows: vec![flow(40001, hops.clone()), flow(40002, hops)],
        host_distance: speaker.is_some().then_some(at(4)),
        host_hops: Vec::new(),
        survey: None,
        rounds: 3,
        sent: 30,
        interrupted: false,
    };
    (
        path,
        PathAnalysis {
            end,
            responder: speaker,
            notes,
        },
    )
}

pub(super) fn at(ttl: u8) -> Distance {
    let by = DistanceBy::Echo;
    Distance {
        ttl,
        min_ttl: ttl,
        by,
    }
}

pub(super) fn reached(ttl: u8, how: FinalReply) -> PathEnd {
    PathEnd::FinalReply {
        ttl: Some(ttl),
        reply: how,
    }
}

/// Everything is well: a name with one address, a gateway, an open port four hops away.
pub(super) fn healthy() -> Findings {
    Findings {
        target: "db.example:5432".to_owned(),
        protocol: Protocol::Tcp,
        port: Some(PORT),
        name: NameFindings {
            family: crate::hosts::resolve::Family::Any,
            name: Some("db.example".to_owned()),
            addresses: vec![ip(TARGET)],
            error: None,
            took: Some(ms(3)),
            hosts_file: Vec::new(),
        },
        local: LocalFindings {
            loopback: Some(batch(Protocol::Tcp, "127.0.0.1", 40000, &[(CONNECTED, 1)])),
            own_address: Some(batch(
                Protocol::Tcp,
                "198.51.100.7",
                40000,
                &[(CONNECTED, 1)],
            )),
            links: vec![("eth0".to_owned(), link())],
        },
        route: Some(RouteFindings {
            route: Some(RouteLookup {
                kind: RouteKind::Unicast,
                interface: Some(Arc::from("eth0")),
                source: Some(ip("198.51.100.7")),
                next_hop: Some(ip(GATEWAY)),
                on_link: false,
                mtu: None,
            }),
            unbound_route: None,
            link: Some(link()),
            neighbour: Some(Neighbour {
                next_hop: ip(GATEWAY),
                interface: Arc::from("eth0"),
                state: NeighbourState::Reachable,
                link_address: None,
            }),
            gateway_echo: None,
        }),
        echo: Some(echo(Outcome::Reply)),
        port_probes: Some(tcp(PORT, &[(CONNECTED, 5)])),
        other_ports: Vec::new(),
        other_addresses: Vec::new(),
        sizes: None,
        path: Some(path(
            reached(4, FinalReply::SynAck),
            Some(Responder::Host(at(4))),
            Vec::new(),
        )),
        listeners: None,
        counters: Some(Counters::default()),
        baseline: None,
        sent: 40,
        took: ms(4000),
        interrupted: false,
    }
}

/// A healthy walk to an IP address that was typed, after `change`.
pub(super) fn but(change: impl FnOnce(&mut Findings)) -> Findings {
    let mut findings = healthy();
    change(&mut findings);
    findings
}

/// The port's own probes ended like this; the path shows nothing.
pub(super) fn ended(findings: &mut Findings, ends: &[(Outcome, u64)]) {
    let old = findings.port_probes.take().expect("a healthy target");
    let Target {
        protocol, address, ..
    } = old.target;
    let address_text = address.ip().to_string();
    findings.port_probes = Some(batch(protocol, &address_text, address.port(), ends));
    findings.path = None;
}

/// The port is silent, and the way ends behind hop 3.
pub(super) fn silent(findings: &mut Findings) {
    ended(findings, &[(SILENCE, 3)]);
    findings.path = Some(path(PathEnd::NoReply { after: Some(3) }, None, Vec::new()));
}

/// Nothing comes back from any device.
pub(super) fn all_silent(findings: &mut Findings) {
    ended(findings, &[(SILENCE, 3)]);
    findings.echo = Some(echo(SILENCE));
    findings.other_ports = vec![tcp(22, &[(SILENCE, 2)]), tcp(443, &[(SILENCE, 2)])];
}

pub(super) fn echo_silent(findings: &mut Findings) {
    findings.echo = Some(echo(SILENCE));
}

pub(super) fn other_ports(findings: &mut Findings, outcome: Outcome) {
    findings.other_ports = vec![tcp(22, &[(outcome, 2)]), tcp(443, &[(outcome, 2)])];
}

/// The other addresses of the name, each with how its probes ended.
pub(super) fn addresses(findings: &mut Findings, others: &[(&str, Outcome)]) {
    for (address, outcome) in others {
        findings.name.addresses.push(ip(address));
        let other = batch(findings.protocol, address, PORT, &[(*outcome, 3)]);
        findings.other_addresses.push(other);
    }
}

pub(super) fn route_findings(findings: &mut Findings) -> &mut RouteFindings {
    findings.route.as_mut().expect("a healthy target")
}

pub(super) fn route(findings: &mut Findings) -> &mut RouteLookup {
    route_findings(findings)
        .route
        .as_mut()
        .expect("a healthy target")
}

pub(super) fn neighbour(findings: &mut Findings, state: NeighbourState) {
    let entry = route_findings(findings).neighbour.as_mut();
    entry.expect("a healthy target").state = state;
}

/// The target is a neighbour of this machine.
pub(super) fn on_link(findings: &mut Findings, state: NeighbourState) {
    route(findings).on_link = true;
    route(findings).next_hop = Some(ip(TARGET));
    let entry = route_findings(findings)
        .neighbour
        .as_mut()
        .expect("a healthy target");
    (entry.next_hop, entry.state) = (ip(TARGET), state);
}

/// No probe left this machine.
pub(super) fn local(findings: &mut Findings, cause: LocalCause) {
    ended(findings, &[(Outcome::Local(cause), 3)]);
    findings.echo = None;
}

/// The target is this machine, and these sockets wait on the port.
pub(super) fn own(findings: &mut Findings, listeners: Option<Vec<Listener>>) {
    route(findings).kind = RouteKind::Local;
    route_findings(findings).neighbour = None;
    findings.listeners = Some(ListenerFindings { sockets: listeners });
    findings.path = None;
}

pub(super) fn listener(address: &str) -> Listener {
    Listener {
        address: ip(address),
        interface: None,
        v6_only: None,
        accept_queue: Some(0),
        backlog: Some(128),
        process: Some(Process {
            pid: 12,
            name: "postgres".to_owned(),
        }),
        uid: None,
    }
}

/// The asked target is a UDP port.
pub(super) fn udp(findings: &mut Findings, ends: &[(Outcome, u64)]) {
    findings.protocol = Protocol::Udp;
    findings.port_probes = Some(batch(Protocol::Udp, TARGET, PORT, ends));
    findings.path = None;
}

/// The asked target is ICMP echo, and the echoes are its probes.
pub(super) fn ping(findings: &mut Findings, outcome: Outcome) {
    (findings.protocol, findings.port) = (Protocol::Icmp, None);
    "db.example".clone_into(&mut findings.target);
    findings.port_probes = None;
    findings.path = None;
    findings.echo = Some(batch(Protocol::Icmp, TARGET, 0, &[(outcome, 6)]));
}

pub(super) fn sizes(findings: &mut Findings, small: Outcome, large: Outcome) {
    findings.sizes = Some(SizeFindings {
        small_bytes: 84,
        small_probes: echo(small),
        large_bytes: 1500,
        large_probes: echo(large),
    });
}

pub(super) fn times(findings: &mut Findings, connect: u64, rtt: u64) {
    let tried = findings.port_probes.as_mut().expect("a healthy target");
    (tried.median_connect, tried.median_rtt) = (Some(ms(connect)), Some(ms(rtt)));
}

/// What the path says.
pub(super) fn says(findings: &mut Findings, end: PathEnd, speaker: Option<Responder>) {
    findings.path = Some(path(end, speaker, Vec::new()));
}

pub(super) fn note(findings: &mut Findings, note: PathNote) {
    let (_, analysis) = findings.path.as_mut().expect("a path");
    analysis.notes.push(note);
}

/// The hosts file gives the name the address that is asked.
pub(super) fn in_hosts_file(findings: &mut Findings) {
    findings.name.hosts_file = vec![ip(TARGET)];
}

/// Stopped by the user before any packet was sent.
pub(super) fn not_begun(findings: &mut Findings) {
    (findings.port_probes, findings.echo, findings.path) = (None, None, None);
}

/// One handshake of five needed a second SYN.
pub(super) fn lost_syn(findings: &mut Findings) {
    let tried = findings.port_probes.as_mut().expect("a healthy target");
    let resent = Outcome::Connected(Handshake::AfterSynLoss);
    tried.outcomes = vec![(CONNECTED, 4), (resent, 1)];
}

/// An error of the resolver; negative: the name does not exist.
pub(super) fn resolver_error(reason: &str, is_negative: bool) -> ResolveError {
    ResolveError::Resolver {
        name: "db.example".to_owned(),
        reason: reason.to_owned(),
        is_negative,
    }
}
