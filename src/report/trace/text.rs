//! A path as text: what is pasted into a ticket.

use super::rows::{Group, Row, groups, rows};
use super::{TraceInfo, TraceReport};
use crate::clock::date_and_time;
use crate::explain::way;
use crate::path::Note;
use crate::report::VERSION;
use crate::report::numbers::count;
use crate::report::page::wrap;
use crate::term::safe;

/// Width of a column of times.
const TIME: usize = 8;

/// The widest column of routers.
const WIDEST_NAME: usize = 52;

/// What comes before the first probe.
pub(super) fn heading(info: &TraceInfo) -> String {
    let rounds = match info.path.rounds {
        Some(rounds) => count(rounds, "round"),
        None => "rounds until Ctrl-C".to_owned(),
    };
    let flows = match info.path.flows {
        1 => String::new(),
        flows => format!(", {flows} source ports"),
    };
    let line = format!("path to {}{}, {rounds}{flows}", target(info), origin(info));
    wrap(&line, 2, info.columns) + "\n"
}

/// `db.example:5432 (10.20.0.7) TCP`
pub(super) fn target(info: &TraceInfo) -> String {
    let target = &info.target;
    let address = match target.name() {
        Some(_) => format!(" ({})", target.address_text()),
        None => String::new(),
    };
    let label = safe(&target.label());
    format!("{label}{address} {}", target.protocol.title())
}

fn origin(info: &TraceInfo) -> String {
    let Some(route) = &info.route else {
        return String::new();
    };
    let source = route.source.map(|source| format!(" from {source}"));
    let interface = route.interface.as_ref().map(|it| format!(" via {it}"));
    let gateway = route
        .next_hop
        .filter(|hop| *hop != info.target.address.ip());
    let gateway = gateway.map(|hop| format!(", gateway {hop}"));
    [source, interface, gateway].into_iter().flatten().collect()
}

/// The whole result.
pub(super) fn summary(report: &TraceReport) -> String {
    let mut text = format!("\n--- {} ---\n", headline(report));
    text += &table(&rows(report), report.info.columns);
    text += &flows(report);
    text += &conclusion(report);
    text + &signature(report.info)
}

/// The result within a run of probes, which has a signature of its own.
pub(super) fn aside(report: &TraceReport) -> String {
    let table = table(&rows(report), report.info.columns);
    format!(
        "\n--- {} ---\n{table}{}",
        headline(report),
        conclusion(report)
    )
}

/// `path to X, 3 rounds, 45 packets in 2.3 s, 2026-11-20 12:00:03Z`
pub(super) fn headline(report: &TraceReport) -> String {
    let info = report.info;
    let took = report.ended.saturating_duration_since(info.started);
    let stopped = if report.path.interrupted {
        " (stopped)"
    } else {
        ""
    };
    format!(
        "path to {}, {}{stopped}, {} in {:.1} s, {}",
        target(info),
        count(report.path.rounds, "round"),
        count(report.path.sent, "probe"),
        took.as_secs_f64(),
        date_and_time(info.clock.at(info.started)),
    )
}

fn table(rows: &[Row], columns: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let longest = rows.iter().map(|row| row.who.chars().count()).max();
    let fixed = 5 + 10 + 4 * TIME;
    let room = columns.saturating_sub(fixed).max(16);
    let width = longest.unwrap_or(0).clamp(6, WIDEST_NAME).min(room);
    let times = ["min ms", "p50", "p90", "max"].map(str::to_owned);
    let mut text = line(width, "hop", "router", "answers", &times, "");
    for row in rows {
        text += &line(
            width,
            &row.ttl,
            &row.who,
            &row.answers,
            &row.times,
            &row.note,
        );
    }
    text
}

/// A row; a name that is too long stands on a line of its own.
fn line(
    width: usize,
    ttl: &str,
    who: &str,
    answers: &str,
    times: &[String; 4],
    note: &str,
) -> String {
    let times = times.iter().map(|time| format!("{time:>TIME$}"));
    let figures = format!("{answers:>10}{}  {note}", times.collect::<String>());
    let line = if who.chars().count() > width {
        format!("{ttl:>3}  {who}\n     {:width$}{figures}", "")
    } else {
        format!("{ttl:>3}  {who:<width$}{figures}")
    };
    line.trim_end().to_owned() + "\n"
}

/// Which source ports take which way, where they differ.
fn flows(report: &TraceReport) -> String {
    if report.path.flows.len() < 2 || report.path.rounds == 0 {
        return String::new();
    }
    let parting = report.conclusion.notes.iter().find_map(|note| match note {
        Note::Parts { after } => Some(*after),
        _ => None,
    });
    let groups = groups(report, parting.unwrap_or(u8::MAX));
    let lines = groups.iter().map(|group| {
        let line = flow_line(group);
        wrap(&line, 4, report.info.columns) + "\n"
    });
    format!("source ports\n{}", lines.collect::<String>())
}

fn flow_line(group: &Group) -> String {
    let ports: Vec<_> = group.ports.iter().map(u16::to_string).collect();
    let via = group.via.as_ref().map(|via| format!(" by way of {via}"));
    format!(
        "  {}{}: {} of {} tries answered at the end of the way",
        ports.join(", "),
        via.unwrap_or_default(),
        group.through,
        group.tries
    )
}

fn conclusion(report: &TraceReport) -> String {
    let columns = report.info.columns;
    let mut text = "\nWhat this means\n".to_owned();
    for paragraph in &report.verdict.meaning {
        text += &(wrap(&format!("  {paragraph}"), 2, columns) + "\n");
    }
    if !report.verdict.next.is_empty() {
        text += "Next\n";
    }
    for step in &report.verdict.next {
        text += &(wrap(&format!("  {step}"), 4, columns) + "\n");
    }
    text + "\n"
}

pub(super) fn signature(info: &TraceInfo) -> String {
    let origin = origin(info);
    let parts = [origin.trim_start(), way::METHOD];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let how = wrap(&parts.join("; "), 2, info.columns);
    let (system, command) = (safe(&info.host.system), safe(&info.plan.command_line));
    format!("{how}\nsynack {VERSION}, {system}, command: {command}\n")
}
