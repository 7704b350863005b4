//! Latency distribution on a logarithmic scale.

use super::scale::LogScale;
use crate::stats::{Distribution, Figures};

/// Minimum and maximum number of bars; fewer at low resolution.
const MIN_BARS: u64 = 12;
const MAX_BARS: u64 = 80;

/// Minimum width of a bar in microseconds, the unit of the distribution: narrower bars would cover one or two units in
/// turn, which looks like a comb.
const MIN_BAR_WIDTH: f64 = 3.0;

/// Minimum number of values.
const MIN_VALUES: u64 = 5;

/// Maximum number of marked percentiles.
const MAX_PERCENTILES: usize = 6;

/// Bars and marked percentiles, in microseconds.
#[derive(Clone, Debug)]
pub struct LatencyChart {
    /// Name of the measured time: `Connect times`.
    pub what: &'static str,
    /// Count, minimum and maximum.
    pub figures: Figures,
    /// The axis.
    pub(in crate::report) scale: LogScale,
    /// Edges of the bars, one more than there are counts.
    pub edges: Vec<f64>,
    /// Values in each bar.
    pub counts: Vec<u64>,
    /// Percentiles in percent, with their values.
    pub percentiles: Vec<(f64, f64)>,
}

impl LatencyChart {
    /// Absent below `MIN_VALUES`. `digits`: significant digits of the distribution.
    pub fn of(
        what: &'static str,
        values: &Distribution,
        digits: u8,
        percentiles: &[f64],
    ) -> Option<Self> {
        let figures = values.figures().filter(|it| it.count >= MIN_VALUES)?;
        let scale = LogScale::around(figures.min, figures.max, 1.2);
        let edges = edges(scale, digits, bars(figures.count));
        let marked = percentiles.iter().take(MAX_PERCENTILES);
        let marked = marked.filter_map(|percent| Some((*percent, values.percentile(*percent)?)));
        Some(Self {
            what,
            figures,
            scale,
            counts: values.counts_between(&edges).split_off(1),
            edges,
            percentiles: marked.collect(),
        })
    }

    /// Count of the highest bar.
    pub fn peak(&self) -> u64 {
        self.counts.iter().copied().max().unwrap_or(0).max(1)
    }
}

/// Number of bars, growing with the number of values.
fn bars(values: u64) -> u32 {
    let bars = (4 * values.isqrt()).clamp(MIN_BARS, MAX_BARS);
    u32::try_from(bars).unwrap_or(1)
}

/// Edges of bars of equal width on the scale.
fn edges(scale: LogScale, digits: u8, most: u32) -> Vec<f64> {
    let coarse = 1.0 + 2.0 * 10_f64.powi(-i32::from(digits));
    let edge = |number: u32, bars: u32| scale.value(f64::from(number) / f64::from(bars));
    let is_fine = |bars: &u32| {
        let (low, next) = (edge(0, *bars), edge(1, *bars));
        next - low >= MIN_BAR_WIDTH && next / low >= coarse
    };
    let bars = (1..=most).rev().find(is_fine).unwrap_or(1);
    (0..=bars).map(|number| edge(number, bars)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolution_limits_the_number_of_bars() {
        let bars =
            |low, high, digits| edges(LogScale::around(low, high, 1.2), digits, 80).len() - 1;
        assert_eq!(bars(400.0, 1_015_000.0, 3), 80);
        assert!(bars(400.0, 450.0, 3) > 10);
        assert!(bars(16.0, 60.0, 3) < 12);
        assert!(bars(400.0, 40_000.0, 1) < 40);
        assert_eq!(bars(1.0, 1.0, 3), 1);
        assert_eq!([5, 40, 100, 1_000_000].map(super::bars), [12, 24, 40, 80]);
    }
}
