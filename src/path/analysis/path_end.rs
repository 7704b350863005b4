//! Where a path ends: final reply, rejection, routing loop, no reply, or at this machine.

use super::routing_loop::{RoutingLoop, find_routing_loop};
use crate::outcome::{IcmpError, LocalCause, Outcome, Refusal};
use crate::path::{FinalReply, Hop, Path};

/// Where a path ends.
#[derive(Clone, Debug, PartialEq)]
pub enum PathEnd {
    /// A reply of the target, or of a device that answers on its behalf.
    FinalReply {
        /// Smallest TTL with that reply; absent where only full-TTL probes got it.
        ttl: Option<u8>,
        /// Kind of reply.
        reply: FinalReply,
    },
    /// Rejected with an ICMP error.
    Rejected {
        /// Smallest TTL that is rejected.
        ttl: Option<u8>,
        /// The ICMP error.
        icmp: IcmpError,
        /// Hop at which the same sender also sends time exceeded.
        sender_hop: Option<u8>,
        /// Last hop before `ttl` that replied. Hops between may be the sender: routers rate-limit their ICMP errors.
        after: Option<u8>,
    },
    /// No reply beyond a hop.
    NoReply {
        /// Last hop that replied; absent where none did.
        after: Option<u8>,
    },
    /// A routing loop: packets circulate until their TTL expires.
    Loop(RoutingLoop),
    /// No probe left this machine.
    Local(LocalCause),
    /// Nothing was sent, or the system reports no result.
    Unknown,
}

/// Hop of the device that rejects: `hop 1`, `hop 4 or the one before`, `one of hops 2 to 6`. `ttl` is the smallest TTL
/// that is rejected, `after` the last hop before it that replied. A router decrements the TTL before it filters, so the
/// first rejected TTL may belong to the next hop.
pub fn describe_rejecting_hop(ttl: u8, after: Option<u8>) -> String {
    match after.unwrap_or(1) {
        _ if ttl <= 1 => "hop 1".to_owned(),
        after if after + 1 == ttl => format!("hop {ttl} or the one before"),
        after => format!("one of hops {after} to {ttl}"),
    }
}

/// The path end; `hops` are the merged hops.
pub(super) fn find_path_end(path: &Path, hops: &[Hop]) -> PathEnd {
    final_reply(path, hops)
        .or_else(|| rejection(path, hops))
        .or_else(|| routing_loop(path).map(PathEnd::Loop))
        .unwrap_or_else(|| without_terminal_reply(path, hops))
}

fn final_reply(path: &Path, hops: &[Hop]) -> Option<PathEnd> {
    let first = hops
        .iter()
        .chain(full_ttl_hops(path))
        .find_map(Hop::final_reply);
    let reply = first.or_else(|| path.full_ttl_outcome.and_then(reply_of))?;
    let ttl = smallest_ttl(hops, |hop| hop.final_reply().is_some());
    Some(PathEnd::FinalReply { ttl, reply })
}

fn rejection(path: &Path, hops: &[Hop]) -> Option<PathEnd> {
    let mut all = hops.iter().chain(full_ttl_hops(path));
    let icmp = all.find_map(Hop::rejection)?;
    let ttl = smallest_ttl(hops, |hop| hop.rejection().is_some());
    // Distance probes of another protocol pass the same router.
    let mut routers = hops.iter().chain(&path.host_hops);
    let sender_hop = routers.find(|hop| icmp.from.is_some() && hop.router() == icmp.from);
    let mut before = hops.iter().rev().filter(|hop| hop.ttl < ttl);
    let after = before.find(|hop| !hop.is_unanswered());
    Some(PathEnd::Rejected {
        ttl,
        icmp,
        sender_hop: sender_hop.and_then(|hop| hop.ttl),
        after: after.and_then(|hop| hop.ttl),
    })
}

/// Full-TTL probes of all flows and of the loss survey.
fn full_ttl_hops(path: &Path) -> impl Iterator<Item = &Hop> {
    let flows = path.flows.iter().chain(&path.survey);
    flows.map(|flow| &flow.full_ttl)
}

fn smallest_ttl(hops: &[Hop], is_match: impl Fn(&Hop) -> bool) -> Option<u8> {
    hops.iter().find(|hop| is_match(hop))?.ttl
}

fn routing_loop(path: &Path) -> Option<RoutingLoop> {
    let mut flows = path.flows.iter();
    flows
        .find_map(|flow| find_routing_loop(&flow.hops))
        .or_else(|| find_routing_loop(&path.discovery_hops))
}

/// Neither final reply nor rejection.
fn without_terminal_reply(path: &Path, hops: &[Hop]) -> PathEnd {
    let replied = hops.iter().rev().find(|hop| !hop.is_unanswered());
    if let Some(hop) = replied {
        return PathEnd::NoReply { after: hop.ttl };
    }
    let sent = hops.iter().any(|hop| hop.sent > 0);
    if let Some(cause) = hops
        .iter()
        .filter(|_| !sent)
        .find_map(|hop| hop.local_cause)
    {
        return PathEnd::Local(cause);
    }
    match path.full_ttl_outcome {
        Some(Outcome::NoReply) => PathEnd::NoReply { after: None },
        Some(Outcome::Local(_)) if sent => PathEnd::NoReply { after: None },
        Some(Outcome::Local(cause)) => PathEnd::Local(cause),
        _ => PathEnd::Unknown,
    }
}

fn reply_of(outcome: Outcome) -> Option<FinalReply> {
    match outcome {
        Outcome::Connected(_) | Outcome::ClosedAfterConnect | Outcome::ResetAfterConnect => {
            Some(FinalReply::SynAck)
        }
        Outcome::Refused(Refusal::Rst) => Some(FinalReply::Rst),
        Outcome::Reply => Some(FinalReply::Reply),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::hosts::Protocol;
    use crate::path::fixture::PathFixture;
    use crate::path::{PathEnd, analyze, describe_rejecting_hop};

    /// Short text for a path end.
    fn text(end: &PathEnd) -> String {
        match end {
            PathEnd::FinalReply { ttl, reply } => format!("{reply:?} {ttl:?}"),
            PathEnd::Rejected {
                ttl,
                icmp,
                sender_hop,
                ..
            } => {
                let from = icmp.from.map(|from| from.to_string());
                format!("rejected {ttl:?} by {from:?} at {sender_hop:?}")
            }
            PathEnd::NoReply { after } => format!("no reply after {after:?}"),
            PathEnd::Loop(found) => format!("loop {}-{}", found.first, found.last),
            PathEnd::Local(cause) => cause.reason().to_owned(),
            PathEnd::Unknown => "unknown".to_owned(),
        }
        .replace("Some(", "")
        .replace([')', '"'], "")
    }

    #[test]
    fn path_end_from_rounds() {
        for (rounds, end) in [
            ("S", "SynAck 1"),
            ("1 2 S", "SynAck 3"),
            ("1 2 R", "Rst 3"),
            ("* * S", "SynAck 3"),
            ("1 2 *|1 2 S", "SynAck 3"),
            ("1 2 * >S", "SynAck None"),
            ("1 2 * >R", "Rst None"),
            // The first final reply by TTL, of any flow.
            ("1 2 3 S/1 R", "Rst 2"),
            ("1 2 X2", "rejected 3 by 10.20.1.2 at 2"),
            ("1 X2", "rejected 2 by 10.20.1.2 at None"),
            ("X1", "rejected 1 by 10.20.1.1 at None"),
            ("1 X", "rejected 2 by None at None"),
            ("1 2 * >X7", "rejected None by 10.20.1.7 at None"),
            // Some probes are rejected, others get a final reply.
            ("1 X2|1 2 S", "SynAck 3"),
            ("1 2 * * >*", "no reply after 2"),
            ("1 * 3 * >*", "no reply after 3"),
            ("* * * >*", "unknown"),
            ("1 2 L L >L", "no reply after 2"),
            ("", "unknown"),
            (". . .", "unknown"),
            // Refused, sender not reported.
            ("? ? ? >?", "unknown"),
        ] {
            let found = analyze(&PathFixture::of(rounds).path).end;
            assert_eq!(text(&found), end, "{rounds}");
        }
    }

    #[test]
    fn path_end_from_discovery() {
        for (discovery, rounds, end) in [
            ("1 2 S", "* * *", "SynAck 3"),
            ("1 2 S", "1 2 *", "SynAck 3"),
            ("1 2 * >S", "1 2 * >*", "SynAck None"),
            ("1 2 X2", "1 2 *", "rejected 3 by 10.20.1.2 at 2"),
            ("1 2 *", "1 * *", "no reply after 2"),
            ("* * * >*", "* * *", "no reply after None"),
            ("1 2 1 2 >*", "* * >*", "loop 1-2"),
            ("L L >L", "", "no-route"),
        ] {
            let fixture = PathFixture::new(Protocol::Tcp)
                .discovery(discovery)
                .rounds(rounds);
            let found = analyze(&fixture.path).end;
            assert_eq!(text(&found), end, "{discovery}; {rounds}");
        }
    }

    /// All probes of the rounds were lost.
    #[test]
    fn path_end_from_loss_survey() {
        let mut path = PathFixture::of("1 * * >*").path;
        path.survey = PathFixture::of("1 2 S|1 2 *").path.flows.pop();
        assert_eq!(text(&analyze(&path).end), "SynAck 3");
        path.survey = PathFixture::of("1 2 * >S").path.flows.pop();
        assert_eq!(text(&analyze(&path).end), "SynAck None");
    }

    #[test]
    fn port_unreachable_is_final_for_udp_and_a_rejection_for_tcp() {
        for (rounds, end) in [
            ("1 2 D", "Reply 3"),
            ("1 2 P", "PortUnreachable 3"),
            ("1 2 X2", "rejected 3 by 10.20.1.2 at 2"),
        ] {
            let fixture = PathFixture::new(Protocol::Udp).rounds(rounds);
            assert_eq!(text(&analyze(&fixture.path).end), end, "{rounds}");
        }
        let tcp = analyze(&PathFixture::of("1 2 P").path).end;
        assert_eq!(text(&tcp), "rejected 3 by 10.20.0.7 at None");
    }

    #[test]
    fn range_of_the_rejecting_hop() {
        for (rounds, expected) in [
            ("X9", "hop 1"),
            ("1 2 3 X9", "hop 4 or the one before"),
            // Nearer hops without a reply may be rate-limited, and one of them the sender.
            ("1 2 * * * X9", "one of hops 2 to 6"),
            ("* * X9", "one of hops 1 to 3"),
        ] {
            let end = analyze(&PathFixture::of(rounds).path).end;
            let PathEnd::Rejected { ttl, after, .. } = end else {
                panic!("{rounds}");
            };
            let found = describe_rejecting_hop(ttl.unwrap_or(0), after);
            assert_eq!(found, expected, "{rounds}");
        }
    }

    #[test]
    fn distance_probes_locate_the_rejecting_router() {
        let mut path = PathFixture::of("1 * * X3").path;
        path.host_hops = PathFixture::of("1 2 3 S").path.hops;
        let PathEnd::Rejected { sender_hop, .. } = analyze(&path).end else {
            panic!("{path:?}");
        };
        assert_eq!(sender_hop, Some(3));
    }
}
