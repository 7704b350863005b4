//! How the run was made, and what its numbers cannot say.

use std::collections::HashSet;
use std::time::Duration;

use super::markup::{Markup, block, tag};
use crate::clock::{date_and_time, format_duration, rfc3339};
use crate::hosts::Protocol;
use crate::outcome::OutcomeClass;
use crate::plan::{Limit, SchedulePlan};
use crate::report::numbers::count;
use crate::report::{Report, RunInfo, VERSION, notes};
use crate::stats::Statistics;

/// Names whose addresses are listed; the others are counted.
const NAMES: usize = 20;

/// With fewer probes than this the loss interval is wide enough to need a word.
const FEW: u64 = 30;

pub(super) fn section(report: &Report) -> Markup {
    let mut facts = machine(report);
    facts.extend(network(report.info));
    facts.push(("Clocks", clocks(report.info)));
    facts.push(("Limits of the sample", list(limits(report))));
    let notes = notes::run(report);
    if !notes.is_empty() {
        facts.push(("Notes", list(notes)));
    }
    let heading = block("h2", &[], "How this was measured");
    block("section", &[], [heading, definitions(facts)])
}

/// Names and what they stand for.
pub(super) fn definitions(facts: Vec<(&'static str, Markup)>) -> Markup {
    let rows = facts.into_iter().map(|(name, value)| {
        let (term, value) = (tag("dt", &[], name), block("dd", &[], value));
        Markup::from([term, value])
    });
    block("dl", &[("class", &"facts")], rows.collect::<Markup>())
}

fn list(items: Vec<String>) -> Markup {
    let items: Markup = items.into_iter().map(|item| tag("li", &[], item)).collect();
    tag("ul", &[], items)
}

/// What ran where, when and for how long.
fn machine(report: &Report) -> Vec<(&'static str, Markup)> {
    let (info, record) = (report.info, &report.record);
    let at = |instant| Markup::from(rfc3339(info.clock.at(instant)));
    let lasted = record.ended.saturating_duration_since(record.started);
    let lasted = length(lasted);
    let duration = if record.interrupted {
        format!("{lasted}, stopped before its end")
    } else {
        lasted
    };
    let name = info.host.name.as_ref();
    let name = name.map(|name| format!(", {name}")).unwrap_or_default();
    vec![
        ("Version", format!("synack {VERSION}").into()),
        (
            "Command",
            tag("code", &[], info.plan.output.command_line.as_str()),
        ),
        ("System", format!("{}{name}", info.host.system).into()),
        ("Started", at(record.started)),
        ("Ended", at(record.ended)),
        ("Duration", duration.into()),
        ("Probes", pace(&info.plan.schedule).into()),
    ]
}

/// `2026-11-20 12:00:03Z to 12:00:11Z`.
pub(super) fn period(report: &Report) -> String {
    let at = |instant| date_and_time(report.info.clock.at(instant));
    let (from, to) = (at(report.record.started), at(report.record.ended));
    let until = match to.split_once(' ') {
        Some((day, time)) if from.starts_with(day) => time.to_owned(),
        _ => to,
    };
    format!("{from} to {until}")
}

/// `8 s`, and how long that is where nobody knows at once: `1502 s (25 min 2 s)`.
pub(super) fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let parts = [
        (days, "d"),
        (hours, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts = parts.iter().filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    let exact = format_duration(round_ms(duration));
    if seconds < 120 {
        exact
    } else {
        format!("{exact} ({})", parts.join(" "))
    }
}

pub(super) fn round_ms(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn pace(pace: &SchedulePlan) -> String {
    let probes = match pace.limit {
        Limit::Count(number) => format!("{number} for each target"),
        Limit::Duration(duration) => format!("for {}", format_duration(duration)),
        Limit::Forever => "until stopped".to_owned(),
    };
    let interval = if pace.is_closed_loop() {
        format!("{} at a time without a pause", pace.in_flight)
    } else {
        format!("one every {}", format_duration(pace.interval))
    };
    let hold = pace
        .hold
        .map(|hold| format!(", held for {}", format_duration(hold)));
    let (timeout, hold) = (format_duration(pace.timeout), hold.unwrap_or_default());
    format!("{probes}, {interval}, timeout {timeout}{hold}")
}

/// From where to where.
fn network(info: &RunInfo) -> Vec<(&'static str, Markup)> {
    let mut facts = vec![("Addresses", list(lookups(info)))];
    let routes = || info.routes.iter().flatten();
    let sources = routes().filter_map(|route| route.source.map(|source| source.to_string()));
    let next_hops = routes().filter_map(|route| route.next_hop.map(|hop| hop.to_string()));
    let interfaces = routes().filter_map(|route| route.interface.as_deref().map(str::to_owned));
    for (name, values) in [
        ("Source", different(sources)),
        ("Interface", different(interfaces)),
        ("Next hop", different(next_hops)),
    ] {
        let words = if values.is_empty() {
            "not known".to_owned()
        } else {
            values.join(", ")
        };
        facts.push((name, words.into()));
    }
    facts
}

/// Each once, in order of appearance; there may be very many.
fn different(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut known = HashSet::new();
    values.filter(|value| known.insert(value.clone())).collect()
}

/// Every address of every name, and how long the lookup took.
fn lookups(info: &RunInfo) -> Vec<String> {
    let texts = info.targets.iter().map(|target| match &target.lookup {
        Some(lookup) => {
            let addresses: Vec<_> = lookup
                .addresses
                .iter()
                .map(|address| address.ip().to_string())
                .collect();
            let took = format_duration(Duration::from_micros(
                u64::try_from(lookup.took.as_micros()).unwrap_or(u64::MAX),
            ));
            let addresses = addresses.join(", ");
            format!("{} is {addresses}, looked up in {took}", target.host)
        }
        None => format!("{}, given as an address", target.address_text()),
    });
    let mut lines = different(texts);
    let more = lines.len().saturating_sub(NAMES);
    lines.truncate(NAMES);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    let unresolved = info.unresolved.iter().take(NAMES);
    lines.extend(unresolved.map(|name| format!("not probed: {name}")));
    let silent = info.unresolved.len().saturating_sub(NAMES);
    if silent > 0 {
        lines.push(format!("not probed: {silent} more"));
    }
    lines
}

/// What each kind of time is.
fn clocks(info: &RunInfo) -> Markup {
    let tcp = info.protocols().contains(&Protocol::Tcp);
    let what = if tcp { "connect" } else { "reply" };
    let mut lines = vec![format!(
        "{what}: this process's own monotonic clock, its waits for a processor included"
    )];
    lines.push(match info.host.rtt_clock {
        Some(clock) => format!("path rtt: the {clock}'s clock, without those waits"),
        None => "path rtt: not measured on this system".to_owned(),
    });
    lines.push(
        "times of day: UTC, read once at the start; durations never come from them".to_owned(),
    );
    list(lines)
}

/// How far the numbers carry.
fn limits(report: &Report) -> Vec<String> {
    let (info, targets) = (report.info, &report.statistics.targets);
    let counted = |class| targets.iter().map(move |target| target.count_class(class));
    let all: u64 = [OutcomeClass::Succeeded, OutcomeClass::Failed]
        .into_iter()
        .flat_map(counted)
        .sum();
    let each = all / targets.len().max(1) as u64;
    let mut lines = Vec::new();
    if each < FEW {
        lines.push(format!(
            "a sample of {each} for each target is small: the loss interval is wide"
        ));
    }
    lines.push("a percentile is shown only where values lie beyond it: p99 needs 100".to_owned());
    lines.push(
        "probes without an answer enter no latency, and this machine's own trouble no loss"
            .to_owned(),
    );
    let digits = Statistics::digits(info.targets.len());
    let digits = count(digits.into(), "significant digit");
    lines.push(format!(
        "percentiles are kept to {digits}; min, max and mean are exact"
    ));
    if info.plan.schedule.warmup > 0 {
        let warmup = count(info.plan.schedule.warmup, "probe");
        lines.push(format!(
            "warm-up, {warmup} for each target, is in no figure"
        ));
    }
    lines
}
