//! The summary of many targets: a row each, and the causes under it.

use std::collections::HashMap;

use super::live::label;
use super::numbers::{ms_or_dash, percent, percentile_name};
use super::page::wrap;
use super::parts::{is_troubled, judged, judged_unnamed, outcomes, particulars, rule};
use super::{Report, RunInfo, TargetReport, histogram};
use crate::outcome::OutcomeClass;
use crate::verdict::explain::Verdict;

/// Width of a column of figures.
const FIGURE: usize = 9;

/// The narrowest column of names.
const NAME_AT_LEAST: usize = 20;

/// Targets of a group named; the others are counted.
const NAMED: usize = 4;

/// Room under a target for what its row does not tell.
const INDENT: &str = "      ";

/// The table, what went wrong where, and what each trouble means.
pub(super) fn text(report: &Report, targets: &[TargetReport]) -> String {
    let sent = targets.iter().map(|target| target.recorder.sent()).sum();
    let what = format!(
        "{}, {} targets",
        report.info.protocol_names(),
        targets.len()
    );
    let mut text = rule(report, &what, sent);
    let layout = Layout::of(report.info, targets);
    text += &layout.heading();
    for target in targets {
        text += &layout.row(target);
        if is_troubled(target) {
            text += &outcomes(target, INDENT);
            text += &particulars(report, target, INDENT);
        }
    }
    text += &histograms(targets);
    text + &conclusions(targets)
}

/// A column of figures: its heading, and the cell of a target.
struct Column {
    heading: String,
    cell: Box<dyn Fn(&TargetReport) -> String>,
}

/// The layout of a table that fits the page.
struct Layout {
    name: usize,
    columns: Vec<Column>,
}

impl Column {
    fn new(heading: &str, cell: impl Fn(&TargetReport) -> String + 'static) -> Self {
        Self {
            heading: heading.to_owned(),
            cell: Box::new(cell),
        }
    }

    fn percentile(percent: f64) -> Self {
        let heading = format!("{} ms", percentile_name(percent));
        Self::new(&heading, move |target| {
            ms_or_dash(target.recorder.connect.percentile(percent))
        })
    }
}

impl Layout {
    /// Every column, or on a narrow page those that matter most.
    fn of(info: &RunInfo, targets: &[TargetReport]) -> Self {
        let names = targets
            .iter()
            .map(|target| label(info, target.target).chars().count());
        let longest = names.max().unwrap_or(0).max("target".len()) + 1;
        let whole = columns(&info.plan.display.percentiles, true);
        let columns = if longest + whole.len() * FIGURE <= info.columns {
            whole
        } else {
            columns(&[50.0], false)
        };
        let room = info.columns.saturating_sub(columns.len() * FIGURE);
        let name = longest.min(room.max(NAME_AT_LEAST));
        Self { name, columns }
    }

    fn heading(&self) -> String {
        let cells = self.columns.iter().map(|column| column.heading.clone());
        self.line("target", cells)
    }

    fn row(&self, target: &TargetReport) -> String {
        let name = label(target.info, target.target);
        let cells = self.columns.iter().map(|column| (column.cell)(target));
        self.line(&name, cells)
    }

    /// A name that is too long gets a line of its own.
    fn line(&self, name: &str, cells: impl Iterator<Item = String>) -> String {
        let width = self.name;
        let cells = cells.map(|cell| format!("{cell:>FIGURE$}"));
        let cells = cells.collect::<Vec<_>>().concat();
        if name.chars().count() >= width {
            format!("{name}\n{:width$}{cells}\n", "")
        } else {
            format!("{name:<width$}{cells}\n")
        }
    }
}

fn columns(percentiles: &[f64], all: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::new("sent", |target| target.recorder.sent().to_string()),
        Column::new("ok", |target| {
            target
                .recorder
                .count_class(OutcomeClass::Succeeded)
                .to_string()
        }),
        Column::new("failed", loss),
    ];
    columns.extend(
        percentiles
            .iter()
            .map(|percent| Column::percentile(*percent)),
    );
    columns.push(Column::new("max ms", |target| {
        ms_or_dash(target.recorder.connect.figures().map(|figures| figures.max))
    }));
    if all {
        columns.push(Column::new("rtt ms", |target| {
            ms_or_dash(target.recorder.rtt.percentile(50.0))
        }));
    }
    columns
}

fn loss(target: &TargetReport) -> String {
    let failed = target.recorder.count_class(OutcomeClass::Failed);
    let counted = failed + target.recorder.count_class(OutcomeClass::Succeeded);
    let loss = target.loss().map(|_| percent(failed, counted));
    loss.unwrap_or_else(|| "-".to_owned())
}

/// The histograms that were asked for, under their targets' names.
fn histograms(targets: &[TargetReport]) -> String {
    let mut text = String::new();
    for target in targets {
        let Some(form) = &target.info.plan.display.histogram else {
            continue;
        };
        if let Some(table) = histogram::text(&target.recorder.connect, form) {
            text += &format!("\n{}\n{table}", label(target.info, target.target));
        }
    }
    text
}

/// Targets of which the same can be said, word for word, apart from their names and ports.
struct Group<'a> {
    first: &'a TargetReport<'a>,
    verdict: Verdict,
    others: Vec<String>,
}

/// Each different meaning once, with the targets that share it.
fn conclusions(targets: &[TargetReport]) -> String {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = HashMap::new();
    for target in targets
        .iter()
        .filter(|target| !target.recorder.outcome_groups.is_empty())
    {
        let place = *places.entry(judged_unnamed(target)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.others.push(label(target.info, target.target)),
            None => groups.push(Group {
                first: target,
                verdict: judged(target),
                others: Vec::new(),
            }),
        }
    }
    if groups.is_empty() {
        return "\n".to_owned();
    }
    let meanings: String = groups.iter().map(Group::text).collect();
    format!("\nWhat this means\n{meanings}\n")
}

impl Group<'_> {
    fn text(&self) -> String {
        let columns = self.first.info.columns;
        let (names, meaning) = (self.names(), self.verdict.meaning.join(" "));
        let of = if self.others.is_empty() {
            ""
        } else {
            " Of the first of them:"
        };
        let mut text = wrap(&format!("  {names}:{of} {meaning}"), 4, columns) + "\n";
        if let Some(step) = self.verdict.next.first() {
            text += &(wrap(&format!("    next: {step}"), 6, columns) + "\n");
        }
        text
    }

    fn names(&self) -> String {
        let mut names = vec![label(self.first.info, self.first.target)];
        names.extend(self.others.iter().take(NAMED - 1).cloned());
        let unnamed = 1 + self.others.len() - names.len();
        let more = if unnamed > 0 {
            format!(" and {unnamed} more")
        } else {
            String::new()
        };
        names.join(", ") + &more
    }
}
