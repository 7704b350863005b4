//! The summary of many targets: a row each, and the causes under it.

use super::live::label;
use super::numbers::{ms_or_dash, percent};
use super::page::wrap;
use super::summary::{judged, outcomes, rule};
use super::{Report, TargetReport};
use crate::outcome::Class;

/// Widest target name before its row is broken in two.
const NAME: usize = 36;

/// The table, what went wrong where, and what each trouble means.
pub(super) fn text(report: &Report, targets: &[TargetReport]) -> String {
    let sent = targets.iter().map(|target| target.recorder.sent()).sum();
    let what = format!("TCP, {} targets", targets.len());
    let mut text = rule(report, &what, sent);
    text += &heading();
    for target in targets {
        text += &row(target);
        if is_troubled(target) {
            text += &outcomes(target, "      ");
        }
    }
    text + &conclusions(targets)
}

fn heading() -> String {
    let name = "target";
    let columns = [
        "sent", "ok", "loss", "p50 ms", "p99 ms", "max ms", "rtt p50",
    ];
    let columns = columns.map(|column| format!("{column:>9}")).concat();
    format!("{name:<NAME$}{columns}\n")
}

fn row(target: &TargetReport) -> String {
    let recorder = target.recorder;
    let name = label(target.info, target.target);
    let ok = recorder.count_class(Class::Succeeded);
    let failed = recorder.count_class(Class::Failed);
    let loss = recorder.loss().map(|_| percent(failed, failed + ok));
    let connect = &recorder.connect;
    let cells = [
        recorder.sent().to_string(),
        ok.to_string(),
        loss.unwrap_or_else(|| "-".to_owned()),
        ms_or_dash(connect.percentile(50.0)),
        ms_or_dash(connect.percentile(99.0)),
        ms_or_dash(connect.figures().map(|figures| figures.max)),
        ms_or_dash(recorder.rtt.percentile(50.0)),
    ];
    let cells = cells.map(|cell| format!("{cell:>9}")).concat();
    if name.chars().count() > NAME {
        format!("{name}\n{:NAME$}{cells}\n", "")
    } else {
        format!("{name:<NAME$}{cells}\n")
    }
}

/// A target whose row alone does not tell everything.
fn is_troubled(target: &TargetReport) -> bool {
    !target.recorder.causes.is_empty()
}

/// Each different meaning once, however many targets share it.
fn conclusions(targets: &[TargetReport]) -> String {
    let mut text = String::new();
    let mut explained = Vec::new();
    for target in targets.iter().filter(|target| is_troubled(target)) {
        let verdict = judged(target);
        if explained.contains(&verdict.code) {
            continue;
        }
        let name = label(target.info, target.target);
        let alike = alike(targets, &verdict.code);
        let meaning = verdict.meaning.join(" ");
        text += &(wrap(
            &format!("  {name}{alike}: {meaning}"),
            4,
            target.info.columns,
        ) + "\n");
        if let Some(step) = verdict.next.first() {
            text += &(wrap(&format!("    next: {step}"), 6, target.info.columns) + "\n");
        }
        explained.push(verdict.code);
    }
    if text.is_empty() {
        return "\n".to_owned();
    }
    format!("\nWhat this means\n{text}\n")
}

/// ` and 3 more` where other targets show the same.
fn alike(targets: &[TargetReport], code: &str) -> String {
    let troubled = targets.iter().filter(|target| is_troubled(target));
    let same = troubled
        .filter(|target| judged(target).code == code)
        .count();
    match same {
        0 | 1 => String::new(),
        number => format!(" and {} more", number - 1),
    }
}
