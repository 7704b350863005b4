//! The hops of a path as rows, which every form for people shows.

use super::TraceReport;
use crate::path::{Flow, Hop, HopReply, PathEnd, PathNote, ReplyKind, merged};
use crate::report::numbers::ms_or_dash;
use crate::report::words;
use crate::term::escape_controls;

/// One line of the table: the first of a hop has its figures, further ones have other addresses.
pub(super) struct Row {
    pub(super) ttl: String,
    pub(super) who: String,
    pub(super) answers: String,
    /// min, p50, p90 and max in milliseconds.
    pub(super) times: [String; 4],
    /// The fastest and the slowest answer in microseconds.
    pub(super) span: Option<(f64, f64)>,
    /// What was answered, where it is not that the TTL ran out.
    pub(super) note: String,
    /// Nobody answered.
    pub(super) silent: bool,
}

/// Flows that take the same way, as far as it shows.
pub(super) struct Group {
    pub(super) ports: Vec<u16>,
    /// The router by which they differ from others.
    pub(super) via: Option<String>,
    pub(super) through: u64,
    pub(super) tries: u64,
}

/// Every hop up to the end of the way; of silent hops behind the last answer one line tells.
pub(super) fn rows(report: &TraceReport) -> Vec<Row> {
    let hops = merged(report.path);
    if matches!(report.analysis.end, PathEnd::Local(_) | PathEnd::Unknown) {
        return Vec::new();
    }
    let last = hops.iter().rposition(|hop| !hop.is_silent());
    let shown = last.map_or(0, |last| last + 1);
    // Of a loop, once round and once more is enough to see it.
    let shown = match report.analysis.end {
        PathEnd::Loop(found) => shown.min(usize::from(2 * found.last - found.first + 1)),
        _ => shown,
    };
    let mut rows: Vec<Row> = hops
        .iter()
        .take(shown)
        .flat_map(|hop| of_hop(report, hop))
        .collect();
    let beyond = &hops[shown.min(hops.len())..];
    let ends = hops.iter().any(Hop::is_the_end);
    if let (false, Some(first), Some(last)) = (ends, beyond.first(), beyond.last()) {
        let row = silence(first, last);
        rows.push(match report.analysis.end {
            PathEnd::Loop(_) => Row {
                who: "and so on".to_owned(),
                answers: String::new(),
                ..row
            },
            _ => row,
        });
    }
    rows
}

fn silence(first: &Hop, last: &Hop) -> Row {
    let number = |hop: &Hop| hop.ttl.unwrap_or_default();
    let ttl = if number(first) == number(last) {
        number(first).to_string()
    } else {
        format!("{}-{}", number(first), number(last))
    };
    Row {
        ttl,
        who: "*".to_owned(),
        answers: "none".to_owned(),
        times: Default::default(),
        span: None,
        note: String::new(),
        silent: true,
    }
}

fn of_hop(report: &TraceReport, hop: &Hop) -> Vec<Row> {
    let ttl = hop.ttl.unwrap_or_default().to_string();
    if hop.is_silent() {
        return vec![Row {
            ttl,
            ..silence(hop, hop)
        }];
    }
    let figures = hop.times.figures();
    let figure = |value: Option<f64>| ms_or_dash(value);
    let several = hop.heard.len() > 1;
    let share = |count: u64| format!("{count} of {}", hop.sent);
    let mut rows = vec![Row {
        ttl,
        who: who(report, &hop.heard[0]),
        answers: share(if several {
            hop.heard[0].count
        } else {
            hop.answered
        }),
        times: [
            figure(figures.map(|it| it.min)),
            figure(hop.times.percentile(50.0)),
            figure(hop.times.percentile(90.0)),
            figure(figures.map(|it| it.max)),
        ],
        span: figures.map(|it| (it.min, it.max)),
        note: note(report, hop, &hop.heard[0]),
        silent: false,
    }];
    rows.extend(hop.heard.iter().skip(1).map(|heard| Row {
        ttl: String::new(),
        who: who(report, heard),
        answers: share(heard.count),
        times: Default::default(),
        span: None,
        note: what(heard),
        silent: false,
    }));
    rows
}

/// `gw.example (10.0.0.1)`, or the address alone.
fn who(report: &TraceReport, heard: &HopReply) -> String {
    let Some(from) = heard.from else {
        return "an unnamed device".to_owned();
    };
    if from == report.info.target.address.ip()
        && let Some(name) = report.info.target.name()
    {
        return format!("{} ({from})", escape_controls(name));
    }
    match report.names.get(from) {
        Some(name) => format!("{} ({from})", escape_controls(name)),
        None => from.to_string(),
    }
}

fn note(report: &TraceReport, hop: &Hop, heard: &HopReply) -> String {
    let limited = report.analysis.notes.iter().any(
        |note| matches!(note, PathNote::Limited(ttls) if hop.ttl.is_some_and(|ttl| ttls.contains(&ttl))),
    );
    let said = what(heard);
    match (said.is_empty(), limited) {
        (true, true) => "limits its answers".to_owned(),
        _ => said,
    }
}

fn what(heard: &HopReply) -> String {
    match heard.what {
        ReplyKind::TimeExceeded => String::new(),
        ReplyKind::FinalReply(reached) => reached.name().to_owned(),
        ReplyKind::Rejected(icmp) => words::icmp_alone(&icmp),
    }
}

/// Flows by their way: by the router at the first hop where they differ, and whether they get through. None where there
/// are not several.
pub(super) fn groups(report: &TraceReport) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    if report.path.flows.len() < 2 || report.path.rounds == 0 {
        return groups;
    }
    let notes = &report.analysis.notes;
    let parts_after = notes.iter().find_map(|note| match note {
        PathNote::Divergence { after } => Some(*after),
        _ => None,
    });
    for flow in &report.path.flows {
        let via = parts_after.and_then(|after| via(flow, after));
        let dead = flow.through == 0;
        let same = |group: &&mut Group| group.via == via && (group.through == 0) == dead;
        if let Some(group) = groups.iter_mut().find(same) {
            group.ports.push(flow.port);
            group.through += flow.through;
            group.tries += flow.tries;
        } else {
            groups.push(Group {
                ports: vec![flow.port],
                via,
                through: flow.through,
                tries: flow.tries,
            });
        }
    }
    groups
}

fn via(flow: &Flow, parts_after: u8) -> Option<String> {
    let hop = flow.hops.get(usize::from(parts_after))?;
    Some(hop.router()?.to_string())
}
