//! Output during a run: heading, a line per probe, state changes.

use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::summary::{RunInfo, title};
use crate::clock::{format_duration, rfc3339};
use crate::hosts::{Protocol, Target};
use crate::outcome::{OutcomeClass, OutcomeKind, Sample, TargetId};
use crate::plan::{Limit, SchedulePlan, SocketPlan};
use crate::report::human_numbers::{count, ms_aligned};
use crate::report::{self, Redactor, wording};
use crate::stats::StateChange;
use crate::text;
use crate::text::{Text, Value};

/// Prints samples as lines.
#[derive(Debug)]
pub(super) struct LinePrinter {
    /// The TTL of each target's latest reply.
    ttls: Vec<Option<u8>>,
    timestamps: bool,
    /// With several targets each line begins with its target's name, this wide.
    label_width: Option<usize>,
    labels: Vec<String>,
}

impl LinePrinter {
    pub(super) fn new(info: &RunInfo, redactor: &Redactor) -> Self {
        let labels = info.targets.iter();
        let labels: Vec<_> = labels.map(|it| label(info, it, redactor)).collect();
        let widest = labels.iter().map(String::len).max();
        Self {
            ttls: vec![None; info.targets.len()],
            timestamps: info.plan.display.timestamps,
            label_width: widest.filter(|_| labels.len() > 1),
            labels,
        }
    }

    /// Adds the latest target.
    pub(super) fn add_target(&mut self, info: &RunInfo, target: TargetId, redactor: &Redactor) {
        let label = label(info, &info.targets[target.index()], redactor);
        // Lines above have no label if there was one target until now; those below need one.
        self.label_width = self.label_width.max(Some(label.len()));
        self.labels.push(label);
        self.ttls.push(None);
    }

    /// The line of one probe, in parts: before the outcome, the outcome, after it.
    pub(super) fn line(&mut self, info: &RunInfo, sample: &Sample, redactor: &Redactor) -> Line {
        let target = sample.target.index();
        let protocol = info.targets[target].protocol;
        let mut before = String::new();
        if self.timestamps {
            before = rfc3339(info.clock.at(sample.sent_at)) + " ";
        }
        if let Some(width) = self.label_width {
            before += &format!("{:width$}  ", self.labels[target]);
        }
        before += &format!("{:>6}  ", number(sample));
        let mut after = time(sample);
        if protocol.has_ports() {
            after += &source_port(sample);
        }
        after += &self.ttl(sample);
        after += &report::line(&detail(protocol, sample), redactor);
        Line {
            before,
            kind: sample.result.outcome.kind(),
            warmup: sample.warmup,
            after: after.trim_end().to_owned(),
        }
    }

    /// The TTL of the reply, where the system reports it, and the one before if it has changed.
    fn ttl(&mut self, sample: &Sample) -> String {
        let Some(ttl) = sample.result.ttl else {
            return String::new();
        };
        let before = self.ttls[sample.target.index()].replace(ttl);
        match before.filter(|before| *before != ttl) {
            Some(before) => format!("ttl {ttl}, was {before}  "),
            None => format!("ttl {ttl}  "),
        }
    }
}

/// A probe's line.
pub(super) struct Line {
    before: String,
    kind: OutcomeKind,
    warmup: bool,
    after: String,
}

impl Line {
    /// With its end, and in colour if the terminal has it.
    pub(super) fn render(&self, colour: bool) -> String {
        let word = format!("{:<12}", wording::outcome(self.kind));
        let word = if colour { self.coloured(&word) } else { word };
        let line = format!("{}{word}{}", self.before, self.after);
        line.trim_end().to_owned() + "\n"
    }

    fn coloured(&self, word: &str) -> String {
        let colour = match self.kind.class() {
            OutcomeClass::Succeeded => AnsiColor::Green,
            OutcomeClass::Failed => AnsiColor::Red,
            OutcomeClass::Local | OutcomeClass::Unfinished => AnsiColor::Yellow,
        };
        let style = if self.warmup {
            Style::new().dimmed()
        } else {
            Style::new().fg_color(Some(colour.into()))
        };
        format!("{style}{word}{style:#}")
    }
}

fn label(info: &RunInfo, target: &Target, redactor: &Redactor) -> String {
    report::line(&info.label(target), redactor)
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

fn source_port(sample: &Sample) -> String {
    let local = sample.result.local;
    let port = local.map(|local| format!("from :{}", local.port()));
    format!("{:<13}", port.unwrap_or_default())
}

fn detail(protocol: Protocol, sample: &Sample) -> Text {
    let result = &sample.result;
    let detail = wording::detail_with_evidence(protocol, result).unwrap_or_default();
    if sample.late {
        return text!["late: after the timeout, counted as no reply  ", detail];
    }
    match result.established_for {
        Some(held) => text![
            detail,
            Text::words(format!(", after {}", format_duration(whole_us(held))))
        ],
        None => detail,
    }
}

fn whole_us(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

fn whole_ms(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// A target has gone down or come up.
pub(super) fn state_change(info: &RunInfo, target: TargetId, change: &StateChange) -> Text {
    let name = info.label(&info.targets[target.index()]);
    let at = rfc3339(info.clock.at(change.at)) + " ";
    let lasted = |was: &str| {
        let lasted = change
            .previous_duration
            .map(|lasted| format_duration(whole_ms(lasted)));
        let words = lasted.map(|lasted| format!(" after {lasted} {was}"));
        Text::words(words.unwrap_or_default())
    };
    let outcomes = change.outcomes.iter();
    let mut outcomes: Vec<_> = outcomes.map(|it| wording::outcome(it.kind())).collect();
    outcomes.dedup();
    let outcomes = Text::words(outcomes.join(", "));
    if change.is_up {
        text![
            Text::words(at),
            name,
            " is up",
            lasted("down"),
            " (",
            outcomes,
            ")"
        ]
    } else {
        text![
            Text::words(at),
            name,
            " is down",
            lasted("up"),
            ": ",
            outcomes
        ]
    }
}

/// A target was added after its name was resolved.
pub(super) fn added(info: &RunInfo, target: TargetId) -> Text {
    let target = &info.targets[target.index()];
    let took = target.lookup.as_ref().map(|lookup| {
        let took = format_duration(whole_ms(lookup.took));
        Text::words(format!(" after {took}"))
    });
    text![
        Value::service(target),
        " resolves to ",
        target.address.ip(),
        took,
        ": added"
    ]
}

/// The address of a target has changed.
pub(super) fn address_changed(info: &RunInfo, target: TargetId, from: std::net::IpAddr) -> Text {
    let target = &info.targets[target.index()];
    let at = rfc3339(info.clock.now()) + " ";
    let (name, to) = (Value::service(target), target.address.ip());
    text![
        Text::words(at),
        name,
        " address changed from ",
        from,
        " to ",
        to
    ]
}

/// The lines above the first probe.
pub(super) fn heading(info: &RunInfo) -> Vec<Text> {
    let what = match info.targets.as_slice() {
        [target] => text![target.protocol.title(), " ", title(target)],
        targets => text![info.protocol_names(), ", ", targets.len(), " targets"],
    };
    let mut lines = vec![text![what, origin(info).map(|it| text![" ", it])]];
    lines.extend(lookups(info));
    let unresolved = info.unresolved.iter();
    lines.extend(unresolved.map(wording::unresolved));
    let schedule = schedule(&info.plan.schedule);
    lines.push(text![
        Text::words(schedule),
        marks(&info.plan.sockets),
        packets(info)
    ]);
    lines
}

/// How connections are closed, and what datagrams carry.
fn packets(info: &RunInfo) -> Text {
    let (protocols, payload) = (info.protocols(), &info.plan.payload);
    let mut text = Text::default();
    if protocols.contains(&Protocol::Tcp) {
        text.push(text![", close ", info.plan.sockets.close.name()]);
    }
    if protocols.contains(&Protocol::Udp) {
        let udp = info
            .targets
            .iter()
            .filter(|it| it.protocol == Protocol::Udp);
        let mut payloads: Vec<_> = udp
            .map(|target| payload.for_port(target.address.port()).name())
            .collect();
        payloads.sort_unstable();
        payloads.dedup();
        text.push(Text::words(format!(
            ", UDP payload {}",
            payloads.join(" or ")
        )));
    }
    if protocols.contains(&Protocol::Icmp) {
        text.push(text![", ICMP data ", payload.echo_size(), " bytes"]);
    }
    if info.plan.sockets.dont_fragment {
        text.push(", don't fragment");
    }
    text
}

/// `from 10.0.0.4 on eth0 via 10.0.0.1`, as far as it is the same for all targets.
pub(super) fn origin(info: &RunInfo) -> Option<Text> {
    let routes = || info.routes.iter().map(Option::as_ref);
    let sources = routes().map(|route| route?.source.map(|source| text!["from ", source]));
    let interfaces = routes().map(|route| {
        let name = route?.interface.as_deref()?;
        Some(text!["on ", Value::label(name)])
    });
    let with_target = info.targets.iter().zip(&info.routes);
    let gateways = with_target.map(|(target, route)| {
        let gateway = route.as_ref()?.gateway(target.address.ip());
        gateway.map(|it| text!["via ", it])
    });
    let parts = [common(sources), common(interfaces), common(gateways)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| Text::join(parts, " "))
}

/// The common value, if all are equal.
fn common(mut texts: impl Iterator<Item = Option<Text>>) -> Option<Text> {
    let first = texts.next()??;
    texts
        .all(|text| text.as_ref() == Some(&first))
        .then_some(first)
}

fn marks(sockets: &SocketPlan) -> Text {
    let ttl = sockets.ttl.map(|ttl| text![", ttl ", ttl]);
    let dscp = sockets.dscp.map(|dscp| text![", dscp ", dscp]);
    text![ttl, dscp]
}

/// The addresses of every name, and how long the lookup took.
pub(super) fn lookups(info: &RunInfo) -> Vec<Text> {
    let mut lines = Vec::new();
    let mut last = None;
    for target in &info.targets {
        let Some(lookup) = &target.lookup else {
            continue;
        };
        if last.replace(&target.host) == Some(&target.host) {
            continue;
        }
        let addresses = lookup.addresses.iter().map(|it| it.ip().into());
        let took = format!(" (lookup {})", format_duration(whole_us(lookup.took)));
        let host = Value::Host(target.host.clone());
        lines.push(text![
            host,
            " resolves to ",
            Text::join(addresses, ", "),
            Text::words(took)
        ]);
    }
    lines
}

/// `6 probes after 1 warm-up, one every 1 s, timeout 4 s`.
pub(super) fn schedule(schedule: &SchedulePlan) -> String {
    let probes = match schedule.limit {
        Limit::Count(number) => count(number, "probe"),
        Limit::Duration(duration) => format!("probes for {}", format_duration(duration)),
        Limit::Forever => "probes until stopped".to_owned(),
    };
    let warmup = match schedule.warmup {
        0 => String::new(),
        number => format!(" after {}", count(number, "warm-up")),
    };
    let interval = if schedule.is_closed_loop() {
        format!("{} in flight without a pause", schedule.in_flight)
    } else {
        format!("one every {}", format_duration(schedule.interval))
    };
    let hold = schedule
        .hold
        .map(|hold| format!(", hold {}", format_duration(hold)));
    let timeout = format_duration(schedule.timeout);
    format!(
        "{probes}{warmup}, {interval}, timeout {timeout}{}",
        hold.unwrap_or_default()
    )
}
