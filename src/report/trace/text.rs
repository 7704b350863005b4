//! A path as text: what is pasted into a ticket.

use super::rows::{Group, Row, groups, rows};
use super::{TraceInfo, TraceReport};
use crate::clock::date_and_time;
use crate::report::VERSION;
use crate::report::numbers::{count, length};
use crate::report::page::{self, wrap};
use crate::term::escape_controls;
use crate::verdict::explain::path;

/// Width of a column of times.
const TIME: usize = 8;

/// Width of the column of answers.
const ANSWERS: usize = 10;

/// The widest note that narrows the column of routers; a longer one stands on a line of its own where it must.
const SHORT_NOTE: usize = 8;

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
    let label = escape_controls(&target.label());
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
    let headline = page::headline(&headline(report), report.info.columns);
    let mut text = format!("\n{headline}\n");
    text += &table(&rows(report), report.info.columns);
    text += &flows(report);
    text += &analysis(report);
    let [how, command] = signature(report.info);
    text + &format!("{}\n{command}\n", wrap(&how, 2, report.info.columns))
}

/// The result within a run of probes, which has a signature of its own.
pub(super) fn aside(report: &TraceReport) -> String {
    let table = table(&rows(report), report.info.columns);
    format!(
        "\n--- {} ---\n{table}{}",
        headline(report),
        analysis(report)
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
        "path to {}, {}{stopped}, {} in {}, {}",
        target(info),
        count(report.path.rounds, "round"),
        count(report.path.sent, "probe"),
        length(took),
        date_and_time(info.clock.at(info.started)),
    )
}

fn table(rows: &[Row], columns: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let table = Table::of(rows, columns);
    let heading = Row {
        ttl: "hop".to_owned(),
        who: "router".to_owned(),
        answers: "answers".to_owned(),
        times: ["min ms", "p50", "p90", "max"].map(str::to_owned),
        span: None,
        note: String::new(),
        silent: false,
    };
    let lines = std::iter::once(&heading).chain(rows);
    lines.map(|row| table.line(row)).collect()
}

/// The widths of a table's columns.
struct Table {
    ttl: usize,
    who: usize,
    columns: usize,
}

impl Table {
    fn of(rows: &[Row], columns: usize) -> Self {
        let longest = |of: fn(&Row) -> &str, most: usize| {
            let widths = rows.iter().map(|row| of(row).chars().count());
            widths.filter(|it| *it <= most).max().unwrap_or(0)
        };
        let ttl = longest(|row| &row.ttl, usize::MAX).max(3);
        let note = longest(|row| &row.note, SHORT_NOTE);
        let fixed = ttl + 2 + ANSWERS + 4 * TIME + if note > 0 { note + 2 } else { 0 };
        let room = columns.saturating_sub(fixed).clamp(16, WIDEST_NAME);
        Self {
            ttl,
            who: longest(|row| &row.who, room).max(6),
            columns,
        }
    }

    /// A row; a name that is too long stands on a line of its own before it, and a note behind it.
    fn line(&self, row: &Row) -> String {
        let (ttl, who, note) = (self.ttl, self.who, &row.note);
        let times: Vec<_> = row.times.iter().map(|it| format!("{it:>TIME$}")).collect();
        let times = times.concat();
        let figures = format!("{:>ANSWERS$}{times}", row.answers);
        let name = &row.who;
        let line = if name.chars().count() > who {
            let own = format!("{:>ttl$}  {name}", row.ttl);
            format!("{own}\n{:ttl$}  {:who$}{figures}", "", "")
        } else {
            format!("{:>ttl$}  {name:<who$}{figures}", row.ttl)
        };
        let width = ttl + 2 + who + ANSWERS + 4 * TIME + 2 + note.chars().count();
        let line = if width > self.columns {
            format!("{}\n{:ttl$}    {note}", line.trim_end(), "")
        } else {
            format!("{line}  {note}")
        };
        line.trim_end().to_owned() + "\n"
    }
}

/// Which source ports take which way, where they differ.
fn flows(report: &TraceReport) -> String {
    let groups = groups(report);
    if groups.is_empty() {
        return String::new();
    }
    let lines = groups.iter().map(|group| {
        let line = flow_line(group);
        wrap(&line, 4, report.info.columns) + "\n"
    });
    format!("\nsource ports\n{}", lines.collect::<String>())
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

fn analysis(report: &TraceReport) -> String {
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

/// How it was measured, and by which command.
pub(super) fn signature(info: &TraceInfo) -> [String; 2] {
    let origin = origin(info);
    let parts = [origin.trim_start(), path::METHOD];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let (system, command) = (
        escape_controls(&info.host.system),
        escape_controls(&info.output.command_line),
    );
    let command = format!("synack {VERSION}, {system}, command: {command}");
    [parts.join("; "), command]
}
