//! Nobody says a word.

use std::net::IpAddr;

use super::case::{Case, NextHop};
use super::tally::{Tally, usual_icmp};
use super::target::distance;
use super::{Code, Diagnosis, Who, evidence, text, texts};
use crate::hosts::Protocol;
use crate::path::{Hop, PathEnd};
use crate::text;

/// How far silent probes get.
enum Reach {
    /// Up to a hop, though others get on behind it, to the next router.
    Behind { last: u8, next: u8, router: IpAddr },
    /// Up to the router right in front of the host.
    Host { last: u8 },
    /// That does not show.
    Unknown,
}

impl Reach {
    /// A hop that drops when it sends on has answered for a TTL that ran out there: `ip_forward` in
    /// `net/ipv4/ip_forward.c` looks at the TTL before rules see the packet.
    fn of(case: &Case) -> Self {
        let (Some(PathEnd::NoReply { after: Some(last) }), Some(path)) = (case.end(), case.path())
        else {
            return Self::Unknown;
        };
        let last = *last;
        let (next, host) = (last.saturating_add(1), path.host_distance);
        if host.is_some_and(|host| host.min_ttl == host.ttl && host.ttl == next) {
            return Self::Host { last };
        }
        let host = host.map(|host| host.ttl);
        let further = |hop: &&Hop| hop.ttl > Some(last) && hop.ttl < host;
        let mut further = path.host_hops.iter().filter(further);
        let next = further.find_map(|hop| Some((hop.ttl?, hop.router()?)));
        next.map_or(Self::Unknown, |(next, router)| Self::Behind {
            last,
            next,
            router,
        })
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
        Protocol::Udp if !alive.is_empty() && matches!(Reach::of(case), Reach::Behind { .. }) => {
            port_filtered(case, &alive)
        }
        Protocol::Udp if !alive.is_empty() || !case.asked_others() => {
            open_or_filtered(case, &alive)
        }
        _ if case.asked_others() => host_silent(case),
        _ => return None,
    };
    let dropped = evidence::dropped_words(case);
    let forced = evidence::unforced(case).map(|way| format!(" They went as -I or -S asks; {way}"));
    let found = Diagnosis {
        verdict: text![found.verdict, dropped.map(text), forced.map(text)],
        ..found
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
    let PathEnd::NoReply { after } = case.end()? else {
        return None;
    };
    let last = match after {
        Some(ttl) => format!(
            "On the way, {} is the last to answer these probes",
            case.hop_text(*ttl)
        ),
        None => "On the way, no hop answers these probes".to_owned(),
    };
    let host = case.path().and_then(|path| path.host_distance);
    let host = host.map(|host| format!("; the host is {}", distance(host)));
    Some(format!("{last}{}.", host.unwrap_or_default()))
}

fn port_filtered(case: &Case, alive: &[String]) -> Diagnosis {
    let (who, service, alive) = (case.who(), case.service(), texts::list(alive));
    let others: Vec<_> = case.found.other_ports.iter().map(Tally::of).collect();
    let all_tcp = case.is_tcp() && others.len() > 2 && others.iter().all(Tally::is_silent);
    let told = |what: &str| {
        let verdict = format!("{who} gives no answer, though the host answers {alive}: {what}.");
        let down = format!("A host that is down, and a broken way: it answers {alive}.");
        let closed = "A port that is merely closed: that would have been refused.";
        let found = Diagnosis::new(Code::PortFiltered, verdict).not(down);
        // A closed UDP port says so with ICMP, which may be what is filtered.
        if case.is_tcp() {
            found.not(closed)
        } else {
            found
        }
    };
    match Reach::of(case) {
        Reach::Behind { last, next, router } => {
            let place = Between::new(case, last, next, router);
            let found = told(&format!("{service} is filtered, {}", place.words));
            place.told(case, found)
        }
        _ if all_tcp => {
            let ports = others.len() + 1;
            all_filtered(
                case,
                told(&format!(
                    "TCP is filtered as a whole, as {ports} ports are silent"
                )),
            )
        }
        reach => filtered_or_full(
            case,
            &reach,
            told(&format!("{service} is filtered, or its queue is full")),
        ),
    }
}

fn ask_rule(case: &Case) -> String {
    let (service, source, host) = (case.service(), case.source(), case.host());
    format!("which rule drops {service} from {source} to {host}?")
}

/// The same, of whoever is behind the last hop that answered.
fn ask_rule_behind(case: &Case) -> String {
    ask_rule(case) + &start_at(case)
}

fn start_at(case: &Case) -> String {
    match case.end() {
        Some(PathEnd::NoReply { after: Some(ttl) }) => {
            format!(" Start at {}.", case.hop_text(*ttl))
        }
        _ => String::new(),
    }
}

/// Between which hops probes are dropped.
struct Between {
    words: String,
    unknown: String,
    whom: String,
    seen: String,
}

impl Between {
    fn new(case: &Case, last: u8, next: u8, router: IpAddr) -> Self {
        let near = last + 1 == next;
        let last = case.hop_text(last);
        let seen = format!("Other probes are answered further on, by {router} at hop {next}.");
        if near {
            return Self {
                words: format!("most likely right behind {last}"),
                unknown: format!(
                    "Whether {last} drops them as it sends them on, or the one behind as it takes them in"
                ),
                whom: format!("{last}, and the one behind"),
                seen,
            };
        }
        Self {
            words: format!("somewhere between {last} and hop {next} ({router})"),
            unknown: format!(
                "Which of the hops from {last} to hop {next} drops them: those in between gave no answer"
            ),
            whom: format!("{last}, hop {next} and those in between"),
            seen,
        }
    }

    fn told(self, case: &Case, found: Diagnosis) -> Diagnosis {
        let Self {
            unknown,
            whom,
            seen,
            ..
        } = self;
        found
            .seen(seen)
            .unknown(format!(
                "{unknown}; other probes may also take another way."
            ))
            .next(Who::Network, format!("at {whom}: {}", ask_rule(case)))
    }
}

fn all_filtered(case: &Case, found: Diagnosis) -> Diagnosis {
    found
        .unknown("Who drops it: a firewall on the way, on the host, or this machine's own that drops the answers.")
        .next(Who::AdminHere, texts::INPUT_RULES)
        .next(Who::Network, ask_rule_behind(case))
        .next(case.admin(), "the host's own firewall rules")
}

fn filtered_or_full(case: &Case, reach: &Reach, found: Diagnosis) -> Diagnosis {
    let found = match reach {
        Reach::Host { last } => {
            let last = case.hop_text(*last);
            found
                .seen(format!("The probes get as far as {last}, right in front of the host."))
                .unknown(format!(
                    "Who drops it: the host's firewall, {last} as it sends on, or the host because its accept queue is \
                     full (Linux drops SYNs then); or whoever filters the answers on their way back, this machine's \
                     own firewall included."
                ))
        }
        _ => found.unknown(
            "Who drops it: a firewall on the way, on the host or on this machine, or the host because its accept queue is \
             full (Linux drops SYNs then).",
        ),
    };
    found
        .next(case.admin(), ask_host(case))
        .next(Who::Network, ask_rule_behind(case))
        .next(Who::AdminHere, texts::INPUT_RULES)
}

fn ask_host(case: &Case) -> String {
    format!(
        "{} (Recv-Q above Send-Q is a full queue); the host's own firewall rules",
        texts::ask_listeners(case)
    )
}

fn echo_filtered(case: &Case, alive: &[String]) -> Diagnosis {
    let (who, alive) = (case.who(), texts::list(alive));
    let verdict = format!(
        "{who} leaves ICMP echo unanswered, though it answers {alive}: pings are most likely filtered."
    );
    Diagnosis::new(Code::EchoFiltered, verdict)
        .not(format!(
            "A host that is down, and a broken way: it answers {alive}."
        ))
        .next(Who::You, "nothing, unless pings are meant to pass")
}

/// Datagrams came from the port, and none of them answers what was asked.
pub(super) fn other_protocol(case: &Case) -> Option<Diagnosis> {
    let strays = case.found.port_probes.as_ref()?.strays;
    if strays == 0 || !case.asked.is_silent() {
        return None;
    }
    let (who, service) = (case.who(), case.service());
    let verdict = format!(
        "{who} sends datagrams, but none that answers what was asked: {service} is open, and most likely another protocol is spoken there."
    );
    let heard = texts::datagrams(strays);
    Some(
        Diagnosis::new(Code::OtherProtocol, verdict)
            .seen(format!("{heard} came from there and answered no probe."))
            .not("A dead host and a broken way: datagrams came back.")
            .unknown("What is spoken there.")
            .next(Who::You, "say what the service understands (--payload)")
            .next(
                case.admin(),
                format!("what listens? {}", texts::ask_listeners(case)),
            ),
    )
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
    let found = found.next(Who::You, "send what the service answers (--payload)");
    match case.listener() {
        Some(listener) => found
            .seen(format!("Listening here: {}.", texts::listener(listener)))
            .unknown("Whether the service got the datagrams and did not answer, or a rule drops them."),
        None => found
            .unknown(
                "Whether anything listens: UDP does not tell. A host that closes the port says so with ICMP, which \
                 firewalls often drop.",
            )
            .next(case.admin(), format!("does anything listen? {}", texts::ask_listeners(case)))
            .next(Who::Network, ask_rule_behind(case)),
    }
}

fn host_silent(case: &Case) -> Diagnosis {
    let who = case.who();
    let beyond = matches!(case.next_hop(), Some(NextHop::Gateway(_)));
    let verdict = if beyond && case.heard_nothing() {
        format!(
            "{who} gives no answer, and nothing else does, not even a router on the way: this machine drops what comes \
             in, the gateway sends nothing on, or the host is down or all filtered, and the routers keep silent."
        )
    } else if let Some(gateway) = case.last_sign() {
        format!(
            "{who} gives no answer, and nothing comes back from beyond the gateway {gateway}, which itself answers: it \
             sends nothing on, or the host is down or all filtered, and the routers keep silent."
        )
    } else {
        format!(
            "{who} gives no answer, and nothing else that was tried there does: the host is down, the address is wrong, \
             or all is filtered."
        )
    };
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
    let found = doubts(case, found);
    found
        .next(
            case.admin(),
            format!("is the host up, with the address {}?", case.host()),
        )
        .next(Who::Network, ask_network(case))
}

/// What else silence may be.
fn doubts(case: &Case, found: Diagnosis) -> Diagnosis {
    let found = if matches!(case.end(), Some(PathEnd::NoReply { after: Some(_) })) {
        found
            .unknown("Whether a router would say that the host is not there: routers limit how many errors they send.")
            .next(Who::You, "once more in ten seconds, when the routers' limits have recovered")
    } else {
        found
    };
    if case.heard_nothing() {
        found
            .unknown("Whether this machine's own firewall drops the answers: nothing came back, from nobody.")
            .next(Who::AdminHere, texts::INPUT_RULES)
    } else {
        found
    }
}

/// What the network's owner can find out about a host that is silent altogether.
pub(super) fn ask_network(case: &Case) -> String {
    let after = start_at(case);
    let (host, source) = (case.host(), case.source());
    format!(
        "is there a way to {host} and back to {source}, and does a rule drop packets on it?{after}"
    )
}
