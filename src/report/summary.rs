//! The summary as text: what is pasted into a ticket.

use std::time::Duration;

use super::live::title;
use super::numbers::{count, ms, ms_or_dash, percent, percentile_name};
use super::page::wrap;
use super::{Report, RunInfo, TargetReport, VERSION, histogram, table, words};
use crate::clock::{date_and_time, spoken, time_of_day};
use crate::explain::{Case, Verdict, verdict};
use crate::outcome::{Class, Handshake, Outcome, OutcomeKind};
use crate::stats::{Distribution, Outage};

/// Outages listed; the others are counted.
const OUTAGES: usize = 5;

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
        &format!("{} TCP", title(target.target)),
        target.recorder.sent(),
    );
    text += &outcomes(target, "  ");
    text += &loss(target);
    text += &latencies(target);
    text += &particulars(report, target);
    if let Some(form) = &report.info.plan.output.histogram {
        let table = histogram::text(&target.recorder.connect, form);
        text += &table
            .map(|table| "\n".to_owned() + &table)
            .unwrap_or_default();
    }
    text + &conclusion(&judged(target), target.info.columns)
}

/// `--- what, 6 probes in 8.0 s, 2026-11-20 12:00:03Z to 12:00:11Z ---`
pub(super) fn rule(report: &Report, what: &str, sent: u64) -> String {
    let clock = &report.info.clock;
    let (from, to) = (
        clock.at(report.record.started),
        clock.at(report.record.ended),
    );
    let took = report
        .record
        .ended
        .saturating_duration_since(report.record.started);
    let until = match date_and_time(to).split_once(' ') {
        Some((day, time)) if date_and_time(from).starts_with(day) => time.to_owned(),
        _ => date_and_time(to),
    };
    let (probes, took) = (count(sent, "probe"), took.as_secs_f64());
    format!(
        "--- {what}, {probes} in {took:.1} s, {} to {until} ---\n",
        date_and_time(from)
    )
}

/// A row for each way in which probes ended.
pub(super) fn outcomes(target: &TargetReport, indent: &str) -> String {
    let recorder = target.recorder;
    let row = |word: &str, number: u64, note: &str| {
        let share = percent(number, recorder.sent());
        let row = format!("{indent}{word:<12}{number:>8}  {share:>8}   {note}");
        wrap(&row, indent.len() + 33, target.info.columns) + "\n"
    };
    let mut text = String::new();
    let connected = recorder.count(OutcomeKind::Connected);
    if connected > 0 {
        text += &row("connected", connected, &lossy_handshakes(target));
    }
    let mut causes: Vec<_> = recorder.causes.iter().collect();
    causes.sort_by_key(|cause| (cause.outcome.kind(), std::cmp::Reverse(cause.count)));
    for cause in causes {
        let kind = cause.outcome.kind();
        if kind != OutcomeKind::Connected {
            text += &row(
                words::outcome(kind),
                cause.count,
                &note(target, &cause.outcome),
            );
        }
    }
    text
}

fn lossy_handshakes(target: &TargetReport) -> String {
    let mut notes = Vec::new();
    for cause in &target.recorder.causes {
        let way = match cause.outcome {
            Outcome::Connected(Handshake::AfterSynLoss) => "loss towards the target",
            Outcome::Connected(Handshake::AfterSynAckLoss) => "loss on the way back",
            Outcome::Connected(Handshake::AfterRetransmission) => "why is not known",
            _ => continue,
        };
        notes.push(format!(
            "{} of them only with a second SYN ({way})",
            cause.count
        ));
    }
    notes.join(", ")
}

fn note(target: &TargetReport, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused => {
            let figures = target.recorder.refused.figures();
            let time = figures.map(|figures| format!(", {} ms on average", ms(figures.mean)));
            format!("RST{}", time.unwrap_or_default())
        }
        Outcome::NoReply => silence(target),
        Outcome::Local(cause) => format!("{}: {}", cause.reason(), words::local(*cause)),
        other => words::detail(other, None).unwrap_or_default(),
    }
}

fn silence(target: &TargetReport) -> String {
    let patience = spoken(target.info.plan.pace.timeout);
    let sent = match &target.recorder.silent_syns {
        Some(syns) if syns.start() == syns.end() => format!("{} sent, ", words::syns(*syns.end())),
        Some(syns) => format!("{} to {} sent, ", syns.start(), words::syns(*syns.end())),
        None => String::new(),
    };
    format!("{sent}nothing came back in {patience}")
}

fn loss(target: &TargetReport) -> String {
    let Some(loss) = target.recorder.loss() else {
        return String::new();
    };
    let failed = target.recorder.count_class(Class::Failed);
    let counted = failed + target.recorder.count_class(Class::Succeeded);
    let (low, high) = (loss.low.round(), loss.high.round());
    let few = if counted < FEW {
        format!("; a sample of {counted} is small")
    } else {
        String::new()
    };
    let share = percent(failed, counted);
    let row = format!(
        "  {:<22}{share:>8}   95 % interval {low} to {high} %{few}",
        "loss"
    );
    wrap(&row, 35, target.info.columns) + "\n"
}

/// A table of the distributions that have values.
fn latencies(target: &TargetReport) -> String {
    let recorder = target.recorder;
    let percentiles = &target.info.plan.output.percentiles;
    let rows = [
        ("connect ms", &recorder.connect, "what an application waits"),
        ("path rtt ms", &recorder.rtt, "kernel: SYN to SYN-ACK"),
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

/// What only some runs have: jitter, late and unfinished probes, outages, a schedule that slipped.
fn particulars(report: &Report, target: &TargetReport) -> String {
    let recorder = target.recorder;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        text += &(wrap(&format!("  {name:<12}  {value}"), 16, target.info.columns) + "\n");
    };
    if let Some(jitter) = recorder.jitter.mean_us() {
        line(
            "jitter ms",
            format!(
                "{}, mean absolute difference of successive answers",
                ms(jitter)
            ),
        );
    }
    if recorder.late > 0 {
        let (late, timeout) = (
            count(recorder.late, "answer"),
            spoken(target.info.plan.pace.timeout),
        );
        line(
            "late",
            format!("{late} came after the {timeout} timeout, counted above as no reply"),
        );
    }
    let unfinished = recorder.count(OutcomeKind::Unfinished);
    if unfinished > 0 {
        let probes = count(unfinished, "probe");
        line(
            "unfinished",
            format!("{probes} under way when the run was stopped: neither lost nor sent"),
        );
    }
    for (index, outage) in outages(report, target).into_iter().enumerate() {
        line(if index == 0 { "outages" } else { "" }, outage);
    }
    text
}

fn outages(report: &Report, target: &TargetReport) -> Vec<String> {
    let outages = &target.recorder.outages;
    let list = outages.list();
    let mut lines: Vec<_> = list
        .iter()
        .take(OUTAGES)
        .map(|o| outage(report, o))
        .collect();
    let shown = lines.len() as u64;
    if outages.total() > shown {
        lines.push(format!("and {} more", outages.total() - shown));
    }
    lines
}

fn outage(report: &Report, outage: &Outage) -> String {
    let at = |instant| time_of_day(report.info.clock.at(instant));
    let mut causes: Vec<&str> = Vec::new();
    for outcome in &outage.causes {
        let word = words::outcome(outcome.kind());
        if !causes.contains(&word) {
            causes.push(word);
        }
    }
    let end = if outage.ongoing {
        "to the end"
    } else {
        "then ok"
    };
    let (probes, causes) = (count(outage.probes, "probe"), causes.join(", "));
    format!(
        "{} to {}, {probes}: {causes}; {end}",
        at(outage.from),
        at(outage.to)
    )
}

/// What the tallies of one target mean.
pub(super) fn judged(target: &TargetReport) -> Verdict {
    verdict(&Case {
        target: &words::safe(&target.target.label()),
        address: target.target.address.ip(),
        port: target.target.address.port(),
        source: target.source(),
        interval: target.info.plan.pace.interval,
        recorder: target.recorder,
    })
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
    if let Some(lag) = schedule_lag(report) {
        note(lag);
    }
    if record.standstill > Duration::ZERO {
        let (lost, skipped) = (spoken(record.standstill), count(record.skipped, "probe"));
        note(format!(
            "note: this process stood still or fell behind for {lost} in all (stopped, starved or held up by its output); {skipped} left out, none of them counted"
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
    let system = words::safe(&info.host.system);
    let command = words::safe(&info.plan.command_line);
    format!("synack {VERSION}, {system}, command: {command}\n")
}
