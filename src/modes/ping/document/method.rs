//! How the run was made, and what its numbers cannot show.

use std::collections::HashSet;
use std::time::Duration;

use super::RunSummary;
use super::outcomes::SMALL_SAMPLE;
use crate::clock::{format_duration, rfc3339};
use crate::hosts::Protocol;
use crate::modes::ping::log_lines::{lookups, origin, schedule};
use crate::modes::ping::summary::RunInfo;
use crate::outcome::OutcomeClass;
use crate::report::document::{Block, Fact};
use crate::report::human_numbers::{count, ms};
use crate::report::wording;
use crate::stats::Statistics;
use crate::text;
use crate::text::{Text, Value};

/// Lookups listed; the others are counted.
const LOOKUPS: usize = 8;

/// Short where there is no room, with every fact where there is.
pub(super) fn blocks(summary: &RunSummary) -> Vec<Block> {
    let brief = Block::bullets(brief(summary)).into_iter().collect();
    let brief = Block::section("Run", brief).into_iter().collect();
    let detail = vec![Block::Facts(facts(summary))];
    let detail = Block::section("How this was measured", detail)
        .into_iter()
        .collect();
    vec![Block::Brief(brief), Block::Detail(detail)]
}

/// What a reader needs to believe it and to do it again.
fn brief(summary: &RunSummary) -> Vec<Text> {
    let info = summary.info;
    let mut lines: Vec<_> = sources(summary);
    lines.push(clocks(info));
    lines.extend(some_lookups(info));
    lines.extend(unresolved(info));
    lines.extend(notes(summary));
    lines
}

fn facts(summary: &RunSummary) -> Vec<Fact> {
    let (info, record) = (summary.info, &summary.record);
    let at = |instant| Text::words(rfc3339(info.clock.at(instant)));
    let stopped = if record.interrupted {
        ", stopped before its end"
    } else {
        ""
    };
    let name = info.host.name.as_ref();
    let name = name.map(|name| text![", ", Value::LocalName(name.as_str().into())]);
    let mut facts = vec![
        Fact::new("System", text![Value::label(&info.host.system), name]),
        Fact::new("Started", at(record.started)),
        Fact::new("Ended", at(record.ended)),
        Fact::new(
            "Duration",
            text![Text::words(length(summary.record.duration())), stopped],
        ),
        Fact::new("Probes", Text::words(schedule(&info.plan.schedule))),
    ];
    for (name, values) in [
        ("Source", sources(summary)),
        ("Names", some_lookups(info)),
        ("Not probed", unresolved(info)),
        ("Clocks", vec![clocks(info)]),
        ("Limits of the sample", limits(summary)),
        ("Notes", notes(summary)),
    ] {
        if !values.is_empty() {
            facts.push(Fact { name, values });
        }
    }
    facts
}

/// Where probes came from; each different source with the targets it was for.
fn sources(summary: &RunSummary) -> Vec<Text> {
    if let Some(origin) = origin(summary.info) {
        return vec![origin];
    }
    let mut known = HashSet::new();
    let sources = summary.targets().filter_map(|target| {
        let source = target.source().map(|it| text!["from ", it])?;
        let interface = target.route.and_then(|route| route.interface.as_deref());
        let interface = interface.map(|name| text![" on ", Value::label(name)]);
        let gateway = target.gateway().map(|it| text![" via ", it]);
        let text = text![source, interface, gateway];
        known
            .insert(text.clone())
            .then(|| text![text, " (for ", target.label(), ")"])
    });
    sources.take(LOOKUPS).collect()
}

/// What each kind of time is.
fn clocks(info: &RunInfo) -> Text {
    let tcp = info.protocols().contains(&Protocol::Tcp);
    let what = if tcp { "connect" } else { "reply" };
    let rtt = match (info.host.rtt_clock, tcp) {
        (Some(_), true) => ", path rtt = kernel (TCP_INFO)",
        (Some(_), false) => ", path rtt = kernel timestamps",
        (None, _) => "; no path rtt on this system",
    };
    text!["clocks: ", what, " = CLOCK_MONOTONIC", rtt]
}

fn some_lookups(info: &RunInfo) -> Vec<Text> {
    let mut lines = lookups(info);
    let more = lines.len().saturating_sub(LOOKUPS);
    lines.truncate(LOOKUPS);
    if more > 0 {
        lines.push(text!["and ", more, " more names"]);
    }
    lines
}

fn unresolved(info: &RunInfo) -> Vec<Text> {
    let errors = info.unresolved.iter();
    errors
        .map(|error| text!["not probed: ", wording::unresolved(error)])
        .collect()
}

/// Lag, stalls, limits of this run.
fn notes(summary: &RunSummary) -> Vec<Text> {
    let filter = summary.capture_filter();
    let mut notes: Vec<_> = local_ports(summary).into_iter().collect();
    notes.extend(filter.map(|filter| text!["tcpdump filter: '", filter, "'"]));
    let own = [
        schedule_lag(summary),
        stalled(summary),
        behind(summary),
        skipped(summary),
        descriptors(summary),
        wall_clock(summary),
    ];
    notes.extend(own.into_iter().flatten().map(Text::words));
    notes
}

/// To find the probes in a capture or a firewall's log.
fn local_ports(summary: &RunSummary) -> Option<Text> {
    let ports = summary.local_ports()?;
    let (low, high) = (ports.start(), ports.end());
    Some(if low == high {
        text!["source port ", *low]
    } else {
        text!["source ports ", *low, " to ", *high]
    })
}

/// `8 s`, and in larger units where that helps: `1502 s (25 min 2 s)`.
fn length(duration: Duration) -> String {
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

fn round_ms(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// What the figures cannot show.
fn limits(summary: &RunSummary) -> Vec<Text> {
    let (info, targets) = (summary.info, &summary.statistics.targets);
    let counted = |class| targets.iter().map(move |target| target.count_class(class));
    let all: u64 = [OutcomeClass::Succeeded, OutcomeClass::Failed]
        .into_iter()
        .flat_map(counted)
        .sum();
    let each = all / targets.len().max(1) as u64;
    let mut lines = Vec::new();
    if each < SMALL_SAMPLE {
        lines.push(format!(
            "a sample of {each} per target is small: the loss interval is wide"
        ));
    }
    lines.push("a percentile needs values above it: p99 needs 100 values".to_owned());
    lines.push("timeouts are not in latencies, local errors not in loss".to_owned());
    let digits = Statistics::digits(info.targets.len());
    let digits = count(digits.into(), "significant digit");
    lines.push(format!(
        "percentiles have {digits}; min, max and mean are exact"
    ));
    if info.plan.schedule.warmup > 0 {
        let warmup = count(info.plan.schedule.warmup, "probe");
        lines.push(format!(
            "warm-up probes ({warmup} per target) are not counted"
        ));
    }
    lines.into_iter().map(Text::words).collect()
}

/// Only an open loop has a schedule to be late for.
fn schedule_lag(summary: &RunSummary) -> Option<String> {
    let lag = &summary.statistics.lag;
    let figures = lag
        .figures()
        .filter(|_| !summary.info.plan.schedule.is_closed_loop())?;
    let p99 = lag
        .percentile(99.0)
        .map(|us| format!("p99 {} ms, ", ms(us)));
    let max = ms(figures.max);
    Some(format!(
        "schedule lag: {}max {max} ms",
        p99.unwrap_or_default()
    ))
}

fn stalled(summary: &RunSummary) -> Option<String> {
    let lost = some_time(summary.record.stalled)?;
    Some(format!(
        "note: this process was stalled for {lost} in total (suspended, starved of CPU, or blocked by its output)"
    ))
}

fn behind(summary: &RunSummary) -> Option<String> {
    let behind = some_time(summary.record.behind)?;
    Some(format!(
        "note: this machine could not keep the schedule: {behind} behind in total"
    ))
}

fn skipped(summary: &RunSummary) -> Option<String> {
    let skipped = count(summary.record.skipped, "probe");
    (summary.record.skipped > 0)
        .then(|| format!("note: {skipped} of the schedule skipped for that reason, not counted"))
}

fn descriptors(summary: &RunSummary) -> Option<String> {
    let cap = count(summary.record.descriptor_cap? as u64, "probe");
    Some(format!(
        "note: the limit of open files (ulimit -n) allowed only {cap} in flight"
    ))
}

fn wall_clock(summary: &RunSummary) -> Option<String> {
    let drift = summary.record.wall_clock_moved;
    (drift.abs() > 1.0).then(|| {
        format!(
            "note: the wall clock moved by {drift:+.0} s during the run (it was set, or the machine was suspended); times here continue from the start"
        )
    })
}

/// In whole milliseconds, rounded up; absent for zero.
fn some_time(duration: Duration) -> Option<String> {
    let ms = u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
    (duration > Duration::ZERO).then(|| format_duration(Duration::from_millis(ms)))
}
