//! Situations, one row each.

use std::collections::HashSet;

use super::build::*;
use crate::diagnose::{Code, Findings, decide};
use crate::outcome::{Errno, Handshake, LocalCause, Outcome, Refusal, Unreached};
use crate::path::{End, Loop, Note, Reached, Speaker};
use crate::platform::{Counters, Link, NeighbourState, RouteKind};

/// A situation, what it is, and its findings.
pub(super) type Row = (&'static str, Code, Findings);

/// Every row.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = works();
    rows.extend(names());
    rows.extend(here());
    rows.extend(next_hops());
    rows.extend(own_machine());
    rows.extend(rejections());
    rows.extend(refusals());
    rows.extend(silences());
    rows.extend(mixtures());
    rows.extend(somehow());
    rows.extend(LocalCause::ALL.iter().map(|cause| {
        let findings = but(|it| {
            local(it, *cause);
            way(it).neighbour = None;
            route(it).next_hop = None;
        });
        (cause.reason(), Code::Local(*cause), findings)
    }));
    rows
}

fn works() -> Vec<Row> {
    vec![
        ("all is well", Code::Works, healthy()),
        ("echo lost, port fine", Code::Works, but(echo_silent)),
        (
            "hosts-file entry, and it works",
            Code::Works,
            but(in_hosts_file),
        ),
        (
            "gateway stale but answering",
            Code::Works,
            but(|it| neighbour(it, NeighbourState::Stale)),
        ),
        (
            "neighbour failed, yet answered",
            Code::Works,
            but(|it| neighbour(it, NeighbourState::Failed)),
        ),
        (
            "loss at a hop that does not continue",
            Code::Works,
            but(|it| note(it, Note::Limited(vec![2]))),
        ),
        (
            "one packet of the path lost",
            Code::Works,
            but(|it| {
                note(
                    it,
                    Note::Loss {
                        from: Some(2),
                        lost: 1,
                        of: 9,
                    },
                )
            }),
        ),
        (
            "SYN-ACK from one hop nearer",
            Code::Works,
            but(|it| {
                says(
                    it,
                    reached(3, Reached::SynAck),
                    Some(Speaker::InFront(at(4))),
                )
            }),
        ),
        (
            "large packets, and a router says so",
            Code::Works,
            but(|it| sizes(it, Outcome::Reply, rejected(ROUTER, 3, 4))),
        ),
        (
            "one connection of many closed",
            Code::Works,
            but(|it| ended(it, &[(CONNECTED, 4), (Outcome::ClosedAfterConnect, 1)])),
        ),
        (
            "no IPv6 on this machine",
            Code::Works,
            but(|it| addresses(it, &[(TARGET_V6, Outcome::Local(LocalCause::NoRoute))])),
        ),
        (
            "own stack odd, port fine",
            Code::Works,
            but(|it| {
                it.local.loopback = Some(tried(
                    crate::target::Protocol::Tcp,
                    "127.0.0.1",
                    1,
                    &[(SILENCE, 1)],
                ))
            }),
        ),
        (
            "UDP answers",
            Code::Works,
            but(|it| udp(it, &[(Outcome::Reply, 3)])),
        ),
        (
            "ICMP echo answers",
            Code::Works,
            but(|it| ping(it, Outcome::Reply)),
        ),
        (
            "stopped, and it works",
            Code::Works,
            but(|it| {
                it.interrupted = true;
                it.path = None;
            }),
        ),
    ]
}

fn names() -> Vec<Row> {
    let unresolved = |findings: &mut Findings| {
        findings.name.addresses.clear();
        findings.name.error = Some("Name or service not known (EAI_NONAME)".to_owned());
        (
            findings.port_tried,
            findings.echo,
            findings.path,
            findings.way,
        ) = (None, None, None, None);
    };
    vec![
        (
            "the name does not resolve",
            Code::NameUnresolved,
            but(unresolved),
        ),
        (
            "hosts-file entry, all silent",
            Code::StaleHostsEntry,
            but(|it| {
                deaf(it);
                in_hosts_file(it);
            }),
        ),
        (
            "hosts-file entry, no such neighbour",
            Code::StaleHostsEntry,
            but(|it| {
                local(it, LocalCause::NoNeighbour);
                on_link(it, NeighbourState::Failed);
                in_hosts_file(it);
            }),
        ),
        (
            "hosts-file entry, host unreachable",
            Code::StaleHostsEntry,
            but(|it| {
                ended(it, &[(rejected(ROUTER, 3, 1), 3)]);
                echo_silent(it);
                in_hosts_file(it);
            }),
        ),
        (
            "hosts-file entry, only this port silent",
            Code::PortFiltered,
            but(|it| {
                silent(it);
                in_hosts_file(it);
            }),
        ),
        (
            "hosts-file entry of another address, all silent",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                it.name.hosts_file = vec![ip("192.0.2.99")];
            }),
        ),
        (
            "hosts-file entry, refused",
            Code::PortClosed,
            but(|it| {
                ended(it, &[(RST, 3)]);
                in_hosts_file(it);
            }),
        ),
        (
            "hosts-file entry, gateway dead",
            Code::GatewayDead,
            but(|it| {
                local(it, LocalCause::NoNeighbour);
                in_hosts_file(it);
            }),
        ),
        (
            "hosts-file entry, UDP silent and nothing else asked",
            Code::OpenOrFiltered,
            but(|it| {
                udp(it, &[(SILENCE, 3)]);
                it.echo = None;
                in_hosts_file(it);
            }),
        ),
        (
            "slow lookup",
            Code::SlowNameLookup,
            but(|it| it.name.took = Some(ms(5003))),
        ),
    ]
}

fn here() -> Vec<Row> {
    let bare = Link {
        addresses: Vec::new(),
        ..link()
    };
    let unplugged = Link {
        carrier: Some(false),
        ..link()
    };
    let broken = |outcome| {
        Some(tried(
            crate::target::Protocol::Tcp,
            "127.0.0.1",
            40000,
            &[(outcome, 1)],
        ))
    };
    vec![
        (
            "loopback silent",
            Code::LocalStackBroken,
            but(|it| {
                deaf(it);
                it.local.loopback = broken(SILENCE);
            }),
        ),
        (
            "own address silent",
            Code::LocalStackBroken,
            but(|it| {
                deaf(it);
                it.local.own_address = broken(SILENCE);
            }),
        ),
        (
            "RST on loopback, target is own",
            Code::LocalStackBroken,
            but(|it| {
                ended(it, &[(RST, 3)]);
                own(it, None);
                it.local.loopback = broken(RST);
            }),
        ),
        (
            "loopback silent, RST from afar",
            Code::PortClosed,
            but(|it| {
                ended(it, &[(RST, 3)]);
                it.local.loopback = broken(SILENCE);
            }),
        ),
        (
            "no file for loopback either",
            Code::Local(LocalCause::TooManyOpenFiles),
            but(|it| {
                local(it, LocalCause::TooManyOpenFiles);
                it.local.loopback = broken(Outcome::Local(LocalCause::TooManyOpenFiles));
            }),
        ),
        (
            "no network",
            Code::NoNetwork,
            but(|it| {
                local(it, LocalCause::NoRoute);
                it.local.links = vec![("eth0".to_owned(), bare)];
                route(it).kind = RouteKind::NoRoute;
                way(it).link = None;
            }),
        ),
        (
            "no network, nothing tried",
            Code::NoNetwork,
            but(|it| {
                (it.port_tried, it.echo, it.path, it.way) = (None, None, None, None);
                it.local.links = vec![("eth0".to_owned(), unplugged.clone())];
            }),
        ),
        (
            "no route, though there is a network",
            Code::Local(LocalCause::NoRoute),
            but(|it| {
                local(it, LocalCause::NoRoute);
                route(it).kind = RouteKind::NoRoute;
                way(it).link = None;
            }),
        ),
        (
            "a route that forbids, before any probe ended",
            Code::Local(LocalCause::RouteProhibited),
            but(|it| {
                (it.port_tried, it.echo, it.path) = (None, None, None);
                route(it).kind = RouteKind::Prohibit;
            }),
        ),
        (
            "the cable of one of two interfaces is out",
            Code::LinkDown,
            but(|it| {
                local(it, LocalCause::NoNeighbour);
                way(it).link = Some(unplugged.clone());
            }),
        ),
        (
            "a borrowed address",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                it.local.links.clear();
            }),
        ),
        (
            "local firewall rejects at times",
            Code::Local(LocalCause::LocalFirewall),
            but(|it| {
                ended(
                    it,
                    &[
                        (CONNECTED, 4),
                        (Outcome::Local(LocalCause::LocalFirewall), 1),
                    ],
                );
            }),
        ),
        (
            "dropped here, some too early to tell",
            Code::Local(LocalCause::DroppedLocally),
            but(|it| {
                ended(
                    it,
                    &[
                        (SILENCE, 2),
                        (Outcome::Local(LocalCause::DroppedLocally), 1),
                    ],
                );
                it.counters = Some(Counters {
                    retransmit_failures: Some(3),
                    ..Counters::default()
                });
            }),
        ),
        (
            "one probe without a port, the rest silent",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                ended(
                    it,
                    &[
                        (SILENCE, 4),
                        (Outcome::Local(LocalCause::PortsExhausted), 1),
                    ],
                );
            }),
        ),
        (
            "retransmissions of others refused",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                it.counters = Some(Counters {
                    retransmit_failures: Some(3),
                    ..Counters::default()
                });
            }),
        ),
    ]
}

fn next_hops() -> Vec<Row> {
    vec![
        (
            "gateway dead",
            Code::GatewayDead,
            but(|it| {
                local(it, LocalCause::NoNeighbour);
                neighbour(it, NeighbourState::Failed);
            }),
        ),
        (
            "gateway still looked for, all silent",
            Code::GatewayDead,
            but(|it| {
                deaf(it);
                neighbour(it, NeighbourState::Incomplete);
            }),
        ),
        (
            "gateway stale, all silent",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                neighbour(it, NeighbourState::Stale);
            }),
        ),
        (
            "gateway entry failed, but the way answers",
            Code::PortFiltered,
            but(|it| {
                silent(it);
                neighbour(it, NeighbourState::Failed);
            }),
        ),
        (
            "gateway entry failed, but it answers echo",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                neighbour(it, NeighbourState::Failed);
                way(it).gateway_echo = Some(tried(
                    crate::target::Protocol::Icmp,
                    GATEWAY,
                    0,
                    &[(Outcome::Reply, 1)],
                ));
            }),
        ),
        (
            "gateway leaves echo unanswered",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                way(it).gateway_echo = Some(tried(
                    crate::target::Protocol::Icmp,
                    GATEWAY,
                    0,
                    &[(SILENCE, 1)],
                ));
            }),
        ),
        (
            "target absent",
            Code::TargetAbsent,
            but(|it| {
                local(it, LocalCause::NoNeighbour);
                on_link(it, NeighbourState::Failed);
            }),
        ),
        (
            "target absent, probes too short to be told",
            Code::TargetAbsent,
            but(|it| {
                deaf(it);
                on_link(it, NeighbourState::Incomplete);
            }),
        ),
        (
            "neighbour there, all silent",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                on_link(it, NeighbourState::Reachable);
            }),
        ),
    ]
}

fn own_machine() -> Vec<Row> {
    let full = crate::platform::Listener {
        waiting: Some(129),
        ..listener("0.0.0.0")
    };
    let overflows = Some(Counters {
        listen_overflows: Some(4),
        ..Counters::default()
    });
    let refused = |it: &mut Findings| ended(it, &[(RST, 3)]);
    let bound = crate::platform::Listener {
        interface: Some("eth1".to_owned()),
        ..listener("0.0.0.0")
    };
    vec![
        (
            "RST on loopback",
            Code::PortClosed,
            but(|it| {
                refused(it);
                own(it, None);
            }),
        ),
        (
            "nothing listens",
            Code::NothingListens,
            but(|it| {
                refused(it);
                own(it, Some(vec![]));
            }),
        ),
        (
            "nothing listens, and silence",
            Code::NothingListens,
            but(|it| {
                deaf(it);
                own(it, Some(vec![]));
            }),
        ),
        (
            "listens on loopback only",
            Code::ListensElsewhere,
            but(|it| {
                refused(it);
                own(it, Some(vec![listener("127.0.0.1")]));
            }),
        ),
        (
            "listens on IPv6 only",
            Code::ListensElsewhere,
            but(|it| {
                refused(it);
                own(
                    it,
                    Some(vec![crate::platform::Listener {
                        v6_only: Some(true),
                        ..listener("::")
                    }]),
                );
            }),
        ),
        (
            "listens at another interface",
            Code::ListensElsewhere,
            but(|it| {
                refused(it);
                own(it, Some(vec![bound]));
            }),
        ),
        (
            "listens, and refused all the same",
            Code::ListensUnanswered,
            but(|it| {
                refused(it);
                own(it, Some(vec![listener("0.0.0.0")]));
            }),
        ),
        (
            "listens, and silent",
            Code::ListensUnanswered,
            but(|it| {
                deaf(it);
                own(it, Some(vec![listener("0.0.0.0")]));
            }),
        ),
        (
            "accept queue full",
            Code::AcceptQueueFull,
            but(|it| {
                deaf(it);
                own(it, Some(vec![full.clone()]));
            }),
        ),
        (
            "accept queue overflowed",
            Code::AcceptQueueFull,
            but(|it| {
                ended(it, &[(CONNECTED, 2), (SILENCE, 1)]);
                own(it, Some(vec![listener("0.0.0.0")]));
                it.counters = overflows;
            }),
        ),
        (
            "accept queue full, reset",
            Code::AcceptQueueFull,
            but(|it| {
                ended(it, &[(Outcome::ResetAfterConnect, 3)]);
                own(it, Some(vec![full]));
            }),
        ),
        (
            "overflows of others, all is well",
            Code::Works,
            but(|it| {
                own(it, Some(vec![listener("0.0.0.0")]));
                it.counters = overflows;
            }),
        ),
        (
            "UDP, nothing listens here",
            Code::NothingListens,
            but(|it| {
                udp(it, &[(rejected(TARGET, 3, 3), 3)]);
                own(it, Some(vec![]));
            }),
        ),
        (
            "UDP, listens here and says nothing",
            Code::OpenOrFiltered,
            but(|it| {
                udp(it, &[(SILENCE, 3)]);
                own(it, Some(vec![listener("0.0.0.0")]));
            }),
        ),
    ]
}

fn rejections() -> Vec<Row> {
    let by = |from: &'static str, kind, code| {
        but(|it| {
            ended(it, &[(rejected(from, kind, code), 3)]);
            let at = (from == ROUTER).then_some(3);
            says(
                it,
                End::Rejected {
                    ttl: Some(4),
                    icmp: icmp(from, kind, code),
                    at,
                },
                None,
            );
        })
    };
    vec![
        (
            "admin-prohibited by a router",
            Code::FirewallRejects,
            by(ROUTER, 3, 13),
        ),
        (
            "host-prohibited by a router",
            Code::FirewallRejects,
            by(ROUTER, 3, 10),
        ),
        (
            "TCP port-unreachable by a router",
            Code::FirewallRejects,
            by(ROUTER, 3, 3),
        ),
        (
            "TCP port-unreachable by the target",
            Code::FirewallRejects,
            by(TARGET, 3, 3),
        ),
        (
            "admin-prohibited by the target",
            Code::FirewallRejects,
            by(TARGET, 3, 13),
        ),
        (
            "IPv6 admin-prohibited",
            Code::FirewallRejects,
            by("2001:db8::1", 1, 1),
        ),
        (
            "IPv6 policy",
            Code::FirewallRejects,
            by("2001:db8::1", 1, 5),
        ),
        ("net-unreachable", Code::NoRouteAtRouter, by(ROUTER, 3, 0)),
        (
            "IPv6 no route",
            Code::NoRouteAtRouter,
            by("2001:db8::1", 1, 0),
        ),
        ("host-unreachable", Code::HostUnreachable, by(ROUTER, 3, 1)),
        (
            "host-unreachable by the target: it forwards",
            Code::HostUnreachable,
            by(TARGET, 3, 1),
        ),
        ("parameter problem", Code::IcmpError, by(ROUTER, 12, 0)),
        (
            "errno alone",
            Code::IcmpError,
            but(|it| {
                ended(
                    it,
                    &[(
                        Outcome::Unreachable(Unreached::BySystem(Errno::HostUnreachable)),
                        3,
                    )],
                );
            }),
        ),
        (
            "rejected once, then the rate limit",
            Code::FirewallRejects,
            but(|it| {
                ended(it, &[(SILENCE, 4), (rejected(ROUTER, 3, 13), 1)]);
            }),
        ),
        (
            "silent, and the path is rejected",
            Code::FirewallRejects,
            but(|it| {
                silent(it);
                says(
                    it,
                    End::Rejected {
                        ttl: Some(4),
                        icmp: icmp(ROUTER, 3, 13),
                        at: Some(3),
                    },
                    None,
                );
            }),
        ),
        (
            "TTL exceeded",
            Code::TtlExceeded,
            but(|it| ended(it, &[(rejected(ROUTER, 11, 0), 3)])),
        ),
        (
            "TTL exceeded, and a loop",
            Code::RoutingLoop,
            but(|it| {
                ended(it, &[(rejected(ROUTER, 11, 0), 3)]);
                says(it, End::Loop(Loop { first: 2, last: 3 }), None);
            }),
        ),
        (
            "silent, and a loop",
            Code::RoutingLoop,
            but(|it| {
                silent(it);
                echo_silent(it);
                says(it, End::Loop(Loop { first: 2, last: 3 }), None);
            }),
        ),
        (
            "UDP port-unreachable by the target",
            Code::PortClosed,
            but(|it| udp(it, &[(rejected(TARGET, 3, 3), 3)])),
        ),
        (
            "UDP port-unreachable by a router",
            Code::FirewallRejects,
            but(|it| udp(it, &[(rejected(ROUTER, 3, 3), 3)])),
        ),
        (
            "ICMP echo rejected",
            Code::FirewallRejects,
            but(|it| ping(it, rejected(ROUTER, 3, 13))),
        ),
        (
            "ICMP echo, host unreachable",
            Code::HostUnreachable,
            but(|it| ping(it, rejected(ROUTER, 3, 1))),
        ),
    ]
}

fn refusals() -> Vec<Row> {
    let refused = |it: &mut Findings, ttl, speaker| {
        ended(it, &[(RST, 5)]);
        says(it, reached(ttl, Reached::Rst), speaker);
    };
    vec![
        (
            "RST from as far as the host",
            Code::PortClosed,
            but(|it| refused(it, 4, Some(Speaker::Host(at(4))))),
        ),
        (
            "RST from right in front",
            Code::PortClosed,
            but(|it| refused(it, 3, Some(Speaker::InFront(at(4))))),
        ),
        (
            "RST from much nearer",
            Code::FirewallResets,
            but(|it| refused(it, 2, Some(Speaker::Other(at(4))))),
        ),
        (
            "RST from further away",
            Code::PortClosed,
            but(|it| refused(it, 5, Some(Speaker::Further(at(4))))),
        ),
        (
            "RST, distance unknown",
            Code::PortClosed,
            but(|it| {
                refused(it, 4, None);
                echo_silent(it);
            }),
        ),
        (
            "refused, the system tells no more",
            Code::PortClosed,
            but(|it| ended(it, &[(Outcome::Refused(Refusal::BySystem), 3)])),
        ),
        (
            "refused mostly, silent at times",
            Code::PortClosed,
            but(|it| ended(it, &[(RST, 3), (SILENCE, 2)])),
        ),
        (
            "refused and rejected alike",
            Code::FirewallRejects,
            but(|it| ended(it, &[(RST, 2), (rejected(ROUTER, 3, 13), 2)])),
        ),
    ]
}

fn silences() -> Vec<Row> {
    vec![
        ("echo answers, port silent", Code::PortFiltered, but(silent)),
        (
            "echo and other ports answer",
            Code::PortFiltered,
            but(|it| {
                silent(it);
                other_ports(it, RST);
            }),
        ),
        (
            "echo lost, other ports answer",
            Code::PortFiltered,
            but(|it| {
                silent(it);
                echo_silent(it);
                other_ports(it, CONNECTED);
            }),
        ),
        ("everything silent", Code::HostSilent, but(deaf)),
        (
            "everything silent, other ports rejected by a router",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                other_ports(it, rejected(ROUTER, 3, 13));
            }),
        ),
        (
            "silent, and stopped before anything else was asked",
            Code::Unclear,
            but(|it| {
                silent(it);
                it.echo = None;
                it.interrupted = true;
            }),
        ),
        (
            "stopped before any probe ended",
            Code::Unclear,
            but(|it| {
                (it.port_tried, it.echo, it.path) = (None, None, None);
                it.interrupted = true;
            }),
        ),
        (
            "UDP silent",
            Code::OpenOrFiltered,
            but(|it| udp(it, &[(SILENCE, 3)])),
        ),
        (
            "UDP silent, nothing else asked",
            Code::OpenOrFiltered,
            but(|it| {
                udp(it, &[(SILENCE, 3)]);
                it.echo = None;
            }),
        ),
        (
            "UDP silent like everything else",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                udp(it, &[(SILENCE, 3)]);
            }),
        ),
        (
            "ICMP echo silent, ports answer",
            Code::EchoFiltered,
            but(|it| {
                ping(it, SILENCE);
                other_ports(it, CONNECTED);
            }),
        ),
        (
            "ICMP echo silent, ports too",
            Code::HostSilent,
            but(|it| {
                ping(it, SILENCE);
                other_ports(it, SILENCE);
            }),
        ),
        (
            "ICMP echo silent, nothing else asked",
            Code::Unclear,
            but(|it| ping(it, SILENCE)),
        ),
        (
            "silent, and the path's probes connect",
            Code::Intermittent,
            but(|it| {
                ended(it, &[(SILENCE, 3)]);
                says(it, reached(4, Reached::SynAck), Some(Speaker::Host(at(4))));
            }),
        ),
    ]
}

fn mixtures() -> Vec<Row> {
    vec![
        (
            "connects mixed with rejections",
            Code::Intermittent,
            but(|it| ended(it, &[(CONNECTED, 2), (rejected(ROUTER, 3, 13), 3)])),
        ),
        (
            "connects mixed with RSTs",
            Code::Intermittent,
            but(|it| ended(it, &[(CONNECTED, 3), (RST, 2)])),
        ),
        (
            "connects mixed with silence",
            Code::PacketLoss,
            but(|it| ended(it, &[(CONNECTED, 3), (SILENCE, 2)])),
        ),
        (
            "loss from a hop on",
            Code::PacketLoss,
            but(|it| {
                note(
                    it,
                    Note::Loss {
                        from: Some(2),
                        lost: 4,
                        of: 9,
                    },
                )
            }),
        ),
        (
            "lost SYNs, and loss from a hop on",
            Code::PacketLoss,
            but(|it| {
                note(
                    it,
                    Note::Loss {
                        from: Some(2),
                        lost: 1,
                        of: 9,
                    },
                );
                let ends = &mut it.port_tried.as_mut().expect("a healthy walk").ends;
                *ends = vec![
                    (CONNECTED, 4),
                    (Outcome::Connected(Handshake::AfterSynLoss), 1),
                ];
            }),
        ),
        (
            "dead flows",
            Code::SomeFlowsFail,
            but(|it| note(it, Note::DeadFlows(vec![40002]))),
        ),
        (
            "dead flows, and the port silent at times",
            Code::SomeFlowsFail,
            but(|it| {
                ended(it, &[(CONNECTED, 3), (SILENCE, 2)]);
                says(it, reached(4, Reached::SynAck), None);
                note(it, Note::DeadFlows(vec![40002]));
            }),
        ),
        (
            "resets at once",
            Code::ResetsAtOnce,
            but(|it| ended(it, &[(Outcome::ResetAfterConnect, 5)])),
        ),
        (
            "resets mostly",
            Code::ResetsAtOnce,
            but(|it| ended(it, &[(Outcome::ResetAfterConnect, 4), (CONNECTED, 1)])),
        ),
        (
            "resets at times",
            Code::Intermittent,
            but(|it| ended(it, &[(Outcome::ResetAfterConnect, 1), (CONNECTED, 4)])),
        ),
        (
            "closes at once",
            Code::ClosesAtOnce,
            but(|it| ended(it, &[(Outcome::ClosedAfterConnect, 5)])),
        ),
    ]
}

fn somehow() -> Vec<Row> {
    let slow_hops = |it: &mut Findings| {
        times(it, 251, 250);
        let (path, _) = it.path.as_mut().expect("a path");
        for flow in &mut path.flows {
            flow.hops = vec![
                hop(1, GATEWAY, 1),
                hop(2, "203.0.113.2", 300),
                hop(3, ROUTER, 248),
            ];
        }
    };
    vec![
        (
            "IPv6 dead, IPv4 fine",
            Code::OnlyIpv4Works,
            but(|it| addresses(it, &[(TARGET_V6, SILENCE)])),
        ),
        (
            "IPv4 dead, IPv6 fine",
            Code::OnlyIpv6Works,
            but(|it| {
                deaf(it);
                addresses(it, &[(TARGET_V6, CONNECTED)]);
            }),
        ),
        (
            "IPv4 refused, IPv6 fine",
            Code::OnlyIpv6Works,
            but(|it| {
                ended(it, &[(RST, 3)]);
                addresses(it, &[(TARGET_V6, CONNECTED)]);
            }),
        ),
        (
            "first address dead, second fine",
            Code::OnlySomeAddressesWork,
            but(|it| {
                deaf(it);
                addresses(it, &[("192.0.2.11", CONNECTED)]);
            }),
        ),
        (
            "first fine, second dead",
            Code::OnlySomeAddressesWork,
            but(|it| addresses(it, &[("192.0.2.11", RST)])),
        ),
        (
            "both dead",
            Code::HostSilent,
            but(|it| {
                deaf(it);
                addresses(it, &[("192.0.2.11", SILENCE)]);
            }),
        ),
        (
            "first has no route, second fine",
            Code::OnlySomeAddressesWork,
            but(|it| {
                local(it, LocalCause::NoRoute);
                addresses(it, &[("192.0.2.11", CONNECTED)]);
            }),
        ),
        (
            "MTU black hole",
            Code::MtuBlackHole,
            but(|it| sizes(it, Outcome::Reply, SILENCE)),
        ),
        (
            "all echoes vanish",
            Code::Works,
            but(|it| sizes(it, SILENCE, SILENCE)),
        ),
        (
            "lost SYNs",
            Code::SynLoss,
            but(|it| {
                ended(
                    it,
                    &[
                        (CONNECTED, 4),
                        (Outcome::Connected(Handshake::AfterSynLoss), 1),
                    ],
                )
            }),
        ),
        (
            "transparent proxy",
            Code::ProxyAnswers,
            but(|it| says(it, reached(2, Reached::SynAck), Some(Speaker::Other(at(9))))),
        ),
        ("slow here", Code::SlowHere, but(|it| times(it, 180, 11))),
        ("slow path", Code::SlowPath, but(slow_hops)),
        (
            "slow neighbour",
            Code::SlowPath,
            but(|it| {
                on_link(it, NeighbourState::Reachable);
                times(it, 61, 60);
            }),
        ),
        (
            "a long way, not slow",
            Code::Works,
            but(|it| times(it, 151, 150)),
        ),
    ]
}

#[test]
fn every_situation_has_its_verdict() {
    let mut wrong = Vec::new();
    for (situation, expected, findings) in rows() {
        let found = decide(&findings);
        if found.code != expected {
            let (is, should) = (found.code.name(), expected.name());
            wrong.push(format!(
                "{situation}: {is} instead of {should}: {}",
                found.verdict
            ));
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
