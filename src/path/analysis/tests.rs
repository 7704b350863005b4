//! What is made of paths that are made up word by word; see [`crate::path::fixture`].

use super::*;
use crate::hosts::Protocol;
use crate::path::fixture::{PathFixture, router};

/// The end of a path in a few words.
fn told(end: &PathEnd) -> String {
    match end {
        PathEnd::FinalReply { ttl, reply: how } => format!("{how:?} {ttl:?}"),
        PathEnd::Rejected {
            ttl,
            icmp,
            sender_hop: at,
            ..
        } => {
            let from = icmp.from.map(|from| from.to_string());
            format!("rejected {ttl:?} by {from:?} at {at:?}")
        }
        PathEnd::NoReply { after } => format!("silent {after:?}"),
        PathEnd::Loop(found) => format!("loop {}-{}", found.first, found.last),
        PathEnd::Local(cause) => cause.reason().to_owned(),
        PathEnd::Unknown => "unknown".to_owned(),
    }
    .replace("Some(", "")
    .replace([')', '"'], "")
}

#[test]
fn where_a_path_ends() {
    for (walks, end) in [
        ("S", "SynAck 1"),
        ("1 2 S", "SynAck 3"),
        ("1 2 R", "Rst 3"),
        ("* * S", "SynAck 3"),
        ("1 2 *|1 2 S", "SynAck 3"),
        ("1 2 * >S", "SynAck None"),
        ("1 2 * >R", "Rst None"),
        // The nearest one who answers for the target, whatever another flow meets.
        ("1 2 3 S/1 R", "Rst 2"),
        ("1 2 X2", "rejected 3 by 10.20.1.2 at 2"),
        ("1 X2", "rejected 2 by 10.20.1.2 at None"),
        ("X1", "rejected 1 by 10.20.1.1 at None"),
        ("1 X", "rejected 2 by None at None"),
        ("1 2 * >X7", "rejected None by 10.20.1.7 at None"),
        // Somebody says no to some probes and others get there.
        ("1 X2|1 2 S", "SynAck 3"),
        ("1 2 * * >*", "silent 2"),
        ("1 * 3 * >*", "silent 3"),
        ("* * * >*", "unknown"),
        ("1 2 L L >L", "silent 2"),
        ("", "unknown"),
        (". . .", "unknown"),
        // A system that does not tell who refused.
        ("? ? ? >?", "unknown"),
    ] {
        let found = analyze(&PathFixture::of(walks).path).end;
        assert_eq!(told(&found), end, "{walks}");
    }
}

#[test]
fn where_the_sender_of_a_rejection_is() {
    for (walks, found) in [
        ("X9", "hop 1"),
        ("1 2 3 X9", "hop 4 or the one before"),
        // Nearer hops may be silent because of their limit, and one of them be the sender.
        ("1 2 * * * X9", "one of hops 2 to 6"),
        ("* * X9", "one of hops 1 to 3"),
    ] {
        let PathEnd::Rejected { ttl, after, .. } = analyze(&PathFixture::of(walks).path).end else {
            panic!("{walks}");
        };
        assert_eq!(
            describe_rejecting_hop(ttl.unwrap_or(0), after),
            found,
            "{walks}"
        );
    }
}

#[test]
fn echoes_may_have_met_the_sender_of_a_rejection() {
    let mut path = PathFixture::of("1 * * X3").path;
    path.host_hops = PathFixture::of("1 2 3 S").path.hops;
    let PathEnd::Rejected { sender_hop: at, .. } = analyze(&path).end else {
        panic!("{path:?}");
    };
    assert_eq!(at, Some(3));
}

#[test]
fn a_refusal_by_nobody_knows_whom_is_not_lost() {
    let path = PathFixture::of("1 2 ?|1 2 S").path;
    assert_eq!(path.flows[0].hops[2].loss(), Some(0.0));
}

#[test]
fn what_only_the_first_look_found_counts_too() {
    for (look, walks, end) in [
        ("1 2 S", "* * *", "SynAck 3"),
        ("1 2 S", "1 2 *", "SynAck 3"),
        ("1 2 * >S", "1 2 * >*", "SynAck None"),
        ("1 2 X2", "1 2 *", "rejected 3 by 10.20.1.2 at 2"),
        ("1 2 *", "1 * *", "silent 2"),
        ("* * * >*", "* * *", "silent None"),
        ("1 2 1 2 >*", "* * >*", "loop 1-2"),
        ("L L >L", "", "no-route"),
    ] {
        let fixture = PathFixture::new(Protocol::Tcp).look(look).walks(walks);
        assert_eq!(told(&analyze(&fixture.path).end), end, "{look}; {walks}");
    }
}

#[test]
fn a_datagram_that_is_not_wanted_reaches_the_host() {
    for (walks, end) in [
        ("1 2 D", "Reply 3"),
        ("1 2 P", "PortUnreachable 3"),
        ("1 2 X2", "rejected 3 by 10.20.1.2 at 2"),
    ] {
        let fixture = PathFixture::new(Protocol::Udp).walks(walks);
        assert_eq!(told(&analyze(&fixture.path).end), end, "{walks}");
    }
    // Of TCP no host says so: somebody on the way does.
    let tcp = analyze(&PathFixture::of("1 2 P").path).end;
    assert_eq!(told(&tcp), "rejected 3 by 10.20.0.7 at None");
}

#[test]
fn packets_that_go_round() {
    for (walks, found) in [
        ("1 2 3 2 3", Some((2, 3))),
        ("1 2 3 2 3 2 3 2", Some((2, 3))),
        ("1 2 3 4 2 3 4", Some((2, 4))),
        ("1 2 1 2", Some((1, 2))),
        // Silent hops hide part of it.
        ("1 2 3 * 3 2 3", Some((2, 3))),
        ("1 2 3 * 2 3 4 2", Some((2, 4))),
        ("1 2 3 4 2 3 * 2", Some((2, 4))),
        ("1 2 3 4 * 3 4", Some((3, 5))),
        // What a limit leaves of a round of two fits longer ones, too.
        ("1 * * 4 5 * 5 4 * 4 5", Some((4, 5))),
        ("1 2 3 4 5 4 * * 5 4 5", Some((4, 5))),
        // A router that limits its answers says less in one round than in the next.
        ("1 2 * 2 *|1 2 3 * 3", Some((2, 3))),
        ("1 2 3 2 *|1 2 3 2 3", Some((2, 3))),
        // Once round, and nothing repeated but one router: it may be chance.
        ("1 2 3 2", None),
        ("1 2 3 1", None),
        // Some routers do not count their own hop.
        ("1 2 2", None),
        ("1 2 2 3", None),
        ("1 2 2 2 2", None),
        ("1 1 2 2 3", None),
        // An address that comes again on a way that goes on.
        ("1 2 3 2 4 5", None),
        ("1 2 3 2 3 4", None),
        ("1 2 3 * 3 4 3", None),
        ("1 * * * *", None),
        ("* * * *", None),
        // Whatever looks like one, probes get through.
        ("1 2 3 2 3 S", None),
        ("1 2 3 2 3 X3", None),
    ] {
        let fixture = PathFixture::of(walks);
        let hops = &fixture.path.flows[0].hops;
        let found_now = find_loop(hops).map(|it| (it.first, it.last));
        assert_eq!(found_now, found, "{walks}");
    }
}

#[test]
fn who_answers_shows_by_his_distance() {
    use Responder::{Farther, Host, Nearer, OneHopNearer};
    for (walks, host, speaker) in [
        ("1 2 S", 3, Some(Host as fn(_) -> _)),
        ("1 2 R", 3, Some(Host)),
        ("1 2 S", 4, Some(OneHopNearer)),
        ("1 R", 4, Some(Nearer)),
        ("S", 30, Some(Nearer)),
        ("1 2 3 S", 3, Some(Farther)),
        ("1 2 S", 1, Some(Farther)),
        // Nobody answered with a small TTL, or nobody at all.
        ("1 2 * >S", 3, None),
        ("1 2 *", 3, None),
        ("1 2 X2", 3, None),
    ] {
        let fixture = PathFixture::of(walks).host(host);
        let speaker = speaker.map(|of| of(fixture.path.host_distance.expect("a distance")));
        assert_eq!(analyze(&fixture.path).responder, speaker, "{walks}, {host}");
    }
    assert_eq!(analyze(&PathFixture::of("1 2 S").path).responder, None);
    // The host itself says that the port is closed: there is nothing to compare.
    let closed = PathFixture::new(Protocol::Udp).walks("1 P").host(4);
    assert_eq!(analyze(&closed.path).responder, None);
}

/// Hop 2 answers one of six probes, and hop 3 all.
const ONE_OF_SIX: &str = "1 2 S|1 * S|1 * S|1 * S|1 * S|1 * S";

/// A loss, as a note.
fn loss(begins: Option<(u8, Option<u8>)>, lost: u64, of: u64) -> PathNote {
    let begins = begins.map(|(after, from)| LossOnset { after, from });
    PathNote::Loss {
        onset: begins,
        lost,
        sent: of,
    }
}

#[test]
fn what_else_shows() {
    use PathNote::{DeadFlows, Divergence, RateLimited};
    for (walks, notes) in [
        ("1 2 S|1 2 S", vec![]),
        // A hop that answers much less than what is behind it.
        (ONE_OF_SIX, vec![RateLimited(vec![2])]),
        (
            "* 2 3 S|* * 3 S|* * 3 S|* * 3 S|* * 3 S|1 * 3 S",
            vec![RateLimited(vec![1, 2])],
        ),
        // Even a single one: the end has lost none.
        ("1 2 S|1 * S", vec![RateLimited(vec![2])]),
        (
            "1 2 S|1 2 S|1 2 S|1 * S|1 * S|1 * S",
            vec![RateLimited(vec![2])],
        ),
        // One that never answers limits nothing: it is silent.
        ("1 * S|1 * S|1 * S|1 * S|1 * S|1 * S", vec![]),
        // Loss that goes on to the end is loss: of the probe to the last hop, and of the one with the usual TTL.
        ("1 2 3 S|1 * * * >*", vec![loss(None, 2, 3)]),
        ("1 2 3 S|1 2 3 * >*", vec![loss(None, 2, 3)]),
        ("1 2 3 S|* * * * >*|1 2 3 S", vec![loss(None, 2, 4)]),
        // A round that gets there at its second attempt has lost one.
        ("1 2 S|1 2 * >S", vec![loss(None, 1, 3)]),
        // Both at once.
        (
            "1 2 S|1 * S|1 * S|1 * S|1 * S|1 * S|1 * S|1 * * >*",
            vec![RateLimited(vec![2]), loss(None, 2, 9)],
        ),
        ("1 2 3 * >*", vec![]),
        ("1 2 S/1 2 S", vec![]),
        // Different ways: from the start, and behind some hop.
        ("1 2 S/4 5 S", vec![Divergence { after: 0 }]),
        ("1 2 3 S/1 2 4 S", vec![Divergence { after: 2 }]),
        (
            "1 2 3 S/1 * 4 S",
            vec![RateLimited(vec![2]), Divergence { after: 2 }],
        ),
        ("1 2 3 S/1 2 * S", vec![]),
        // One lost probe does not make a port dead, nor do two where only two others got through; three and three do.
        ("1 S/1 * >*", vec![loss(None, 1, 2)]),
        ("1 S|1 S/1 * >*|1 * >*", vec![loss(None, 2, 4)]),
        (
            "1 S|1 S|1 S/1 * >*|1 * >*|1 * >*",
            vec![DeadFlows(vec![40_002])],
        ),
        (
            "1 2 S|1 2 S/1 3 * >*|1 3 * >*/1 2 S|1 2 S/1 3 * >*|1 3 * >*",
            vec![Divergence { after: 1 }, DeadFlows(vec![40_002, 40_004])],
        ),
        // Where others lose packets, too, it may be chance.
        ("1 S|1 * >*/1 * >*|1 * >*", vec![loss(None, 4, 5)]),
        // Where no port gets through, none of them is different.
        ("1 * >*|1 * >*/1 * >*|1 * >*", vec![]),
        // Somebody with the target's address sends them on.
        ("1 N S", vec![PathNote::Dnat(2)]),
        ("1 N * >*", vec![PathNote::Dnat(2)]),
        // Probes that never left are no tries.
        ("1 S|1 S/L L >L|L L >L", vec![]),
    ] {
        assert_eq!(
            analyze(&PathFixture::of(walks).path).notes,
            notes,
            "{walks}"
        );
    }
}

#[test]
fn an_end_that_answers_with_errors_limits_them() {
    let closed = PathFixture::new(Protocol::Udp)
        .walks("1 P|1 * >*/1 * >*|1 * >*")
        .path;
    let limited = |lost, of| vec![PathNote::RateLimitedEnd { lost, sent: of }];
    assert_eq!(analyze(&closed).notes, limited(4, 5));
    let rejected = PathFixture::of("1 X2|1 * >*").path;
    assert_eq!(analyze(&rejected).notes, limited(2, 3));
}

/// Answers of the host to smaller TTLs may have been lost.
#[test]
fn a_host_that_may_be_nearer_is_not_spoken_for() {
    use Responder::{Farther, Host, Nearer, OneHopNearer};
    type Of = fn(Distance) -> Responder;
    let cases: [(u8, u8, Option<Of>); 6] = [
        (10, 3, None),
        (10, 2, None),
        (10, 4, Some(OneHopNearer)),
        (10, 5, Some(Nearer)),
        (3, 2, Some(Host)),
        (2, 1, Some(Farther)),
    ];
    for (ttl, least, speaker) in cases {
        let mut path = PathFixture::of("1 2 S").path;
        let by = DistanceBy::Echo;
        let host = Distance {
            ttl,
            min_ttl: least,
            by,
        };
        path.host_distance = Some(host);
        let expected = speaker.map(|of| of(host));
        assert_eq!(analyze(&path).responder, expected, "{least} to {ttl}");
    }
}

#[test]
fn a_tcp_port_that_is_answered_from_nearer_is_no_distance_of_the_host() {
    for (ttl, expected) in [(2, false), (3, false), (4, true), (5, true)] {
        let mut path = PathFixture::of("1 2 S").path;
        let by = DistanceBy::TcpPort(443);
        path.host_distance = Some(Distance {
            ttl,
            min_ttl: ttl,
            by,
        });
        assert_eq!(analyze(&path).responder.is_some(), expected, "{ttl}");
    }
}

#[test]
fn a_look_that_met_others_shows_parallel_links() {
    for (look, walks, notes) in [
        ("1 2 S", "1 2 S", vec![]),
        ("1 3 S", "1 2 S", vec![PathNote::OtherRouters]),
        ("1 3 S", "1 2 S|1 3 S", vec![]),
        ("1 3 S", "1 * S", vec![]),
        ("1 * S", "1 2 S", vec![]),
        // Flows tell by themselves.
        ("1 3 S", "1 2 S/1 2 S", vec![]),
    ] {
        let fixture = PathFixture::new(Protocol::Tcp).look(look).walks(walks);
        assert_eq!(analyze(&fixture.path).notes, notes, "{look}; {walks}");
    }
}

#[test]
fn a_silent_hop_is_told_by_the_look() {
    let fixture = PathFixture::new(Protocol::Tcp).look("1 2 S").walks("1 * S");
    let hops = merged_hops(&fixture.path);
    assert_eq!(hops[1].router(), Some(router(2)));
    assert_eq!((hops[1].sent, hops[1].answered), (2, 1));
}

#[test]
fn loss_of_all_but_the_look_is_loss() {
    let fixture = PathFixture::new(Protocol::Tcp)
        .look("1 2 S")
        .walks("1 2 * >*|1 2 * >*");
    let notes = analyze(&fixture.path).notes;
    assert_eq!(notes, vec![loss(None, 2, 2)]);
}

/// Where all that went before was lost.
#[test]
fn what_only_the_survey_found_counts_too() {
    let mut path = PathFixture::of("1 * * >*").path;
    path.survey = PathFixture::of("1 2 S|1 2 *").path.flows.pop();
    let found = analyze(&path);
    assert_eq!(told(&found.end), "SynAck 3");
    assert_eq!(merged_hops(&path)[1].router(), Some(router(2)));
    path.survey = PathFixture::of("1 2 * >S").path.flows.pop();
    assert_eq!(told(&analyze(&path).end), "SynAck None");
}

#[test]
fn ports_are_dead_where_bad_luck_does_not_explain_it() {
    for (dead, all, chance, expected) in [
        (0, 16, 0.5, 1.0),
        (1, 16, 0.0, 0.0),
        (1, 2, 0.5, 0.75),
        (2, 2, 0.5, 0.25),
        (1, 16, 0.001, 0.015_88),
    ] {
        let found = at_least(dead, all, chance);
        assert!((found - expected).abs() < 1e-4, "{dead} of {all}: {found}");
    }
}
