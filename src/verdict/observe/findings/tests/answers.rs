//! Rejections and missing replies.

use super::*;
use crate::hosts::Protocol;
use crate::outcome::Errno;
use crate::path::{FinalReply, PathEnd, Responder, RoutingLoop};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = rejections();
    rows.extend(odd_rejections());
    rows.extend(loops());
    rows.extend(refusals());
    rows.extend(silences());
    rows.extend(datagrams());
    rows
}

/// All probes are rejected so, and those of the path too.
fn reject(it: &mut Findings, from: &str, kind: u8, code: u8) {
    ended(it, &[(rejected(from, kind, code), 3)]);
    let (icmp, at) = (icmp(from, kind, code), (from == ROUTER).then_some(3));
    says(
        it,
        PathEnd::Rejected {
            ttl: Some(4),
            icmp,
            sender_hop: at,
            after: Some(3),
        },
        None,
    );
}

/// The same, and nothing else of the host answers.
fn reject_all(it: &mut Findings, from: &str, kind: u8, code: u8) {
    reject(it, from, kind, code);
    it.echo = Some(echo(rejected(from, kind, code)));
}

fn rejections() -> Vec<Row> {
    let v6 = "2001:db8::1";
    table! {
        "admin-prohibited by a router" => Code::FirewallRejects, |it| reject(it, ROUTER, 3, 13);
        "host-prohibited by a router" => Code::FirewallRejects, |it| reject(it, ROUTER, 3, 10);
        "TCP port-unreachable by a router" => Code::FirewallRejects, |it| reject(it, ROUTER, 3, 3);
        "TCP port-unreachable by the target" => Code::FirewallRejects, |it| reject(it, TARGET, 3, 3);
        "admin-prohibited by the target" => Code::FirewallRejects, |it| reject(it, TARGET, 3, 13);
        "IPv6 admin-prohibited" => Code::FirewallRejects, |it| reject(it, v6, 1, 1);
        "IPv6 policy" => Code::FirewallRejects, |it| reject(it, v6, 1, 5);
        "net-unreachable" => Code::NoRouteAtRouter, |it| reject_all(it, ROUTER, 3, 0);
        "IPv6 no route" => Code::NoRouteAtRouter, |it| reject_all(it, v6, 1, 0);
        "host-unreachable" => Code::HostUnreachable, |it| reject_all(it, ROUTER, 3, 1);
        "IPv6 host-unreachable" => Code::HostUnreachable, |it| reject_all(it, v6, 1, 3);
        "net-unreachable, but the host answers echo" => Code::FirewallRejects, |it| reject(it, ROUTER, 3, 0);
        "IPv6 no route, but the host answers echo" => Code::FirewallRejects, |it| reject(it, v6, 1, 0);
        "host-unreachable, but another port answers" => Code::FirewallRejects, |it| {
            reject_all(it, ROUTER, 3, 1);
            other_ports(it, RST);
        };
        "IPv6 host-unreachable, but the host answers echo" => Code::FirewallRejects, |it| reject(it, v6, 1, 3);
        "host-unreachable by the target: it forwards" => Code::HostUnreachable, |it| reject(it, TARGET, 3, 1);
        "parameter problem" => Code::IcmpError, |it| reject(it, ROUTER, 12, 0);
    }
}

fn odd_rejections() -> Vec<Row> {
    let errno = Outcome::Unreachable(UnreachableBy::Errno(Errno::HostUnreachable));
    table! {
        "errno alone" => Code::IcmpError, |it| ended(it, &[(errno, 3)]);
        "rejected once, then the rate limit" => Code::FirewallRejects,
            |it| ended(it, &[(SILENCE, 4), (rejected(ROUTER, 3, 13), 1)]);
        "refused and rejected alike" => Code::FirewallRejects,
            |it| ended(it, &[(RST, 2), (rejected(ROUTER, 3, 13), 2)]);
        "silent, and the path is rejected" => Code::FirewallRejects, |it| {
            silent(it);
            says(it, PathEnd::Rejected { ttl: Some(4), icmp: icmp(ROUTER, 3, 13), sender_hop: Some(3), after: Some(3) }, None);
        };
        "silent, but echoes are told of no route" => Code::NoRouteAtRouter, |it| {
            all_silent(it);
            it.echo = Some(batch(Protocol::Icmp, TARGET, 0, &[(SILENCE, 2), (rejected(ROUTER, 3, 0), 1)]));
        };
        "silent, but another port is told that the host is not there" => Code::HostUnreachable, |it| {
            all_silent(it);
            it.other_ports.push(batch(Protocol::Tcp, TARGET, 80, &[(rejected(ROUTER, 3, 1), 1)]));
        };
        "silent, and another port is forbidden" => Code::HostSilent, |it| {
            all_silent(it);
            it.other_ports.push(batch(Protocol::Tcp, TARGET, 80, &[(rejected(ROUTER, 3, 13), 1)]));
        };
        "silent, and another port and echoes are forbidden" => Code::FirewallRejects, |it| {
            all_silent(it);
            it.echo = Some(echo(rejected(ROUTER, 3, 13)));
            it.other_ports.push(batch(Protocol::Tcp, TARGET, 80, &[(rejected(ROUTER, 3, 13), 1)]));
        };
        "silent, and the path is refused" => Code::PortClosed, |it| {
            ended(it, &[(SILENCE, 6)]);
            says(it, reached(4, FinalReply::Rst), None);
        };
        "a TTL of this machine that is too small" => Code::TtlExceeded, |it| {
            ended(it, &[(rejected(ROUTER, 11, 0), 6)]);
            says(it, reached(7, FinalReply::SynAck), None);
        };
        "ICMP echo rejected" => Code::FirewallRejects, |it| ping(it, rejected(ROUTER, 3, 13));
        "ICMP echo, host unreachable" => Code::HostUnreachable, |it| ping(it, rejected(ROUTER, 3, 1));
    }
}

fn loops() -> Vec<Row> {
    let between = || PathEnd::Loop(RoutingLoop { first: 2, last: 3 });
    table! {
        "TTL exceeded" => Code::TtlExceeded, |it| ended(it, &[(rejected(ROUTER, 11, 0), 3)]);
        "TTL exceeded, and a loop" => Code::RoutingLoop, |it| {
            ended(it, &[(rejected(ROUTER, 11, 0), 3)]);
            says(it, between(), None);
        };
        "silent, and a loop" => Code::RoutingLoop, |it| { silent(it); echo_silent(it); says(it, between(), None); };
    }
}

fn refusals() -> Vec<Row> {
    let refused = |it: &mut Findings, ttl, speaker| {
        ended(it, &[(RST, 5)]);
        says(it, reached(ttl, FinalReply::Rst), speaker);
    };
    let by_system = Outcome::Refused(Refusal::Errno);
    table! {
        "RST from as far as the host" => Code::PortClosed, |it| refused(it, 4, Some(Responder::Host(at(4))));
        "RST from right in front" => Code::FirewallResets, |it| refused(it, 3, Some(Responder::OneHopNearer(at(4))));
        "RST from much nearer" => Code::FirewallResets, |it| refused(it, 2, Some(Responder::Nearer(at(4))));
        "RST from further away" => Code::PortClosed, |it| refused(it, 5, Some(Responder::Farther(at(4))));
        "RST, distance unknown, echo lost" => Code::PortClosed, |it| { refused(it, 4, None); echo_silent(it); };
        "refused, the system tells no more" => Code::PortClosed, |it| ended(it, &[(by_system, 3)]);
        "refused mostly, silent at times" => Code::PortClosed, |it| ended(it, &[(RST, 3), (SILENCE, 2)]);
    }
}

fn silences() -> Vec<Row> {
    let reject = rejected(ROUTER, 3, 13);
    table! {
        "echo answers, port silent" => Code::PortFiltered, |it| silent(it);
        "echo answers, all ports silent" => Code::PortFiltered, |it| { silent(it); other_ports(it, SILENCE); };
        "echo and other ports answer" => Code::PortFiltered, |it| { silent(it); other_ports(it, RST); };
        "echo lost, other ports answer" => Code::PortFiltered, |it| {
            silent(it);
            echo_silent(it);
            other_ports(it, CONNECTED);
        };
        "everything silent" => Code::HostSilent, |it| all_silent(it);
        "everything silent, other ports rejected by a router" => Code::HostSilent, |it| {
            all_silent(it);
            other_ports(it, reject);
        };
        "silent, and stopped before anything else was asked" => Code::PortFiltered, |it| {
            silent(it);
            it.echo = None;
            it.interrupted = true;
        };
        "stopped before any probe ended" => Code::NothingMeasured, |it| { not_begun(it); it.interrupted = true; };
        "silent, and the path's probes connect" => Code::PacketLoss, |it| {
            ended(it, &[(SILENCE, 3)]);
            says(it, reached(4, FinalReply::SynAck), Some(Responder::Host(at(4))));
        };
    }
}

fn datagrams() -> Vec<Row> {
    let silence = &[(SILENCE, 3)];
    table! {
        "UDP silent" => Code::OpenOrFiltered, |it| udp(it, silence);
        "UDP, answered by another protocol" => Code::OtherProtocol, |it| {
            udp(it, silence);
            if let Some(port) = &mut it.port_probes {
                port.strays = 3;
            }
        };
        "UDP silent, nothing else asked" => Code::OpenOrFiltered, |it| { udp(it, silence); it.echo = None; };
        "UDP silent like everything else" => Code::HostSilent, |it| { all_silent(it); udp(it, silence); };
        "UDP port-unreachable by the target" => Code::PortClosed, |it| udp(it, &[(rejected(TARGET, 3, 3), 3)]);
        "UDP port-unreachable by a router" => Code::FirewallRejects, |it| udp(it, &[(rejected(ROUTER, 3, 3), 3)]);
        "ICMP echo silent, ports answer" => Code::EchoFiltered, |it| { ping(it, SILENCE); other_ports(it, CONNECTED); };
        "ICMP echo silent, ports too" => Code::HostSilent, |it| { ping(it, SILENCE); other_ports(it, SILENCE); };
        "ICMP echo silent, nothing else asked" => Code::EchoFiltered, |it| ping(it, SILENCE);
    }
}
