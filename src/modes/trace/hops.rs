//! The hops of a path, and its flows, as tables.

use super::summary::TraceSummary;
use crate::path::{Flow, Hop, HopReply, PathEnd, PathNote, ReplyKind, merged_hops};
use crate::report::document::{Cell, Column, Fit, Row, Table};
use crate::report::figure::RangeBar;
use crate::report::human_numbers::ms_or_dash;
use crate::report::wording;
use crate::text;
use crate::text::{Text, Value};

/// One line of the table: the first of a hop has its figures, further ones have other addresses.
#[derive(Default)]
struct Line {
    ttl: String,
    router: Text,
    answers: String,
    /// min, p50, p90 and max in milliseconds.
    times: [String; 4],
    /// The fastest and the slowest reply in microseconds.
    range: Option<(f64, f64)>,
    /// The reply, where it is not time exceeded.
    note: Text,
}

/// Flows that take the same path, as far as it shows.
struct FlowGroup {
    ports: Vec<u16>,
    /// The router by which they differ from others.
    via: Option<Text>,
    answered: u64,
    sent: u64,
}

/// A row for each hop and each of its routers.
pub(super) fn table(summary: &TraceSummary) -> Option<Table> {
    let lines = lines(summary);
    let slowest = lines.iter().filter_map(|line| line.range);
    let scale = slowest.map(|(_, slowest)| slowest).fold(1.0, f64::max);
    let row = |line: Line| {
        let mut cells = vec![
            Cell::words(line.ttl),
            line.router.into(),
            Cell::words(line.answers),
        ];
        cells.extend(line.times.map(Cell::words));
        cells.push(Cell::Range(line.range.map(|(from, to)| RangeBar {
            from: from / scale,
            to: to / scale,
        })));
        cells.push(line.note.into());
        Row::new(cells)
    };
    let mut columns = vec![
        Column::number("hop"),
        Column::words("router"),
        Column::number("answers"),
        Column::number("min ms"),
    ];
    columns.extend(["p50", "p90"].map(|name| Column::number(name).only(Fit::Wide)));
    columns.push(Column::number("max").only(Fit::Medium));
    columns.push(Column::words("").only(Fit::Detail));
    columns.push(Column::note(""));
    (!lines.is_empty()).then(|| Table {
        name: "Hops",
        caption: Text::default(),
        columns,
        rows: lines.into_iter().map(row).collect(),
        text_headings: true,
    })
}

/// Which source ports take which path, where they differ.
pub(super) fn flow_table(summary: &TraceSummary) -> Option<Table> {
    let groups = flow_groups(summary);
    let row = |group: &FlowGroup| {
        let ports: Vec<_> = group.ports.iter().map(u16::to_string).collect();
        let via = group.via.clone().unwrap_or_default();
        let answered = format!("{} of {}", group.answered, group.sent);
        Row::new(vec![
            Cell::words(answered),
            via.into(),
            Cell::words(ports.join(", ")),
        ])
    };
    (!groups.is_empty()).then(|| Table {
        name: "Source ports",
        caption: Text::default(),
        columns: vec![
            Column::number("answered"),
            Column::words("via"),
            Column::note("source ports"),
        ],
        rows: groups.iter().map(row).collect(),
        text_headings: true,
    })
}

/// Every hop up to the end of the path, and one line for all silent hops after the last reply.
fn lines(summary: &TraceSummary) -> Vec<Line> {
    let hops = merged_hops(summary.path);
    if matches!(summary.analysis.end, PathEnd::Local(_) | PathEnd::Unknown) {
        return Vec::new();
    }
    let last = hops.iter().rposition(|hop| !hop.is_unanswered());
    let shown = last.map_or(0, |last| last + 1);
    // Of a loop, once round and once more is enough to see it.
    let shown = match summary.analysis.end {
        PathEnd::Loop(found) => shown.min(usize::from(2 * found.last - found.first + 1)),
        _ => shown,
    };
    let mut lines: Vec<Line> = hops
        .iter()
        .take(shown)
        .flat_map(|hop| of_hop(summary, hop))
        .collect();
    let beyond = &hops[shown.min(hops.len())..];
    let ends = hops.iter().any(Hop::is_path_end);
    if let (false, Some(first), Some(last)) = (ends, beyond.first(), beyond.last()) {
        let line = no_reply(first, last);
        lines.push(match summary.analysis.end {
            PathEnd::Loop(_) => Line {
                router: "and so on".into(),
                answers: String::new(),
                ..line
            },
            _ => line,
        });
    }
    lines
}

fn no_reply(first: &Hop, last: &Hop) -> Line {
    let number = |hop: &Hop| hop.ttl.unwrap_or_default();
    let ttl = if number(first) == number(last) {
        number(first).to_string()
    } else {
        format!("{}-{}", number(first), number(last))
    };
    Line {
        ttl,
        router: "*".into(),
        answers: "none".to_owned(),
        ..Line::default()
    }
}

fn of_hop(summary: &TraceSummary, hop: &Hop) -> Vec<Line> {
    let ttl = hop.ttl.unwrap_or_default().to_string();
    if hop.is_unanswered() {
        return vec![no_reply(hop, hop)];
    }
    let figures = hop.rtts.figures();
    let figure = |value: Option<f64>| ms_or_dash(value);
    let several = hop.replies.len() > 1;
    let share = |count: u64| format!("{count} of {}", hop.sent);
    let mut lines = vec![Line {
        ttl,
        router: router(summary, &hop.replies[0]),
        answers: share(if several {
            hop.replies[0].count
        } else {
            hop.answered
        }),
        times: [
            figure(figures.map(|it| it.min)),
            figure(hop.rtts.percentile(50.0)),
            figure(hop.rtts.percentile(90.0)),
            figure(figures.map(|it| it.max)),
        ],
        range: figures.map(|it| (it.min, it.max)),
        note: note(summary, hop, &hop.replies[0]),
    }];
    lines.extend(hop.replies.iter().skip(1).map(|heard| Line {
        router: router(summary, heard),
        answers: share(heard.count),
        note: reply(heard),
        ..Line::default()
    }));
    lines
}

/// `gw.example (10.0.0.1)`, or the address alone.
fn router(summary: &TraceSummary, heard: &HopReply) -> Text {
    let Some(address) = heard.from else {
        return "an unnamed device".into();
    };
    let target = &summary.info.target;
    if address == target.address.ip() && target.name().is_some() {
        return text![Value::Host(target.host.clone()), " (", address, ")"];
    }
    match summary.names.get(address) {
        Some(name) => {
            let name = name.into();
            Value::Router { name, address }.into()
        }
        None => address.into(),
    }
}

fn note(summary: &TraceSummary, hop: &Hop, heard: &HopReply) -> Text {
    let limited = summary.analysis.notes.iter().any(
        |note| matches!(note, PathNote::RateLimited(ttls) if hop.ttl.is_some_and(|ttl| ttls.contains(&ttl))),
    );
    let reply = reply(heard);
    if reply.is_empty() && limited {
        return "rate-limited".into();
    }
    reply
}

fn reply(heard: &HopReply) -> Text {
    match heard.kind {
        ReplyKind::TimeExceeded => Text::default(),
        ReplyKind::FinalReply(reply) => reply.name().into(),
        ReplyKind::Rejected(icmp) => wording::icmp_without_sender(&icmp),
    }
}

/// Flows by path: by the router at the first hop where they differ, and whether they get a reply. Empty for a single
/// flow.
fn flow_groups(summary: &TraceSummary) -> Vec<FlowGroup> {
    let mut groups: Vec<FlowGroup> = Vec::new();
    if summary.path.flows.len() < 2 || summary.path.rounds == 0 {
        return groups;
    }
    let notes = &summary.analysis.notes;
    let parts_after = notes.iter().find_map(|note| match note {
        PathNote::Divergence { after } => Some(*after),
        _ => None,
    });
    for flow in &summary.path.flows {
        let via = parts_after.and_then(|after| via(flow, after));
        let dead = flow.answered == 0;
        let same = |group: &&mut FlowGroup| group.via == via && (group.answered == 0) == dead;
        if let Some(group) = groups.iter_mut().find(same) {
            group.ports.push(flow.port);
            group.answered += flow.answered;
            group.sent += flow.attempts;
        } else {
            groups.push(FlowGroup {
                ports: vec![flow.port],
                via,
                answered: flow.answered,
                sent: flow.attempts,
            });
        }
    }
    groups
}

fn via(flow: &Flow, parts_after: u8) -> Option<Text> {
    let hop = flow.hops.get(usize::from(parts_after))?;
    Some(hop.router()?.into())
}
