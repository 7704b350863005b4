//! How probes ended: each outcome with its cause, its sender and its time.

use std::cmp::Reverse;
use std::net::IpAddr;

use super::markup::{Markup, tag};
use super::table::{Column, table};
use super::{heading, symbols};
use crate::outcome::{Outcome, OutcomeKind, UnreachableBy};
use crate::report::numbers::percent;
use crate::report::{Report, TargetReport, parts, words};
use crate::stats::OutcomeGroup;

/// Causes listed; a recorder keeps few more than these.
const LISTED: usize = 32;

pub(super) fn section(report: &Report, target: &TargetReport) -> Markup {
    let columns: [Column; 7] = [
        ("Outcome".to_owned(), ""),
        ("Probes".to_owned(), "n"),
        ("Share".to_owned(), "n"),
        ("What was seen".to_owned(), "wide"),
        ("Sender".to_owned(), "t"),
        ("First".to_owned(), "t"),
        ("Last".to_owned(), "t"),
    ];
    let mut rows = clean(target);
    let mut causes: Vec<_> = target.recorder.outcome_groups.iter().collect();
    causes.sort_by_key(|cause| (cause.outcome.kind(), Reverse(cause.count)));
    let listed = causes.iter().take(LISTED);
    rows.extend(listed.map(|cause| caused(report, target, cause)));
    let unlisted = causes.iter().skip(LISTED).map(|cause| cause.count);
    let others = target.recorder.other_outcomes + unlisted.sum::<u64>();
    if others > 0 {
        let mut row = vec![Markup::from("others")];
        row.extend(numbers(target, others));
        row.push("of too many kinds to list".into());
        row.extend([dash(), dash(), dash()]);
        rows.push(row);
    }
    if rows.is_empty() {
        return Markup::default();
    }
    [
        heading("How the probes ended"),
        table("Outcomes", "", &columns, rows),
    ]
    .into()
}

fn dash() -> Markup {
    "-".into()
}

fn numbers(target: &TargetReport, number: u64) -> [Markup; 2] {
    let share = percent(number, target.recorder.sent());
    [number.to_string().into(), share.into()]
}

/// Endings in which all went well have no cause to list.
fn clean(target: &TargetReport) -> Vec<Vec<Markup>> {
    let recorder = target.recorder;
    let mut rows = Vec::new();
    for (kind, seen) in [
        (
            OutcomeKind::Connected,
            "SYN-ACK to the first SYN".to_owned(),
        ),
        (OutcomeKind::Reply, said(target)),
    ] {
        let of_kind = recorder
            .outcome_groups
            .iter()
            .filter(|it| it.outcome.kind() == kind);
        let caused: u64 = of_kind.map(|cause| cause.count).sum();
        let number = recorder.count(kind).saturating_sub(caused);
        if number > 0 {
            let mut row = vec![symbols::named(kind)];
            row.extend(numbers(target, number));
            row.push(seen.into());
            row.extend([dash(), dash(), dash()]);
            rows.push(row);
        }
    }
    rows
}

/// What the answers said, the frequent first.
fn said(target: &TargetReport) -> String {
    let answers = &target.recorder.replies;
    let mut kinds = answers.summaries.clone();
    kinds.sort_by_key(|(_, number)| Reverse(*number));
    let mut texts: Vec<_> = kinds
        .iter()
        .map(|(said, number)| format!("{number} \u{d7} {said}"))
        .collect();
    if answers.other_summaries > 0 {
        texts.push(format!("{} others", answers.other_summaries));
    }
    if texts.is_empty() {
        "an answer".to_owned()
    } else {
        texts.join("; ")
    }
}

fn caused(report: &Report, target: &TargetReport, cause: &OutcomeGroup) -> Vec<Markup> {
    let kind = cause.outcome.kind();
    let at = |instant| Markup::from(report.info.clock.time_label(instant));
    let mut row = vec![symbols::named(kind)];
    row.extend(numbers(target, cause.count));
    row.push(seen(target, &cause.outcome));
    row.push(sender(target, &cause.outcome).into());
    row.extend([at(cause.first), at(cause.last)]);
    row
}

/// What proves the outcome, with the reason that stands in every other form of this report.
fn seen(target: &TargetReport, outcome: &Outcome) -> Markup {
    let protocol = target.target.protocol;
    let words = match outcome {
        Outcome::NoReply => Some(parts::silence(target)),
        other => words::detail(protocol, other, None),
    };
    let mut text = Markup::from(words.unwrap_or_default());
    if let Some(reason) = outcome.reason() {
        text.push(" ");
        text.push(tag("code", &[("class", &"quiet")], reason.as_ref()));
    }
    text
}

/// Who said it, where that is known.
fn sender(target: &TargetReport, outcome: &Outcome) -> String {
    let own = |address: IpAddr| {
        if address == target.target.address.ip() {
            format!("{address} (the target)")
        } else {
            address.to_string()
        }
    };
    let address = match outcome {
        Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => icmp.from.map(own),
        Outcome::Local(_) => Some("this machine".to_owned()),
        _ => None,
    };
    address.unwrap_or_else(|| "-".to_owned())
}
