//! What every diagnosis must say.

use super::build::*;
use super::evidence::assert_told;
use super::rows::rows;
use crate::checks::Findings;
use crate::hosts::Protocol;
use crate::outcome::{IcmpVersion, LocalCause, Outcome};
use crate::path::{FinalReply, PathEnd, PathNote, Responder, RoutingLoop};
use crate::platform::NeighbourState;
use crate::text::Text;
use crate::verdict::diagnosis::{Code, Diagnosis, decide};

#[test]
fn no_diagnosis_is_without_words() {
    for (situation, _, findings) in rows() {
        let found = decide(&findings);
        assert!(
            found.verdict.plain().ends_with('.'),
            "{situation}: {}",
            found.verdict.plain()
        );
        let lines = [&found.evidence, &found.rules_out, &found.unknown]
            .into_iter()
            .flatten();
        for line in lines.map(Text::plain) {
            let whole = line.ends_with(['.', '?']) && !line.contains("  ") && !line.contains(": .");
            assert!(whole, "{situation}: {line:?}");
        }
        let steps_or_works = !found.next.is_empty() || found.code == Code::Works;
        assert!(steps_or_works, "{situation}: nothing to do");
    }
}

#[test]
fn names_of_codes_are_kebab_case_and_differ() {
    let names: Vec<_> = Code::all().map(Code::name).collect();
    for name in &names {
        let kebab = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(kebab, "{name}");
        assert_eq!(names.iter().filter(|it| it == &name).count(), 1, "{name}");
    }
}

pub(super) fn all(found: &Diagnosis) -> String {
    let lists = [&found.evidence, &found.unknown, &found.rules_out];
    let lines = lists.into_iter().flatten().map(Text::plain);
    let steps = found.next.iter().map(|step| step.what.plain());
    lines.chain(steps).collect::<Vec<_>>().join("\n")
}

/// All probes are rejected by that device, and those of the path from a TTL on.
fn rejected_from(from: &str, ttl: u8, at: Option<u8>, after: Option<u8>) -> Findings {
    but(|it| {
        ended(it, &[(rejected(from, 3, 13), 5)]);
        let (icmp, ttl) = (icmp(from, 3, 13), Some(ttl));
        let end = PathEnd::Rejected {
            ttl,
            icmp,
            sender_hop: at,
            after,
        };
        says(it, end, None);
    })
}

#[test]
fn a_device_is_named_with_its_hop() {
    let forged = but(|it| {
        ended(it, &[(RST, 5)]);
        says(
            it,
            reached(3, FinalReply::Rst),
            Some(Responder::Nearer(at(9))),
        );
    });
    let proxy = but(|it| {
        says(
            it,
            reached(2, FinalReply::SynAck),
            Some(Responder::Nearer(at(9))),
        );
    });
    let gateway = but(|it| {
        local(it, LocalCause::NoNeighbour);
        neighbour(it, NeighbourState::Failed);
    });
    let cases: Vec<(Findings, &[&str], &[&str])> = vec![
        (
            rejected_from("203.0.113.99", 6, None, Some(3)),
            &[
                "203.0.113.99 (one of hops 3 to 6)",
                "though the host answers ICMP echo",
            ],
            &["203.0.113.99 (one of hops 3 to 6)"],
        ),
        (
            rejected_from(ROUTER, 4, Some(3), None),
            &["203.0.113.3 (hop 3)", "3/13"],
            &["203.0.113.3 (hop 3)"],
        ),
        (
            rejected_from(ROUTER, 4, None, None),
            &["203.0.113.3 (hop 3)"],
            &["admin-prohibited (3/13)"],
        ),
        (
            forged,
            &["hop 3, or hop 2 (203.0.113.2) just before it", "hop 9"],
            &["hop 3", "hop 9"],
        ),
        (
            proxy,
            &["hop 2, or hop 1 (198.51.100.1) just before it", "hop 9"],
            &["hop 2", "hop 9"],
        ),
        (
            gateway,
            &["198.51.100.1", "ARP"],
            &["198.51.100.1 at eth0 is failed"],
        ),
    ];
    for (findings, verdict, evidence) in cases {
        let found = decide(&findings);
        for word in verdict {
            assert!(
                found.verdict.plain().contains(word),
                "{word:?} in {:?}",
                found.verdict.plain()
            );
        }
        let seen = Text::plain_lines(&found.evidence);
        for word in evidence {
            assert!(seen.contains(word), "{word:?} in {seen}");
        }
    }
}

#[test]
fn what_cannot_be_known_is_said() {
    let cases: Vec<(&str, Findings, &str)> = vec![
        (
            "silence",
            but(silent),
            "on the way there, or their answers on the way back",
        ),
        (
            "a dead host",
            but(deaf),
            "a dead host and a filter that drops everything look the same",
        ),
        (
            "a RST without distance",
            but(|it| ended(it, &[(RST, 3)])),
            "Whether a firewall sends the RST",
        ),
        (
            "a RST from in front",
            but(|it| {
                ended(it, &[(RST, 3)]);
                says(
                    it,
                    reached(3, FinalReply::Rst),
                    Some(Responder::OneHopNearer(at(4))),
                );
            }),
            "a shorter way for these packets looks the same",
        ),
        (
            "limits",
            but(|it| ended(it, &[(rejected(ROUTER, 3, 13), 1), (SILENCE, 2)])),
            "limit how many they send",
        ),
        (
            "UDP",
            but(|it| udp(it, &[(SILENCE, 3)])),
            "UDP does not tell",
        ),
        (
            "a stopped run",
            but(|it| {
                silent(it);
                it.interrupted = true;
            }),
            "somebody stopped the run",
        ),
        (
            "a missing step",
            but(|it| ended(it, &[(RST, 3)])),
            "Not looked at: other ports and the path.",
        ),
    ];
    assert_told(true, cases);
}

#[test]
fn what_else_was_seen_is_evidence() {
    let slow = but(|it| {
        times(it, 251, 250);
        let (path, _) = it.path.as_mut().expect("a path");
        // Hop 1 is slow to say so itself: what lies behind it is not.
        path.hops = vec![
            hop(1, GATEWAY, 300),
            hop(2, "203.0.113.2", 2),
            hop(3, ROUTER, 248),
        ];
        path.flows.iter_mut().for_each(|flow| flow.hops.clear());
    });
    let cases: Vec<(&str, Findings, &str)> = vec![
        (
            "hosts file",
            but(in_hosts_file),
            "hosts file gives db.example the address 192.0.2.10",
        ),
        (
            "a step of the time",
            slow,
            "from 2.00 ms to 248 ms at hop 3 (203.0.113.3)",
        ),
        (
            "a hop that limits",
            but(|it| note(it, PathNote::RateLimited(vec![2]))),
            "Loss at hop 2",
        ),
        (
            "the first address",
            but(|it| {
                deaf(it);
                addresses(it, &[("192.0.2.11", CONNECTED)]);
            }),
            "gives no answer, and nothing else does",
        ),
        (
            "a listener elsewhere",
            but(|it| {
                ended(it, &[(RST, 3)]);
                own(it, Some(vec![listener("127.0.0.1")]));
            }),
            "ss -ltnp 'sport = :5432'",
        ),
        (
            "other ports in one line",
            but(|it| {
                silent(it);
                other_ports(it, RST);
            }),
            "tcp/22 and tcp/443: each 2 probes, all refused with RST.",
        ),
        (
            "the last hop",
            but(silent),
            "hop 3 (203.0.113.3) is the last to answer",
        ),
    ];
    assert_told(true, cases);
}

/// A router's limit hides it at the first round of a loop.
#[test]
fn a_router_of_a_loop_is_known_from_any_round() {
    let found = decide(&but(|it| {
        silent(it);
        says(it, PathEnd::Loop(RoutingLoop { first: 2, last: 3 }), None);
        let (path, _) = it.path.as_mut().expect("a path");
        path.hops = vec![
            hop(1, GATEWAY, 1),
            hop(3, ROUTER, 9),
            hop(4, "203.0.113.2", 9),
        ];
        path.flows.iter_mut().for_each(|flow| flow.hops.clear());
    }));
    let both = "between hop 2 (203.0.113.2) and hop 3 (203.0.113.3)";
    assert!(
        found.verdict.plain().contains(both),
        "{}",
        found.verdict.plain()
    );
}

#[test]
fn an_icmp_error_of_ipv6_bears_its_own_name() {
    let mut findings = but(|it| ended(it, &[(rejected("2001:db8::1", 1, 1), 3)]));
    let verdict = decide(&findings).verdict.plain();
    assert!(
        verdict.contains("ICMPv6 admin-prohibited (1/1)"),
        "{verdict}"
    );
    let v4 = icmp(ROUTER, 3, 13);
    assert_eq!(v4.version, IcmpVersion::V4);
    ended(
        &mut findings,
        &[(
            Outcome::Unreachable(crate::outcome::UnreachableBy::Icmp(v4)),
            3,
        )],
    );
    let verdict = decide(&findings).verdict.plain();
    assert!(
        verdict.contains("ICMP admin-prohibited (3/13)"),
        "{verdict}"
    );
}

#[test]
fn a_ping_is_not_told_of_ports() {
    for outcome in [Outcome::Reply, SILENCE, rejected(ROUTER, 3, 13)] {
        let mut findings = but(|it| ping(it, outcome));
        findings.other_ports = vec![tried(Protocol::Tcp, TARGET, 22, &[(SILENCE, 2)])];
        let found = decide(&findings);
        let said = found.verdict.plain() + &all(&found);
        assert!(!said.contains(":0") && !said.contains("tcp/0"), "{said}");
    }
}

/// The port is silent behind hop `after`, and the host answers echoes at hop 4; routers answer these up to it.
fn silent_behind(after: u8) -> Findings {
    but(|it| {
        silent(it);
        says(it, PathEnd::NoReply { after: Some(after) }, None);
        let (path, _) = it.path.as_mut().expect("a path");
        path.host_distance = Some(at(4));
        path.host_hops = vec![
            hop(1, GATEWAY, 1),
            hop(2, "203.0.113.2", 4),
            hop(3, ROUTER, 9),
        ];
    })
}

#[test]
fn silence_is_placed_where_other_probes_get_on() {
    let behind = decide(&silent_behind(1));
    assert_eq!(behind.code, Code::PortFiltered);
    assert!(
        behind
            .verdict
            .plain()
            .contains("most likely right behind hop 1 (198.51.100.1)"),
        "{}",
        behind.verdict.plain()
    );
    assert!(all(&behind).contains("203.0.113.2 at hop 2"));
    let host = decide(&silent_behind(3));
    assert!(
        !host.verdict.plain().contains("behind"),
        "{}",
        host.verdict.plain()
    );
    let told = all(&host);
    assert!(told.contains("as far as hop 3 (203.0.113.3)"), "{told}");
    assert!(told.contains("rule of INPUT"), "{told}");
}

/// Answers to smaller TTLs may have been left out: then nobody is known to stand right in front of the host.
#[test]
fn a_host_that_may_be_nearer_has_nobody_in_front() {
    let mut findings = silent_behind(3);
    let (path, _) = findings.path.as_mut().expect("a path");
    if let Some(host) = &mut path.host_distance {
        (host.min_ttl, host.ttl) = (1, 7);
    }
    path.host_hops.clear();
    let found = decide(&findings);
    let told = all(&found);
    assert!(!told.contains("right in front"), "{told}");
    assert!(told.contains("Start at hop 3 (203.0.113.3)"), "{told}");
}

#[test]
fn a_rule_of_this_machine_looks_like_the_first_hop() {
    let other = Some(Responder::Nearer(at(4)));
    let refused = but(|it| {
        ended(it, &[(RST, 5)]);
        says(it, reached(1, FinalReply::Rst), other);
    });
    let redirected = but(|it| says(it, reached(1, FinalReply::SynAck), other));
    for findings in [refused, redirected] {
        let found = decide(&findings);
        assert!(
            found.verdict.plain().contains("or on this machine"),
            "{}",
            found.verdict.plain()
        );
        assert!(all(&found).contains("rule of OUTPUT"));
    }
}

#[test]
fn what_goes_to_this_machine_itself_meets_the_rules_for_both_ways() {
    let found = decide(&but(|it| {
        local(it, LocalCause::LocalFirewall);
        own(it, Some(vec![listener("0.0.0.0")]));
    }));
    assert_eq!(found.code, Code::Local(LocalCause::LocalFirewall));
    assert!(
        !found.verdict.plain().contains("leave"),
        "{}",
        found.verdict.plain()
    );
    assert!(all(&found).contains("rule of OUTPUT or INPUT"));
}

#[test]
fn the_router_in_front_of_the_host_may_refuse_in_its_name() {
    let found = decide(&but(|it| {
        ended(it, &[(RST, 5)]);
        says(
            it,
            reached(4, FinalReply::Rst),
            Some(Responder::Host(at(4))),
        );
    }));
    let told = all(&found);
    assert!(
        told.contains("hop 3 (203.0.113.3) right in front of it"),
        "{told}"
    );
}
