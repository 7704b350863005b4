//! Charts as data, independent of the format that draws them.

mod histogram;
mod latency_chart;
mod outage_bands;
pub(super) mod scale;
mod timeline;

pub use histogram::{Buckets, Histogram};
pub use latency_chart::LatencyChart;
pub(super) use outage_bands::{OutageBand, outage_bands};
pub use timeline::Timeline;

use crate::stats::{Figures, TimeSlice};
use scale::LogScale;

/// A common scale for several distributions.
pub fn scale_of(figures: impl Iterator<Item = Figures>) -> LogScale {
    let range = figures.fold(None, |range: Option<(f64, f64)>, figures| {
        let (low, high) = range.unwrap_or((figures.min, figures.max));
        Some((low.min(figures.min), high.max(figures.max)))
    });
    let (low, high) = range.unwrap_or((1e3, 1e3));
    LogScale::around(low, high, 4.0)
}

/// A sparkline in a table cell.
#[derive(Clone, Debug)]
pub struct Sparkline {
    /// Slices of equal length; `None`: no probe.
    pub slices: Vec<Option<TimeSlice>>,
    /// Scale shared by all rows of the table.
    pub scale: LogScale,
}

/// A range in a table cell, as shares of the largest value of all rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeBar {
    /// Low end, 0 to 1.
    pub from: f64,
    /// High end, 0 to 1.
    pub to: f64,
}
