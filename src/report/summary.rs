//! The summary as text: what is pasted into a ticket.

use std::time::Duration;

use super::live::title;
use super::numbers::{count, interval, ms, ms_or_dash, percent, percentile_name};
use super::page::wrap;
use super::parts::{judged, outcomes, particulars, rule};
use super::{Report, RunInfo, TargetReport, VERSION, histogram, table};
use crate::clock::spoken;
use crate::explain::Verdict;
use crate::outcome::Class;
use crate::stats::Distribution;
use crate::target::Protocol;
use crate::term::safe;

/// With fewer probes than this the loss interval is wide enough to need a word.
const FEW: u64 = 30;

/// The whole summary.
pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    let targets: Vec<_> = report.targets().collect();
    if let [target] = targets.as_slice() {
        text += &one_target(report, target);
    } else {
        text += &table::text(report, &targets);
    }
    text + &run_notes(report) + &signature(report)
}

/// The summary of a single target.
fn one_target(report: &Report, target: &TargetReport) -> String {
    let mut text = rule(
        report,
        &format!(
            "{} {}",
            title(target.target),
            target.target.protocol.title()
        ),
        target.recorder.sent(),
    );
    text += &outcomes(target, "  ");
    text += &loss(target);
    text += &latencies(target);
    text += &particulars(report, target, "  ");
    if let Some(form) = &report.info.plan.output.histogram {
        let table = histogram::text(&target.recorder.connect, form);
        let table = table.unwrap_or_else(|| "  no histogram: no probe was answered\n".to_owned());
        text += &format!("\n{table}");
    }
    text + &conclusion(&judged(target), target.info.columns)
}

fn loss(target: &TargetReport) -> String {
    let Some(loss) = target.loss() else {
        return String::new();
    };
    let failed = target.recorder.count_class(Class::Failed);
    let counted = failed + target.recorder.count_class(Class::Succeeded);
    let interval = interval(loss.low, loss.high);
    let few = if counted < FEW {
        format!("; a sample of {counted} is small")
    } else {
        String::new()
    };
    let share = percent(failed, counted);
    let row = format!(
        "  {:<22}{share:>8}   95 % interval {interval} %{few}",
        "loss"
    );
    wrap(&row, 35, target.info.columns) + "\n"
}

/// A table of the distributions that have values.
fn latencies(target: &TargetReport) -> String {
    let recorder = target.recorder;
    let percentiles = &target.info.plan.output.percentiles;
    let (name, rtt) = match target.target.protocol {
        Protocol::Tcp => ("connect ms", "kernel: SYN to SYN-ACK"),
        _ if recorder.rtt_by_user => ("reply ms", "own clock to kernel's arrival"),
        _ => ("reply ms", "kernel: datagram to answer"),
    };
    let rows = [
        (name, &recorder.connect, "what an application waits"),
        ("path rtt ms", &recorder.rtt, rtt),
        ("refused ms", &recorder.refused, "first SYN to RST"),
    ];
    let rows: Vec<_> = rows
        .iter()
        .filter_map(|(name, values, note)| latency(name, values, target.info, note))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    latency_heading(percentiles) + &rows.concat()
}

fn latency_heading(percentiles: &[f64]) -> String {
    let mut text = format!("  {:<12}{:>8}{:>7}", "", "count", "min");
    for percent in percentiles {
        text += &format!("{:>7}", percentile_name(*percent));
    }
    text + &format!("{:>7}{:>7}{:>7}\n", "max", "mean", "stddev")
}

fn latency(name: &str, values: &Distribution, info: &RunInfo, note: &str) -> Option<String> {
    let figures = values.figures()?;
    let mut text = format!("  {name:<12}{:>8}{:>7}", figures.count, ms(figures.min));
    for percent in &info.plan.output.percentiles {
        text += &format!("{:>7}", ms_or_dash(values.percentile(*percent)));
    }
    let stddev = ms_or_dash(figures.stddev);
    text += &format!("{:>7}{:>7}{stddev:>7}", ms(figures.max), ms(figures.mean));
    if text.len() + 2 + note.len() <= info.columns {
        text += &format!("  {note}");
    }
    Some(text + "\n")
}

fn conclusion(verdict: &Verdict, columns: usize) -> String {
    let mut text = "\nWhat this means\n".to_owned();
    for paragraph in &verdict.meaning {
        text += &(wrap(&format!("  {paragraph}"), 2, columns) + "\n");
    }
    if !verdict.next.is_empty() {
        text += "Next\n";
    }
    for step in &verdict.next {
        text += &(wrap(&format!("  {step}"), 4, columns) + "\n");
    }
    text + "\n"
}

/// What concerns the run as a whole: lag, standstills, limits.
fn run_notes(report: &Report) -> String {
    let record = &report.record;
    let mut text = String::new();
    let mut note = |words: String| text += &(wrap(&words, 2, report.info.columns) + "\n");
    for name in &report.info.unresolved {
        note(format!("not probed: {}", safe(name)));
    }
    if let Some(lag) = schedule_lag(report) {
        note(lag);
    }
    let skipped = count(record.skipped, "probe");
    if record.standstill > Duration::ZERO {
        let lost = spoken(round_ms(record.standstill));
        note(format!(
            "note: this process stood still for {lost} in all (stopped, starved, or held up by its output)"
        ));
    }
    if record.behind > Duration::ZERO {
        let behind = spoken(round_ms(record.behind));
        note(format!(
            "note: this machine could not keep the schedule; it was moved on by {behind}"
        ));
    }
    if record.skipped > 0 {
        note(format!(
            "note: {skipped} of the schedule left out for that; they are in no count"
        ));
    }
    if let Some(cap) = record.descriptor_cap {
        note(format!(
            "note: the limit of open files allowed only {} at once (ulimit -n)",
            count(cap as u64, "probe")
        ));
    }
    let drift = record.wall_clock_moved;
    if drift.abs() > 1.0 {
        note(format!(
            "note: the wall clock moved by {drift:+.0} s during the run (it was set, or the machine slept); times here go on from the start"
        ));
    }
    text
}

fn round_ms(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// Only an open loop has a schedule to be late for.
fn schedule_lag(report: &Report) -> Option<String> {
    let lag = &report.statistics.lag;
    let figures = lag
        .figures()
        .filter(|_| !report.info.plan.pace.is_closed_loop())?;
    let p99 = lag
        .percentile(99.0)
        .map(|us| format!("p99 {} ms, ", ms(us)));
    let max = ms(figures.max);
    Some(format!(
        "probes started late by: {}max {max} ms",
        p99.unwrap_or_default()
    ))
}

fn signature(report: &Report) -> String {
    let info = report.info;
    let system = safe(&info.host.system);
    let command = safe(&info.plan.command_line);
    format!("synack {VERSION}, {system}, command: {command}\n")
}
