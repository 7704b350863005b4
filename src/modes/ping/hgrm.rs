//! `HdrHistogram`'s percentile output, which its plotter and other tools read (files named `.hgrm`).
//!
//! The layout is that of `AbstractHistogram.outputPercentileDistribution` in `HdrHistogram` for Java. Its plotter
//! (`GoogleChartsExample/plotFiles.html` there) takes every line of four numbers that does not begin with `#`:
//! the first is the latency, the last the place on its axis. The line of the largest value has three, as there.

use super::summary::RunSummary;
use crate::stats::{Distribution, Figures};

/// Lines per halving of the distance to 100 %: the default of `HdrHistogram`.
const TICKS: u32 = 5;

/// Connect times of the first target; nothing if there are none.
pub(super) fn text(summary: &RunSummary) -> String {
    let first = summary.targets().next();
    let text = first.and_then(|it| percentiles(&it.recorder.connect));
    text.unwrap_or_default()
}

/// The distribution in milliseconds; nothing if there are no values.
///
/// Unlike a summary's percentiles this is the sample itself, so few values make few different lines.
pub(super) fn percentiles(values: &Distribution) -> Option<String> {
    let figures = values.figures()?;
    let (value, percentile, count, place) =
        ("Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let mut text = format!("{value:>12} {percentile:>14} {count:>10} {place:>14}\n\n");
    for (us, quantile, count) in values.quantile_steps(TICKS) {
        text += &line(us / 1e3, quantile, count);
    }
    Some(text + &footer(&figures))
}

fn line(ms: f64, quantile: f64, count: u64) -> String {
    let line = format!("{ms:12.3} {quantile:.12} {count:10}");
    if quantile < 1.0 {
        format!("{line} {:14.2}\n", 1.0 / (1.0 - quantile))
    } else {
        line + "\n"
    }
}

/// The moments are those of the values themselves, not of the histogram's buckets. A deviation that does not
/// exist is NaN: readers expect a number there, and 0 would be a claim.
fn footer(figures: &Figures) -> String {
    let (mean, max, count) = (figures.mean / 1e3, figures.max / 1e3, figures.count);
    let deviation = figures.stddev.map_or(f64::NAN, |stddev| stddev / 1e3);
    format!(
        "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]\n\
         #[Max     = {max:12.3}, Total count    = {count:12}]\n"
    )
}
