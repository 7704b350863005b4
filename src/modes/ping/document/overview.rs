//! Many targets: a row each, and sections about the first of them.

use super::outcomes::{self, loss};
use super::verdict::{Judged, of_many};
use super::{RunSummary, TargetSummary, charts, target};
use crate::outcome::OutcomeClass;
use crate::report::document::{Block, Cell, Column, Fit, Row, Section, Table};
use crate::report::figure::{Sparkline, scale_of};
use crate::report::human_numbers::{ms_or_dash, percentile_name};
use crate::text::Text;

/// Targets with a section of their own, where there is room.
const DETAILED: usize = 10;

/// Rows with a picture; more would make a file that no browser opens well.
const PICTURES: usize = 500;

/// Parts of the run in a picture.
const SLICES: usize = 48;

/// The verdicts, the table, and the sections.
pub(super) fn blocks(summary: &RunSummary, targets: &[Judged]) -> Vec<Block> {
    let mut sorted: Vec<_> = targets.iter().collect();
    // Trouble first, otherwise as they were given.
    sorted.sort_by_key(|it| {
        let is_clean = it.target.recorder.outcome_groups.is_empty();
        (it.state, is_clean)
    });
    let mut blocks = vec![of_many(targets), Block::Table(table(&sorted))];
    let histograms = sorted.iter().filter_map(|it| {
        let histogram = vec![charts::histogram(&it.target)?];
        Some(Block::Section(Section::new(it.target.label(), histogram)))
    });
    blocks.push(Block::Brief(histograms.collect()));
    let sections = (1..).zip(sorted.iter().take(DETAILED));
    let mut sections: Vec<_> = sections
        .map(|(number, it)| target::section(summary, &it.target, anchor(number)))
        .collect();
    let more = targets.len().saturating_sub(DETAILED);
    if more > 0 {
        let words = format!(
            "Details of {more} more targets are omitted; failing targets come first. The JSON form of this report \
             has all of them."
        );
        sections.push(Block::Note(Text::words(words)));
    }
    blocks.push(Block::Detail(sections));
    blocks
}

fn anchor(number: usize) -> String {
    format!("target-{number}")
}

/// A row for each target: whether it works, and how fast.
fn table(targets: &[&Judged]) -> Table {
    let figures = targets
        .iter()
        .map(|it| it.target.recorder.connect.figures());
    let scale = scale_of(figures.flatten());
    let percentiles = targets.first();
    let percentiles = percentiles.map_or(&[][..], |it| &it.target.info.plan.display.percentiles);
    let row = |(number, judged): (usize, &&Judged)| {
        let target = &judged.target;
        let sparkline = (number <= PICTURES).then(|| Sparkline {
            slices: target.recorder.timeline.sparkline(SLICES),
            scale,
        });
        Row {
            cells: cells(judged, percentiles, sparkline),
            details: details(target),
            anchor: (number <= DETAILED).then(|| anchor(number)),
        }
    };
    let caption = "Failing targets come first. Each sparkline runs from the target's first probe to its last: bar height \
        is the time to the reply, on one scale for all targets; full-height orange bars are failures, dashed grey \
        bars are local errors or probes that did not end.";
    Table {
        name: "All targets",
        caption: caption.into(),
        columns: columns(percentiles),
        rows: (1..).zip(targets).map(row).collect(),
        text_headings: true,
    }
}

/// What the row does not show.
fn details(target: &TargetSummary) -> Vec<Block> {
    if !target::is_troubled(target) {
        return Vec::new();
    }
    if outcomes::only(target).is_some() {
        return target::remarks(target);
    }
    let mut details: Vec<_> = outcomes::table(target)
        .map(Block::Table)
        .into_iter()
        .collect();
    details.extend(target::remarks(target));
    details
}

fn columns(percentiles: &[f64]) -> Vec<Column> {
    let mut columns = vec![
        Column::words("target"),
        Column::words("state").only(Fit::Detail),
        Column::words("run").only(Fit::Detail),
        Column::number("sent"),
        Column::number("ok"),
        Column::number("failed"),
    ];
    for (place, percent) in percentiles.iter().enumerate() {
        let name = Text::words(format!("{} ms", percentile_name(*percent)));
        let fit = if place == 0 { Fit::Medium } else { Fit::Wide };
        columns.push(Column::number(name).only(fit));
    }
    columns.push(Column::number("max ms").only(Fit::Medium));
    columns.push(Column::number("rtt ms").only(Fit::Wide));
    columns.push(Column::note("all probes"));
    columns
}

fn cells(judged: &Judged, percentiles: &[f64], line: Option<Sparkline>) -> Vec<Cell> {
    let target = &judged.target;
    let recorder = target.recorder;
    let succeeded = recorder.count_class(OutcomeClass::Succeeded);
    let loss = loss(target).map_or_else(|| "-".to_owned(), |(share, _)| share);
    let mut cells = Vec::with_capacity(9 + percentiles.len());
    cells.extend([
        target.label().into(),
        Cell::State(judged.state),
        line.map_or_else(Cell::empty, Cell::Sparkline),
    ]);
    let numbers = [recorder.sent().to_string(), succeeded.to_string(), loss];
    cells.extend(numbers.map(Cell::words));
    let percentiles = percentiles
        .iter()
        .map(|it| recorder.connect.percentile(*it));
    let max = recorder.connect.figures().map(|figures| figures.max);
    let times = percentiles.chain([max, recorder.rtt.percentile(50.0)]);
    cells.extend(times.map(|us| Cell::words(ms_or_dash(us))));
    cells.push(outcomes::only(target).unwrap_or_default().into());
    cells
}
