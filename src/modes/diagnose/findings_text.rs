//! What each step of a diagnosis found, a line each.

use std::net::IpAddr;
use std::time::Duration;

use crate::checks::{Findings, ProbeBatch};
use crate::hosts::Protocol;
use crate::outcome::Outcome;
use crate::path::{Path, PathEnd};
use crate::platform::{Listener, NeighbourState, RouteKind};
use crate::report::human_numbers::{count, ms};
use crate::report::wording;
use crate::text;
use crate::text::{Text, Value};

/// A step and what it found.
pub(super) struct Line {
    pub(super) step: &'static str,
    pub(super) found: Text,
}

/// Every step that was taken, in the order of the walk.
pub(super) fn lines(findings: &Findings) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = |step, found: Option<Text>| {
        lines.extend(found.map(|found| Line { step, found }));
    };
    line("name", name(findings));
    line("local stack", local_stack(findings));
    line("route", route(findings));
    line("next hop", next_hop(findings));
    line("echo", findings.echo.as_ref().map(tried));
    line("large packets", sizes(findings));
    line("port", findings.port_probes.as_ref().map(tried));
    line("other ports", others(&findings.other_ports, port_of));
    line(
        "other addresses",
        others(&findings.other_addresses, address_of),
    );
    line(
        "path",
        findings
            .path
            .as_ref()
            .map(|(path, it)| path_end(path, &it.end)),
    );
    line("listeners", listeners(findings));
    line("counters", counters(findings));
    lines
}

fn name(findings: &Findings) -> Option<Text> {
    let found = &findings.name;
    let name = Value::Host(found.name.as_deref()?.into());
    let took = |word| {
        let took = found.took?;
        Some(Text::words(format!(" ({word} {} ms)", millis(took))))
    };
    if let Some(error) = &found.error {
        return Some(text![wording::unresolved(error), took("after")]);
    }
    if found.addresses.is_empty() {
        return None;
    }
    let hosts = match found.hosts_file.as_slice() {
        [] => None,
        entries => Some(text!["; this machine's hosts file: ", list(entries)]),
    };
    Some(text![
        name,
        " resolves to ",
        list(&found.addresses),
        took("lookup"),
        hosts
    ])
}

fn local_stack(findings: &Findings) -> Option<Text> {
    let local = &findings.local;
    let named = [
        ("loopback ", &local.loopback),
        ("own address ", &local.own_address),
    ];
    let parts = named.iter().filter_map(|(what, found)| {
        let found = found.as_ref()?;
        let answers = if found.succeeded() > 0 {
            " answers"
        } else {
            " does not answer"
        };
        Some(text![*what, found.target.address.ip(), answers])
    });
    joined(parts.collect(), ", ")
}

fn route(findings: &Findings) -> Option<Text> {
    let way = findings.route.as_ref()?;
    let route = way.route.as_ref()?;
    let mut parts = Vec::new();
    match route.kind {
        RouteKind::Unicast => {}
        RouteKind::Local => parts.push("to this machine itself".into()),
        kind => parts.push(kind.name().into()),
    }
    let source = route.source.map(|source| text!["from ", source]);
    let interface = route.interface.as_deref();
    let interface = interface.map(|it| text!["on ", Value::label(it)]);
    let leaves = source.into_iter().chain(interface).collect();
    parts.extend(joined(leaves, " "));
    if let Some(gateway) = route.next_hop.filter(|_| !route.on_link) {
        parts.push(text!["via ", gateway]);
    } else if way.target_is_neighbour() && route.kind == RouteKind::Unicast {
        parts.push("same subnet".into());
    }
    let mtu = route.mtu.or(way.link.as_ref().and_then(|link| link.mtu));
    parts.extend(mtu.map(|mtu| text!["MTU ", mtu]));
    joined(parts, ", ")
}

fn next_hop(findings: &Findings) -> Option<Text> {
    let way = findings.route.as_ref()?;
    let neighbour = way.neighbour.as_ref().map(|it| match it.state {
        NeighbourState::NoArp => text![it.next_hop, " (the link needs no ARP)"],
        state => {
            let link = it.link_address.as_deref();
            let link = link.map(|it| text![" ", Value::LinkAddress(it.into())]);
            text![it.next_hop, ", neighbour entry", link, " ", state.name()]
        }
    });
    let echo = way.gateway_echo.as_ref();
    let echo = echo.map(|it| text!["echo: ", tried(it)]);
    joined(neighbour.into_iter().chain(echo).collect(), "; ")
}

/// Texts with a separator, unless there are none.
fn joined(parts: Vec<Text>, separator: &'static str) -> Option<Text> {
    (!parts.is_empty()).then(|| Text::join(parts, separator))
}

fn sizes(findings: &Findings) -> Option<Text> {
    let sizes = findings.sizes.as_ref()?;
    let (large, small) = (&sizes.large_probes, &sizes.small_probes);
    let large_words = format!(
        "{} of {} echoes of {} bytes answered",
        large.succeeded(),
        large.sent,
        sizes.large_bytes
    );
    let small_words = format!(
        ", {} of {} of {} bytes; don't fragment",
        small.succeeded(),
        small.sent,
        sizes.small_bytes
    );
    Some(text![
        Text::words(large_words),
        errors(large),
        Text::words(small_words)
    ])
}

/// What came instead of a reply.
fn errors(tried: &ProbeBatch) -> Option<Text> {
    let word = |(outcome, _): &(Outcome, u64)| match outcome {
        Outcome::Reply | Outcome::NoReply => None,
        outcome => wording::detail(tried.target.protocol, outcome, None),
    };
    let errors = joined(tried.outcomes.iter().filter_map(word).collect(), "; ")?;
    Some(text![" (", errors, ")"])
}

/// `6 of 6 connected, 0.412 ms, path rtt 0.391 ms`; `1 of 6 refused (RST), 5 no reply`
pub(super) fn tried(tried: &ProbeBatch) -> Text {
    let ends = tried.outcomes.iter().enumerate();
    let mut parts: Vec<_> = ends
        .map(|(index, (outcome, number))| {
            let detail = wording::detail(tried.target.protocol, outcome, None);
            let detail = detail.map(|detail| text![" (", detail, ")"]);
            let of = (index == 0).then(|| text![" of ", tried.sent]);
            text![*number, of, " ", word(outcome), detail]
        })
        .collect();
    if parts.is_empty() {
        return "nothing was sent".into();
    }
    let connect = tried
        .median_connect
        .map(|time| format!("{} ms", millis(time)));
    let rtt = tried
        .median_rtt
        .map(|rtt| format!("path rtt {} ms", millis(rtt)));
    parts.extend([connect, rtt].into_iter().flatten().map(Text::words));
    Text::join(parts, ", ")
}

/// The word for an outcome, of many probes.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Reply => "answered",
        Outcome::Local(_) => "not sent",
        outcome => wording::outcome(outcome.kind()),
    }
}

fn others(tried: &[ProbeBatch], of: impl Fn(&ProbeBatch) -> Text) -> Option<Text> {
    let parts = tried.iter().map(|it| text![of(it), " ", ends(it)]);
    joined(parts.collect(), ", ")
}

/// `connected`, or `connected and no reply`, or `not sent (no-route)`.
fn ends(tried: &ProbeBatch) -> Text {
    let words = tried.outcomes.iter().map(|(outcome, _)| match outcome {
        Outcome::Local(cause) => text![word(outcome), " (", cause.reason(), ")"],
        outcome => word(outcome).into(),
    });
    let mut words: Vec<_> = words.collect();
    words.dedup();
    Text::join(words, " and ")
}

fn port_of(tried: &ProbeBatch) -> Text {
    tried.target.address.port().into()
}

fn address_of(tried: &ProbeBatch) -> Text {
    tried.target.address.ip().into()
}

/// Where the path ends, with the routers up to there.
fn path_end(path: &Path, end: &PathEnd) -> Text {
    let routers = path
        .hops
        .iter()
        .filter(|hop| hop.router().is_some())
        .count();
    let end = match end {
        PathEnd::FinalReply { ttl, reply: how } => text![how.name(), at(*ttl)],
        PathEnd::Rejected {
            ttl,
            icmp,
            sender_hop: own,
            ..
        } => text![wording::icmp(icmp), at(own.or(*ttl))],
        PathEnd::NoReply { after: Some(after) } => text!["no reply after hop ", *after],
        PathEnd::NoReply { after: None } => "no reply from any hop".into(),
        PathEnd::Loop(found) => text!["loop between hops ", found.first, " and ", found.last],
        PathEnd::Local(cause) => text!["no probe left (", cause.reason(), ")"],
        PathEnd::Unknown => "not reported by this system".into(),
    };
    let host = path
        .host_distance
        .map(|host| text!["; the host is at ", Text::words(host.describe())]);
    let flows = path.flows.iter();
    let dead = flows
        .filter(|flow| flow.attempts > 0 && flow.answered == 0)
        .count();
    let all = path.flows.len();
    let flows = (all > 1).then(|| text!["; ", dead, " of ", all, " source ports got no reply"]);
    let routers = format!(", {} seen", count(routers as u64, "router"));
    text![end, Text::words(routers), host, flows]
}

fn at(ttl: Option<u8>) -> Text {
    match ttl {
        Some(ttl) => text![" at hop ", ttl],
        None => " with the default TTL".into(),
    }
}

fn listeners(findings: &Findings) -> Option<Text> {
    let listeners = findings.listeners.as_ref()?.sockets.as_ref()?;
    let parts = listeners.iter().map(|it| listener(findings.protocol, it));
    let none = || Some("none on that port of this machine".into());
    joined(parts.collect(), "; ").or_else(none)
}

fn listener(protocol: Protocol, listener: &Listener) -> Text {
    let process = listener.process.as_ref().map(|it| {
        let pid = format!(" (pid {})", it.pid);
        text![" by ", Value::label(&it.name), Text::words(pid)]
    });
    let queue = listener.accept_queue.zip(listener.backlog);
    let queue = queue.filter(|_| protocol == Protocol::Tcp);
    let queue = queue.map(|(waiting, room)| text![", accept queue ", waiting, " of ", room]);
    text![listener.address, process, queue]
}

/// Counters that grew and mean something for probes.
fn counters(findings: &Findings) -> Option<Text> {
    let counters = findings.counters.as_ref()?;
    let known = [
        ("TcpExtTCPRetransFail", counters.retransmit_failures),
        ("TcpExtListenOverflows", counters.listen_overflows),
        ("TcpExtListenDrops", counters.listen_drops),
        ("TcpExtIPReversePathFilter", counters.reverse_path_filtered),
    ];
    let grown = known.iter().filter_map(|(name, value)| {
        let value = value.filter(|value| *value > 0)?;
        Some(text![*name, " +", value])
    });
    joined(grown.collect(), ", ")
}

fn list(addresses: &[IpAddr]) -> Text {
    Text::join(addresses.iter().map(|it| Text::from(*it)), ", ")
}

fn millis(time: Duration) -> String {
    ms(time.as_secs_f64() * 1e6)
}
