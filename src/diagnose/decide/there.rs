//! What the target says, and who says it for the target.

use super::case::Case;
use super::tally::usual_icmp;
use super::{Code, Diagnosis, Who, texts};
use crate::outcome::{Outcome, Refusal};
use crate::path::{Distance, DistanceBy, End, Reached, Speaker};
use crate::target::Protocol;

/// The port works.
pub(super) fn works(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    if asked.worked() == 0 || asked.failed() + asked.local > 0 {
        return None;
    }
    let who = case.who();
    let found = match case.found.protocol {
        Protocol::Tcp => Diagnosis::new(
            Code::Works,
            format!("{who} accepts connections; nothing wrong was seen."),
        )
        .unknown("Whether the application behind the port works: only connections were made."),
        Protocol::Udp => Diagnosis::new(
            Code::Works,
            format!("{who} answers; nothing wrong was seen."),
        )
        .unknown("Whether the service does more than answer this one datagram."),
        Protocol::Icmp => Diagnosis::new(
            Code::Works,
            format!("{who} answers ICMP echo; nothing wrong was seen."),
        )
        .unknown("Whether any port works: none was asked about."),
    };
    Some(match case.speaker() {
        Some(Speaker::InFront(_)) => found.unknown(
            "Whether the host itself answers: the answer comes from one hop nearer, by a shorter way or from something \
             right in front of it.",
        ),
        _ => found,
    })
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
    let (ttl, host) = nearer(case, &[Reached::Rst])?;
    if !is_refused(case) {
        return None;
    }
    let place = or_before(case, ttl);
    let verdict = format!(
        "Something at {place}, refuses {} with RST in the host's name: the host itself is at hop {}.",
        case.who(),
        host.ttl
    );
    let rules = format!(
        "at {place}: which rule rejects {} from {} to {}?",
        case.service(),
        case.source(),
        case.host()
    );
    Some(
        Diagnosis::new(Code::FirewallResets, verdict)
            .seen_if(speaker(case))
            .not("The host's own refusal: it is further away than whoever answers.")
            .unknown(format!(
                "Whether anything listens on {}: the probes did not get that far.",
                case.service()
            ))
            .next(Who::Network, rules),
    )
}

/// Who it is that answers from much nearer than the host, with the smallest TTL that he answers.
pub(super) fn nearer(case: &Case, said: &[Reached]) -> Option<(u8, Distance)> {
    let Some(End::Reached {
        ttl: Some(ttl),
        how,
    }) = case.end()
    else {
        return None;
    };
    match case.speaker() {
        Some(Speaker::Other(host)) if said.contains(how) => Some((*ttl, host)),
        _ => None,
    }
}

/// A device that answers for others may do so before or after it counts the packet's hop.
pub(super) fn or_before(case: &Case, ttl: u8) -> String {
    match ttl {
        0 | 1 => "hop 1".to_owned(),
        _ => format!("hop {ttl}, or {} just before it", case.hop_text(ttl - 1)),
    }
}

/// From how far the answer came, and how far away the host is.
pub(super) fn speaker(case: &Case) -> Option<String> {
    let Some(End::Reached {
        ttl: Some(ttl),
        how,
    }) = case.end()
    else {
        return None;
    };
    let from = format!("The {} comes from hop {ttl} on", how.name());
    let host = match case.speaker()? {
        Speaker::Host(host)
        | Speaker::InFront(host)
        | Speaker::Other(host)
        | Speaker::Further(host) => host,
    };
    Some(format!("{from}; the host is {}.", distance(host)))
}

fn is_refused(case: &Case) -> bool {
    case.asked.worked() == 0 && case.asked.refused > 0
}

/// The port is closed, as far as its RST can be trusted.
pub(super) fn refused(case: &Case) -> Option<Diagnosis> {
    if !is_refused(case) {
        return None;
    }
    let (asked, service) = (&case.asked, case.service());
    let sure = case.is_own() || matches!(case.speaker(), Some(Speaker::Host(_)));
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
    let ends = case.tried.iter().flat_map(|tried| &tried.ends);
    let mut ends = ends.map(|(end, _)| end);
    let untold = ends.any(|end| *end == Outcome::Refused(Refusal::BySystem));
    let found = if untold {
        found.unknown("Whether it was a RST or a firewall's ICMP error: this system does not tell.")
    } else {
        found
    };
    match case.speaker() {
        _ if case.is_own() => found.unknown("Whether a firewall of this machine sends the RST instead."),
        Some(Speaker::Host(_)) => found
            .not("A firewall well before the host: the RST comes from as far away as the host.")
            .unknown("Whether the host's own firewall sends the RST."),
        Some(Speaker::InFront(_)) => found.unknown(
            "Whether something right in front of the host sends the RST: it comes from one hop nearer than the host, \
             and a shorter way for these packets looks the same.",
        ),
        Some(Speaker::Further(_)) => found.unknown(
            "Whether a firewall sends the RST: it comes from further away than the host is for other packets, so they \
             take different ways.",
        ),
        _ => found.unknown("Whether a firewall sends the RST in the host's name: how far away its sender is does not show."),
    }
}

/// No probe got any answer.
pub(super) fn silent(case: &Case) -> Option<Diagnosis> {
    if !case.asked.is_silent() {
        return None;
    }
    let alive = case.signs_of_life();
    let found = match case.found.protocol {
        Protocol::Icmp if !alive.is_empty() => echo_filtered(case, &alive),
        Protocol::Tcp if !alive.is_empty() => port_filtered(case, &alive),
        Protocol::Udp if !alive.is_empty() || !case.asked_others() => {
            open_or_filtered(case, &alive)
        }
        _ if case.asked_others() => host_silent(case),
        _ => return None,
    };
    Some(
        found
            .seen_if(silent_after(case))
            .unknown(texts::WHICH_WAY)
            .next(
                case.admin(),
                format!(
                    "do the probes arrive, and does an answer leave? {}",
                    texts::capture(case)
                ),
            ),
    )
}

/// Where the answers on the way cease, and how far away the host is.
pub(super) fn silent_after(case: &Case) -> Option<String> {
    let End::Silent { after } = case.end()? else {
        return None;
    };
    let last = match after {
        Some(ttl) => format!(
            "On the way, {} is the last to answer these probes",
            case.hop_text(*ttl)
        ),
        None => "On the way, no hop answers these probes".to_owned(),
    };
    let host = case.path().and_then(|path| path.host);
    let host = host.map(|host| format!("; the host is {}", distance(host)));
    Some(format!("{last}{}.", host.unwrap_or_default()))
}

/// `at hop 9 (by ICMP echo)`.
fn distance(host: Distance) -> String {
    let by = match host.by {
        DistanceBy::Echo => "ICMP echo",
        DistanceBy::ClosedUdpPort => "a closed UDP port",
    };
    format!("at hop {} (by {by})", host.ttl)
}

fn port_filtered(case: &Case, alive: &[String]) -> Diagnosis {
    let (who, service, alive) = (case.who(), case.service(), texts::list(alive));
    let verdict = format!(
        "{who} gives no answer, though the host answers {alive}: {service} is filtered, or its queue is full."
    );
    let rules = format!(
        "which rule drops {service} from {} to {}?",
        case.source(),
        case.host()
    );
    Diagnosis::new(Code::PortFiltered, verdict)
        .not(format!("A host that is down, and a broken way: it answers {alive}."))
        .not("A port that is merely closed: that would have been refused with RST.")
        .unknown("Who drops it: a firewall on the way or on the host, or the host because its accept queue is full (Linux drops SYNs then).")
        .next(Who::Network, rules)
        .next(
            case.admin(),
            format!("{} (Recv-Q above Send-Q is a full queue); the host's own firewall rules", texts::ask_listeners(case)),
        )
}

fn echo_filtered(case: &Case, alive: &[String]) -> Diagnosis {
    let (who, alive) = (case.who(), texts::list(alive));
    let verdict = format!(
        "{who} leaves ICMP echo unanswered, though it answers {alive}: only pings are filtered."
    );
    Diagnosis::new(Code::EchoFiltered, verdict)
        .not(format!(
            "A host that is down, and a broken way: it answers {alive}."
        ))
        .next(Who::You, "nothing, unless pings are meant to pass")
}

fn open_or_filtered(case: &Case, alive: &[String]) -> Diagnosis {
    let (who, service) = (case.who(), case.service());
    let up = if alive.is_empty() {
        String::new()
    } else {
        format!(", though the host answers {}", texts::list(alive))
    };
    let verdict = format!(
        "{who} gives no answer{up}: {service} is open and has nothing to say to this payload, or it is filtered."
    );
    let found = Diagnosis::new(Code::OpenOrFiltered, verdict);
    let found = match case.listener() {
        Some(listener) => found.seen(format!("Listening here: {}.", texts::listener(listener))),
        None => found,
    };
    found
        .unknown("Whether anything listens: UDP does not tell. A host that closes the port says so with ICMP, which firewalls often drop.")
        .next(Who::You, "send what the service answers (--payload)")
        .next(case.admin(), format!("does anything listen? {}", texts::ask_listeners(case)))
}

fn host_silent(case: &Case) -> Diagnosis {
    let who = case.who();
    let verdict = format!(
        "{who} gives no answer, and nothing else that was tried there does: the host is down, the address is wrong, or all is filtered."
    );
    let found = Diagnosis::new(Code::HostSilent, verdict)
        .unknown("Whether the host is up: from here a dead host and a filter that drops everything look the same.");
    let found = if case.is_tcp() {
        found.not("A port that is merely closed on a host that can be reached: it would have been refused.")
    } else if case.is_udp() {
        found.unknown(format!(
            "Whether {} is open: an open UDP port may be silent, too.",
            case.service()
        ))
    } else {
        found
    };
    let mut others = case.found.other_ports.iter();
    let found = match others.find_map(usual_icmp) {
        Some(icmp) => {
            let from = texts::device(icmp.from);
            found.next(
                Who::Network,
                format!(
                    "{from} rejects other ports ({}): do its rules drop this one?",
                    texts::icmp(&icmp)
                ),
            )
        }
        None => found,
    };
    let after = match case.end() {
        Some(End::Silent { after: Some(ttl) }) => format!("; start at {}", case.hop_text(*ttl)),
        _ => String::new(),
    };
    found
        .next(
            case.admin(),
            format!("is the host up, with the address {}?", case.host()),
        )
        .next(
            Who::Network,
            format!(
                "is there a way to {} and back to {}, and which rule drops?{after}",
                case.host(),
                case.source()
            ),
        )
}
