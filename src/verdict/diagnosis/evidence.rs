//! Everything else that was found, put beside the verdict.

use std::net::IpAddr;

use super::case::{Case, NextHop, service_of};
use super::tally::Tally;
use super::{Code, Diagnosis, NextStep, Who, local, loss, network, no_reply, target, text, texts};
use crate::checks::ProbeBatch;
use crate::path::{PathEnd, PathNote};
use crate::platform::NeighbourState;
use crate::text::{Text, Value, mark};

/// Adds what the rules did not say themselves.
pub(super) fn add(case: &Case, found: &mut Diagnosis) {
    found.evidence.extend(texts_of(evidence(case)));
    found
        .rules_out
        .extend(texts_of(rules_out(case, found.code)));
    found.unknown.extend(texts_of(unknown(case, found.code)));
    if dropped_on_arrival(case).is_some() {
        let (who, what) = (Who::AdminHere, texts::INPUT_RULES.to_owned());
        found.next.insert(0, NextStep::new(who, what));
    }
    if case.asked.answers() == 0 && unforced(case).is_some() {
        let what = "the same without -I and -S: does the way that was asked for lead there at all?"
            .to_owned();
        found.next.insert(0, NextStep::new(Who::You, what));
    }
    found.next.extend(next(case, found.code));
    once(&mut found.next);
    for list in [
        &mut found.evidence,
        &mut found.rules_out,
        &mut found.unknown,
    ] {
        once(list);
    }
}

fn texts_of(sentences: Vec<String>) -> Vec<Text> {
    sentences.into_iter().map(text).collect()
}

/// What the route would be without the options for whence, where that is another interface or source.
pub(super) fn unforced(case: &Case) -> Option<String> {
    let way = case.found.route.as_ref()?;
    let (free, forced) = (way.unbound_route.as_ref()?, way.route.as_ref()?);
    let same = (&free.interface, free.source) == (&forced.interface, forced.source);
    let interface = free.interface.as_deref().unwrap_or("none");
    let from = free
        .source
        .map_or_else(String::new, |it| format!(" from {it}"));
    let by = free.next_hop.filter(|_| !free.on_link);
    let by = by.map_or_else(String::new, |it| format!(" through the gateway {it}"));
    (!same).then(|| format!("without -I and -S packets would go by {interface}{from}{by}."))
}

fn next(case: &Case, code: Code) -> Vec<NextStep> {
    let hosts = hosts_entry_in_doubt(case, code).map(|name| {
        format!("compare the hosts file with DNS: getent ahosts {name}; dig +short {name}")
    });
    let filtered = reverse_path_filtered(case).map(|_| {
        "do answers come in by another interface? sysctl -a | grep rp_filter; ip route".to_owned()
    });
    let refused = retransmissions_refused(case).map(|_| texts::OUTPUT_RULES.to_owned());
    let steps = hosts.into_iter().chain(filtered).chain(refused);
    let who = Who::AdminHere;
    let here = steps.map(|what| NextStep::new(who, what));
    let lost = loss::ask(case).filter(|_| code == Code::PortClosed);
    let (who, there) = (Who::Network, lost.into_iter());
    let there = there.map(|what| NextStep::new(who, what));
    here.chain(there).chain(ask_translator(case)).collect()
}

/// The hop that has the target's address and sends packets on.
fn translator(case: &Case) -> Option<u8> {
    case.notes().iter().find_map(|note| match note {
        PathNote::Dnat(ttl) => Some(*ttl),
        _ => None,
    })
}

/// What may be asked of it where the port does not work.
fn ask_translator(case: &Case) -> Option<NextStep> {
    let ttl = translator(case).filter(|_| case.asked.worked() == 0)?;
    let host = case.path()?.host_distance;
    // The host itself may forward, to a container of its own.
    let who = if host.is_some_and(|host| host.ttl > ttl) {
        Who::Network
    } else {
        case.admin()
    };
    let what = format!(
        "at hop {ttl}: where does it send {}, and does that machine answer?",
        case.service()
    );
    Some(NextStep::new(who, what))
}

/// SYNs sent again that this machine's own output path refused, where the asked ones were.
fn retransmissions_refused(case: &Case) -> Option<u64> {
    let grown = case.found.counters.as_ref()?.retransmit_failures?;
    let missed = case.asked.silent + case.asked.resent() > 0;
    (grown > 0 && missed).then_some(grown)
}

/// Packets that were dropped on arrival while nobody seemed to answer.
fn reverse_path_filtered(case: &Case) -> Option<u64> {
    let grown = case.found.counters.as_ref()?.reverse_path_filtered?;
    (grown > 0 && case.asked.silent > 0).then_some(grown)
}

/// Many times the noise of a quiet while: then it is no noise.
const FAR_ABOVE: f64 = 3.0;

/// Packets that arrived and were handed to nobody while nobody seemed to answer, where they are no noise.
pub(super) fn dropped_on_arrival(case: &Case) -> Option<u64> {
    let (found, v4) = (case.found, case.address()?.is_ipv4());
    let dropped = found.dropped_on_arrival()?;
    let baseline = found.baseline?;
    let noise = baseline.counters.dropped_on_arrival(v4)? as f64 / baseline.took.as_secs_f64();
    (dropped as f64 > FAR_ABOVE * noise * found.took.as_secs_f64()).then_some(dropped)
}

/// What a verdict says of them.
pub(super) fn dropped_words(case: &Case) -> Option<String> {
    let dropped = dropped_on_arrival(case)?;
    Some(format!(
        " But {dropped} packets that arrived at this machine meanwhile were handed to nobody: look at its own firewall first."
    ))
}

/// Keeps the first of equal things.
fn once<T: Clone + PartialEq>(list: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::new();
    for thing in list.drain(..) {
        if !kept.contains(&thing) {
            kept.push(thing);
        }
    }
    *list = kept;
}

fn evidence(case: &Case) -> Vec<String> {
    let found = case.found;
    let mut facts: Vec<String> = Vec::new();
    facts.extend(case.tried.and_then(tried));
    // Where echoes were asked for, these are the asked ones.
    let echo = found.echo.as_ref().filter(|_| found.protocol.has_ports());
    facts.extend(echo.and_then(tried));
    facts.extend(alike(&found.other_ports, service_of));
    facts.extend(alike(&found.other_addresses, |it| {
        it.target.address.ip().to_string()
    }));
    facts.extend(path(case));
    facts.extend(sizes(case));
    facts.extend(name(case));
    facts.extend(hosts_file(case));
    facts.extend(way(case));
    facts.extend(unforced(case).map(|way| texts::capitalised(&way)));
    let gateway = found
        .route
        .as_ref()
        .and_then(|way| way.gateway_echo.as_ref());
    let gateway = gateway.and_then(tried);
    facts.extend(gateway.map(|fact| format!("The gateway: {fact}")));
    facts.extend(local::own_trouble(case));
    facts.extend(counters(case));
    facts.extend(dropped_on_arrival(case).map(|dropped| {
        format!(
            "{dropped} packets arrived at this machine meanwhile and were handed to nobody: rules of its own firewall \
             may have dropped them (InReceives less InDelivers and all that is accounted for, of whatever program)."
        )
    }));
    facts
}

/// `tcp/5432 at 192.0.2.10: 5 probes: 5 connected; 12.3 ms, round trip 11.9 ms.`
fn tried(tried: &ProbeBatch) -> Option<String> {
    if Tally::of(tried).total() == 0 {
        return None;
    }
    let times = match (tried.median_connect, tried.median_rtt) {
        (Some(connect), Some(rtt)) => format!(
            "; {}, round trip {}",
            texts::time(connect),
            texts::time(rtt)
        ),
        (Some(time), None) | (None, Some(time)) => format!("; {}", texts::time(time)),
        (None, None) => String::new(),
    };
    let (service, address) = (service_of(tried), tried.target.address_text());
    Some(format!(
        "{service} at {address}: {}{times}.",
        texts::ends(tried)
    ))
}

/// Probes that ended alike share a line.
fn alike(all: &[ProbeBatch], label: impl Fn(&ProbeBatch) -> String) -> Vec<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for tried in all.iter().filter(|it| Tally::of(it).total() > 0) {
        let ends = texts::ends(tried);
        match groups.iter_mut().find(|(known, _)| *known == ends) {
            Some((_, labels)) => labels.push(label(tried)),
            None => groups.push((ends, vec![label(tried)])),
        }
    }
    let lines = groups.into_iter();
    lines
        .map(|(ends, labels)| {
            let each = if labels.len() > 1 { "each " } else { "" };
            format!("{}: {each}{ends}.", texts::list(&labels))
        })
        .collect()
}

fn path(case: &Case) -> Vec<String> {
    let end = case.end().and_then(|end| match end {
        PathEnd::FinalReply {
            ttl: Some(ttl),
            reply: how,
        } => {
            let from = || {
                let from = target::from_hop(case, *ttl);
                format!("The {} comes from {from}.", how.name())
            };
            Some(target::speaker(case).unwrap_or_else(from))
        }
        // The verdict says so itself.
        PathEnd::Rejected { icmp, .. } if super::icmp::usual(case).is_none() => Some(format!(
            "On the path, {} comes from {}.",
            texts::icmp(icmp),
            texts::device(icmp.from)
        )),
        PathEnd::NoReply { .. } => no_reply::silent_after(case),
        _ => None,
    });
    let notes = [
        loss::loss_fact(case),
        network::dead_flows_fact(case),
        network::parting(case),
        translator(case).map(|ttl| {
            format!(
                "Hop {ttl} has the target's own address and sends these probes on (address translation, a load balancer, a \
                 container)."
            )
        }),
    ];
    end.into_iter().chain(notes.into_iter().flatten()).collect()
}

fn sizes(case: &Case) -> Vec<String> {
    let sizes = case.found.sizes.iter();
    let lines = sizes.flat_map(|sizes| {
        [
            (sizes.small_bytes, &sizes.small_probes),
            (sizes.large_bytes, &sizes.large_probes),
        ]
    });
    lines
        .map(|(bytes, tried)| format!("Packets of {bytes} bytes: {}.", texts::ends(tried)))
        .collect()
}

fn name(case: &Case) -> Option<String> {
    let name = &case.found.name;
    let text = mark(Value::Host(name.name.as_deref()?.into()));
    let took = name
        .took
        .map(|took| format!(" (the lookup took {})", texts::time(took)));
    let addresses: Vec<_> = name.addresses.iter().map(IpAddr::to_string).collect();
    let took = took.unwrap_or_default();
    (!addresses.is_empty())
        .then(|| format!("{text} has the address {}{took}.", texts::list(&addresses)))
}

fn hosts_file(case: &Case) -> Option<String> {
    let name = &case.found.name;
    let text = mark(Value::Host(name.name.as_deref()?.into()));
    let addresses: Vec<_> = name.hosts_file.iter().map(IpAddr::to_string).collect();
    if addresses.is_empty() {
        return None;
    }
    let used = case
        .address()
        .is_some_and(|it| name.hosts_file.contains(&it));
    let used = if used {
        "it usually wins over DNS"
    } else {
        "the address that was asked is another one"
    };
    Some(format!(
        "This machine's hosts file gives {text} the address {}; {used}.",
        texts::list(&addresses)
    ))
}

fn way(case: &Case) -> Option<String> {
    let route = case.route().filter(|route| route.kind.delivers())?;
    let interface = route.interface.as_ref().map(|it| format!(" by {it}"));
    let source = route.source.map(|source| format!(" from {source}"));
    let next = match case.next_hop() {
        _ if case.is_own() => " to this machine itself".to_owned(),
        Some(NextHop::Gateway(gateway)) => format!(" through the gateway {gateway}"),
        Some(NextHop::Target(_)) if case.is_neighbour() => {
            " to a neighbour, without a gateway".to_owned()
        }
        Some(NextHop::Target(_)) => ", without a gateway".to_owned(),
        None => String::new(),
    };
    let searched = case
        .neighbour()
        .filter(|it| it.state != NeighbourState::NoArp);
    let state = searched.map(|it| format!(" (neighbour entry: {})", it.state.name()));
    let [interface, source, state] = [interface, source, state].map(Option::unwrap_or_default);
    Some(format!("Packets go{interface}{source}{next}{state}."))
}

/// Counters that would explain a failure. They count for every program of the machine.
fn counters(case: &Case) -> Vec<String> {
    let failed = case.asked.failed() + case.asked.local + case.asked.resent() > 0;
    let Some(counters) = case.found.counters.filter(|_| failed) else {
        return Vec::new();
    };
    let v4 = case.address().is_none_or(|address| address.is_ipv4());
    let buffers = if v4 {
        counters.udp_receive_drops
    } else {
        counters.udp_receive_drops_v6
    };
    let telling = [
        (
            "TcpExtTCPRetransFail",
            counters.retransmit_failures,
            "retransmissions that this machine's own output path refused",
        ),
        (
            "TcpExtIPReversePathFilter",
            counters.reverse_path_filtered,
            "packets dropped on arrival because they came by another interface (rp_filter)",
        ),
        (
            if v4 {
                "UdpRcvbufErrors"
            } else {
                "Udp6RcvbufErrors"
            },
            buffers.filter(|_| case.is_udp()),
            "datagrams dropped on arrival because a buffer was full",
        ),
    ];
    let grown = telling
        .into_iter()
        .filter_map(|(name, grown, what)| Some((name, grown.filter(|it| *it > 0)?, what)));
    grown
        .map(|(name, grown, what)| {
            format!("{name} grew by {grown} meanwhile: {what}, of whatever program.")
        })
        .collect()
}

fn rules_out(case: &Case, code: Code) -> Vec<String> {
    let mut out = Vec::new();
    for note in case.notes() {
        if let PathNote::RateLimited(hops) = note {
            let hops: Vec<_> = hops.iter().map(u8::to_string).collect();
            out.push(format!(
                "Loss at hop {}: packets got further all the same; such routers limit their ICMP errors.",
                texts::list(&hops)
            ));
        }
    }
    if case.asked.worked() > 0 || matches!(code, Code::NameUnresolved | Code::LocalStackBroken) {
        return out;
    }
    let loopback = case.found.local.loopback.as_ref().map(Tally::of);
    if loopback.is_some_and(|it| it.worked() > 0 && it.failed() == 0) {
        out.push("This machine's TCP stack: it connects to itself.".to_owned());
    }
    out.extend(live_gateway(case, code));
    out
}

fn live_gateway(case: &Case, code: Code) -> Option<String> {
    if matches!(
        code,
        Code::GatewayDead | Code::LinkDown | Code::NoNetwork | Code::Local(_)
    ) {
        return None;
    }
    let nothing_left = case.asked.local > 0 && case.asked.failed() == 0;
    if nothing_left {
        return None;
    }
    let NextHop::Gateway(gateway) = case.next_hop()? else {
        return None;
    };
    let way = case.found.route.as_ref()?;
    let pings = way.gateway_echo.as_ref().map(Tally::of);
    let state = case.neighbour().map(|it| it.state);
    if pings.is_some_and(|it| it.worked() > 0) {
        Some(format!("A dead gateway: {gateway} answers ICMP echo."))
    } else if state == Some(NeighbourState::Reachable) {
        Some(format!(
            "A dead gateway: {gateway} has answered a short while ago (neighbour entry: reachable)."
        ))
    } else {
        None
    }
}

fn unknown(case: &Case, code: Code) -> Vec<String> {
    let mut unknown = Vec::new();
    if case.found.interrupted {
        unknown.push("What the rest would have shown: somebody stopped the run.".to_owned());
    }
    if hosts_entry_in_doubt(case, code).is_some() {
        unknown.push(
            "Whether the hosts file is right: an old entry leads to another host.".to_owned(),
        );
    }
    let missing = missing(case);
    let asked = &case.asked;
    let unsure = asked.worked() == 0 && asked.silent + asked.refused > 0 && asked.unreachable == 0;
    if unsure && asked.local == 0 && !case.is_own() && !missing.is_empty() {
        unknown.push(format!("Not looked at: {}.", texts::list(&missing)));
    }
    unknown
}

/// The steps of the walk that left no findings.
fn missing(case: &Case) -> Vec<String> {
    let found = case.found;
    let steps = [
        (case.route().is_none(), "the route"),
        (found.echo.is_none(), "ICMP echo"),
        (found.other_ports.is_empty(), "other ports"),
        (found.path.is_none(), "the path"),
    ];
    let missing = steps.into_iter().filter(|(missing, _)| *missing);
    missing.map(|(_, step)| step.to_owned()).collect()
}

/// The name, where the address that fails comes from the hosts file and the verdict is another one.
fn hosts_entry_in_doubt(case: &Case, code: Code) -> Option<String> {
    let name = &case.found.name;
    let used = case
        .address()
        .is_some_and(|it| name.hosts_file.contains(&it));
    let failed = case.asked.worked() == 0 && case.asked.failed() > 0 && !case.is_own();
    let doubt = used && failed && code != Code::StaleHostsEntry;
    let name = name.name.as_deref().filter(|_| doubt)?;
    Some(mark(Value::Host(name.into())).to_string())
}
