//! Pictures as data: what they show, not how a format draws them.

mod histogram;
mod latencies;
mod outage_bands;
pub(super) mod scale;
mod timeline;

pub use histogram::{Buckets, Histogram};
pub use latencies::LatencyChart;
pub(super) use outage_bands::{OutageBand, outage_bands};
pub use timeline::Timeline;

use crate::stats::{Figures, TimeSlice};
use scale::LogScale;

/// One scale around the values of several distributions.
pub fn scale_of(figures: impl Iterator<Item = Figures>) -> LogScale {
    let range = figures.fold(None, |range: Option<(f64, f64)>, figures| {
        let (low, high) = range.unwrap_or((figures.min, figures.max));
        Some((low.min(figures.min), high.max(figures.max)))
    });
    let (low, high) = range.unwrap_or((1e3, 1e3));
    LogScale::around(low, high, 4.0)
}

/// A run in a cell of a table.
#[derive(Clone, Debug)]
pub struct Sparkline {
    /// Equal parts of the run; `None`: no probe.
    pub slices: Vec<Option<TimeSlice>>,
    /// One scale for all rows of the table, so that they can be compared.
    pub scale: LogScale,
}

/// A range in a cell of a table, as shares of the largest value of all rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Its low end, 0 to 1.
    pub from: f64,
    /// Its high end, 0 to 1.
    pub to: f64,
}
