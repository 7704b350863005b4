//! What a path means.

use std::net::IpAddr;

use super::Verdict;
use crate::hosts::Protocol;
use crate::outcome::IcmpError;
use crate::path::{
    Distance, DistanceBy, FinalReply, Path, PathAnalysis, PathEnd, PathNote, Responder,
    RoutingLoop, describe_rejecting_hop,
};
use crate::text::{Marked, Text};

/// How a path is looked at, for a reader who sees only the result.
pub const METHOD: &str = "a walk keeps its source port; times end when the kernel hears the answer (a RST: when \
    this process does)";

/// The verdicts that only a path has, with what they mean.
pub const CODES: &[(&str, &str)] = &[
    (
        "reached",
        "Probes reach the end of the path, and are answered there.",
    ),
    (
        "forged-rst",
        "A RST comes from much nearer than the host: a firewall sends it in the host's name.",
    ),
    (
        "answered-for",
        "An answer comes from much nearer than the host: a proxy or a firewall speaks in its name.",
    ),
    (
        "routing-loop",
        "Packets go round between routers until their TTL runs out.",
    ),
];

/// Draws the conclusion in words, with no more certainty than what was found carries.
pub fn verdict(path: &Path, analysis: &PathAnalysis) -> Verdict {
    let told = Told::new(path);
    let (code, meaning, next) = told.end(analysis);
    let mut verdict = Verdict {
        code,
        meaning: vec![Text::from(Marked(&meaning))],
        next: marked(next),
    };
    let notes = analysis.notes.iter().map(|note| told.note(note));
    verdict.meaning.extend(marked(notes));
    verdict.next.extend(marked(told.steps_for(&analysis.notes)));
    if path.interrupted {
        let early = "It was stopped early, so there may be more.";
        verdict.meaning.push(early.into());
    }
    verdict
}

fn marked(strings: impl IntoIterator<Item = String>) -> Vec<Text> {
    let strings = strings.into_iter();
    strings.map(|it| Text::from(Marked(&it))).collect()
}

/// The words for one path.
struct Told<'a> {
    path: &'a Path,
    address: IpAddr,
    service: String,
}

type ProbeResult = (String, String, Vec<String>);

impl<'a> Told<'a> {
    fn new(path: &'a Path) -> Self {
        let target = &path.target;
        Self {
            path,
            address: target.address.ip(),
            service: target.protocol.service(target.address.port()),
        }
    }

    fn end(&self, analysis: &PathAnalysis) -> ProbeResult {
        match &analysis.end {
            PathEnd::FinalReply { ttl, reply: how } => self.reached(*ttl, *how, analysis.responder),
            PathEnd::Rejected {
                ttl,
                icmp,
                sender_hop: at,
                after,
            } => self.rejected(icmp, &sender(*ttl, *at, *after)),
            PathEnd::NoReply { after } => self.silent(*after),
            PathEnd::Loop(found) => self.looped(*found),
            PathEnd::Local(cause) => (
                cause.reason().to_owned(),
                format!("No probe left this machine ({}), so nothing was learned of the path.", cause.reason()),
                vec![format!("synack explain {}", cause.reason())],
            ),
            PathEnd::Unknown => (
                "unknown".to_owned(),
                "This system does not say what became of the probes: a path can be looked at on Linux 5.9 and later."
                    .to_owned(),
                Vec::new(),
            ),
        }
    }

    fn reached(&self, ttl: Option<u8>, how: FinalReply, speaker: Option<Responder>) -> ProbeResult {
        let what = match how {
            FinalReply::SynAck => "The handshake completes",
            FinalReply::Rst => "A RST comes",
            FinalReply::Reply => "An answer comes",
            FinalReply::PortUnreachable => "The host itself says that nothing listens on the port",
        };
        let Some(ttl) = ttl else {
            let far = "only for probes with the usual TTL, so how far away it is does not show";
            return (code(how, None), format!("{what}, {far}."), Vec::new());
        };
        let meaning = format!("{what} at hop {ttl}{}", self.spoken_by(ttl, how, speaker));
        (code(how, speaker), meaning, self.steps(ttl, how, speaker))
    }

    fn spoken_by(&self, ttl: u8, how: FinalReply, speaker: Option<Responder>) -> String {
        match speaker {
            Some(Responder::Host(host)) if how == FinalReply::Rst => format!(
                ", as far away as the host itself ({}): nothing accepts on the port there, or a firewall on the host \
                 or right in front of it{} sends RSTs in its name.",
                by(host),
                before(ttl).map_or_else(String::new, |before| format!(" (hop {before})"))
            ),
            Some(Responder::Host(host)) => format!(", as far away as the host itself ({}).", by(host)),
            Some(Responder::OneHopNearer(host)) => format!(
                ", one hop nearer than the host itself ({}, {}): something right in front of it answers in its name, \
                 or the way is a hop shorter for these probes.",
                host.describe(),
                by(host)
            ),
            Some(Responder::Nearer(host)) => self.forged(ttl, how, host),
            Some(Responder::Farther(host)) => format!(
                ", further away than the host itself ({}, {}): these probes take another way, are forwarded from \
                 there, or those that should have been answered nearer got lost.",
                host.describe(),
                by(host)
            ),
            None if how == FinalReply::PortUnreachable || self.path.target.protocol == Protocol::Icmp => {
                ".".to_owned()
            }
            None => ". How far away the host itself is does not show, so this may also be something in front of it that \
                     answers in its name."
                .to_owned(),
        }
    }

    fn forged(&self, ttl: u8, how: FinalReply, host: Distance) -> String {
        let far = host.describe();
        let place = match before(ttl) {
            Some(before) => format!("It is hop {ttl} or the one before (hop {before})."),
            None => "It is the first hop, or this machine itself.".to_owned(),
        };
        let what = match how {
            FinalReply::Rst => {
                "most likely it is not the host that refuses, but a firewall there that sends RSTs in its name \
                 (else these probes take a much shorter way)"
            }
            _ => {
                "most likely it is not the host that answers, but a proxy, a balancer or a SYN-cookie firewall there \
                 that speaks in its name (else these probes take a much shorter way); an open port there proves \
                 nothing about the host"
            }
        };
        format!(
            ", but {} is at {far} ({}). So {what}. {place}",
            self.address,
            by(host)
        )
    }

    fn steps(&self, ttl: u8, how: FinalReply, speaker: Option<Responder>) -> Vec<String> {
        let port = self.path.target.address.port();
        match (how, speaker) {
            (_, Some(Responder::Nearer(_))) if ttl <= 1 => vec![
                "on this machine, as root: nft list ruleset (does a rule of OUTPUT reject or redirect it?)".to_owned(),
                format!(
                    "ask the owner of hop 1 for its rules on {} to {}",
                    self.service, self.address
                ),
            ],
            (_, Some(Responder::Nearer(_))) => vec![format!(
                "ask the owner of hop {ttl}, or of the one before, for its rules on {} to {}",
                self.service, self.address
            )],
            (FinalReply::Rst, _) => vec![format!(
                "on {}: ss -ltn 'sport = :{port}' (does anything listen, and on which address?)",
                self.address
            )],
            (FinalReply::PortUnreachable, _) => vec![format!(
                "on {}: ss -lun 'sport = :{port}' (does anything listen, and on which address?)",
                self.address
            )],
            _ => Vec::new(),
        }
    }

    fn rejected(&self, icmp: &IcmpError, place: &str) -> ProbeResult {
        let from = icmp
            .from
            .map_or_else(|| "An unnamed device".to_owned(), |from| from.to_string());
        let (reason, kind, number) = (icmp.reason(), icmp.kind, icmp.code);
        let mtu = icmp.mtu.map_or_else(String::new, |mtu| {
            format!(" Its next link takes packets of at most {mtu} bytes.")
        });
        let meaning =
            format!("{from} ends the way with ICMP {reason} ({kind}/{number}). {place}{mtu}");
        let next = vec![
            format!(
                "ask the owner of {from} for its rules and routes for {} to {}",
                self.service, self.address
            ),
            format!("synack explain {reason}"),
        ];
        (reason.into_owned(), meaning, next)
    }

    fn silent(&self, after: Option<u8>) -> ProbeResult {
        let host = self.path.host_distance.map(|host| {
            format!(
                " The host itself is there, at {} ({}){}: so these probes, or the answers to them, are filtered, on \
                 the host, on the way, or on this machine.",
                host.describe(),
                by(host),
                self.further(after)
            )
        });
        let meaning = match after {
            Some(after) => format!(
                "Nothing answers beyond hop {after}. Probes, or the answers to them, are dropped by that hop when it \
                 sends them on, by one behind it, or by the host; a hop may also forward and say nothing."
            ),
            None => "No hop answers at all: this machine's firewall or its network drops the probes or their answers, or every hop \
                     keeps silent."
                .to_owned(),
        };
        let suspect = after.map_or_else(
            || "the first hop".to_owned(),
            |after| format!("hop {after} and the one behind it"),
        );
        let next = vec![format!(
            "capture on {} (does the probe arrive, does an answer leave?), then at {suspect}",
            self.address
        )];
        let meaning = meaning + &host.unwrap_or_default();
        ("silence".to_owned(), meaning, next)
    }

    /// Where probes of another kind are answered beyond that hop.
    fn further(&self, after: Option<u8>) -> String {
        let hops = self.path.host_hops.iter();
        let mut further = hops.filter(|hop| hop.ttl > after && hop.final_reply().is_none());
        let next = further.find_map(|hop| Some((hop.ttl?, hop.router()?)));
        next.map_or_else(String::new, |(ttl, router)| {
            format!(", by way of {router} at hop {ttl}")
        })
    }

    fn looped(&self, found: RoutingLoop) -> ProbeResult {
        let RoutingLoop { first, last } = found;
        let meaning = format!(
            "Packets go round between hops {first} and {last} until their TTL runs out: each of these routers sends \
             packets for {} on to the next of them. None of them gets there.",
            self.address
        );
        let between = if last - first > 1 { "to" } else { "and" };
        let next = format!(
            "ask the owners of hops {first} {between} {last} for their routes to {}",
            self.address
        );
        ("routing-loop".to_owned(), meaning, vec![next])
    }

    /// Links fail behind the hop at which ports part, where that shows.
    fn steps_for(&self, notes: &[PathNote]) -> Option<String> {
        let port = notes.iter().find_map(|note| match note {
            PathNote::DeadFlows(ports) => ports.first(),
            _ => None,
        })?;
        let after = notes.iter().find_map(|note| match note {
            PathNote::Divergence { after } => Some(*after),
            _ => None,
        });
        let whom = match after {
            Some(after) if after > 0 => format!("the owner of hop {after}"),
            _ => "the owners of the path".to_owned(),
        };
        Some(format!(
            "ask {whom} what becomes of {} to {} from source port {port}",
            self.service, self.address
        ))
    }

    fn note(&self, note: &PathNote) -> String {
        match note {
            PathNote::RateLimited(ttls) => format!(
                "{} left some probes unanswered, but what goes further gets through: routers limit how many ICMP \
                 errors they send. That need not be loss on the path.",
                hops(ttls)
            ),
            PathNote::Loss { lost, sent: of, .. } if lost == of => format!(
                "The first probes, each from a source port of its own, were answered; all {of} later ones to the end of the \
                 way were not. That happens when one of several parallel links fails (--flows shows it), or when nothing \
                 gets through any more."
            ),
            PathNote::Loss { onset: begins, lost, sent: of } => {
                let place = begins.map(|it| it.describe(|ttl| format!("hop {ttl}")));
                let place = place.map(|place| format!(" Packets get lost {place}."));
                let place = place.unwrap_or_default();
                format!("{lost} of {of} probes to the end of the way got no answer.{place}")
            }
            PathNote::RateLimitedEnd { lost, sent: of } => format!(
                "{lost} of {of} tries got no answer from the end of the way, which answers with ICMP errors: hosts and \
                 routers limit how many they send, so that need not be loss."
            ),
            PathNote::Divergence { after: 0 } => {
                "From the first hop on probes take different routers, depending on their source port: there are parallel links.".to_owned()
            }
            PathNote::Divergence { after } => format!(
                "Behind hop {after} probes take different routers, depending on their source port: there are parallel links."
            ),
            PathNote::DeadFlows(ports) => {
                let of = self.path.flows.len();
                let list: Vec<_> = ports.iter().map(u16::to_string).collect();
                format!(
                    "{} of {of} source ports never get an answer from the end of the way ({}), while the others do: \
                     as when one of several parallel links or machines fails.",
                    ports.len(),
                    list.join(", ")
                )
            }
            PathNote::Dnat(ttl) => format!(
                "Hop {ttl} has the target's own address and sends these probes on (address translation, a load balancer, a \
                 container): another machine behind it answers, or does not."
            ),
            PathNote::OtherRouters => {
                "Probes from other source ports met other routers: there are parallel links (--flows shows them)."
                    .to_owned()
            }
        }
    }
}

/// Where the sender of a rejection is.
fn sender(ttl: Option<u8>, at: Option<u8>, after: Option<u8>) -> String {
    match (at, ttl) {
        (Some(at), _) => format!("It is hop {at} of the path."),
        (None, Some(1)) => "It is the first hop.".to_owned(),
        (None, Some(ttl)) => format!(
            "Probes get that answer from a TTL of {ttl} on: it is {}.",
            describe_rejecting_hop(ttl, after)
        ),
        (None, None) => "Only probes with the usual TTL got that answer.".to_owned(),
    }
}

/// The hop in front of this one, where there is one.
fn before(ttl: u8) -> Option<u8> {
    ttl.checked_sub(1).filter(|before| *before > 0)
}

fn by(host: Distance) -> String {
    match host.by {
        DistanceBy::Echo => "by its answers to ICMP echo".to_owned(),
        DistanceBy::ClosedUdpPort => "by its answers to a closed UDP port".to_owned(),
        DistanceBy::TcpPort(port) => format!("by its answers to tcp/{port}"),
    }
}

fn hops(ttls: &[u8]) -> String {
    match ttls {
        [only] => format!("Hop {only}"),
        all => {
            let all: Vec<_> = all.iter().map(u8::to_string).collect();
            format!("Hops {}", all.join(", "))
        }
    }
}

/// The stable name of a way that has an end.
fn code(how: FinalReply, speaker: Option<Responder>) -> String {
    let code = match (how, speaker) {
        (FinalReply::Rst, Some(Responder::Nearer(_))) => "forged-rst",
        (FinalReply::SynAck, Some(Responder::Nearer(_))) => "answered-for",
        (FinalReply::Rst, _) => "rst",
        (FinalReply::PortUnreachable, _) => "port-unreachable",
        _ => "reached",
    };
    code.to_owned()
}

#[cfg(test)]
mod tests;
