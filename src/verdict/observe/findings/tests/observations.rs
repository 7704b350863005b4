//! Single observations from findings: their thresholds, and where they are absent.

use super::*;
use crate::checks::{Baseline, ProbeBatch};
use crate::hosts::Protocol;
use crate::platform::{Counters, Link, NeighbourState};
use crate::verdict::observation::{
    self as of, Gateway, LocalNet, Name, Observation, OtherAddress, Place, Resolver, SelfTest,
    Sizes,
};

/// What a healthy target shows after a change.
fn seen<O: Observation>(change: impl FnOnce(&mut Findings)) -> Option<O> {
    case(&but(change)).seen.get()
}

fn to_ourselves(ends: &[(Outcome, u64)]) -> ProbeBatch {
    batch(Protocol::Tcp, "127.0.0.1", 40000, ends)
}

#[test]
fn one_connection_of_this_machine_to_itself_is_enough() {
    let no_file = Outcome::Local(LocalCause::TooManyOpenFiles);
    let by =
        |ends: &'static [(Outcome, u64)]| seen(|it| it.local.loopback = Some(to_ourselves(ends)));
    assert_eq!(by(&[(CONNECTED, 1), (SILENCE, 2)]), Some(SelfTest::Works));
    assert_eq!(by(&[(SILENCE, 3)]), Some(SelfTest::LoopbackFails));
    assert_eq!(by(&[(RST, 3)]), Some(SelfTest::LoopbackFails));
    assert_eq!(by(&[]), None);
    let lacking = seen::<SelfTest>(|it| it.local.loopback = Some(to_ourselves(&[(no_file, 3)])));
    assert_eq!(lacking, None);
    let own = seen(|it| it.local.own_address = Some(to_ourselves(&[(SILENCE, 1)])));
    assert_eq!(own, Some(SelfTest::OwnAddressFails));
    let untried = seen::<SelfTest>(|it| {
        it.local.loopback = None;
        it.local.own_address = None;
    });
    assert_eq!(untried, None);
}

#[test]
fn reverse_path_filtering_counts_from_one_packet_per_missing_reply() {
    let by = |ends: &'static [(Outcome, u64)], filtered| {
        seen(|it| {
            ended(it, ends);
            it.counters = Some(Counters {
                reverse_path_filtered: Some(filtered),
                ..Counters::default()
            });
        })
    };
    assert_eq!(by(&[(SILENCE, 3)], 2), Some(of::Counters::Quiet));
    assert_eq!(by(&[(SILENCE, 3)], 3), Some(of::Counters::RpFilter));
    assert_eq!(by(&[(CONNECTED, 3)], 9), Some(of::Counters::Quiet));
    assert_eq!(seen::<of::Counters>(|it| it.counters = None), None);
}

/// 30 packets in 4 s, and so many per second while nothing was sent.
#[test]
fn packets_dropped_on_arrival_count_only_far_above_the_noise() {
    let by = |noise: Option<u64>| {
        let dropped = |count| Counters {
            received: Some(count),
            delivered: Some(0),
            forwarded: Some(0),
            header_errors: Some(0),
            address_errors: Some(0),
            multicast: Some(0),
            unknown_protocols: Some(0),
            reassembly_requests: Some(0),
            ..Counters::default()
        };
        seen(|it| {
            ended(it, &[(SILENCE, 3)]);
            it.counters = Some(dropped(30));
            it.baseline = noise.map(|noise| Baseline {
                counters: dropped(noise),
                took: ms(1000),
            });
        })
    };
    assert_eq!(by(Some(0)), Some(of::Counters::InputDrops));
    assert_eq!(by(Some(2)), Some(of::Counters::InputDrops));
    assert_eq!(by(Some(3)), Some(of::Counters::Quiet));
    assert_eq!(by(None), Some(of::Counters::Quiet));
}

#[test]
fn rules_of_this_machine_show_in_other_probes_too() {
    let echo_stopped = |cause| move |it: &mut Findings| it.echo = Some(echo(Outcome::Local(cause)));
    let kernel = seen(echo_stopped(LocalCause::LocalFirewall));
    assert_eq!(kernel, Some(of::Kernel::LocalFirewall));
    let sent = seen(echo_stopped(LocalCause::DroppedLocally));
    assert_eq!(sent, Some(of::Sent::DroppedHere));
    let other = seen(echo_stopped(LocalCause::TooManyOpenFiles));
    assert_eq!(other, None::<of::Kernel>);
}

#[test]
fn a_lookup_shows_only_what_it_ended_with() {
    let failed = |is_negative, interrupted| {
        seen(|it| {
            not_begun(it);
            it.name.addresses.clear();
            it.name.error = Some(resolver_error("no", is_negative));
            it.interrupted = interrupted;
        })
    };
    assert_eq!(failed(true, false), Some(Resolver::Nxdomain));
    assert_eq!(failed(false, false), Some(Resolver::Again));
    assert_eq!(failed(false, true), None);
    assert_eq!(seen(|_| {}), Some(Resolver::Ok));
}

#[test]
fn where_the_address_comes_from() {
    assert_eq!(seen(|_| {}), Some(Name::Plain));
    assert_eq!(seen(in_hosts_file), Some(Name::HostsFile));
    let typed = seen(|it| {
        in_hosts_file(it);
        it.name.name = None;
    });
    assert_eq!(typed, Some(Name::Plain));
}

#[test]
fn other_addresses_of_the_name() {
    let by = |own: Outcome, others: &[(&str, Outcome)]| {
        seen(|it| {
            ended(it, &[(own, 3)]);
            addresses(it, others);
        })
    };
    let (v4, v6) = ("192.0.2.11", TARGET_V6);
    let no_route = Outcome::Local(LocalCause::NoRoute);
    assert_eq!(by(SILENCE, &[]), Some(OtherAddress::Only));
    assert_eq!(by(SILENCE, &[(v4, CONNECTED)]), Some(OtherAddress::Works));
    assert_eq!(by(SILENCE, &[(v4, SILENCE)]), Some(OtherAddress::Fails));
    let other_family = by(SILENCE, &[(v4, SILENCE), (v6, CONNECTED)]);
    assert_eq!(other_family, Some(OtherAddress::OtherFamily));
    assert_eq!(by(CONNECTED, &[(v4, CONNECTED)]), Some(OtherAddress::Works));
    assert_eq!(by(CONNECTED, &[(v4, RST)]), Some(OtherAddress::SomeFail));
    assert_eq!(
        by(CONNECTED, &[(v6, SILENCE)]),
        Some(OtherAddress::OtherFamilyFails)
    );
    // This machine has no IPv6: nothing shows of that address.
    assert_eq!(by(CONNECTED, &[(v6, no_route)]), None);
}

#[test]
fn the_route_tells_where_the_target_is() {
    assert_eq!(seen(|_| {}), Some(Place::Routed));
    let on_link = seen(|it| on_link(it, NeighbourState::Reachable));
    assert_eq!(on_link, Some(Place::OnLink));
    let tunnel = seen(|it| {
        let link = route_findings(it).link.as_mut();
        link.expect("a healthy target").is_point_to_point = true;
    });
    assert_eq!(tunnel, Some(Place::Tunnel));
    assert_eq!(seen(|it| own(it, None)), Some(Place::Own));
    assert_eq!(seen(|it| it.route = None), None::<Place>);
    let no_route = seen(|it| route(it).kind = RouteKind::NoRoute);
    assert_eq!(no_route, None::<Place>);
}

#[test]
fn the_network_of_this_machine_is_fine_once_anything_came_back() {
    let unplugged = || Link {
        carrier: Some(false),
        ..link()
    };
    let by = |end: Outcome, carrier: Option<bool>| {
        seen(|it| {
            ended(it, &[(end, 3)]);
            it.echo = None;
            let link = route_findings(it).link.as_mut();
            link.expect("a healthy target").carrier = carrier;
        })
    };
    assert_eq!(by(SILENCE, Some(false)), Some(LocalNet::LinkDown));
    assert_eq!(by(RST, Some(false)), Some(LocalNet::Fine));
    // Not every driver tells.
    assert_eq!(by(SILENCE, None), Some(LocalNet::Fine));
    let none = seen(|it| {
        all_silent(it);
        it.route = None;
        it.local.links = vec![("eth0".to_owned(), unplugged())];
    });
    assert_eq!(none, Some(LocalNet::NoNetwork));
    let unknown = seen(|it| {
        all_silent(it);
        it.route = None;
        it.local.links.clear();
    });
    assert_eq!(unknown, None::<LocalNet>);
}

#[test]
fn the_gateway_is_lossy_only_where_the_port_loses_as_well() {
    let echoes = |ends: &'static [(Outcome, u64)], port: &'static [(Outcome, u64)]| {
        seen(|it| {
            ended(it, port);
            route_findings(it).neighbour = None;
            route_findings(it).gateway_echo = Some(batch(Protocol::Icmp, GATEWAY, 0, ends));
        })
    };
    let some = &[(Outcome::Reply, 2), (SILENCE, 2)];
    let fine = &[(CONNECTED, 6)];
    let lossy = &[(CONNECTED, 4), (SILENCE, 2)];
    assert_eq!(echoes(some, fine), Some(Gateway::Answers));
    assert_eq!(echoes(some, lossy), Some(Gateway::Lossy));
    assert_eq!(echoes(&[(Outcome::Reply, 1)], fine), Some(Gateway::Answers));
    assert_eq!(echoes(&[(SILENCE, 3)], fine), Some(Gateway::Silent));
    assert_eq!(echoes(&[], fine), None);
}

#[test]
fn a_next_hop_without_arp_is_dead_only_while_nothing_comes_back() {
    let by = |end: Outcome, state| {
        seen(|it| {
            all_silent(it);
            ended(it, &[(end, 3)]);
            neighbour(it, state);
        })
    };
    assert_eq!(by(SILENCE, NeighbourState::Failed), Some(Gateway::NoArp));
    assert_eq!(
        by(SILENCE, NeighbourState::Incomplete),
        Some(Gateway::NoArp)
    );
    assert_eq!(by(RST, NeighbourState::Failed), None);
    assert_eq!(by(SILENCE, NeighbourState::Stale), None);
    assert_eq!(
        by(SILENCE, NeighbourState::Reachable),
        Some(Gateway::Answers)
    );
}

#[test]
fn large_packets_are_lost_only_where_small_ones_are_answered() {
    let by = |small: Outcome, large: Outcome| seen(|it| sizes(it, small, large));
    assert_eq!(by(Outcome::Reply, Outcome::Reply), Some(Sizes::Ok));
    assert_eq!(by(Outcome::Reply, SILENCE), Some(Sizes::IcmpLargeLost));
    assert_eq!(by(SILENCE, SILENCE), None);
    // "Fragmentation needed": discovery works.
    assert_eq!(by(Outcome::Reply, rejected(ROUTER, 3, 4)), None);
    assert_eq!(seen::<Sizes>(|_| {}), None);
}

#[test]
fn slow_is_what_people_complain_about() {
    let slow = |change: &dyn Fn(&mut Findings)| case(&but(change)).slow;
    assert_eq!(slow(&|it| times(it, 200, 199)), None);
    assert_eq!(slow(&|it| times(it, 201, 200)), Some(Code::SlowPath));
    let neighbour = |rtt| {
        slow(&move |it| {
            on_link(it, NeighbourState::Reachable);
            times(it, rtt + 1, rtt);
        })
    };
    assert_eq!(neighbour(49), None);
    assert_eq!(neighbour(50), Some(Code::SlowPath));
    assert_eq!(slow(&|it| times(it, 60, 11)), None);
    assert_eq!(slow(&|it| times(it, 61, 11)), Some(Code::SlowHere));
    // Fifty more, but not three times as long.
    assert_eq!(slow(&|it| times(it, 140, 80)), None);
    let lookup = |took| slow(&move |it| it.name.took = Some(ms(took)));
    assert_eq!(lookup(999), None);
    assert_eq!(lookup(1000), Some(Code::SlowNameLookup));
    assert_eq!(
        slow(&|it| {
            lost_syn(it);
            times(it, 201, 200);
        }),
        None
    );
}
