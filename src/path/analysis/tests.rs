//! Notes about paths in the notation of [`crate::path::fixture`].

use super::*;
use crate::hosts::Protocol;
use crate::path::fixture::PathFixture;

/// Hop 2 replies to one of six probes, hop 3 to all.
const ONE_OF_SIX: &str = "1 2 S|1 * S|1 * S|1 * S|1 * S|1 * S";

fn loss(onset: Option<(u8, Option<u8>)>, lost: u64, sent: u64) -> PathNote {
    let onset = onset.map(|(after, from)| LossOnset { after, from });
    PathNote::Loss { onset, lost, sent }
}

fn assert_notes(cases: impl IntoIterator<Item = (&'static str, Vec<PathNote>)>) {
    for (rounds, notes) in cases {
        let found = analyze(&PathFixture::of(rounds).path).notes;
        assert_eq!(found, notes, "{rounds}");
    }
}

#[test]
fn hop_that_loses_more_than_the_path_end_is_rate_limited() {
    use PathNote::RateLimited;
    assert_notes([
        ("1 2 S|1 2 S", vec![]),
        (ONE_OF_SIX, vec![RateLimited(vec![2])]),
        (
            "* 2 3 S|* * 3 S|* * 3 S|* * 3 S|* * 3 S|1 * 3 S",
            vec![RateLimited(vec![1, 2])],
        ),
        // One missing reply is enough if the path end lost none.
        ("1 2 S|1 * S", vec![RateLimited(vec![2])]),
        (
            "1 2 S|1 2 S|1 2 S|1 * S|1 * S|1 * S",
            vec![RateLimited(vec![2])],
        ),
        // A hop that never replies is not rate-limited.
        ("1 * S|1 * S|1 * S|1 * S|1 * S|1 * S", vec![]),
    ]);
}

#[test]
fn loss_up_to_the_path_end_is_loss() {
    use PathNote::RateLimited;
    assert_notes([
        // Lost: the probe to the last hop and the full-TTL probe.
        ("1 2 3 S|1 * * * >*", vec![loss(None, 2, 3)]),
        ("1 2 3 S|1 2 3 * >*", vec![loss(None, 2, 3)]),
        ("1 2 3 S|* * * * >*|1 2 3 S", vec![loss(None, 2, 4)]),
        // Only the full-TTL probe got a reply: one is lost.
        ("1 2 S|1 2 * >S", vec![loss(None, 1, 3)]),
        (
            "1 2 S|1 * S|1 * S|1 * S|1 * S|1 * S|1 * S|1 * * >*",
            vec![RateLimited(vec![2]), loss(None, 2, 9)],
        ),
        ("1 2 3 * >*", vec![]),
        ("1 2 S/1 2 S", vec![]),
    ]);
}

#[test]
fn only_discovery_with_a_reply_is_loss() {
    let fixture = PathFixture::new(Protocol::Tcp)
        .discovery("1 2 S")
        .rounds("1 2 * >*|1 2 * >*");
    let notes = analyze(&fixture.path).notes;
    assert_eq!(notes, vec![loss(None, 2, 2)]);
}

#[test]
fn path_end_with_icmp_errors_is_rate_limited() {
    let closed = PathFixture::new(Protocol::Udp)
        .rounds("1 P|1 * >*/1 * >*|1 * >*")
        .path;
    let limited = |lost, sent| vec![PathNote::RateLimitedEnd { lost, sent }];
    assert_eq!(analyze(&closed).notes, limited(4, 5));
    let rejected = PathFixture::of("1 X2|1 * >*").path;
    assert_eq!(analyze(&rejected).notes, limited(2, 3));
}

#[test]
fn reply_without_sender_is_not_lost() {
    let path = PathFixture::of("1 2 ?|1 2 S").path;
    assert_eq!(path.flows[0].hops[2].loss(), Some(0.0));
}

#[test]
fn different_routers_for_different_flows_are_ecmp() {
    use PathNote::{Divergence, RateLimited};
    assert_notes([
        ("1 2 S/4 5 S", vec![Divergence { after: 0 }]),
        ("1 2 3 S/1 2 4 S", vec![Divergence { after: 2 }]),
        (
            "1 2 3 S/1 * 4 S",
            vec![RateLimited(vec![2]), Divergence { after: 2 }],
        ),
        ("1 2 3 S/1 2 * S", vec![]),
    ]);
}

#[test]
fn other_routers_in_discovery_are_ecmp() {
    for (discovery, rounds, notes) in [
        ("1 2 S", "1 2 S", vec![]),
        ("1 3 S", "1 2 S", vec![PathNote::OtherRouters]),
        ("1 3 S", "1 2 S|1 3 S", vec![]),
        ("1 3 S", "1 * S", vec![]),
        ("1 * S", "1 2 S", vec![]),
        // Several flows show ECMP themselves.
        ("1 3 S", "1 2 S/1 2 S", vec![]),
    ] {
        let fixture = PathFixture::new(Protocol::Tcp)
            .discovery(discovery)
            .rounds(rounds);
        assert_eq!(analyze(&fixture.path).notes, notes, "{discovery}; {rounds}");
    }
}

#[test]
fn dead_flow_needs_more_than_chance() {
    use PathNote::{DeadFlows, Divergence};
    assert_notes([
        // One lost probe is not enough, nor two next to two replies; three next to three are.
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
        // The other flow loses packets too.
        ("1 S|1 * >*/1 * >*|1 * >*", vec![loss(None, 4, 5)]),
        // No flow gets a reply.
        ("1 * >*|1 * >*/1 * >*|1 * >*", vec![]),
        // Probes that never left are no attempts.
        ("1 S|1 S/L L >L|L L >L", vec![]),
    ]);
}

#[test]
fn time_exceeded_from_the_target_address_is_dnat() {
    assert_notes([
        ("1 N S", vec![PathNote::Dnat(2)]),
        ("1 N * >*", vec![PathNote::Dnat(2)]),
    ]);
}
