//! The summary as text: what is pasted into a ticket.

use super::live::{self, title};
use super::numbers::{ms, ms_or_dash, percentile_name};
use super::page::wrap;
use super::parts::{self, judged, outcomes, particulars, rule, times};
use super::{Report, RunInfo, TargetReport, VERSION, histogram, notes, sparkline, table};
use crate::assertions::AssertionResult;
use crate::stats::Distribution;
use crate::term::escape_controls;
use crate::verdict::explain::Verdict;

/// The whole summary.
pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    let targets: Vec<_> = report.targets().collect();
    if let [target] = targets.as_slice() {
        text += &one_target(report, target);
    } else {
        text += &table::text(report, &targets);
    }
    text + &origin(report) + &run_notes(report) + &checks(report.assertions) + &signature(report)
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
    text += &picture(target);
    text += &particulars(report, target, "  ");
    if let Some(form) = &report.info.plan.display.histogram {
        let table = histogram::text(&target.recorder.connect, form);
        let table = table.unwrap_or_else(|| "  no histogram: no probe was answered\n".to_owned());
        text += &format!("\n{table}");
    }
    text + &conclusion(&judged(target), target.info.columns)
}

fn loss(target: &TargetReport) -> String {
    let Some((share, sure)) = parts::loss(target) else {
        return String::new();
    };
    let row = format!("  {:<22}{share:>8}   {sure}", "failed");
    wrap(&row, 35, target.info.columns) + "\n"
}

/// The run in one line, where the terminal can show it.
fn picture(target: &TargetReport) -> String {
    let room = target.info.columns.saturating_sub(RUN.len());
    let line = sparkline::line(&target.recorder.timeline, room);
    let shown = line.filter(|_| target.info.unicode);
    shown.map_or_else(String::new, |line| format!("{RUN}{line}\n"))
}

/// What stands before the picture of a run.
const RUN: &str = "  over time     ";

/// A table of the distributions that have values.
fn latencies(target: &TargetReport) -> String {
    let percentiles = &target.info.plan.display.percentiles;
    let rows = times(target);
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
    for percent in &info.plan.display.percentiles {
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

/// What the checks found, a line each; nothing where none were asked for.
fn checks(assertions: &[AssertionResult]) -> String {
    let lines = assertions.iter().map(|assertion| {
        let verdict = if assertion.passed { "ok" } else { "FAILED" };
        let (asked, found) = (&assertion.condition, &assertion.observed);
        format!("check {verdict:<6}  {asked}: {found}\n")
    });
    lines.collect()
}

/// Names listed with their addresses; the heading has them all.
const NAMES: usize = 8;

/// Where probes came from, what names stood for, and whose clocks measured: for a reader who sees only this.
fn origin(report: &Report) -> String {
    let info = report.info;
    let rtt = info
        .host
        .rtt_clock
        .map_or_else(String::new, |clock| format!(", path rtt by the {clock}'s"));
    let from = live::origin(info);
    let from = from.trim_start();
    let separator = if from.is_empty() { "" } else { "; " };
    let mut text = wrap(
        &format!("{from}{separator}times by this process's clock{rtt}"),
        2,
        info.columns,
    ) + "\n";
    let names = live::lookups(info);
    let lines = names.lines().take(NAMES);
    for line in lines {
        text += &(wrap(line, 2, info.columns) + "\n");
    }
    text
}

/// What concerns the run as a whole: lag, standstills, limits.
fn run_notes(report: &Report) -> String {
    let unresolved = report.info.unresolved.iter();
    let unresolved = unresolved.map(|name| format!("not probed: {}", escape_controls(name)));
    let notes = unresolved.chain(notes::run(report));
    let lines = notes.map(|note| wrap(&note, 2, report.info.columns) + "\n");
    lines.collect()
}

fn signature(report: &Report) -> String {
    let info = report.info;
    let system = escape_controls(&info.host.system);
    let command = escape_controls(&info.plan.output.command_line);
    format!("synack {VERSION}, {system}, command: {command}\n")
}
