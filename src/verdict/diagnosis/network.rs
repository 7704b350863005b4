//! The way: some packets pass, others do not.

use super::case::Case;
use super::tally::Tally;
use super::{Code, Diagnosis, Who, loss, slow, target, texts};
use crate::path::{FinalReply, PathEnd, PathNote, RoutingLoop};

/// Some source ports never get through.
pub(super) fn some_flows(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    let (dead, ports) = dead_flows(case)?;
    let said_no = asked.refused + asked.unreachable + asked.reset > 0;
    // No link is on the way to this machine itself.
    if said_no || case.is_own() || asked.worked() + asked.silent == 0 {
        return None;
    }
    let flows = case.path().map_or(0, |path| path.flows.len());
    let verdict = format!(
        "Only some connections to {} get through: {dead} of {flows} source ports never did.",
        case.who(),
    );
    Some(
        Diagnosis::new(Code::SomeFlowsFail, verdict)
            .seen_if(dead_flows_fact(case))
            .seen_if(parting(case))
            .not("A host that is down and a port that is closed: other source ports get through.")
            .unknown("Which of the parallel links or devices it is, or whether a limit for each port does the same.")
            .next(
                Who::Network,
                format!("a bad member among parallel links, or a balancer with a dead one? Which do packets from source port {ports} take?"),
            )
            .next(
                case.admin(),
                format!(
                    "do several processes share the port, and does one of them hang? {}",
                    texts::ask_listeners(case)
                ),
            ),
    )
}

/// How many source ports never got through, and which.
fn dead_flows(case: &Case) -> Option<(usize, String)> {
    case.notes().iter().find_map(|note| match note {
        PathNote::DeadFlows(ports) if !ports.is_empty() => {
            let texts: Vec<_> = ports.iter().map(u16::to_string).collect();
            Some((ports.len(), texts::list(&texts)))
        }
        _ => None,
    })
}

/// Which source ports never got through.
pub(super) fn dead_flows_fact(case: &Case) -> Option<String> {
    let (_, ports) = dead_flows(case)?;
    Some(format!(
        "No probe from source port {ports} was ever answered, while others were."
    ))
}

/// Where the ways of the source ports part.
pub(super) fn parting(case: &Case) -> Option<String> {
    case.notes().iter().find_map(|note| match note {
        PathNote::Divergence { after: 0 } => {
            Some("The ways of the source ports part at the start.".to_owned())
        }
        PathNote::Divergence { after } => Some(format!(
            "The ways of the source ports part behind {}.",
            case.hop_text(*after)
        )),
        _ => None,
    })
}

/// Some probes got through, others did not.
pub(super) fn sometimes(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    let crashes = asked.reset > 0 && asked.refused > 0;
    if asked.worked() == 0 && !crashes || asked.failed() == 0 {
        return None;
    }
    // No link is on the way to this machine itself.
    Some(if asked.failed() > asked.silent || case.is_own() {
        intermittent(case)
    } else {
        loss::told(case)
    })
}

fn intermittent(case: &Case) -> Diagnosis {
    let (asked, tried) = (&case.asked, case.tried);
    let (who, ends) = (case.who(), tried.map(texts::ends).unwrap_or_default());
    let verdict = if asked.worked() > 0 {
        format!("{who} works only sometimes: {ends}.")
    } else {
        format!("{who} accepts some connections and resets them, and refuses others: {ends}.")
    };
    let found = Diagnosis::new(Code::Intermittent, verdict)
        .not("A rule that forbids it altogether, and a host that is down: some probes got through.")
        .unknown("What makes the difference: several machines behind one address, a limit per client, a service that restarts.");
    let found = if asked.silent > 0 && !case.is_own() {
        found.unknown(texts::WHICH_WAY)
    } else {
        found
    };
    let rejected = tried.and_then(super::tally::usual_icmp);
    let found = match rejected {
        Some(icmp) => {
            let from = texts::device(icmp.from);
            let fact = format!("{} came from {from}.", texts::icmp(&icmp));
            let ask = format!(
                "at {from}: what makes it reject some probes and let others pass? A limit?"
            );
            found.seen(fact).next(Who::Network, ask)
        }
        None => found,
    };
    let found = match target::nearer(case, &[FinalReply::Rst]) {
        Some((ttl, _)) => {
            let place = target::or_before(case, ttl);
            let ask = format!(
                "at {place}: what makes it refuse some probes and let others pass? A limit?"
            );
            target::ask_around(found.seen_if(target::speaker(case)), ttl, ask)
        }
        None => found,
    };
    found.next(
        case.admin(),
        format!(
            "is there a balancer with a dead backend, or a service that restarts? Its log; {}",
            texts::ask_listeners(case)
        ),
    )
}

/// Packets go round.
pub(super) fn looping(case: &Case) -> Option<Diagnosis> {
    let Some(PathEnd::Loop(found)) = case.end() else {
        return None;
    };
    if case.asked.worked() > 0 {
        return None;
    }
    let RoutingLoop { first, last } = *found;
    let (a, b) = (in_loop(case, *found, first), in_loop(case, *found, last));
    let verdict = format!(
        "Packets to {} go round between {a} and {b}, until their TTL runs out.",
        case.who()
    );
    Some(
        Diagnosis::new(Code::RoutingLoop, verdict)
            .seen(format!(
                "From {a} to {b} the routers come again and again on the way."
            ))
            .not("The host and its firewall: packets do not get there.")
            .next(
                Who::Network,
                format!(
                    "the routes to {} at {a} and {b}: ip route get {}",
                    case.host(),
                    case.host()
                ),
            ),
    )
}

/// A hop of a loop, with its router, which may have answered only when packets came round again.
fn in_loop(case: &Case, found: RoutingLoop, ttl: u8) -> String {
    let period = found.last - found.first + 1;
    let again = (ttl..=u8::MAX).step_by(period.into());
    let router = again.into_iter().find_map(|ttl| case.router_at(ttl));
    router.map_or_else(
        || format!("hop {ttl}"),
        |router| format!("hop {ttl} ({router})"),
    )
}

/// The port's own probes were silent, and those of the path were answered.
pub(super) fn path_gets_through(case: &Case) -> Option<Diagnosis> {
    let Some(PathEnd::FinalReply { ttl, reply: how }) = case.end() else {
        return None;
    };
    if !case.asked.is_silent() {
        return None;
    }
    if !how.is_success() {
        return Some(refused_elsewhere(case, *how));
    }
    // More of them were sent, and some were answered.
    match case.surveyed() {
        Some(later) if later.lost == 0 => return Some(slow::for_a_while(case, later)),
        Some(later) if later.lost < later.sent => return Some(loss::told(case)),
        _ => {}
    }
    let from = ttl.map(|ttl| format!(" from hop {ttl} on"));
    let from = from.unwrap_or_default();
    let verdict = format!(
        "{} answers only sometimes: its own probes had no answer, those of the path did.",
        case.who()
    );
    Some(
        Diagnosis::new(Code::Intermittent, verdict)
            .seen(format!("The probes of the path were answered with {}{from}.", how.name()))
            .not("A rule that drops all, and a host that is down: an answer came.")
            .unknown("What makes the difference: loss, a limit per client, or something that changed meanwhile.")
            .unknown(texts::WHICH_WAY)
            .next(Who::You, format!("run it again, or watch it for a while: synack -n 100 {}", case.argument())),
    )
}

/// Whoever answered said that the port is closed, though not to the port's own probes.
fn refused_elsewhere(case: &Case, how: FinalReply) -> Diagnosis {
    let (who, how) = (case.who(), how.name());
    let verdict = format!(
        "{who} refuses: its own probes had no answer, those of the path had {how}: most likely nothing listens there."
    );
    Diagnosis::new(Code::PortClosed, verdict)
        .seen_if(target::speaker(case))
        .not("A host that is down and a filter for all: an answer came.")
        .unknown("Why the port's own probes had no answer: a limit of such answers, or loss.")
        .next(
            case.admin(),
            format!(
                "does the service run, and on which address? {}",
                texts::ask_listeners(case)
            ),
        )
}

/// Small packets pass, large ones vanish, and nobody says so.
pub(super) fn black_hole(case: &Case) -> Option<Diagnosis> {
    let sizes = case.found.sizes.as_ref()?;
    let (small, large) = (
        Tally::of(&sizes.small_probes),
        Tally::of(&sizes.large_probes),
    );
    let small_pass = small.worked() * 2 > small.total();
    let large_vanish = large.silent > 1 && large.silent == large.total();
    // Where small ones get lost as well, size is not the reason.
    let lossy = case.asked.failed() + case.asked.resent() + small.silent > 0;
    if !small_pass || !large_vanish || lossy || case.asked.worked() == 0 {
        return None;
    }
    let verdict = format!(
        "Large packets to {}, or the answers to them, vanish: echoes of {} bytes pass, of {} bytes they do not, and no \
         ICMP error says so: an MTU black hole, unless only large pings are filtered.",
        case.who(),
        sizes.small_bytes,
        sizes.large_bytes
    );
    Some(
        Diagnosis::new(Code::MtuBlackHole, verdict)
            .not("The port itself: it answers, and handshakes are small packets.")
            .unknown("At which hop, and whether a firewall drops large echoes only: the sizes were tried with ICMP echo.")
            .next(
                Who::You,
                format!("which size passes? synack --df -l 1400 icmp://{}, then more or less (IPv4 and ICMP add 28 bytes, IPv6 48)", case.host()),
            )
            .next(
                Who::Network,
                "let ICMP fragmentation-needed (3/4) and ICMPv6 packet-too-big pass, set the right MTU on tunnels, or clamp TCP's MSS",
            ),
    )
}

/// Something in between answers for the target.
pub(super) fn proxy(case: &Case) -> Option<Diagnosis> {
    let (ttl, further) = target::in_its_name(case, &[FinalReply::SynAck, FinalReply::Reply])?;
    if case.asked.worked() == 0 {
        return None;
    }
    let place = target::or_before(case, ttl);
    let verdict = format!(
        "Most likely something at {place}, answers in the name of {}: {further}.",
        case.who()
    );
    let ask = format!(
        "at {place}: a transparent proxy, a balancer, or a SYN proxy? Is it meant to take {}?",
        case.service()
    );
    let found = Diagnosis::new(Code::ProxyAnswers, verdict)
        .seen_if(target::speaker(case))
        .unknown("Whether a device on the way sets the TTL of these packets anew: then the host itself may answer.")
        .unknown(format!(
            "Whether {} of the host itself works.",
            case.service()
        ));
    Some(target::ask_around(found, ttl, ask))
}
