//! What concerns a run as a whole, in words: lag, standstills, limits.

use std::time::Duration;

use super::numbers::{count, ms};
use super::{Report, parts};
use crate::clock::format_duration;

/// A line each, in our own words alone.
pub(super) fn run(report: &Report) -> Vec<String> {
    let notes = [
        local_ports(report),
        parts::capture_filter(report).map(|filter| format!("tcpdump filter: '{filter}'")),
        schedule_lag(report),
        stalled(report),
        behind(report),
        skipped(report),
        descriptors(report),
        wall_clock(report),
    ];
    notes.into_iter().flatten().collect()
}

/// For whoever looks for these probes in a capture or a firewall's log.
fn local_ports(report: &Report) -> Option<String> {
    let ports = report.local_ports()?;
    let (low, high) = (ports.start(), ports.end());
    Some(if low == high {
        format!("probes came from local port {low}")
    } else {
        format!("probes came from local ports between {low} and {high}")
    })
}

/// Only an open loop has a schedule to be late for.
fn schedule_lag(report: &Report) -> Option<String> {
    let lag = &report.statistics.lag;
    let figures = lag
        .figures()
        .filter(|_| !report.info.plan.schedule.is_closed_loop())?;
    let p99 = lag
        .percentile(99.0)
        .map(|us| format!("p99 {} ms, ", ms(us)));
    let max = ms(figures.max);
    Some(format!(
        "probes started late by: {}max {max} ms",
        p99.unwrap_or_default()
    ))
}

fn stalled(report: &Report) -> Option<String> {
    let lost = some_time(report.record.stalled)?;
    Some(format!(
        "note: this process stood still for {lost} in all (stopped, starved, or held up by its output)"
    ))
}

fn behind(report: &Report) -> Option<String> {
    let behind = some_time(report.record.behind)?;
    Some(format!(
        "note: this machine could not keep the schedule: it fell behind by {behind} in all"
    ))
}

fn skipped(report: &Report) -> Option<String> {
    let skipped = count(report.record.skipped, "probe");
    (report.record.skipped > 0)
        .then(|| format!("note: {skipped} of the schedule left out for that; they are in no count"))
}

fn descriptors(report: &Report) -> Option<String> {
    let cap = count(report.record.descriptor_cap? as u64, "probe");
    Some(format!(
        "note: the limit of open files allowed only {cap} at once (ulimit -n)"
    ))
}

fn wall_clock(report: &Report) -> Option<String> {
    let drift = report.record.wall_clock_moved;
    (drift.abs() > 1.0).then(|| {
        format!(
            "note: the wall clock moved by {drift:+.0} s during the run (it was set, or the machine slept); times here go on from the start"
        )
    })
}

/// In whole milliseconds, the last one begun; none for none.
fn some_time(duration: Duration) -> Option<String> {
    let ms = u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
    (duration > Duration::ZERO).then(|| format_duration(Duration::from_millis(ms)))
}
