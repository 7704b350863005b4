//! The summary of many targets: a row each, and the causes under it.

use std::collections::HashMap;

use super::live::label;
use super::numbers::{ms_or_dash, percent, percentile_name};
use super::page::wrap;
use super::parts::{judged, outcomes, particulars, rule};
use super::{Report, RunInfo, TargetReport, WIDEST, histogram};
use crate::explain::Verdict;
use crate::outcome::{Class, OutcomeKind};

/// Width of a column of figures.
const FIGURE: usize = 9;

/// Columns besides the percentiles: sent, ok, loss, max, rtt p50.
const FIGURES: usize = 5;

/// The narrowest column of names.
const NAME_AT_LEAST: usize = 20;

/// Room under a target for what its row does not tell.
const INDENT: &str = "      ";

/// The table, what went wrong where, and what each trouble means.
pub(super) fn text(report: &Report, targets: &[TargetReport]) -> String {
    let sent = targets.iter().map(|target| target.recorder.sent()).sum();
    let what = format!("TCP, {} targets", targets.len());
    let mut text = rule(report, &what, sent);
    text += &heading(report.info);
    for target in targets {
        text += &row(target);
        if is_troubled(target) {
            text += &outcomes(target, INDENT);
            text += &particulars(report, target, INDENT);
        }
    }
    text += &histograms(targets);
    text + &conclusions(targets)
}

/// How wide the column of names can be beside the figures.
fn name_width(info: &RunInfo) -> usize {
    let figures = (FIGURES + info.plan.output.percentiles.len()) * FIGURE;
    WIDEST.saturating_sub(figures + 1).max(NAME_AT_LEAST)
}

fn heading(info: &RunInfo) -> String {
    let percentiles = info.plan.output.percentiles.iter();
    let percentiles = percentiles.map(|percent| format!("{} ms", percentile_name(*percent)));
    let columns = ["sent", "ok", "loss"].map(str::to_owned).into_iter();
    let columns = columns.chain(percentiles);
    let columns = columns.chain(["max ms", "rtt p50"].map(str::to_owned));
    let cells = columns.map(|column| format!("{column:>FIGURE$}"));
    let cells = cells.collect::<Vec<_>>().concat();
    format!("{:<width$}{cells}\n", "target", width = name_width(info))
}

fn row(target: &TargetReport) -> String {
    let recorder = target.recorder;
    let width = name_width(target.info);
    let name = label(target.info, target.target);
    let ok = recorder.count_class(Class::Succeeded);
    let failed = recorder.count_class(Class::Failed);
    let loss = recorder.loss().map(|_| percent(failed, failed + ok));
    let connect = &recorder.connect;
    let percentiles = target.info.plan.output.percentiles.iter();
    let mut cells = vec![
        recorder.sent().to_string(),
        ok.to_string(),
        loss.unwrap_or_else(|| "-".to_owned()),
    ];
    cells.extend(percentiles.map(|percent| ms_or_dash(connect.percentile(*percent))));
    cells.push(ms_or_dash(connect.figures().map(|figures| figures.max)));
    cells.push(ms_or_dash(recorder.rtt.percentile(50.0)));
    let cells = cells.iter().map(|cell| format!("{cell:>FIGURE$}"));
    let cells = cells.collect::<Vec<_>>().concat();
    if name.chars().count() > width {
        format!("{name}\n{:width$}{cells}\n", "")
    } else {
        format!("{name:<width$}{cells}\n")
    }
}

/// A target whose row alone does not tell everything.
fn is_troubled(target: &TargetReport) -> bool {
    let recorder = target.recorder;
    !recorder.causes.is_empty() || recorder.late > 0 || recorder.count(OutcomeKind::Unfinished) > 0
}

/// The histograms that were asked for, under their targets' names.
fn histograms(targets: &[TargetReport]) -> String {
    let mut text = String::new();
    for target in targets {
        let Some(form) = &target.info.plan.output.histogram else {
            continue;
        };
        if let Some(table) = histogram::text(&target.recorder.connect, form) {
            text += &format!("\n{}\n{table}", label(target.info, target.target));
        }
    }
    text
}

/// Each different meaning once, with the first target that shows it and how many others do.
fn conclusions(targets: &[TargetReport]) -> String {
    let mut different: Vec<(&TargetReport, Verdict, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for target in targets
        .iter()
        .filter(|target| !target.recorder.causes.is_empty())
    {
        let verdict = judged(target);
        let place = *places
            .entry(verdict.code.clone())
            .or_insert(different.len());
        match different.get_mut(place) {
            Some((_, _, others)) => *others += 1,
            None => different.push((target, verdict, 0)),
        }
    }
    if different.is_empty() {
        return "\n".to_owned();
    }
    let meanings: String = different.iter().map(conclusion).collect();
    format!("\nWhat this means\n{meanings}\n")
}

fn conclusion((target, verdict, others): &(&TargetReport, Verdict, usize)) -> String {
    let columns = target.info.columns;
    let mut name = label(target.info, target.target);
    if *others > 0 {
        name += &format!(" and {others} more");
    }
    let meaning = verdict.meaning.join(" ");
    let mut text = wrap(&format!("  {name}: {meaning}"), 4, columns) + "\n";
    if let Some(step) = verdict.next.first() {
        text += &(wrap(&format!("    next: {step}"), 6, columns) + "\n");
    }
    text
}
