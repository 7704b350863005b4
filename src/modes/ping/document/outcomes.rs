//! How probes ended: each outcome with what was seen, its sender and its times.

use std::cmp::Reverse;
use std::net::IpAddr;

use super::TargetSummary;
use crate::clock::format_duration;
use crate::hosts::Protocol;
use crate::outcome::{Handshake, Outcome, OutcomeKind, Refusal, UnreachableBy};
use crate::report::document::{Cell, Column, Fit, Row, Table};
use crate::report::human_numbers::{count, interval, ms, percent};
use crate::report::wording;
use crate::stats::OutcomeGroup;
use crate::text;
use crate::text::{Text, Value};

/// With fewer probes than this the loss interval is wide enough to need a word.
pub(super) const SMALL_SAMPLE: u64 = 30;

/// A row for each way in which probes ended, and one for the loss.
pub(super) fn table(target: &TargetSummary) -> Option<Table> {
    let recorder = target.recorder;
    let mut rows = vec![
        counted(target, OutcomeKind::Connected, retransmissions(target)),
        counted(target, OutcomeKind::Reply, replies(target)),
    ];
    let mut groups: Vec<_> = recorder.outcome_groups.iter().collect();
    groups.sort_by_key(|group| (group.outcome.kind(), Reverse(group.count)));
    groups.retain(|group| group.outcome.kind() != OutcomeKind::Connected);
    rows.extend(groups.into_iter().map(|group| Some(grouped(target, group))));
    let others = recorder.other_outcomes;
    rows.push((others > 0).then(|| {
        let mut cells = vec![Cell::words("others")];
        cells.extend(numbers(target, others));
        cells.push(Text::from("other outcomes and reasons, omitted").into());
        Row::new(cells)
    }));
    let mut rows: Vec<_> = rows.into_iter().flatten().collect();
    rows.extend(loss_row(target));
    (!rows.is_empty()).then_some(Table {
        name: "Outcomes",
        caption: Text::default(),
        columns: columns(),
        rows,
        text_headings: false,
    })
}

/// How every probe of a target failed, if all did in the same way.
pub(super) fn only(target: &TargetSummary) -> Option<Text> {
    let recorder = target.recorder;
    let [group] = recorder.outcome_groups.as_slice() else {
        return None;
    };
    let (protocol, outcome) = (target.target.protocol, &group.outcome);
    let detail = wording::detail(protocol, outcome, None).map(|it| text![": ", it]);
    (group.count == recorder.sent()).then(|| text![wording::outcome(outcome.kind()), detail])
}

fn columns() -> Vec<Column> {
    vec![
        Column::words("outcome"),
        Column::number("probes"),
        Column::number("share"),
        Column::words("sender").only(Fit::Detail),
        Column::words("first").only(Fit::Detail),
        Column::words("last").only(Fit::Detail),
        Column::note("what was seen"),
    ]
}

fn numbers(target: &TargetSummary, number: u64) -> [Cell; 2] {
    let share = percent(number, target.recorder.sent());
    [Cell::words(number.to_string()), Cell::words(share)]
}

fn outcome_cell(kind: OutcomeKind) -> Cell {
    Cell::Outcome(kind, wording::outcome(kind))
}

/// All probes that ended like this, without sender and times.
fn counted(target: &TargetSummary, kind: OutcomeKind, seen: Text) -> Option<Row> {
    let number = target.recorder.count(kind);
    (number > 0).then(|| {
        let mut cells = vec![outcome_cell(kind)];
        cells.extend(numbers(target, number));
        cells.extend([Cell::empty(), Cell::empty(), Cell::empty(), seen.into()]);
        Row::new(cells)
    })
}

fn grouped(target: &TargetSummary, group: &OutcomeGroup) -> Row {
    let at = |instant| Cell::words(target.info.clock.time_label(instant));
    let mut cells = vec![outcome_cell(group.outcome.kind())];
    cells.extend(numbers(target, group.count));
    cells.push(sender(target, &group.outcome).into());
    cells.extend([at(group.first), at(group.last)]);
    cells.push(seen(target, &group.outcome).into());
    Row::new(cells)
}

/// What sent the answer, where that is known.
fn sender(target: &TargetSummary, outcome: &Outcome) -> Text {
    let named = |address: IpAddr| {
        if address == target.target.address.ip() {
            text![address, " (the target)"]
        } else {
            address.into()
        }
    };
    match outcome {
        Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => icmp.from.map(named).into(),
        Outcome::Local(_) => "this machine".into(),
        _ => Text::default(),
    }
}

/// What proves the outcome.
fn seen(target: &TargetSummary, outcome: &Outcome) -> Text {
    match outcome {
        Outcome::Refused(Refusal::Rst) => {
            let figures = target.recorder.refused.figures();
            let time = figures.map(|figures| format!(", {} ms on average", ms(figures.mean)));
            text!["RST", Text::words(time.unwrap_or_default())]
        }
        Outcome::NoReply => Text::words(no_reply(target)),
        Outcome::Local(cause) => {
            let words = wording::local(target.target.protocol, *cause);
            text![cause.reason(), ": ", words]
        }
        other => wording::detail(target.target.protocol, other, None).unwrap_or_default(),
    }
}

/// How long no reply came, after how many SYNs.
fn no_reply(target: &TargetSummary) -> String {
    let timeout = format_duration(target.info.plan.schedule.timeout);
    if let Some((number, after)) = target.recorder.given_up {
        let gave_up = format!("{} after {:.1} s", wording::GAVE_UP, after.as_secs_f64());
        return if number == target.recorder.count(OutcomeKind::NoReply) {
            gave_up
        } else {
            format!("no reply within {timeout}; {number} times {gave_up}")
        };
    }
    let sent = match &target.recorder.syns_without_reply {
        Some(syns) if syns.start() == syns.end() => {
            format!("{} sent, ", wording::syns(*syns.end()))
        }
        Some(syns) => format!("{} to {} sent, ", syns.start(), wording::syns(*syns.end())),
        None => String::new(),
    };
    let open = match target.target.protocol {
        Protocol::Udp if target.never_answers() => ", as expected of this kind of service",
        Protocol::Udp => ": open or filtered",
        _ => "",
    };
    format!("{sent}no reply within {timeout}{open}")
}

/// What the replies contained, the frequent first.
fn replies(target: &TargetSummary) -> Text {
    let answers = &target.recorder.replies;
    let mut kinds = answers.summaries.clone();
    kinds.sort_by_key(|(_, number)| Reverse(*number));
    if let ([(said, _)], 0) = (kinds.as_slice(), answers.other_summaries) {
        return Value::foreign(said.as_str()).into();
    }
    let kinds = kinds.iter();
    let mut parts: Vec<_> = kinds
        .map(|(said, number)| text![*number, " ", Value::foreign(said.as_str())])
        .collect();
    if answers.other_summaries > 0 {
        parts.push(text![answers.other_summaries, " others"]);
    }
    Text::join(parts, "; ")
}

/// Handshakes that took more than one SYN, and which packet was lost.
fn retransmissions(target: &TargetSummary) -> Text {
    let groups = target.recorder.outcome_groups.iter();
    let parts = groups.filter_map(|group| {
        let lost = match group.outcome {
            Outcome::Connected(Handshake::AfterSynLoss) => {
                "the first was lost or dropped (forward path or target)"
            }
            Outcome::Connected(Handshake::AfterSynAckLoss) => {
                "the SYN-ACK to the first was lost or late (return path)"
            }
            Outcome::Connected(Handshake::AfterRetransmission) => "direction of the loss unknown",
            _ => return None,
        };
        Some(text![group.count, " took several SYNs: ", lost])
    });
    Text::join(parts, "; ")
}

fn loss_row(target: &TargetSummary) -> Option<Row> {
    let (share, certainty) = loss(target)?;
    let mut cells = vec![Cell::words("failed"), Cell::empty(), Cell::words(share)];
    cells.extend([Cell::empty(), Cell::empty(), Cell::empty()]);
    cells.push(Text::words(certainty).into());
    Some(Row::new(cells))
}

/// The share of failed probes, and its confidence interval.
pub(super) fn loss(target: &TargetSummary) -> Option<(String, String)> {
    let loss = target.loss()?;
    let (succeeded, failed) = target.succeeded_and_failed();
    let counted = succeeded + failed;
    let share = percent(failed, counted);
    if failed == counted {
        return Some((
            share,
            format!("none of {} succeeded", count(counted, "probe")),
        ));
    }
    let interval = interval(loss.low, loss.high);
    let small = if counted < SMALL_SAMPLE {
        format!("; a sample of {counted} is small")
    } else {
        String::new()
    };
    Some((share, format!("95 % interval {interval} %{small}")))
}
