//! The table of latencies. What the sample cannot support is absent.

use super::heading;
use super::markup::Markup;
use super::table::{Column, table};
use crate::report::TargetReport;
use crate::report::numbers::{ms, ms_or_dash, percentile_name};
use crate::report::parts::times;
use crate::stats::Distribution;

/// Nothing where no probe was answered.
pub(super) fn section(target: &TargetReport) -> Option<Markup> {
    let percentiles = &target.info.plan.display.percentiles;
    let rows: Vec<_> = times(target)
        .into_iter()
        .filter_map(|(name, values, note)| row(name, values, percentiles, note))
        .collect();
    if rows.is_empty() {
        return None;
    }
    let caption = "A dash: too few values for that figure.";
    let table = table("Latency", caption, &columns(percentiles), rows);
    Some([heading("Latency"), table].into())
}

fn columns(percentiles: &[f64]) -> Vec<Column> {
    let names = percentiles.iter().map(|percent| percentile_name(*percent));
    let mut headings = vec!["count".to_owned(), "min".to_owned()];
    headings.extend(names);
    headings.extend(["max", "mean", "stddev"].map(str::to_owned));
    let mut columns = vec![("time".to_owned(), "")];
    columns.extend(headings.into_iter().map(|heading| (heading, "n")));
    columns.push(("what it is".to_owned(), "t"));
    columns
}

fn row(name: &str, values: &Distribution, percentiles: &[f64], note: &str) -> Option<Vec<Markup>> {
    let figures = values.figures()?;
    let mut cells = vec![name.to_owned(), figures.count.to_string(), ms(figures.min)];
    let percentile = |percent: &f64| ms_or_dash(values.percentile(*percent));
    cells.extend(percentiles.iter().map(percentile));
    cells.extend([
        ms(figures.max),
        ms(figures.mean),
        ms_or_dash(figures.stddev),
    ]);
    cells.push(note.to_owned());
    Some(cells.into_iter().map(Markup::from).collect())
}
