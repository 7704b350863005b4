//! What each step found, a line each, as Markdown and JSON tell it; the text has the evidence alone.

use std::net::IpAddr;
use std::time::Duration;

use crate::checks::{Findings, ProbeBatch};
use crate::hosts::Protocol;
use crate::outcome::Outcome;
use crate::path::{Path, PathEnd};
use crate::platform::{Listener, NeighbourState, RouteKind};
use crate::report::numbers::{count, ms};
use crate::report::words;
use crate::term::safe;

/// A step and what it found.
pub(super) struct Line {
    pub(super) step: &'static str,
    pub(super) found: String,
}

/// Every step that was taken, in the order of the walk.
pub(super) fn lines(findings: &Findings) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = |step, found: Option<String>| {
        lines.extend(found.map(|found| Line { step, found }));
    };
    line("name", name(findings));
    line("local stack", local_stack(findings));
    line("route", route(findings));
    line("next hop", next_hop(findings));
    line("echo", findings.echo.as_ref().map(tried));
    line("large packets", sizes(findings));
    line("port", findings.port_batch.as_ref().map(tried));
    line("other ports", others(&findings.other_ports, port_of));
    line(
        "other addresses",
        others(&findings.other_addresses, address_of),
    );
    line(
        "path",
        findings.path.as_ref().map(|(path, it)| way(path, &it.end)),
    );
    line("listeners", listeners(findings));
    line("counters", counters(findings));
    lines
}

fn name(findings: &Findings) -> Option<String> {
    let found = &findings.name;
    let name = safe(found.name.as_ref()?);
    let took = |word| {
        let took = found.took?;
        Some(format!(" ({word} {} ms)", millis(took)))
    };
    if let Some(error) = &found.error {
        let took = took("after");
        return Some(format!("{}{}", safe(error), took.unwrap_or_default()));
    }
    if found.addresses.is_empty() {
        return None;
    }
    let took = took("found in");
    let hosts = match found.hosts_file.as_slice() {
        [] => String::new(),
        entries => format!("; this machine's hosts file has it as {}", list(entries)),
    };
    let took = took.unwrap_or_default();
    Some(format!("{name} is {}{took}{hosts}", list(&found.addresses)))
}

fn local_stack(findings: &Findings) -> Option<String> {
    let local = &findings.local;
    let named = [
        ("loopback", &local.loopback),
        ("own address", &local.own_address),
    ];
    let parts: Vec<_> = named
        .iter()
        .filter_map(|(what, found)| {
            let found = found.as_ref()?;
            let answers = if found.succeeded() > 0 {
                "answers"
            } else {
                "does not answer"
            };
            Some(format!("{what} {} {answers}", found.target.address.ip()))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn route(findings: &Findings) -> Option<String> {
    let way = findings.way.as_ref()?;
    let route = way.route.as_ref()?;
    let mut parts = Vec::new();
    match route.kind {
        RouteKind::Unicast => {}
        RouteKind::Local => parts.push("to this machine itself".to_owned()),
        kind => parts.push(kind.name().to_owned()),
    }
    let interface = route.interface.as_ref();
    let interface = interface.map(|it| format!("via {}", safe(it)));
    let source = route.source.map(|source| format!("from {source}"));
    let leaves: Vec<_> = interface.into_iter().chain(source).collect();
    if !leaves.is_empty() {
        parts.push(leaves.join(" "));
    }
    if let Some(gateway) = route.next_hop.filter(|_| !route.on_link) {
        parts.push(format!("gateway {gateway}"));
    } else if way.is_to_neighbour() && route.kind == RouteKind::Unicast {
        parts.push("same subnet".to_owned());
    }
    let mtu = route.mtu.or(way.link.as_ref().and_then(|link| link.mtu));
    parts.extend(mtu.map(|mtu| format!("MTU {mtu}")));
    Some(parts.join(", "))
}

fn next_hop(findings: &Findings) -> Option<String> {
    let way = findings.way.as_ref()?;
    let neighbour = way.neighbour.as_ref().map(|it| match it.state {
        NeighbourState::NoArp => format!("{} (the link needs no lookup)", it.next_hop),
        state => {
            let link = it.link_address.as_ref().map(|it| format!(" {it}"));
            let (hop, word) = (it.next_hop, state.name());
            format!("{hop}, link-layer entry{} {word}", link.unwrap_or_default())
        }
    });
    let echo = way
        .gateway_echo
        .as_ref()
        .map(|it| format!("echo: {}", tried(it)));
    let parts: Vec<_> = [neighbour, echo].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn sizes(findings: &Findings) -> Option<String> {
    let sizes = findings.sizes.as_ref()?;
    let (large, small) = (&sizes.large_batch, &sizes.small_batch);
    Some(format!(
        "{} of {} echoes of {} bytes answered{}, {} of {} of {} bytes; none may be fragmented",
        large.succeeded(),
        large.sent,
        sizes.large,
        said(large),
        small.succeeded(),
        small.sent,
        sizes.small
    ))
}

/// What was answered instead of a reply, where something was.
fn said(tried: &ProbeBatch) -> String {
    let word = |(outcome, _): &(Outcome, u64)| match outcome {
        Outcome::Reply | Outcome::NoReply => None,
        outcome => words::detail(tried.target.protocol, outcome, None),
    };
    let said: Vec<_> = tried.ends.iter().filter_map(word).collect();
    if said.is_empty() {
        String::new()
    } else {
        format!(" ({})", said.join("; "))
    }
}

/// `6 of 6 connected, 0.412 ms, path rtt 0.391 ms`; `1 of 6 refused (RST), 5 no reply`
pub(super) fn tried(tried: &ProbeBatch) -> String {
    let ends = tried.ends.iter().map(|(outcome, number)| {
        let detail = words::detail(tried.target.protocol, outcome, None);
        let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
        (*number, format!("{}{detail}", word(outcome)))
    });
    let mut parts = Vec::new();
    for (number, end) in ends {
        let of = parts.is_empty().then(|| format!(" of {}", tried.sent));
        parts.push(format!("{number}{} {end}", of.unwrap_or_default()));
    }
    if parts.is_empty() {
        return "nothing was sent".to_owned();
    }
    parts.extend(tried.connect.map(|time| format!("{} ms", millis(time))));
    parts.extend(tried.rtt.map(|rtt| format!("path rtt {} ms", millis(rtt))));
    parts.join(", ")
}

/// The word for an outcome, of many probes.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Reply => "answered",
        Outcome::Local(_) => "not sent",
        outcome => words::outcome(outcome.kind()),
    }
}

fn others(tried: &[ProbeBatch], of: impl Fn(&ProbeBatch) -> String) -> Option<String> {
    let parts: Vec<_> = tried
        .iter()
        .map(|it| format!("{} {}", of(it), ends(it)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `connected`, or `connected and no reply`, or `not sent (no-route)`.
fn ends(tried: &ProbeBatch) -> String {
    let words = tried.ends.iter().map(|(outcome, _)| match outcome {
        Outcome::Local(cause) => format!("{} ({})", word(outcome), cause.reason()),
        outcome => word(outcome).to_owned(),
    });
    let mut words: Vec<_> = words.collect();
    words.dedup();
    words.join(" and ")
}

fn port_of(tried: &ProbeBatch) -> String {
    tried.target.address.port().to_string()
}

fn address_of(tried: &ProbeBatch) -> String {
    tried.target.address.ip().to_string()
}

/// Where the way ends, with the routers up to there.
fn way(path: &Path, end: &PathEnd) -> String {
    let routers = path
        .hops
        .iter()
        .filter(|hop| hop.router().is_some())
        .count();
    let end = match end {
        PathEnd::FinalReply { ttl, how } => format!("{} {}", how.name(), at(*ttl)),
        PathEnd::Rejected {
            ttl, icmp, at: own, ..
        } => {
            format!("{} {}", words::icmp(icmp), at(own.or(*ttl)))
        }
        PathEnd::Silent { after: Some(after) } => format!("nothing beyond hop {after}"),
        PathEnd::Silent { after: None } => "no hop answers".to_owned(),
        PathEnd::Loop(found) => format!("loop between hops {} and {}", found.first, found.last),
        PathEnd::Local(cause) => format!("no probe left ({})", cause.reason()),
        PathEnd::Unknown => "not told by this system".to_owned(),
    };
    let host = path
        .host
        .map(|host| format!("; the host itself is at {}", host.place()));
    let dead = path
        .flows
        .iter()
        .filter(|flow| flow.tries > 0 && flow.through == 0)
        .count();
    let flows = (path.flows.len() > 1).then(|| {
        format!(
            "; {dead} of {} source ports got no answer",
            path.flows.len()
        )
    });
    let routers = count(routers as u64, "router");
    format!(
        "{end}, {routers} seen{}{}",
        host.unwrap_or_default(),
        flows.unwrap_or_default()
    )
}

fn at(ttl: Option<u8>) -> String {
    ttl.map_or_else(
        || "with the usual TTL".to_owned(),
        |ttl| format!("at hop {ttl}"),
    )
}

fn listeners(findings: &Findings) -> Option<String> {
    let listeners = findings.own.as_ref()?.listeners.as_ref()?;
    if listeners.is_empty() {
        return Some("none on that port of this machine".to_owned());
    }
    let parts: Vec<_> = listeners
        .iter()
        .map(|it| listener(findings.protocol, it))
        .collect();
    Some(parts.join("; "))
}

fn listener(protocol: Protocol, listener: &Listener) -> String {
    let process = listener.process.as_ref();
    let process = process.map(|it| format!(" by {} (pid {})", safe(&it.name), it.pid));
    let queue = listener.accept_queue.zip(listener.backlog);
    let queue = queue.filter(|_| protocol == Protocol::Tcp);
    let queue = queue.map(|(waiting, room)| {
        let waiting = count(waiting.into(), "connection");
        format!(", {waiting} not accepted yet (room for {room})")
    });
    let address = listener.address;
    format!(
        "{address}{}{}",
        process.unwrap_or_default(),
        queue.unwrap_or_default()
    )
}

/// Counters that moved and say something about probes.
fn counters(findings: &Findings) -> Option<String> {
    let counters = findings.counters.as_ref()?;
    let told = [
        ("TcpExtTCPRetransFail", counters.retransmit_failures),
        ("TcpExtListenOverflows", counters.listen_overflows),
        ("TcpExtListenDrops", counters.listen_drops),
        ("TcpExtIPReversePathFilter", counters.reverse_path_filtered),
    ];
    let moved = told.iter().filter_map(|(name, value)| {
        let value = value.filter(|value| *value > 0)?;
        Some(format!("{name} +{value}"))
    });
    let moved: Vec<_> = moved.collect();
    (!moved.is_empty()).then(|| moved.join(", "))
}

fn list(addresses: &[IpAddr]) -> String {
    let addresses: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    addresses.join(", ")
}

fn millis(time: Duration) -> String {
    ms(time.as_secs_f64() * 1e6)
}
