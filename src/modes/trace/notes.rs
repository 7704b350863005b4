//! What stands out on a path, a line each.

use crate::hosts::Protocol;
use crate::path::{
    Distance, DistanceBy, FinalReply, LossOnset, Path, PathAnalysis, PathEnd, PathNote, Responder,
    RoutingLoop, describe_rejecting_hop,
};
use crate::text;
use crate::text::Text;
use crate::verdict::subject::icmp;

/// The end of the path, and what stands out on it.
pub(super) fn lines(path: &Path, analysis: &PathAnalysis) -> Vec<Text> {
    let notes = analysis.notes.iter().map(|it| note(path, it));
    let early = path
        .interrupted
        .then(|| "stopped before the last round".into());
    let end = end(path, analysis).capitalized();
    std::iter::once(end).chain(notes).chain(early).collect()
}

/// Where the path ends: `RST at hop 3; the host is at hop 5 (by ICMP echo)`.
pub(super) fn end(path: &Path, analysis: &PathAnalysis) -> Text {
    match &analysis.end {
        PathEnd::FinalReply { ttl, reply } => {
            let place = ttl.map(|ttl| text![" at hop ", ttl]);
            let place = place.unwrap_or_else(|| " to probes with the usual TTL only".into());
            let is_host =
                path.target.protocol == Protocol::Icmp || *reply == FinalReply::PortUnreachable;
            let unknown = (!is_host).then(|| "; the host's distance is unknown".into());
            let host = analysis.responder.map(responder).or(unknown);
            text![reply_name(*reply), place, host]
        }
        PathEnd::Rejected {
            ttl,
            icmp: error,
            sender_hop,
            after,
        } => {
            let from = error.from.map(|from| text![" from ", from]);
            let mtu = error.mtu.map(|mtu| text![", MTU ", mtu]);
            text![icmp(error), from, sender(*ttl, *sender_hop, *after), mtu]
        }
        PathEnd::NoReply { after } => no_reply(path, *after),
        PathEnd::Loop(RoutingLoop { first, last }) => {
            text!["routing loop: hops ", *first, " to ", *last, " repeat"]
        }
        PathEnd::Local(cause) => text!["no probe left this machine: ", cause.reason()],
        PathEnd::Unknown => {
            "this system reports no result of probes with a limited TTL (Linux 5.9 and later do)"
                .into()
        }
    }
}

fn reply_name(reply: FinalReply) -> &'static str {
    match reply {
        FinalReply::SynAck => "SYN-ACK",
        FinalReply::Rst => "RST",
        FinalReply::Reply => "reply",
        FinalReply::PortUnreachable => "ICMP port unreachable from the target",
    }
}

/// Hop of the host, beside that of the reply.
fn responder(responder: Responder) -> Text {
    match responder {
        Responder::Host(host) => text![", as far away as the host (", by(host.by), ")"],
        Responder::OneHopNearer(host) | Responder::Nearer(host) | Responder::Farther(host) => {
            text!["; the host is at ", distance(host)]
        }
    }
}

/// `hop 5 (by ICMP echo)`
fn distance(host: Distance) -> Text {
    text![Text::words(host.describe()), " (", by(host.by), ")"]
}

fn by(by: DistanceBy) -> Text {
    match by {
        DistanceBy::Echo => "by ICMP echo".into(),
        DistanceBy::ClosedUdpPort => "by a closed UDP port".into(),
        DistanceBy::TcpPort(port) => text!["by tcp/", port],
    }
}

/// Hop of the sender of a rejection.
fn sender(ttl: Option<u8>, hop: Option<u8>, after: Option<u8>) -> Text {
    match (hop, ttl) {
        (Some(hop), _) => text![", hop ", hop],
        (None, Some(ttl)) => text![", ", Text::words(describe_rejecting_hop(ttl, after))],
        (None, None) => ", to probes with the usual TTL only".into(),
    }
}

/// `no reply beyond hop 4; other probes get to 192.0.2.1 at hop 5`
fn no_reply(path: &Path, after: Option<u8>) -> Text {
    let place = match after {
        Some(after) => text!["no reply beyond hop ", after],
        None => "no reply from any hop".into(),
    };
    let host = path
        .host_distance
        .map(|it| text!["; the host is at ", distance(it)]);
    let mut beyond = path.host_hops.iter().filter(|hop| hop.ttl > after);
    let beyond = beyond.find_map(|hop| Some((hop.ttl?, hop.router()?)));
    let beyond =
        beyond.map(|(ttl, router)| text!["; other probes get to ", router, " at hop ", ttl]);
    text![place, beyond, host]
}

fn note(path: &Path, note: &PathNote) -> Text {
    match note {
        PathNote::RateLimited(ttls) => {
            let (noun, verb) = match ttls.len() {
                1 => ("Hop ", " rate-limits its"),
                _ => ("Hops ", " rate-limit their"),
            };
            let ttls = Text::list(ttls.iter().map(|it| Text::from(*it)).collect());
            text![noun, ttls, verb, " ICMP errors: missing ones are no loss"]
        }
        PathNote::Loss { onset, lost, sent } => loss(*onset, *lost, *sent),
        PathNote::RateLimitedEnd { lost, sent } => text![
            *lost,
            " of ",
            *sent,
            " probes got no reply from the end of the path; its ICMP errors may be rate-limited, so this need not be loss"
        ],
        PathNote::Divergence { after: 0 } => {
            "From the first hop on, routers depend on the source port (ECMP)".into()
        }
        PathNote::Divergence { after } => {
            text![
                "Beyond hop ",
                *after,
                ", routers depend on the source port (ECMP)"
            ]
        }
        PathNote::DeadFlows(ports) => {
            let list = ports.iter().map(|it| Text::from(*it)).collect();
            let (dead, all) = (ports.len(), path.flows.len());
            text![
                dead,
                " of ",
                all,
                " source ports never get a reply: ",
                Text::list(list)
            ]
        }
        PathNote::Dnat(ttl) => text![
            "Hop ",
            *ttl,
            " has the target's address and forwards the probes (DNAT: load balancer, container)"
        ],
        PathNote::OtherRouters => {
            "Other source ports met other routers (ECMP; --flows shows them)".into()
        }
    }
}

/// `3 of 60 probes to the end of the path got no reply; loss begins between hops 2 and 3`
fn loss(onset: Option<LossOnset>, lost: u64, sent: u64) -> Text {
    if lost == sent {
        return text![
            "Only the first probes, each from its own source port, got a reply; none of ",
            sent,
            " later ones did"
        ];
    }
    let place = onset.map(|it| it.describe(|ttl| format!("hop {ttl}")));
    let place = place.map(|place| text!["; loss begins ", Text::words(place)]);
    text![
        lost,
        " of ",
        sent,
        " probes to the end of the path got no reply",
        place
    ]
}
