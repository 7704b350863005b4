//! Somebody said no with an ICMP error.

use std::collections::HashSet;
use std::net::IpAddr;

use super::case::Case;
use super::tally::usual_icmp;
use super::{Code, Diagnosis, Who, texts};
use crate::checks::ProbeBatch;
use crate::outcome::{IcmpError, IcmpVersion};
use crate::path::{self, PathEnd};

/// The ICMP error that answers the probes; where the port's own were silent that of the path, or of other probes if it
/// is about the host: routers limit how many they send, so the port's may have had none.
pub(super) fn usual(case: &Case) -> Option<IcmpError> {
    let of_path = match case.end() {
        Some(PathEnd::Rejected { icmp, .. }) if case.asked.is_silent() => Some(*icmp),
        _ => None,
    };
    let of_host = || {
        let told = |it: &ProbeBatch| Some((usual_icmp(it)?, it.target.protocol));
        let others: Vec<_> = case.other_probes().filter_map(told).collect();
        let nobody = case.asked.is_silent() && case.signs_of_life().is_empty();
        let protocols = |error: &IcmpError| {
            let same = others.iter().filter(|it| it.0 == *error);
            same.map(|it| it.1).collect::<HashSet<_>>().len()
        };
        let mut errors = others.iter().map(|it| &it.0).filter(|_| nobody);
        let told = errors.find(|it| is_about_the_host(it) || is_forbidden(it) && protocols(it) > 1);
        told.copied()
    };
    case.tried.and_then(usual_icmp).or(of_path).or_else(of_host)
}

/// Whether a router says so of a host, or of the way to it, whatever the port (RFC 792; RFC 4443 section 3.1).
fn is_about_the_host(error: &IcmpError) -> bool {
    use IcmpVersion::{V4, V6};
    let is = (error.version, error.kind, error.code);
    matches!(is, (V4, 3, 0 | 1 | 6 | 7) | (V6, 1, 0 | 3))
}

/// Whether a rule says so, or a route that forbids: of one port, or of the host, as the same word for several protocols
/// shows (RFC 1812 section 5.2.7.1; RFC 4443 section 3.1).
fn is_forbidden(error: &IcmpError) -> bool {
    use IcmpVersion::{V4, V6};
    let is = (error.version, error.kind, error.code);
    matches!(is, (V4, 3, 9 | 10 | 13) | (V6, 1, 1))
}

/// Probes are answered with an ICMP error, and none gets through.
pub(super) fn icmp(case: &Case) -> Option<Diagnosis> {
    let asked = &case.asked;
    if asked.worked() > 0 || asked.unreachable < asked.refused {
        return None;
    }
    let Some(error) = usual(case) else {
        return (asked.unreachable > 0).then(|| unnamed(case));
    };
    let looping = error.is_ttl_exceeded() && matches!(case.end(), Some(PathEnd::Loop(_)));
    if looping {
        return None;
    }
    let no = No::new(case, error);
    let code = no.code();
    Some(no.common(match code {
        Code::PortClosed => no.port_closed(),
        Code::NoRouteAtRouter => no.no_route(),
        Code::HostUnreachable => no.host_unreachable(),
        Code::TtlExceeded => no.ttl_exceeded(),
        Code::FirewallRejects => no.firewall(),
        _ => no.other(),
    }))
}

/// A rejection: who says what, and where he is.
struct No<'a> {
    case: &'a Case<'a>,
    error: IcmpError,
    /// Its sender, with his hop where that is known.
    from: String,
    by_target: bool,
}

impl<'a> No<'a> {
    fn new(case: &'a Case<'a>, error: IcmpError) -> Self {
        let by_target = error.from.is_some() && error.from == case.address();
        let place = place(case, &error).unwrap_or_default();
        Self {
            case,
            error,
            from: format!("{}{place}", texts::device(error.from)),
            by_target,
        }
    }

    /// RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1; RFC 4443 section 3.
    fn code(&self) -> Code {
        use IcmpVersion::{V4, V6};
        let error = &self.error;
        // A router finds the host or it does not, whatever the port: where other ports are answered, a rule says so.
        let found = !self.by_target && !self.case.signs_of_life().is_empty();
        match (error.version, error.kind, error.code) {
            _ if error.is_ttl_exceeded() => Code::TtlExceeded,
            // Of UDP the host itself says so. A TCP stack says it with RST (RFC 9293 section 3.10.7.1).
            _ if error.is_port_unreachable() && self.by_target && self.case.is_udp() => {
                Code::PortClosed
            }
            _ if error.is_port_unreachable() => Code::FirewallRejects,
            (V4, 3, 2 | 9 | 10 | 13 | 14 | 15) | (V6, 1, 1 | 5 | 6) => Code::FirewallRejects,
            (V4, 3, 0 | 1 | 6 | 7 | 11 | 12) | (V6, 1, 0 | 3) if found => Code::FirewallRejects,
            (V4, 3, 0 | 6 | 11) | (V6, 1, 0) => Code::NoRouteAtRouter,
            (V4, 3, 1 | 7 | 12) | (V6, 1, 3) => Code::HostUnreachable,
            _ => Code::IcmpError,
        }
    }

    /// What holds for every rejection.
    fn common(&self, mut found: Diagnosis) -> Diagnosis {
        let (case, asked) = (self.case, &self.case.asked);
        let fact = format!("{} came from {}.", texts::icmp(&self.error), self.from);
        found.evidence.insert(0, super::text(fact));
        if asked.silent > 0 {
            found = found.unknown(format!(
                "Why {} got no reply at all: senders of ICMP errors limit how many they send, and loss looks the same.",
                texts::probes(asked.silent)
            ));
        }
        if place(case, &self.error).is_none() && !self.by_target {
            found = found.unknown("At which hop that device is.");
        }
        found.not("Silent filtering and packet loss as the whole story: somebody says no.")
    }

    fn firewall(&self) -> Diagnosis {
        let (case, service, source) = (self.case, self.case.service(), self.case.source());
        let asked = &case.asked;
        let whose = if self.by_target {
            format!("{}, which is the target's own address,", self.from)
        } else {
            self.from.clone()
        };
        let signs = case.signs_of_life();
        let though = if signs.is_empty() || self.by_target {
            String::new()
        } else {
            format!(", though the host answers {}", texts::list(&signs))
        };
        let seen = asked.unreachable > 0 || matches!(case.end(), Some(PathEnd::Rejected { .. }));
        let what = if seen {
            service.clone()
        } else {
            format!("other probes, and most likely {service},")
        };
        let verdict = format!(
            "{whose} rejects {what} to {} with {}{though}: a firewall's rule, or a route that forbids it.",
            case.who(),
            texts::icmp(&self.error)
        );
        let found = Diagnosis::new(Code::FirewallRejects, verdict);
        let found = if self.error.is_port_unreachable() && !case.is_udp() {
            found.not(
                "A port that is merely closed: no host says so with ICMP port-unreachable here.",
            )
        } else {
            found
        };
        let rules = format!(
            "which rule matches {service} from {source} to {}?",
            case.host()
        );
        if self.by_target {
            found
                .unknown("Whether the host itself rejects, or a device in front of it that uses its address.")
                .next(case.admin(), format!("as root on the host: nft list ruleset (or iptables-save, ip6tables-save): {rules}"))
        } else {
            let beyond = if case.found.protocol.has_ports() {
                format!("Whether anything listens on {service}: the probes did not get that far.")
            } else {
                "Whether the host is up: the probes did not get that far.".to_owned()
            };
            found
                .unknown(beyond)
                .next(Who::Network, format!("at {}: {rules}", self.from))
        }
    }

    fn port_closed(&self) -> Diagnosis {
        let (case, service) = (self.case, self.case.service());
        let verdict = format!("{} says that nothing listens on {service}.", case.who());
        Diagnosis::new(Code::PortClosed, verdict)
            .not("A dead host or a broken way: the answer bears the target's address.")
            .unknown("Whether a firewall of the host, or one in front that uses its address, says so instead.")
            .next(case.admin(), format!("does the service run, and on which address? {}", texts::ask_listeners(case)))
    }

    fn no_route(&self) -> Diagnosis {
        let case = self.case;
        let verdict = format!(
            "The router {} says that it has no route to {}.",
            self.from,
            case.who()
        );
        Diagnosis::new(Code::NoRouteAtRouter, verdict)
            .unknown(
                "Whether a rule there says so instead: firewalls can reject with the same error.",
            )
            .next(
                Who::Network,
                format!(
                    "at {}: is there a route to {}? ip route get {}",
                    self.from,
                    case.host(),
                    case.host()
                ),
            )
    }

    fn host_unreachable(&self) -> Diagnosis {
        let (case, service) = (self.case, self.case.service());
        let found = if self.by_target {
            let verdict = format!(
                "{} itself, or a router that translates addresses in its name, says that it cannot reach the host behind \
                 {service}: it forwards that to a machine that does not answer, or a rule says so.",
                case.who()
            );
            Diagnosis::new(Code::HostUnreachable, verdict)
        } else {
            let verdict = format!(
                "The router {} says that it cannot reach {}: most likely the host does not answer it.",
                self.from,
                case.who()
            );
            Diagnosis::new(Code::HostUnreachable, verdict)
        };
        let (who, asks) = if self.by_target {
            (
                case.admin(),
                "whom does it forward that port to, and is that one up?".to_owned(),
            )
        } else {
            (
                case.admin(),
                format!(
                    "is the host up, with the address {}, on the network behind {}?",
                    case.host(),
                    self.from
                ),
            )
        };
        let found = found
            .unknown(
                "Whether a rule there says so instead: firewalls can reject with the same error.",
            )
            .next(who, asks);
        if self.by_target {
            return found;
        }
        found.next(
            Who::Network,
            format!(
                "at {}: does the host answer? ip neigh show {}",
                self.from,
                case.host()
            ),
        )
    }

    fn ttl_exceeded(&self) -> Diagnosis {
        let case = self.case;
        if let Some(PathEnd::FinalReply { ttl: Some(ttl), .. }) = case.end() {
            let verdict = format!(
                "Probes to {} with this machine's usual TTL run out of hops at {}, and one of {ttl} is answered: this \
                 machine's TTL is too small.",
                case.who(),
                self.from
            );
            let look = "sysctl net.ipv4.ip_default_ttl net.ipv6.conf.all.hop_limit: 64 is usual; a router's advertisement, \
                        a route or a rule may set it, too";
            return Diagnosis::new(Code::TtlExceeded, verdict).next(Who::AdminHere, look);
        }
        let verdict = format!(
            "Probes to {} with the usual TTL run out of hops at {}.",
            case.who(),
            self.from
        );
        Diagnosis::new(Code::TtlExceeded, verdict)
            .unknown(
                "Whether packets go round: that is the usual cause, but no hop was seen twice.",
            )
            .next(
                Who::You,
                format!(
                    "look for routers that come again: traceroute -n -m 64 {}",
                    case.host()
                ),
            )
            .next(
                Who::Network,
                format!(
                    "at {}: where does the route to {} lead?",
                    self.from,
                    case.host()
                ),
            )
    }

    fn other(&self) -> Diagnosis {
        let case = self.case;
        let mtu = self.error.mtu.map(|mtu| format!(", MTU {mtu}"));
        let verdict = format!(
            "{} answers probes to {} with {}{}.",
            self.from,
            case.who(),
            texts::icmp(&self.error),
            mtu.unwrap_or_default()
        );
        let (service, source) = (case.service(), case.source());
        Diagnosis::new(Code::IcmpError, verdict)
            .unknown("What makes it say so.")
            .next(
                Who::Network,
                format!(
                    "at {}: what does it do with {service} from {source} to {}?",
                    self.from,
                    case.host()
                ),
            )
    }
}

/// ` (hop 3)`, where that device is on the way.
fn place(case: &Case, error: &IcmpError) -> Option<String> {
    let from = error.from?;
    let (smallest, at, after) = match case.end() {
        Some(PathEnd::Rejected {
            ttl,
            icmp,
            sender_hop: at,
            after,
        }) if icmp.from == error.from => (*ttl, *at, *after),
        _ => (None, None, None),
    };
    if let Some(hop) = at.or_else(|| case.hop_of(from)) {
        return Some(format!(" (hop {hop})"));
    }
    let ttl = smallest?;
    let is_target = Some(from) == case.address();
    Some(match after {
        // The target does not send on what it counts.
        Some(after) if is_target && after + 1 == ttl => format!(" (hop {ttl})"),
        after => format!(" ({})", path::describe_rejecting_hop(ttl, after)),
    })
}

/// The system keeps the error to itself.
fn unnamed(case: &Case) -> Diagnosis {
    let tried = case.tried.map(texts::ends).unwrap_or_default();
    let address = case.address().map(|address: IpAddr| address.to_string());
    Diagnosis::new(
        Code::IcmpError,
        format!(
            "Somebody says that {} cannot be reached; this system does not tell who.",
            case.who()
        ),
    )
    .seen(format!("{}: {tried}.", address.unwrap_or_default()))
    .unknown("Who said so and with which ICMP error.")
    .next(
        Who::You,
        "run this from a Linux machine, where the kernel tells who answered",
    )
}
