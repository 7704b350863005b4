//! This machine, the next hop, and a target that is this machine.

use super::*;
use crate::checks::ProbeBatch;
use crate::hosts::Protocol;
use crate::path::{FinalReply, PathEnd, PathNote};
use crate::platform::{Counters, Link, Listener, NeighbourState, RouteKind};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = stack();
    rows.extend(ways_out());
    rows.extend(local_causes());
    rows.extend(next_hops());
    rows.extend(listeners());
    rows.extend(queues());
    rows
}

fn to_ourselves(outcome: Outcome) -> ProbeBatch {
    batch(Protocol::Tcp, "127.0.0.1", 40000, &[(outcome, 1)])
}

fn stack() -> Vec<Row> {
    let no_file = Outcome::Local(LocalCause::TooManyOpenFiles);
    table! {
        "loopback silent" => Code::LocalStackBroken, |it| {
            all_silent(it);
            it.local.loopback = Some(to_ourselves(SILENCE));
        };
        "own address silent" => Code::LocalStackBroken, |it| {
            all_silent(it);
            it.local.own_address = Some(to_ourselves(SILENCE));
        };
        "RST on loopback to our own listener, target is own" => Code::NothingListens, |it| {
            ended(it, &[(RST, 3)]);
            own(it, None);
            it.local.loopback = Some(to_ourselves(RST));
        };
        "loopback silent, RST from afar" => Code::PortClosed, |it| {
            ended(it, &[(RST, 3)]);
            it.local.loopback = Some(to_ourselves(SILENCE));
        };
        "no rule lets anything out, to ourselves either" => Code::DroppedLocally, |it| {
            local(it, LocalCause::DroppedLocally);
            it.local.loopback = Some(to_ourselves(SILENCE));
        };
        "loopback silent, and all is well elsewhere" => Code::Works,
            |it| it.local.loopback = Some(to_ourselves(SILENCE));
        "a loopback address that leads out of this machine" => Code::AcceptQueueFull, |it| {
            it.port_probes = Some(batch(Protocol::Tcp, "127.0.0.1", PORT, &[(SILENCE, 6)]));
            it.echo = None;
        };
        "loopback silent, and the gateway is dead" => Code::GatewayDead, |it| {
            local(it, LocalCause::NoNeighbour);
            neighbour(it, NeighbourState::Failed);
            it.local.loopback = Some(to_ourselves(SILENCE));
        };
        "loopback silent, and the port filtered" => Code::PortFiltered, |it| {
            silent(it);
            it.local.loopback = Some(to_ourselves(SILENCE));
        };
        "a policy forbids all connections" => Code::Permission, |it| {
            local(it, LocalCause::RouteProhibited);
            it.local.loopback = Some(to_ourselves(Outcome::Local(LocalCause::RouteProhibited)));
        };
        "no file for loopback either" => Code::TooManyOpenFiles, |it| {
            local(it, LocalCause::TooManyOpenFiles);
            it.local.loopback = Some(to_ourselves(no_file));
        };
    }
}

fn ways_out() -> Vec<Row> {
    let bare = Link {
        addresses: Vec::new(),
        ..link()
    };
    let unplugged = Link {
        carrier: Some(false),
        ..link()
    };
    let only = |link: &Link| vec![("eth0".to_owned(), link.clone())];
    table! {
        "no network" => Code::NoNetwork, |it| {
            local(it, LocalCause::NoRoute);
            it.local.links = only(&bare);
            route(it).kind = RouteKind::NoRoute;
            route_findings(it).link = None;
        };
        "no network, and nothing tried" => Code::NoNetwork, |it| {
            not_begun(it);
            it.route = None;
            it.local.links = only(&unplugged);
        };
        "no usual address, but a route" => Code::HostSilent, |it| { all_silent(it); it.local.links = only(&bare); };
        "interfaces unknown" => Code::HostSilent, |it| { all_silent(it); it.local.links.clear(); };
        "no network, and the target is this machine" => Code::NothingListens, |it| {
            ended(it, &[(RST, 3)]);
            own(it, None);
            it.local.links = only(&bare);
        };
        "no route, though there is a network" => Code::NoRoute, |it| {
            local(it, LocalCause::NoRoute);
            route(it).kind = RouteKind::NoRoute;
            route_findings(it).link = None;
        };
        "a route that forbids, before any probe ended" => Code::RouteProhibited, |it| {
            not_begun(it);
            route(it).kind = RouteKind::Prohibit;
        };
        "the cable of one of two interfaces is out" => Code::LinkDown, |it| {
            local(it, LocalCause::NoNeighbour);
            route_findings(it).link = Some(unplugged.clone());
        };
    }
}

fn local_causes() -> Vec<Row> {
    let firewall = Outcome::Local(LocalCause::LocalFirewall);
    let dropped = Outcome::Local(LocalCause::DroppedLocally);
    let no_port = Outcome::Local(LocalCause::PortsExhausted);
    let no_neighbour = Outcome::Local(LocalCause::NoNeighbour);
    let refused = Some(Counters {
        retransmit_failures: Some(3),
        ..Counters::default()
    });
    table! {
        "EACCES, though the route delivers" => Code::Permission,
            |it| local(it, LocalCause::RouteProhibited);
        "the next hop of this port's own route is lost, the gateway answers" => Code::NoNeighbour,
            |it| local(it, LocalCause::NoNeighbour);
        "most are silent, one was stopped here" => Code::PortFiltered, |it| {
            ended(it, &[(SILENCE, 5), (dropped, 1)]);
            other_ports(it, RST);
        };
        "silent, and one hop of the path could not be sent to" => Code::HostSilent, |it| {
            all_silent(it);
            says(it, PathEnd::Local(LocalCause::TooManyOpenFiles), None);
        };
        "echoes are stopped here now and then, and SYNs sent again" => Code::SynLoss, |it| {
            lost_syn(it);
            it.echo = Some(batch(Protocol::Icmp, TARGET, 0, &[(Outcome::Reply, 2), (firewall, 1)]));
        };
        "local firewall rejects at times" => Code::LocalFirewall,
            |it| ended(it, &[(CONNECTED, 4), (firewall, 1)]);
        "TCP to a broadcast address" => Code::GroupTarget, |it| {
            local(it, LocalCause::NoRoute);
            route(it).kind = RouteKind::Broadcast;
        };
        "gateway lost at times" => Code::NoNeighbour,
            |it| ended(it, &[(CONNECTED, 4), (no_neighbour, 1)]);
        "dropped here, some too early to tell" => Code::DroppedLocally, |it| {
            ended(it, &[(SILENCE, 2), (dropped, 1)]);
            it.counters = refused;
        };
        "one probe without a port, the rest silent" => Code::HostSilent, |it| {
            all_silent(it);
            ended(it, &[(SILENCE, 4), (no_port, 1)]);
        };
        "retransmissions of whatever program refused" => Code::HostSilent, |it| { all_silent(it); it.counters = refused; };
    }
}

fn next_hops() -> Vec<Row> {
    let echo = |outcome| Some(batch(Protocol::Icmp, GATEWAY, 0, &[(outcome, 1)]));
    table! {
        "gateway dead" => Code::GatewayDead, |it| {
            local(it, LocalCause::NoNeighbour);
            neighbour(it, NeighbourState::Failed);
        };
        "gateway still looked for, all silent" => Code::GatewayDead, |it| {
            all_silent(it);
            neighbour(it, NeighbourState::Incomplete);
        };
        "gateway stale, all silent" => Code::HostSilent, |it| { all_silent(it); neighbour(it, NeighbourState::Stale); };
        "gateway entry failed, but the way answers" => Code::PortFiltered, |it| {
            silent(it);
            neighbour(it, NeighbourState::Failed);
        };
        "gateway entry failed, but it answers echo" => Code::HostSilent, |it| {
            all_silent(it);
            neighbour(it, NeighbourState::Failed);
            route_findings(it).gateway_echo = echo(Outcome::Reply);
        };
        "gateway leaves echo unanswered" => Code::HostSilent, |it| { all_silent(it); route_findings(it).gateway_echo = echo(SILENCE); };
        "target absent" => Code::TargetAbsent, |it| {
            local(it, LocalCause::NoNeighbour);
            on_link(it, NeighbourState::Failed);
        };
        "target absent, probes too short to be told" => Code::TargetAbsent, |it| {
            all_silent(it);
            on_link(it, NeighbourState::Incomplete);
        };
        "neighbour there, all silent" => Code::HostSilent, |it| { all_silent(it); on_link(it, NeighbourState::Reachable); };
    }
}

fn listeners() -> Vec<Row> {
    let refused = |it: &mut Findings| ended(it, &[(RST, 3)]);
    let anywhere = || Some(vec![listener("0.0.0.0")]);
    let bound = Listener {
        interface: Some("eth1".to_owned()),
        ..listener("0.0.0.0")
    };
    let at_its_interface = bound.clone();
    let with_address = Link {
        addresses: vec![(ip(TARGET), 24)],
        ..link()
    };
    let v6_only = Listener {
        v6_only: Some(true),
        ..listener("::")
    };
    table! {
        "RST on loopback" => Code::NothingListens, |it| { refused(it); own(it, None); };
        "nothing listens" => Code::NothingListens, |it| { refused(it); own(it, Some(vec![])); };
        "nothing listens, and silence" => Code::AnswersDroppedHere, |it| { all_silent(it); own(it, Some(vec![])); };
        "listens on loopback only" => Code::ListensElsewhere, |it| {
            refused(it);
            own(it, Some(vec![listener("127.0.0.1")]));
        };
        "listens on IPv6 only" => Code::ListensElsewhere, |it| { refused(it); own(it, Some(vec![v6_only])); };
        "listens at another interface" => Code::ListensElsewhere, |it| { refused(it); own(it, Some(vec![bound])); };
        "listens at the interface that has the address" => Code::ListensUnanswered, |it| {
            refused(it);
            own(it, Some(vec![at_its_interface]));
            it.local.links = vec![("eth1".to_owned(), with_address)];
        };
        "listens, and refused all the same" => Code::ListensUnanswered, |it| { refused(it); own(it, anywhere()); };
        "listens, and silent" => Code::ListensUnanswered, |it| { all_silent(it); own(it, anywhere()); };
        "UDP, nothing listens here" => Code::NothingListens, |it| {
            udp(it, &[(rejected(TARGET, 3, 3), 3)]);
            own(it, Some(vec![]));
        };
        "UDP, listens here and does not reply" => Code::OpenOrFiltered, |it| {
            udp(it, &[(SILENCE, 3)]);
            own(it, anywhere());
        };
    }
}

fn queues() -> Vec<Row> {
    let full = Listener {
        accept_queue: Some(129),
        ..listener("0.0.0.0")
    };
    let overflows = Some(Counters {
        listen_overflows: Some(4),
        ..Counters::default()
    });
    let some_wait = Listener {
        accept_queue: Some(100),
        ..listener("0.0.0.0")
    };
    table! {
        "accept queue full" => Code::AcceptQueueFull, |it| { all_silent(it); own(it, Some(vec![full.clone()])); };
        "a full one beside an idle one" => Code::AcceptQueueFull, |it| {
            ended(it, &[(CONNECTED, 3), (SILENCE, 3)]);
            own(it, Some(vec![listener("0.0.0.0"), full.clone()]));
        };
        "a small one that is empty again" => Code::AcceptQueueFull, |it| {
            ended(it, &[(CONNECTED, 2), (SILENCE, 1)]);
            own(it, Some(vec![Listener { backlog: Some(1), ..listener("0.0.0.0") }]));
            it.counters = overflows;
        };
        "dead flows of this machine itself" => Code::OneBackendFails, |it| {
            ended(it, &[(CONNECTED, 3), (SILENCE, 3)]);
            says(it, reached(1, FinalReply::SynAck), None);
            let path = it.path.take();
            own(it, Some(vec![listener("0.0.0.0")]));
            it.path = path;
            note(it, PathNote::DeadFlows(vec![40002, 40004]));
        };
        "accept queue overflowed" => Code::AcceptQueueFull, |it| {
            ended(it, &[(CONNECTED, 2), (SILENCE, 1)]);
            own(it, Some(vec![some_wait.clone()]));
            it.counters = overflows;
        };
        "an empty queue, overflows of others" => Code::Intermittent, |it| {
            ended(it, &[(CONNECTED, 2), (SILENCE, 1)]);
            own(it, Some(vec![listener("0.0.0.0")]));
            it.counters = overflows;
        };
        "fewer overflows than SYNs were lost" => Code::ListensUnanswered, |it| {
            all_silent(it);
            own(it, Some(vec![some_wait.clone()]));
            it.counters = overflows;
        };
        "refused at the name's first address, full at its other one" => Code::ListensElsewhere, |it| {
            ended(it, &[(RST, 3)]);
            own(it, Some(vec![Listener { address: ip("127.0.0.1"), ..full.clone() }]));
            addresses(it, &[("127.0.0.1", SILENCE)]);
        };
        "accept queue full, reset" => Code::AcceptQueueFull, |it| {
            ended(it, &[(Outcome::ResetAfterConnect, 3)]);
            own(it, Some(vec![full.clone()]));
        };
        "overflows of others, all is well" => Code::Works, |it| {
            own(it, Some(vec![listener("0.0.0.0")]));
            it.counters = overflows;
        };
        "overflows here, and the target is elsewhere" => Code::HostSilent, |it| { all_silent(it); it.counters = overflows; };
    }
}
