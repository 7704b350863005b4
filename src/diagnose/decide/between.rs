//! The way: some packets pass, others do not.

use super::case::Case;
use super::tally::Tally;
use super::{Code, Diagnosis, Who, texts, there};
use crate::path::{Begins, End, Loop, Note, Reached, Share, losses};

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
            .unknown("Which of the parallel links or devices it is, and whether it is not a limit for each port.")
            .next(
                Who::Network,
                format!("a bad member among parallel links, or a balancer with a dead one? Test with source port {ports}"),
            ),
    )
}

/// How many source ports never got through, and which.
fn dead_flows(case: &Case) -> Option<(usize, String)> {
    case.notes().iter().find_map(|note| match note {
        Note::DeadFlows(ports) if !ports.is_empty() => {
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
        Note::Parts { after: 0 } => {
            Some("The ways of the source ports part at the start.".to_owned())
        }
        Note::Parts { after } => Some(format!(
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
    } else if let Some(passed) = others_all_pass(case) {
        limited(case, passed)
    } else {
        lossy(case)
    })
}

/// How many probes of other kinds got through, where all did that could, and chance does not explain it: if whatever was
/// lost could have been of any kind, that would happen less than once in a hundred times (Fisher's exact test).
fn others_all_pass(case: &Case) -> Option<u64> {
    let (silent, passed) = losses_of_others(case);
    let asked = &case.asked;
    let (_, lost, of) = path_loss(case).unwrap_or((None, 0, 0));
    let (lost, of) = (asked.silent + lost, asked.total() + of);
    let all = of + passed;
    let chance: f64 = (0..lost)
        .map(|nth| (of - nth) as f64 / (all - nth) as f64)
        .product();
    (silent == 0 && chance < 0.01).then_some(passed)
}

/// How many of the probes to that host that are not of the asked service were lost, of all. What never answers may be
/// filtered, and does not count; large echoes do, for small ones are answered where they are sent. Nor do ports that had
/// one probe each, if one of them was silent: whether that was lost or filtered nobody knows.
fn losses_of_others(case: &Case) -> (u64, u64) {
    let (single, often): (Vec<_>, Vec<_>) =
        case.others().map(Tally::of).partition(|it| it.total() == 1);
    let is_clear = single.iter().all(|it| it.silent == 0);
    let single = single.into_iter().filter(|_| is_clear);
    let often = often.into_iter().filter(|it| it.answers() > 0);
    let all = often.chain(single).chain(case.sizes().map(Tally::of));
    all.fold((0, 0), |(lost, of), it| {
        (lost + it.silent, of + it.silent + it.answers())
    })
}

/// This port's probes are dropped, now and then, and no others.
fn limited(case: &Case, passed: u64) -> Diagnosis {
    let service = case.service();
    let verdict = format!(
        "{} answers only some probes, while everything else that was sent to that host got through: what is dropped is \
         dropped for {service}, as by a limit or a full accept queue.",
        case.who()
    );
    Diagnosis::new(Code::Intermittent, verdict)
        .seen_if(loss_fact(case))
        .not(format!(
            "Loss on the way for everybody: {} of other kinds were all answered.",
            texts::probes(passed)
        ))
        .not("A rule that forbids it altogether, and a host that is down: some probes got through.")
        .unknown("Whether a rule limits connections per client or per port, or the service does not accept fast enough.")
        .next(
            case.admin(),
            format!(
                "is the accept queue full? {} (Recv-Q above Send-Q); nstat -az TcpExtListenOverflows, before and after; \
                 does a rule limit {service}?",
                texts::ask_listeners(case)
            ),
        )
        .next(
            Who::Network,
            format!(
                "does a rule {} limit {service} from {} to {}?",
                loss_place(case).unwrap_or_else(|| "on the way".to_owned()),
                case.source(),
                case.host()
            ),
        )
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
    let found = match there::nearer(case, &[Reached::Rst]) {
        Some((ttl, _)) => {
            let place = there::or_before(case, ttl);
            let ask = format!(
                "at {place}: what makes it refuse some probes and let others pass? A limit?"
            );
            there::ask_around(found.seen_if(there::speaker(case)), ttl, ask)
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

/// Loss that the way shows, though all probes of the port itself came through.
pub(super) fn loss(case: &Case) -> Option<Diagnosis> {
    let lost = path_loss(case).map_or(0, |(_, lost, _)| lost);
    let resent = case.asked.resent() > 0;
    // A single lost packet among all is no verdict.
    let shown = lost > 1 || resent && (lost > 0 || losses_of_others(case).0 > 0);
    if !shown || case.asked.worked() == 0 {
        return None;
    }
    Some(match others_all_pass(case) {
        Some(passed) => limited(case, passed),
        None => lossy(case),
    })
}

fn path_loss(case: &Case) -> Option<(Option<Begins>, u64, u64)> {
    case.notes().iter().find_map(|note| match note {
        Note::Loss { begins, lost, of } => Some((*begins, *lost, *of)),
        _ => None,
    })
}

/// What the path shows of loss, hop by hop where that shows where it begins.
pub(super) fn loss_fact(case: &Case) -> Option<String> {
    let (_, lost, of) = path_loss(case)?;
    let whole = || format!("On the path {lost} of {of} probes had no answer.");
    Some(losses_by_hop(case).unwrap_or_else(whole))
}

/// Between whom packets get lost.
pub(super) fn loss_place(case: &Case) -> Option<String> {
    let (begins, ..) = path_loss(case)?;
    Some(begins?.place(|ttl| case.place_text(ttl)))
}

fn losses_by_hop(case: &Case) -> Option<String> {
    loss_place(case)?;
    let counted = losses(case.path()?, case.limited_hops());
    if counted.is_empty() {
        return None;
    }
    let of_hop = counted.iter().map(|(ttl, Share { lost, sent })| {
        let end = case.end_ttl();
        let hop = ttl.filter(|_| *ttl != end);
        let hop = hop.map_or_else(|| "the target".to_owned(), |ttl| format!("hop {ttl}"));
        format!("{lost} of {sent} at {hop}")
    });
    let of_hop: Vec<_> = of_hop.collect();
    Some(format!("Probes without an answer: {}.", of_hop.join(", ")))
}

fn lossy(case: &Case) -> Diagnosis {
    let (asked, seen) = (&case.asked, path_loss(case));
    let without = |lost, of| format!("{lost} of {of} probes had no answer");
    let what = match seen {
        // Of one packet each, which is not sent again.
        Some((_, lost, of)) if of > asked.total() || asked.silent == 0 => without(lost, of),
        _ if asked.silent == 0 => {
            let (lost, of) = losses_of_others(case);
            let others = format!("{lost} of {of} other probes had no answer");
            format!(
                "{} of {} handshakes needed more than one SYN, and {others}",
                asked.resent(),
                asked.total()
            )
        }
        _ => without(asked.silent, asked.total()),
    };
    let place = loss_place(case).map(|place| format!(" {place}"));
    let place = place.unwrap_or_default();
    let verdict = format!("Packets to {} get lost{place}: {what}.", case.who());
    let found = Diagnosis::new(Code::PacketLoss, verdict)
        .seen_if(loss_fact(case))
        .not("A host that is down, a closed port, and a filter for all: other probes got through.")
        .unknown(texts::WHICH_WAY);
    look_for_loss(case, found)
}

/// Who can find out where packets get lost, as far as that is known.
fn look_for_loss(case: &Case, found: Diagnosis) -> Diagnosis {
    let begins = path_loss(case).and_then(|(begins, ..)| begins);
    let Some((begins, place)) = begins.zip(loss_place(case)) else {
        let trace = format!(
            "synack trace -n 30 {}: from which hop on do packets get lost?",
            case.argument()
        );
        let found = found
            .next(Who::You, trace)
            .next(Who::Network, "errors and drops on the links of the way");
        return at_the_target(case, found);
    };
    let ask = format!("errors and drops {place}, these included");
    let found = match case.route().and_then(|route| route.interface.as_ref()) {
        Some(interface) if begins.after == 0 => {
            let own = format!("errors and drops here: ip -s -s link show dev {interface}");
            found.next(Who::AdminHere, own)
        }
        _ => found,
    };
    let found = found.next(Who::Network, ask);
    if begins.from.is_some_and(|ttl| case.end_ttl() > Some(ttl)) {
        return found
            .not("The target and its service: probes that end before it get lost as well.")
            .next(Who::Network, texts::capture(case));
    }
    at_the_target(case, found)
}

/// Nothing says that the target itself does not drop them.
fn at_the_target(case: &Case, found: Diagnosis) -> Diagnosis {
    let counters = if case.is_tcp() {
        "nstat -az TcpExtListenOverflows TcpExtListenDrops, before and after; "
    } else {
        ""
    };
    found
        .unknown("Whether they are lost on the way, or dropped by a limit per client or a full queue at the target.")
        .next(case.admin(), format!("{counters}{}", texts::capture(case)))
}

/// Packets go round.
pub(super) fn looping(case: &Case) -> Option<Diagnosis> {
    let Some(End::Loop(found)) = case.end() else {
        return None;
    };
    if case.asked.worked() > 0 {
        return None;
    }
    let Loop { first, last } = *found;
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
fn in_loop(case: &Case, found: Loop, ttl: u8) -> String {
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
    let Some(End::Reached { ttl, how }) = case.end() else {
        return None;
    };
    if !case.asked.is_silent() {
        return None;
    }
    if !how.is_yes() {
        return Some(refused_elsewhere(case, *how));
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
            .next(Who::You, "run it again, or watch it for a while: synack with -n 100"),
    )
}

/// Whoever answered said that the port is closed, though not to the port's own probes.
fn refused_elsewhere(case: &Case, how: Reached) -> Diagnosis {
    let (who, how) = (case.who(), how.name());
    let verdict = format!(
        "{who} refuses: its own probes had no answer, those of the path had {how}: most likely nothing listens there."
    );
    Diagnosis::new(Code::PortClosed, verdict)
        .seen_if(there::speaker(case))
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
    let (small, large) = (Tally::of(&sizes.small_tried), Tally::of(&sizes.large_tried));
    let small_pass = small.worked() * 2 > small.total();
    let large_vanish = large.silent > 1 && large.silent == large.total();
    // Where small ones get lost as well, size is not the reason.
    let lossy = case.asked.failed() + case.asked.resent() + small.silent > 0;
    if !small_pass || !large_vanish || lossy || case.asked.worked() == 0 {
        return None;
    }
    let verdict = format!(
        "Large packets to {}, or the answers to them, vanish: echoes of {} bytes pass, of {} bytes they do not, and no \
         ICMP error says so: most likely an MTU black hole.",
        case.who(),
        sizes.small,
        sizes.large
    );
    Some(
        Diagnosis::new(Code::MtuBlackHole, verdict)
            .not("The port itself: it answers, and handshakes are small packets.")
            .unknown("At which hop, and whether a firewall drops large echoes only: the sizes were tried with ICMP echo.")
            .next(
                Who::You,
                format!("find the size that passes: tracepath -n {}; does a lower MTU here help?", case.host()),
            )
            .next(
                Who::Network,
                "let ICMP fragmentation-needed (3/4) and ICMPv6 packet-too-big pass, set the right MTU on tunnels, or clamp TCP's MSS",
            ),
    )
}

/// Something in between answers for the target.
pub(super) fn proxy(case: &Case) -> Option<Diagnosis> {
    let (ttl, further) = there::in_its_name(case, &[Reached::SynAck, Reached::Reply])?;
    if case.asked.worked() == 0 {
        return None;
    }
    let place = there::or_before(case, ttl);
    let verdict = format!(
        "Something at {place}, answers in the name of {}: {further}.",
        case.who()
    );
    let ask = format!(
        "at {place}: a transparent proxy, a balancer, or a SYN proxy? Is it meant to take {}?",
        case.service()
    );
    let found = Diagnosis::new(Code::ProxyAnswers, verdict)
        .seen_if(there::speaker(case))
        .unknown("Whether a device on the way sets the TTL of these packets anew: then the host itself may answer.")
        .unknown(format!(
            "Whether {} of the host itself works.",
            case.service()
        ));
    Some(there::ask_around(found, ttl, ask))
}
