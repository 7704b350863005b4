//! What is printed while the run goes on: a heading, and a line for each probe.

use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::numbers::{count, ms_aligned};
use super::{RunInfo, words};
use crate::clock::{format_duration, rfc3339};
use crate::hosts::{Protocol, Target};
use crate::outcome::{OutcomeClass, OutcomeKind, Sample, TargetId};
use crate::plan::{Limit, SchedulePlan, SocketPlan};
use crate::stats::StateChange;
use crate::term::escape_controls;

/// Turns samples into lines.
#[derive(Clone, Debug)]
pub(super) struct Printer {
    /// The TTL of each target's latest answer.
    ttls: Vec<Option<u8>>,
    colour: bool,
    timestamps: bool,
    /// With several targets each line names its own; this wide.
    label_width: Option<usize>,
    labels: Vec<String>,
}

impl Printer {
    /// A printer for one run.
    pub(super) fn new(info: &RunInfo, colour: bool) -> Self {
        let labels: Vec<_> = info
            .targets
            .iter()
            .map(|target| label(info, target))
            .collect();
        let widest = labels.iter().map(String::len).max();
        Self {
            ttls: vec![None; info.targets.len()],
            colour,
            timestamps: info.plan.display.timestamps,
            label_width: widest.filter(|_| labels.len() > 1),
            labels,
        }
    }

    /// One more target.
    pub(super) fn join(&mut self, info: &RunInfo, target: TargetId) {
        let label = label(info, &info.targets[target.index()]);
        // Lines above have no label, if it was the only one until now; those below need one.
        self.label_width = self.label_width.max(Some(label.len()));
        self.labels.push(label);
        self.ttls.push(None);
    }

    /// The line of one probe, with its end of line.
    pub(super) fn line(&mut self, info: &RunInfo, sample: &Sample) -> String {
        let target = sample.target.index();
        let protocol = info.targets[target].protocol;
        let mut line = String::new();
        if self.timestamps {
            line = rfc3339(info.clock.at(sample.sent_at)) + " ";
        }
        if let Some(width) = self.label_width {
            line += &format!("{:width$}  ", self.labels[target]);
        }
        line += &format!("{:>6}  ", number(sample));
        line += &self.outcome(sample);
        line += &time(sample);
        if protocol.has_ports() {
            line += &source(sample);
        }
        line += &self.answer(sample);
        line += &detail(protocol, sample);
        line.truncate(line.trim_end().len());
        line + "\n"
    }

    /// With how many hops left the answer came, where the system tells, and what it was before.
    fn answer(&mut self, sample: &Sample) -> String {
        let Some(ttl) = sample.result.ttl else {
            return String::new();
        };
        let before = self.ttls[sample.target.index()].replace(ttl);
        match before.filter(|before| *before != ttl) {
            Some(before) => format!("ttl {ttl}, was {before}  "),
            None => format!("ttl {ttl}  "),
        }
    }

    fn outcome(&self, sample: &Sample) -> String {
        let kind = sample.result.outcome.kind();
        let word = format!("{:<12}", words::outcome(kind));
        if !self.colour {
            return word;
        }
        let style = if sample.warmup {
            Style::new().dimmed()
        } else {
            style(kind)
        };
        format!("{style}{word}{style:#}")
    }
}

fn style(kind: OutcomeKind) -> Style {
    let colour = match kind.class() {
        OutcomeClass::Succeeded => AnsiColor::Green,
        OutcomeClass::Failed => AnsiColor::Red,
        OutcomeClass::Local | OutcomeClass::Unfinished => AnsiColor::Yellow,
    };
    Style::new().fg_color(Some(colour.into()))
}

fn number(sample: &Sample) -> String {
    if sample.warmup {
        "warmup".to_owned()
    } else {
        sample.seq.to_string()
    }
}

fn time(sample: &Sample) -> String {
    let unmeasured = || format!("{:>9}     ", "-  ");
    let measured = |time: Duration| format!("{} ms  ", ms_aligned(time));
    sample.result.connect.map_or_else(unmeasured, measured)
}

fn source(sample: &Sample) -> String {
    let port = sample
        .result
        .local
        .map(|local| format!("from :{}", local.port()));
    format!("{:<13}", port.unwrap_or_default())
}

fn detail(protocol: Protocol, sample: &Sample) -> String {
    let result = &sample.result;
    let detail = words::detail_with(protocol, result);
    let detail = detail.unwrap_or_default();
    if sample.late {
        return format!("late: after the timeout, counted as no reply. {detail}");
    }
    match result.established_for {
        Some(held) => format!("{detail}, after {}", format_duration(round_us(held))),
        None => detail,
    }
}

fn round_us(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

/// `host:port`, with the scheme where protocols differ and the address where several addresses of one name
/// are probed.
pub(crate) fn label(info: &RunInfo, target: &Target) -> String {
    let mut label = escape_controls(&target.label());
    if info.is_mixed {
        label = format!("{}://{label}", target.protocol.name());
    }
    if info.plan.targets.all_addresses && target.lookup.is_some() {
        format!("{label} ({})", target.address.ip())
    } else {
        label
    }
}

/// That a target has gone down, or has come up again.
pub(super) fn change(info: &RunInfo, target: TargetId, change: &StateChange) -> String {
    let name = label(info, &info.targets[target.index()]);
    let at = rfc3339(info.clock.at(change.at));
    let lasted = |was: &str| {
        let lasted = change
            .previous_duration
            .map(|lasted| format_duration(round_ms(lasted)));
        lasted.map_or_else(String::new, |lasted| format!(" after {lasted} {was}"))
    };
    let mut causes: Vec<_> = change
        .outcomes
        .iter()
        .map(|it| words::outcome(it.kind()))
        .collect();
    causes.dedup();
    let causes = causes.join(", ");
    if change.is_up {
        format!("{at} {name} answers again{} ({causes})\n", lasted("down"))
    } else {
        format!("{at} {name} is down{}: {causes}\n", lasted("up"))
    }
}

/// That a target's name has another address now.
pub(super) fn joined(info: &RunInfo, target: TargetId) -> String {
    let target = &info.targets[target.index()];
    let took = target.lookup.as_ref().map_or_else(String::new, |lookup| {
        format!(", looked up in {}", format_duration(round_ms(lookup.took)))
    });
    let (name, address) = (escape_controls(&target.label()), target.address.ip());
    format!("{name} is {address}{took}: probed from now on\n")
}

/// What is said of a target that has another address.
pub(super) fn moved(info: &RunInfo, target: TargetId, from: &str) -> String {
    let target = &info.targets[target.index()];
    let (name, address) = (escape_controls(&target.label()), target.address.ip());
    let at = rfc3339(info.clock.now());
    format!("{at} {name} has another address now: {address}, no longer {from}\n")
}

fn round_ms(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// `host:port (address)`, or `address:port` alone where that was typed.
pub(super) fn title(target: &Target) -> String {
    let label = escape_controls(&target.label());
    match &target.lookup {
        Some(_) => format!("{label} ({})", target.address.ip()),
        None => label,
    }
}

/// The lines above the first probe.
pub(super) fn heading(info: &RunInfo) -> String {
    let mut text = match info.targets.as_slice() {
        [target] => format!("{} {}", target.protocol.title(), title(target)),
        targets => format!("{}, {} targets", info.protocol_names(), targets.len()),
    };
    text += &origin(info);
    text += "\n";
    text += &lookups(info);
    text += &unresolved(info);
    text += &pace(&info.plan.schedule);
    text += &marks(&info.plan.sockets);
    text += &manner(info);
    text + "\n"
}

/// How connections are closed, and what datagrams carry.
fn manner(info: &RunInfo) -> String {
    let protocols = info.protocols();
    let mut text = String::new();
    if protocols.contains(&Protocol::Tcp) {
        text += &format!(", close {}", info.plan.sockets.close.name());
    }
    if protocols.contains(&Protocol::Udp) {
        let udp = info
            .targets
            .iter()
            .filter(|it| it.protocol == Protocol::Udp);
        let mut payloads: Vec<_> = udp
            .map(|target| info.plan.payload.for_port(target.address.port()).name())
            .collect();
        payloads.sort_unstable();
        payloads.dedup();
        text += &format!(", UDP payload {}", payloads.join(" or "));
    }
    if protocols.contains(&Protocol::Icmp) {
        text += &format!(", ICMP data {} bytes", info.plan.payload.echo_size());
    }
    if info.plan.sockets.dont_fragment {
        text += ", not to be fragmented";
    }
    text
}

/// ` from 10.0.0.4 via eth0, gateway 10.0.0.1`, as far as it is the same for all targets.
pub(super) fn origin(info: &RunInfo) -> String {
    let routes = || info.routes.iter().map(Option::as_ref);
    let sources = routes().map(|route| route?.source.map(|source| format!(" from {source}")));
    let interfaces = routes().map(|route| {
        let name = route?.interface.as_deref()?;
        Some(format!(" via {}", escape_controls(name)))
    });
    let ways = info.targets.iter().zip(&info.routes);
    let gateways = ways.map(|(target, route)| {
        let next_hop = route.as_ref()?.next_hop?;
        (next_hop != target.address.ip()).then(|| format!(", gateway {next_hop}"))
    });
    let (from, via, gateway) = (common(sources), common(interfaces), common(gateways));
    [from, via, gateway].into_iter().flatten().collect()
}

/// The one thing that all say.
fn common(mut texts: impl Iterator<Item = Option<String>>) -> Option<String> {
    let first = texts.next()??;
    texts
        .all(|text| text.as_ref() == Some(&first))
        .then_some(first)
}

fn unresolved(info: &RunInfo) -> String {
    let lines = info
        .unresolved
        .iter()
        .map(|name| format!("{}\n", escape_controls(name)));
    lines.collect::<Vec<_>>().concat()
}

fn marks(sockets: &SocketPlan) -> String {
    let ttl = sockets.ttl.map(|ttl| format!(", ttl {ttl}"));
    let dscp = sockets.dscp.map(|dscp| format!(", dscp {dscp}"));
    ttl.unwrap_or_default() + &dscp.unwrap_or_default()
}

/// Every address of every name, and how long the lookup took.
pub(super) fn lookups(info: &RunInfo) -> String {
    let mut text = String::new();
    let mut last = None;
    for target in &info.targets {
        let Some(lookup) = &target.lookup else {
            continue;
        };
        if last.replace(&target.host) == Some(&target.host) {
            continue;
        }
        let addresses: Vec<_> = lookup
            .addresses
            .iter()
            .map(|a| a.ip().to_string())
            .collect();
        let took = format_duration(round_us(lookup.took));
        let host = escape_controls(&target.host);
        text += &format!("{host} is {}, looked up in {took}\n", addresses.join(", "));
    }
    text
}

fn pace(pace: &SchedulePlan) -> String {
    let probes = match pace.limit {
        Limit::Count(number) => count(number, "probe"),
        Limit::Duration(duration) => format!("probes for {}", format_duration(duration)),
        Limit::Forever => "probes until stopped".to_owned(),
    };
    let warmup = match pace.warmup {
        0 => String::new(),
        number => format!(" after {}", count(number, "warm-up")),
    };
    let interval = if pace.is_closed_loop() {
        format!("{} at a time without a pause", pace.in_flight)
    } else {
        format!("one every {}", format_duration(pace.interval))
    };
    let hold = pace
        .hold
        .map(|hold| format!(", held for {}", format_duration(hold)));
    let timeout = format_duration(pace.timeout);
    let hold = hold.unwrap_or_default();
    format!("{probes}{warmup}, {interval}, timeout {timeout}{hold}")
}
