//! The port works, and the name.

use super::*;
use crate::hosts::Protocol;
use crate::hosts::resolve::ResolveError;
use crate::path::{FinalReply, LossOnset, PathNote, Responder};
use crate::platform::{Link, NeighbourState, RouteKind};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = works();
    rows.extend(lookups());
    rows.extend(hosts_file());
    rows
}

fn works() -> Vec<Row> {
    let no_route = Outcome::Local(LocalCause::NoRoute);
    let loss = PathNote::Loss {
        onset: Some(LossOnset {
            after: 1,
            from: Some(2),
        }),
        lost: 1,
        sent: 9,
    };
    table! {
        "all is well" => Code::Works, |it| it.interrupted = false;
        "echo lost, port fine" => Code::Works, |it| echo_silent(it);
        "hosts-file entry, and it works" => Code::Works, |it| in_hosts_file(it);
        "gateway stale but answering" => Code::Works, |it| neighbour(it, NeighbourState::Stale);
        "neighbour failed, yet answered" => Code::Works, |it| neighbour(it, NeighbourState::Failed);
        "loss at a hop that does not continue" => Code::Works, |it| note(it, PathNote::RateLimited(vec![2]));
        "one packet of the path lost" => Code::Works, |it| note(it, loss.clone());
        "SYN-ACK from one hop nearer" => Code::Works,
            |it| says(it, reached(3, FinalReply::SynAck), Some(Responder::OneHopNearer(at(4))));
        "large packets, and a router says so" => Code::Works,
            |it| sizes(it, Outcome::Reply, rejected(ROUTER, 3, 4));
        "all echoes vanish, of whatever size" => Code::PacketLoss, |it| sizes(it, SILENCE, SILENCE);
        "one connection of many closed" => Code::ClosesAtOnce,
            |it| ended(it, &[(CONNECTED, 4), (Outcome::ClosedAfterConnect, 1)]);
        "no IPv6 on this machine" => Code::Works, |it| addresses(it, &[(TARGET_V6, no_route)]);
        "own stack odd, port fine" => Code::Works,
            |it| it.local.loopback = Some(batch(Protocol::Tcp, "127.0.0.1", 1, &[(SILENCE, 1)]));
        "a long path, not slow" => Code::Works, |it| times(it, 151, 150);
        "UDP answers" => Code::Works, |it| udp(it, &[(Outcome::Reply, 3)]);
        "ICMP echo answers" => Code::Works, |it| ping(it, Outcome::Reply);
        "stopped, and it works" => Code::Works, |it| { it.interrupted = true; it.path = None; };
    }
}

/// No name server answered, and only the path to them was checked.
fn no_server(it: &mut Findings) {
    it.name.addresses.clear();
    it.name.error = Some(resolver_error(
        "Temporary failure in name resolution (EAI_AGAIN)",
        false,
    ));
    not_begun(it);
}

fn lookups() -> Vec<Row> {
    table! {
        "the name does not resolve" => Code::NameUnresolved, |it| {
            it.name.addresses.clear();
            it.name.error = Some(resolver_error("Name or service not known (EAI_NONAME)", true));
            not_begun(it);
            it.route = None;
        };
        "no name server answers" => Code::NameUnresolved, |it| no_server(it);
        "no name server answers, for want of a network" => Code::NoNetwork, |it| {
            no_server(it);
            let bare = Link { addresses: Vec::new(), ..link() };
            it.local.links = vec![("eth0".to_owned(), bare)];
            route(it).kind = RouteKind::NoRoute;
            route_findings(it).link = None;
        };
        "no name server answers, for want of a route" => Code::NoRoute, |it| {
            no_server(it);
            route(it).kind = RouteKind::NoRoute;
            route_findings(it).link = None;
        };
        "no name server answers, for the gateway is dead" => Code::GatewayDead, |it| {
            no_server(it);
            neighbour(it, NeighbourState::Failed);
        };
        "a name server knows no such name, by another path" => Code::NameUnresolved, |it| {
            no_server(it);
            it.name.error = Some(resolver_error("Name or service not known (EAI_NONAME)", true));
            neighbour(it, NeighbourState::Failed);
        };
        "stopped while it was looked up" => Code::NothingMeasured, |it| {
            it.name.addresses.clear();
            it.name.error = Some(ResolveError::Stopped { name: "db.example".to_owned() });
            not_begun(it);
            (it.route, it.interrupted) = (None, true);
        };
        "slow lookup" => Code::SlowNameLookup, |it| it.name.took = Some(ms(5003));
    }
}

fn hosts_file() -> Vec<Row> {
    table! {
        "hosts-file entry, all silent" => Code::StaleHostsEntry, |it| { all_silent(it); in_hosts_file(it); };
        "hosts-file entry, no such neighbour" => Code::TargetAbsent, |it| {
            local(it, LocalCause::NoNeighbour);
            on_link(it, NeighbourState::Failed);
            in_hosts_file(it);
        };
        "hosts-file entry, host unreachable" => Code::HostUnreachable, |it| {
            ended(it, &[(rejected(ROUTER, 3, 1), 3)]);
            echo_silent(it);
            in_hosts_file(it);
        };
        "hosts-file entry, only this port silent" => Code::PortFiltered, |it| { silent(it); in_hosts_file(it); };
        "hosts-file entry of another address, all silent" => Code::HostSilent, |it| {
            all_silent(it);
            it.name.hosts_file = vec![ip("192.0.2.99")];
        };
        "hosts-file entry, refused" => Code::PortClosed, |it| { ended(it, &[(RST, 3)]); in_hosts_file(it); };
        "hosts-file entry, rejected by a firewall" => Code::FirewallRejects, |it| {
            ended(it, &[(rejected(ROUTER, 3, 13), 3)]);
            echo_silent(it);
            in_hosts_file(it);
        };
        "hosts-file entry, gateway dead" => Code::GatewayDead, |it| {
            local(it, LocalCause::NoNeighbour);
            neighbour(it, NeighbourState::Failed);
            in_hosts_file(it);
        };
        "hosts-file entry, UDP silent and nothing else asked" => Code::OpenOrFiltered, |it| {
            udp(it, &[(SILENCE, 3)]);
            it.echo = None;
            in_hosts_file(it);
        };
    }
}
