//! What the target says, and who says it for the target.

use super::case::Case;
use super::tally::Tally;
use super::{Code, Diagnosis, Who, local, loss, texts};
use crate::checks::ProbeBatch;
use crate::hosts::Protocol;
use crate::outcome::{Outcome, Refusal};
use crate::path::{Distance, DistanceBy, FinalReply, PathEnd, PathNote, Responder};

/// The port works.
pub(super) fn works(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    if asked.worked() == 0 || asked.failed() + asked.local > 0 {
        return None;
    }
    let (does, unknown) = match case.found.protocol {
        Protocol::Tcp => (
            "accepts connections",
            "Whether the application behind the port works: only connections were made.",
        ),
        Protocol::Udp => (
            "answers",
            "Whether the service does more than answer this one datagram.",
        ),
        Protocol::Icmp => (
            "answers ICMP echo",
            "Whether any port works: none was asked about.",
        ),
    };
    let alone = alone_at(case);
    let others = loss::Others::of(case);
    let wrong = match local::own_trouble(case) {
        Some(_) => "the only thing wrong is that this machine cannot connect to itself".to_owned(),
        None if others.lost > 0 => format!(
            "nothing wrong was seen with that, though {} of {} other probes had no answer ({})",
            others.lost,
            others.of,
            texts::list(&others.lossy)
        ),
        None if alone.is_some() => {
            "nothing wrong was seen, but whether the host itself answers does not show".to_owned()
        }
        None => "nothing wrong was seen".to_owned(),
    };
    let verdict = format!("{} {does}; {wrong}.", case.who());
    let found = Diagnosis::new(Code::Works, verdict).unknown(unknown);
    let found = if others.lost > 0 {
        let watch = format!("watch it for a while: synack -n 100 {}", case.argument());
        found.next(Who::You, watch)
    } else {
        found
    };
    Some(match (case.speaker(), alone) {
        (_, Some(ttl)) => found.unknown(format!(
            "Whether the host itself answers, or something at hop {ttl} in its name, such as a proxy: how far away the \
             host is does not show."
        )),
        (Some(Responder::OneHopNearer(_)), _) => found.unknown(
            "Whether the host itself answers: the answer comes from one hop nearer, by a shorter way or from something \
             right in front of it.",
        ),
        _ => found,
    })
}

/// The hop from which on this service is answered, where the host answers nothing that tells how far away it is.
fn alone_at(case: &Case) -> Option<u8> {
    let silent = |tried: &ProbeBatch| Tally::of(tried).is_silent();
    let no_echo = case.found.echo.as_ref().is_some_and(silent);
    let beyond = !case.is_own() && !case.is_neighbour();
    case.end_ttl()
        .filter(|_| no_echo && beyond && case.speaker().is_none())
}

/// What was found fits no rule, or too little was found.
pub(super) fn unclear(case: &Case) -> Diagnosis {
    let (who, asked) = (case.who(), &case.asked);
    if asked.total() == 0 {
        let verdict = format!("Nothing can be said about {who}: no probe to it ended.");
        return Diagnosis::new(Code::Unclear, verdict).next(Who::You, "run it again, to its end");
    }
    if asked.is_silent() {
        let verdict = format!(
            "{who} gives no answer, and nothing else was asked of that host: why cannot be said."
        );
        return Diagnosis::new(Code::Unclear, verdict)
            .unknown("Whether the host is up: a lost probe alone proves nothing.")
            .unknown(texts::WHICH_WAY)
            .next(
                Who::You,
                format!(
                    "ask another port of {}, one that should be open",
                    case.host()
                ),
            );
    }
    let verdict = format!("What was seen does not tell what is wrong with {who}.");
    let found = Diagnosis::new(Code::Unclear, verdict);
    found.next(
        case.admin(),
        format!(
            "do the probes arrive, and what leaves? {}",
            texts::capture(case)
        ),
    )
}

/// The handshake completes and a RST follows.
pub(super) fn resets(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    let mostly = asked.reset * 2 >= asked.total();
    let at_best = asked.worked() == 0 && asked.reset > asked.refused + asked.unreachable;
    if asked.reset == 0 || !(mostly || at_best) {
        return None;
    }
    let verdict = format!(
        "{} accepts connections and resets them at once{}.",
        case.who(),
        sometimes(asked.reset, asked.total())
    );
    Some(accepted(case, Code::ResetsAtOnce, verdict).unknown(
        "Who resets: the service, a proxy or balancer without a backend, a full queue with tcp_abort_on_overflow, or a \
         firewall on the way.",
    ))
}

/// The handshake completes and the other side closes.
pub(super) fn closes(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    if asked.closed == 0 || asked.closed * 2 < asked.total() {
        return None;
    }
    let verdict = format!(
        "{} accepts connections and closes them at once{}.",
        case.who(),
        sometimes(asked.closed, asked.total())
    );
    Some(accepted(case, Code::ClosesAtOnce, verdict).unknown(
        "Why: the service does not want this client, has nothing to say, or is a proxy without a backend. Some services \
         do so when all is well.",
    ))
}

fn accepted(case: &Case, code: Code, verdict: String) -> Diagnosis {
    let ask = format!(
        "the log of the service or proxy at {} at this time; is its backend up, is {} an allowed client?",
        case.who(),
        case.source()
    );
    Diagnosis::new(code, verdict)
        .not("A closed port, a filter that drops SYNs, and the way there and back: handshakes complete.")
        .seen_if(speaker(case))
        .next(case.admin(), ask)
}

/// ` (sometimes: 3 of 5 probes)`, where it is not always.
fn sometimes(part: u64, total: u64) -> String {
    if part == total {
        String::new()
    } else {
        format!(" (sometimes: {part} of {total} probes)")
    }
}

/// A RST comes from much nearer than the host is.
pub(super) fn forged_reset(case: &Case) -> Option<Diagnosis> {
    let (ttl, further) = in_its_name(case, &[FinalReply::Rst])?;
    if !is_refused(case) {
        return None;
    }
    let place = or_before(case, ttl);
    let verdict = format!(
        "Something at {place}, refuses {} with RST in the host's name: {further}.",
        case.who()
    );
    let rules = format!(
        "at {place}: which rule rejects {} from {} to {}?",
        case.service(),
        case.source(),
        case.host()
    );
    let found = Diagnosis::new(Code::FirewallResets, verdict)
        .seen_if(speaker(case))
        .unknown("Whether a device on the way sets the TTL of these packets anew: then the host itself may refuse.")
        .unknown(format!(
            "Whether anything listens on {}: the probes did not get that far.",
            case.service()
        ));
    Some(ask_around(found, ttl, rules))
}

/// Who it is that answers from much nearer than the host, with the smallest TTL that he answers.
pub(super) fn nearer(case: &Case, said: &[FinalReply]) -> Option<(u8, Distance)> {
    let (ttl, _) = reached(case).filter(|(_, how)| said.contains(how))?;
    match case.speaker() {
        Some(Responder::Nearer(host)) => Some((ttl, host)),
        _ => None,
    }
}

/// The smallest TTL that whoever answers for the target answers, and how.
fn reached(case: &Case) -> Option<(u8, FinalReply)> {
    match case.end()? {
        PathEnd::FinalReply { ttl, reply: how } => Some(((*ttl)?, *how)),
        _ => None,
    }
}

/// From which TTL on somebody else than the host answers in its name, and what shows that.
pub(super) fn in_its_name(case: &Case, said: &[FinalReply]) -> Option<(u8, String)> {
    let by_distance = nearer(case, said);
    let by_distance =
        by_distance.map(|(ttl, host)| (ttl, format!("the host itself is at {}", host.describe())));
    by_distance.or_else(|| passed_by(case, said))
}

/// Echoes to that address travel on behind whoever answers for this service, though the host answers none.
fn passed_by(case: &Case, said: &[FinalReply]) -> Option<(u8, String)> {
    let (ttl, _) = reached(case).filter(|(_, how)| said.contains(how))?;
    let path = case.path().filter(|path| path.host_distance.is_none())?;
    let mut routers = path.host_hops.iter().rev();
    let (hop, router) = routers.find_map(|hop| Some((hop.ttl?, hop.router()?)))?;
    let proof = format!("ICMP echoes to that address travel on, to {router} at hop {hop} at least");
    (hop > ttl).then_some((ttl, proof))
}

/// A device that answers for others may do so before or after it counts the packet's hop.
pub(super) fn or_before(case: &Case, ttl: u8) -> String {
    match ttl {
        0 | 1 => "hop 1, or on this machine".to_owned(),
        _ => format!("hop {ttl}, or {} just before it", case.hop_text(ttl - 1)),
    }
}

/// Whoever is meant by [`or_before`] is asked, and this machine's administrator where it may be this machine.
pub(super) fn ask_around(found: Diagnosis, ttl: u8, ask: String) -> Diagnosis {
    let found = if ttl > 1 {
        found
    } else {
        found
            .unknown(
                "Whether hop 1 answers or a rule of this machine: both are heard for every TTL.",
            )
            .next(Who::AdminHere, texts::OUTPUT_RULES)
    };
    found.next(Who::Network, ask)
}

/// `hop 7 on`: the smallest TTL that was answered, which may be too large where probes get lost.
pub(super) fn from_hop(case: &Case, ttl: u8) -> String {
    let next_is_known = ttl < 2 || case.router_at(ttl - 1).is_some();
    let loses = case
        .notes()
        .iter()
        .any(|note| matches!(note, PathNote::Loss { .. }));
    if loses && !next_is_known {
        format!("hop {ttl} on, or from nearer, as probes get lost")
    } else {
        format!("hop {ttl} on")
    }
}

/// From how far the answer came, and how far away the host is.
pub(super) fn speaker(case: &Case) -> Option<String> {
    let (ttl, how) = reached(case)?;
    let how = how.name();
    Some(match case.speaker()? {
        Responder::Host(host) if host.min_ttl < ttl => {
            format!(
                "The {how} comes from {}, like the host's answers to {}.",
                from_hop(case, ttl),
                asked(host)
            )
        }
        Responder::Host(host) | Responder::OneHopNearer(host) | Responder::Nearer(host) => {
            format!(
                "The {how} comes from {}; the host is {}.",
                from_hop(case, ttl),
                distance(host)
            )
        }
        Responder::Farther(host) => format!(
            "The {how} first came for a TTL of {ttl}, though the host is {}: nearer probes had no answer, or take \
             another way.",
            distance(host)
        ),
    })
}

/// Whoever answers from one hop nearer than the host.
fn in_front(case: &Case) -> String {
    let ttl = case.end_ttl();
    ttl.map_or_else(|| "the last hop".to_owned(), |ttl| or_before(case, ttl))
}

fn is_refused(case: &Case) -> bool {
    let asked = &case.asked;
    asked.worked() + asked.reset == 0 && asked.refused > 0
}

/// The port is closed, as far as its RST can be trusted.
pub(super) fn refused(case: &Case) -> Option<Diagnosis> {
    if !is_refused(case) {
        return None;
    }
    let (asked, service) = (&case.asked, case.service());
    let sure = case.is_own() || matches!(case.speaker(), Some(Responder::Host(_)));
    let why = if sure {
        format!("most likely nothing listens on {service} at that address")
    } else {
        format!("nothing listens on {service} at that address, or a firewall answers in its name")
    };
    let often = sometimes(asked.refused, asked.total());
    let verdict = format!("{} refuses connections{often}: {why}.", case.who());
    let found = Diagnosis::new(Code::PortClosed, verdict)
        .seen_if(speaker(case))
        .not("A dead host or a broken way, unless something in between speaks for it: an answer came.")
;
    let found = if asked.silent == 0 {
        found.not("A filter that drops silently.")
    } else {
        let silent = texts::probes(asked.silent);
        found.unknown(format!("Why {silent} got no reply at all: some systems limit how many RSTs they send, and loss looks the same."))
    };
    let found = doubts(case, found);
    Some(
        found
            .next(
                case.admin(),
                format!(
                    "does anything listen, and on which address? {}",
                    texts::ask_listeners(case)
                ),
            )
            .next(
                Who::You,
                format!(
                    "are {} and port {} meant?",
                    case.host(),
                    case.found.port.unwrap_or_default()
                ),
            ),
    )
}

/// How far the refusal can be trusted.
fn doubts(case: &Case, found: Diagnosis) -> Diagnosis {
    let ends = case.tried.iter().flat_map(|tried| &tried.outcomes);
    let mut ends = ends.map(|(end, _)| end);
    let untold = ends.any(|end| *end == Outcome::Refused(Refusal::Errno));
    let found = if untold {
        found.unknown("Whether it was a RST or a firewall's ICMP error: this system does not tell.")
    } else {
        found
    };
    match case.speaker() {
        _ if case.end_ttl() == Some(1) && !case.is_own() => found
            .unknown("Whether it is the host or a firewall that refuses: the RST comes from hop 1 on, or from this machine.")
            .next(Who::AdminHere, texts::OUTPUT_RULES),
        _ if case.is_own() => found.unknown("Whether a firewall of this machine sends the RST instead."),
        Some(Responder::Host(host)) if Some(host.min_ttl) == case.end_ttl() => found
            .not("A firewall well before the host: the RST comes from as far away as the host.")
            .unknown(match case.end_ttl() {
                Some(ttl) if ttl > 1 => format!(
                    "Whether a firewall sends the RST: the host's own, or {} right in front of it.",
                    case.hop_text(ttl - 1)
                ),
                _ => "Whether a firewall sends the RST: the host's own, or a rule of OUTPUT on this machine.".to_owned(),
            }),
        Some(Responder::Host(_)) => found.unknown(
            "Whether a firewall sends the RST: the host's answers come from as far away, but may come from nearer, too.",
        ),
        Some(Responder::OneHopNearer(_)) => found.unknown(
            "Whether something right in front of the host sends the RST: it comes from one hop nearer than the host, \
             and a shorter way for these packets looks the same.",
        )
        .next(Who::Network, format!("at {}: does a rule reject {}?", in_front(case), case.service())),
        Some(Responder::Farther(_)) => found.unknown(
            "Whether a firewall sends the RST: it comes from further away than the host is for other packets, so they \
             take different ways, or nearer ones got lost.",
        ),
        _ => match case.end_ttl() {
            Some(ttl) => found.unknown(format!(
                "Whether a firewall at {} sends the RST in the host's name: how far away the host is does not show.",
                or_before(case, ttl)
            )),
            None => found.unknown("Whether a firewall sends the RST in the host's name: how far away its sender is does not show."),
        },
    }
}

/// `at hop 9 (by ICMP echo)`.
pub(super) fn distance(host: Distance) -> String {
    format!("at {} (by {})", host.describe(), asked(host))
}

/// What the host was asked, to learn how far away it is.
fn asked(host: Distance) -> String {
    match host.by {
        DistanceBy::Echo => "ICMP echo".to_owned(),
        DistanceBy::ClosedUdpPort => "a closed UDP port".to_owned(),
        DistanceBy::TcpPort(port) => format!("tcp/{port}"),
    }
}
