//! Many targets: a row each, with a small picture of the run.

use super::markup::{Attributes, Markup, block, leaf, tag};
use super::scale::LogScale;
use super::state::State;
use super::table::{Column, table};
use crate::outcome::OutcomeClass;
use crate::report::TargetReport;
use crate::report::live::label;
use crate::report::numbers::{ms_or_dash, percent, percentile_name};
use crate::stats::TimeSlice;

/// Rows; further targets are counted. More would make a file that nobody can open.
const ROWS: usize = 500;

/// Stretches of time in a small picture.
const COLUMNS: usize = 48;

/// Size of a small picture.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 20.0;

/// The table; the first `detailed` targets have a part of their own to go to.
pub(super) fn section(targets: &[TargetReport], detailed: usize) -> Markup {
    let shown = &targets[..targets.len().min(ROWS)];
    let scale = scale(shown);
    let percentiles: &[f64] = shown
        .first()
        .map_or(&[], |target| &target.info.plan.display.percentiles);
    let rows = (1..)
        .zip(shown)
        .map(|(number, target)| row(target, (number <= detailed).then_some(number), scale))
        .collect();
    let caption = "Those with trouble come first. The small pictures run from a target's first probe to its last: \
        bars are answers, the higher the slower on one scale for all; full-height orange bars are failures, dashed \
        grey ones this machine's own trouble or probes that did not end.";
    let mut section = block("h2", &[], "All targets");
    section.push(table("All targets", caption, &columns(percentiles), rows));
    let more = targets.len() - shown.len();
    if more > 0 {
        let words = format!(
            "{more} more targets are left out; the JSON form of this report has all of them."
        );
        section.push(block("p", &[("class", &"quiet")], words));
    }
    block("section", &[], section)
}

fn columns(percentiles: &[f64]) -> Vec<Column> {
    let mut columns = vec![
        ("Target".to_owned(), ""),
        ("State".to_owned(), "t"),
        ("Run".to_owned(), ""),
        ("Sent".to_owned(), "n"),
        ("Ok".to_owned(), "n"),
        ("Failed".to_owned(), "n"),
    ];
    let names = percentiles.iter().map(|percent| percentile_name(*percent));
    columns.extend(names.map(|name| (format!("{name} ms"), "n")));
    columns.push(("max ms".to_owned(), "n"));
    columns
}

fn row(target: &TargetReport, number: Option<usize>, scale: LogScale) -> Vec<Markup> {
    let recorder = target.recorder;
    let name = tag("bdi", &[], label(target.info, target.target));
    let name = match number {
        Some(number) => {
            let to: Attributes = &[("href", &format_args!("#target-{number}"))];
            tag("a", to, name)
        }
        None => name,
    };
    let mut cells = vec![name, State::of(target).named(), picture(target, scale)];
    let fine = recorder.count_class(OutcomeClass::Succeeded);
    let failed = recorder.count_class(OutcomeClass::Failed);
    let loss = target.loss().map(|_| percent(failed, failed + fine));
    let loss = loss.unwrap_or_else(|| "-".to_owned());
    cells.extend([recorder.sent().to_string(), fine.to_string(), loss].map(Markup::from));
    let percentiles = target.info.plan.display.percentiles.iter();
    let percentiles = percentiles.map(|percent| recorder.connect.percentile(*percent));
    let max = recorder.connect.figures().map(|figures| figures.max);
    cells.extend(
        percentiles
            .chain([max])
            .map(|us| Markup::from(ms_or_dash(us))),
    );
    cells
}

/// One scale for all, so that rows can be compared.
fn scale(targets: &[TargetReport]) -> LogScale {
    let figures = targets
        .iter()
        .filter_map(|it| it.recorder.connect.figures());
    let range = figures.fold(None, |range: Option<(f64, f64)>, figures| {
        let (low, high) = range.unwrap_or((figures.min, figures.max));
        Some((low.min(figures.min), high.max(figures.max)))
    });
    let (low, high) = range.unwrap_or((1e3, 1e3));
    LogScale::around(low, high, 4.0)
}

/// Failures reach from top to bottom, answers as high as they are slow.
fn picture(target: &TargetReport, scale: LogScale) -> Markup {
    let line = target.recorder.timeline.sparkline(COLUMNS);
    if line.is_empty() {
        return "-".into();
    }
    let step = WIDTH / line.len() as f64;
    let (mut fine, mut failed, mut aside) = (String::new(), String::new(), String::new());
    for (index, slice) in line.iter().enumerate() {
        let Some(slice) = slice else { continue };
        let x = (index as f64 + 0.5) * step;
        let bar = format!("M{x:.0} {HEIGHT}V{:.0}", top(slice, scale));
        match slice.worst() {
            OutcomeClass::Succeeded => fine += &bar,
            OutcomeClass::Failed => failed += &bar,
            OutcomeClass::Local | OutcomeClass::Unfinished => aside += &bar,
        }
    }
    let paths = [("ok", fine), ("failed", failed), ("aside", aside)];
    let drawn = paths.iter().filter(|(_, path)| !path.is_empty());
    let drawn: Markup = drawn
        .map(|(class, path)| leaf("path", &[("class", class), ("d", path)]))
        .collect();
    let words = in_words(&line);
    let attributes: Attributes = &[
        ("class", &"spark"),
        ("viewBox", &format_args!("0 0 {WIDTH} {HEIGHT}")),
        ("preserveAspectRatio", &"none"),
        (
            "stroke-width",
            &format_args!("{:.1}", (step * 0.7).min(5.0)),
        ),
        ("role", &"img"),
        ("aria-label", &words),
    ];
    tag("svg", attributes, drawn)
}

fn top(slice: &TimeSlice, scale: LogScale) -> f64 {
    let slowest = slice.latency().map(|(_, slowest)| slowest);
    match (slice.worst(), slowest) {
        (OutcomeClass::Succeeded, Some(us)) => HEIGHT - 3.0 - scale.place(us) * (HEIGHT - 7.0),
        (OutcomeClass::Succeeded, None) => HEIGHT - 3.0,
        _ => 0.0,
    }
}

fn in_words(line: &[Option<TimeSlice>]) -> String {
    let slices = line.iter().flatten();
    let failed = slices.filter(|slice| slice.worst() == OutcomeClass::Failed);
    match (failed.count(), line.len()) {
        (0, _) => "no failure".to_owned(),
        (failed, all) => format!("failures in {failed} of {all} parts of the run"),
    }
}
