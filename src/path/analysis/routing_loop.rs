//! Routing loop: routers that repeat periodically.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::path::Hop;

/// Hops between which packets circulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutingLoop {
    /// First hop of the loop.
    pub first: u8,
    /// Last hop of the loop, followed by the first one again.
    pub last: u8,
}

/// Routers that repeat with a period of two hops or more, up to the last reply. One router for two TTLs in a row is no
/// loop: some routers do not decrement the TTL.
pub(in crate::path) fn find_routing_loop(hops: &[Hop]) -> Option<RoutingLoop> {
    if hops.iter().any(Hop::is_path_end) {
        return None;
    }
    let routers: Vec<Option<IpAddr>> = hops.iter().map(Hop::router).collect();
    // The shortest period: with missing replies, multiples of it match too.
    (2..routers.len().saturating_sub(1)).find_map(|period| {
        let last_start = routers.len() - period - 2;
        let first = (0..=last_start).find(|first| repeats(&routers[*first..], period))?;
        let ttl = |index: usize| u8::try_from(index + 1).ok();
        Some(RoutingLoop {
            first: ttl(first)?,
            last: ttl(first + period - 1)?,
        })
    })
}

/// Whether every `period`-th hop is the same router where it replied, and at least two routers repeat, the first one
/// included.
fn repeats(routers: &[Option<IpAddr>], period: usize) -> bool {
    let mut repeated: BTreeSet<&IpAddr> = BTreeSet::new();
    for offset in 0..period {
        let same = routers.iter().skip(offset).step_by(period).flatten();
        let known: Vec<_> = same.collect();
        if known.iter().any(|router| *router != known[0]) {
            return false;
        }
        repeated.extend(known.get(1).copied());
    }
    let first = routers.first().copied().flatten();
    repeated.len() > 1 && first.is_some_and(|first| repeated.contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::fixture::PathFixture;

    #[test]
    fn loop_needs_two_repeated_routers_up_to_the_last_reply() {
        for (rounds, expected) in [
            ("1 2 3 2 3", Some((2, 3))),
            ("1 2 3 2 3 2 3 2", Some((2, 3))),
            ("1 2 3 4 2 3 4", Some((2, 4))),
            ("1 2 1 2", Some((1, 2))),
            // Missing replies.
            ("1 2 3 * 3 2 3", Some((2, 3))),
            ("1 2 3 * 2 3 4 2", Some((2, 4))),
            ("1 2 3 4 2 3 * 2", Some((2, 4))),
            ("1 2 3 4 * 3 4", Some((3, 5))),
            // Rate-limited replies of a loop of two match longer periods too.
            ("1 * * 4 5 * 5 4 * 4 5", Some((4, 5))),
            ("1 2 3 4 5 4 * * 5 4 5", Some((4, 5))),
            // Replies of several rounds are merged.
            ("1 2 * 2 *|1 2 3 * 3", Some((2, 3))),
            ("1 2 3 2 *|1 2 3 2 3", Some((2, 3))),
            // A single repeated router is no proof.
            ("1 2 3 2", None),
            ("1 2 3 1", None),
            // Routers that do not decrement the TTL.
            ("1 2 2", None),
            ("1 2 2 3", None),
            ("1 2 2 2 2", None),
            ("1 1 2 2 3", None),
            // The path continues after a repeated router.
            ("1 2 3 2 4 5", None),
            ("1 2 3 2 3 4", None),
            ("1 2 3 * 3 4 3", None),
            ("1 * * * *", None),
            ("* * * *", None),
            // The path has an end.
            ("1 2 3 2 3 S", None),
            ("1 2 3 2 3 X3", None),
        ] {
            let fixture = PathFixture::of(rounds);
            let hops = &fixture.path.flows[0].hops;
            let found = find_routing_loop(hops).map(|it| (it.first, it.last));
            assert_eq!(found, expected, "{rounds}");
        }
    }
}
