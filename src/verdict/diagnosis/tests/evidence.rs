//! What a diagnosis says where something was seen, and does not say where it was not.

use super::build::*;
use super::words::all;
use std::time::Duration;

use crate::checks::{Baseline, Findings};
use crate::hosts::Protocol;
use crate::outcome::{Handshake, LocalCause, Outcome};
use crate::path::{FinalReply, PathEnd, PathNote, analyze};
use crate::platform::{Counters, NeighbourState};
use crate::verdict::diagnosis::decide;

/// So many packets arrived meanwhile, and so many were handed to somebody.
fn arrived(it: &mut Findings, received: u64, delivered: u64) {
    let took = Duration::from_secs(1);
    let counters = arrivals(2, 2);
    it.baseline = Some(Baseline { counters, took });
    it.counters = Some(arrivals(received, delivered));
}

/// The same, and as many a second while nothing was sent.
fn noise(it: &mut Findings) {
    arrived(it, 80, 20);
    let (counters, took) = (arrivals(14, 2), Duration::from_secs(1));
    it.baseline = Some(Baseline { counters, took });
}

fn arrivals(received: u64, delivered: u64) -> Counters {
    Counters {
        received: Some(received),
        delivered: Some(delivered),
        forwarded: Some(0),
        header_errors: Some(0),
        address_errors: Some(0),
        multicast: Some(0),
        unknown_protocols: Some(0),
        reassembly_requests: Some(0),
        ..Counters::default()
    }
}

/// An interface was asked for that is not the route's.
fn forced(it: &mut Findings) {
    let mut free = route(it).clone();
    free.interface = Some("eth9".into());
    way(it).unbound_route = Some(free);
}

/// Whether each says it, or does not.
pub(super) fn assert_told(said: bool, cases: Vec<(&str, Findings, &str)>) {
    for (what, findings, words) in cases {
        let found = decide(&findings);
        let told = found.verdict.plain() + &all(&found);
        assert_eq!(told.contains(words), said, "{what}: {words:?} in {told}");
    }
}

/// No name server gave an answer.
fn unanswered(it: &mut Findings) {
    it.name.addresses.clear();
    it.name.error = Some("Temporary failure in name resolution (EAI_AGAIN)".to_owned());
    it.port_probes = None;
}

fn no_loopback(it: &mut Findings) {
    it.local.loopback = Some(tried(Protocol::Tcp, "127.0.0.1", 40000, &[(SILENCE, 2)]));
}

fn deaf_and(more: impl FnOnce(&mut Findings)) -> Findings {
    but(|it| {
        deaf(it);
        more(it);
    })
}

/// The port answers, and nothing else at that address.
fn alone(it: &mut Findings) {
    it.echo = Some(echo(SILENCE));
    other_ports(it, SILENCE);
    says(it, reached(4, FinalReply::SynAck), None);
}

/// Echoes to that address travel on, and nobody answers them.
fn passed_by(it: &mut Findings) {
    alone(it);
    says(it, reached(1, FinalReply::SynAck), None);
    let (path, _) = it.path.as_mut().expect("a path");
    path.host_hops = vec![
        hop(1, GATEWAY, 1),
        hop(2, "203.0.113.2", 4),
        hop(3, ROUTER, 9),
    ];
}

/// Somebody with the target's address forwards its port, and nobody answers.
fn translated(it: &mut Findings) {
    silent(it);
    says(it, PathEnd::NoReply { after: Some(2) }, None);
    note(it, PathNote::Dnat(2));
}

/// Who could help is asked.
#[test]
fn what_was_seen_is_told() {
    let far_and_lossy = but(|it| {
        says(it, reached(6, FinalReply::SynAck), None);
        let (begins, lost, of) = (None, 6, 20);
        note(
            it,
            PathNote::Loss {
                onset: begins,
                lost,
                sent: of,
            },
        );
    });
    let silent_address = but(|it| addresses(it, &[("2001:db8::7", SILENCE)]));
    assert_told(
        true,
        vec![
            (
                "no name server",
                but(unanswered),
                "no name server gave an answer",
            ),
            ("deaf", but(deaf), "not even a router on the way"),
            (
                "echoes get lost",
                but(|it| {
                    let ends = [(Outcome::Reply, 20), (SILENCE, 3)];
                    it.echo = Some(tried(Protocol::Icmp, TARGET, 0, &ends));
                }),
                "other probes had no answer (ICMP echo)",
            ),
            (
                "a rule for these packets",
                but(|it| {
                    local(it, LocalCause::NoRoute);
                    it.echo = Some(echo(Outcome::Reply));
                }),
                "though others to that host have one",
            ),
            ("far, as probes get lost", far_and_lossy, "or from nearer"),
            (
                "a port forward",
                but(translated),
                "at hop 2: where does it send tcp/5432",
            ),
            (
                "nobody but the port",
                but(alone),
                "something at hop 4 in its name",
            ),
            (
                "a proxy for nobody",
                but(passed_by),
                "travel on, to 203.0.113.3 at hop 3 at least",
            ),
            (
                "an old entry, or a filter",
                deaf_and(in_hosts_file),
                "does a rule drop packets on it?",
            ),
            (
                "one address is silent",
                silent_address,
                "does a rule drop packets on it?",
            ),
            (
                "dropped here",
                deaf_and(|it| arrived(it, 80, 20)),
                "60 packets arrived at this machine",
            ),
            (
                "dropped here",
                deaf_and(|it| arrived(it, 80, 20)),
                "rule of INPUT",
            ),
            (
                "by another way",
                deaf_and(forced),
                "would go by eth9 from 198.51.100.7",
            ),
            (
                "by another way",
                deaf_and(forced),
                "the same without -I and -S",
            ),
        ],
    );
}

/// Nobody else is asked, and a verdict claims no more than was seen.
#[test]
fn what_was_not_seen_is_not_told() {
    let refused_address = but(|it| addresses(it, &[("2001:db8::7", RST)]));
    let neighbour = |it: &mut Findings| on_link(it, NeighbourState::Reachable);
    assert_told(
        false,
        vec![
            ("no name server", but(unanswered), "does not resolve"),
            ("a deaf neighbour", deaf_and(neighbour), "router on the way"),
            (
                "one address refuses",
                refused_address,
                "does a rule drop packets on it?",
            ),
            (
                "all was handed over",
                deaf_and(|it| arrived(it, 80, 80)),
                "arrived at this machine",
            ),
            (
                "answered, and others dropped",
                but(|it| arrived(it, 80, 20)),
                "arrived at this machine",
            ),
            (
                "by another way, and it works",
                but(forced),
                "the same without -I and -S",
            ),
            ("noise", deaf_and(noise), "arrived at this machine"),
            ("no loopback", but(no_loopback), "nothing wrong was seen"),
        ],
    );
}

/// Eight probes to every hop, of which so many got no answer, and the target, which lost so many of sixteen.
fn lost(routers: [u64; 3], target: u64) -> Findings {
    but(|it| {
        let (path, analysis) = it.path.as_mut().expect("a path");
        path.flows.clear();
        let mut survey = surveyed(&path.hops, 8);
        for (hop, lost) in survey.hops.iter_mut().zip(routers) {
            hop.answered -= lost;
        }
        survey.full_ttl.sent = 16;
        survey.full_ttl.answered = 16 - target;
        path.survey = Some(survey);
        analysis.notes = analyze(path).notes;
        assert!(!analysis.notes.is_empty(), "{routers:?}, {target}");
    })
}

/// The same, and many echoes that were all answered.
fn limited(routers: [u64; 3], target: u64) -> Findings {
    let mut findings = lost(routers, target);
    findings.echo = Some(tried(Protocol::Icmp, TARGET, 0, &[(Outcome::Reply, 23)]));
    findings
}

const CONNECTED_AGAIN: Outcome = Outcome::Connected(Handshake::AfterSynLoss);

/// The same, and one probe of another port ended so.
fn beside(outcome: Outcome) -> Findings {
    let mut findings = limited([0, 0, 0], 9);
    findings.other_ports = vec![tried(Protocol::Tcp, TARGET, 22, &[(outcome, 1)])];
    findings
}

/// The same, and as many packets were dropped here as are missing.
fn dropped_here(mut findings: Findings) -> Findings {
    arrived(&mut findings, 80, 60);
    findings
}

#[test]
fn where_packets_get_lost_is_told_with_who_can_look() {
    let (a, b) = ("hop 2 (203.0.113.2)", "hop 3 (203.0.113.3)");
    assert_told(
        true,
        vec![
            (
                "on a link",
                lost([0, 0, 5], 9),
                &format!("get lost between {a} and {b}: 9 of 16"),
            ),
            (
                "on a link",
                lost([0, 0, 5], 9),
                "by the hop they were sent to: 0 of 8 at hop 1, 0 of 8 at hop 2, 5 of 8 at hop 3, 9 of 16 at the target",
            ),
            (
                "not there",
                lost([0, 0, 5], 9),
                "The target and its service",
            ),
            (
                "on the first link",
                lost([5, 4, 5], 9),
                "between this machine and hop 1 (198.51.100.1)",
            ),
            ("too few to tell", lost([0, 0, 1], 2), "synack trace -n 30"),
            ("at the target", lost([0, 0, 0], 9), &format!("behind {b}")),
            (
                "at the target",
                lost([0, 0, 0], 9),
                "a full queue at the target",
            ),
            (
                "of this port alone",
                limited([0, 0, 5], 9),
                &format!("dropped for tcp/5432 (or for TCP as a whole), between {a} and {b}."),
            ),
            (
                "of all of TCP",
                beside(CONNECTED_AGAIN),
                "for TCP as a whole, as tcp/22 needed more than one SYN, too",
            ),
            (
                "of all of TCP, perhaps",
                beside(SILENCE),
                "(or for TCP as a whole: no answer from tcp/22, either)",
            ),
            (
                "of this port alone, on the first link",
                limited([5, 4, 5], 9),
                "rule of OUTPUT",
            ),
            (
                "dropped here",
                dropped_here(lost([0, 0, 0], 9)),
                "look at its own firewall first",
            ),
            (
                "dropped here, of this port alone",
                dropped_here(limited([0, 0, 0], 9)),
                "look at its own firewall first",
            ),
        ],
    );
    assert_told(
        false,
        vec![
            (
                "on a link",
                lost([0, 0, 5], 9),
                "a full queue at the target",
            ),
            ("at the target", lost([0, 0, 0], 9), "and its service"),
            (
                "dropped here",
                dropped_here(lost([0, 0, 0], 9)),
                "get lost behind",
            ),
            (
                "of this port alone",
                limited([0, 0, 5], 9),
                "accept queue full",
            ),
            ("too few to tell", lost([0, 0, 1], 2), "get lost between"),
        ],
    );
}
