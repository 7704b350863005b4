//! Latency distribution in constant memory: minimum, maximum, mean, standard deviation, percentiles.

use std::time::Duration;

use super::histogram::AdaptiveHistogram;

/// Latencies in microseconds: an HDR histogram, plus exact moments.
///
/// The histogram grows with its values: an idle target costs no memory. Its size is bounded for any run length.
#[derive(Clone, Debug)]
pub struct Distribution {
    histogram: AdaptiveHistogram,
    min: f64,
    max: f64,
    mean: f64,
    /// Sum of squared deviations from the mean (Welford's algorithm).
    squares: f64,
}

/// Figures of a non-empty distribution, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Number of values.
    pub count: u64,
    /// Minimum.
    pub min: f64,
    /// Maximum.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Population standard deviation; absent for a single value.
    pub stddev: Option<f64>,
}

/// Tolerance for products of percentages, which are inexact in binary: 1000 * 0.1 % is 0.9999999999.
const TOLERANCE: f64 = 1e-9;

impl Distribution {
    /// An empty distribution with `digits` significant digits per value, 1 to 5.
    pub fn new(digits: u8) -> Self {
        Self {
            histogram: AdaptiveHistogram::new(digits),
            min: f64::INFINITY,
            max: 0.0,
            mean: 0.0,
            squares: 0.0,
        }
    }

    /// Adds a value.
    pub fn record(&mut self, value: Duration) {
        let us = value.as_secs_f64() * 1e6;
        // Rounded without the 128-bit division of `as_nanos`.
        let subsec_us = u64::from((value.subsec_nanos() + 500) / 1000);
        let whole_us = value
            .as_secs()
            .saturating_mul(1_000_000)
            .saturating_add(subsec_us);
        // A resizing histogram holds any value below 2^63: 292,000 years in microseconds.
        if !self.histogram.record(whole_us) {
            return;
        }
        let old_mean = self.mean;
        self.mean += (us - old_mean) / self.histogram.len() as f64;
        self.squares += (us - old_mean) * (us - self.mean);
        self.min = self.min.min(us);
        self.max = self.max.max(us);
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The figures; absent if there is no value.
    pub fn figures(&self) -> Option<Figures> {
        let count = self.count();
        (count > 0).then(|| Figures {
            count,
            min: self.min,
            max: self.max,
            mean: self.mean,
            stddev: (count > 1).then(|| (self.squares / count as f64).sqrt()),
        })
    }

    /// Percentile in microseconds. Absent where the sample is too small: p99 needs 100 values, p50 two.
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        let histogram = &self.histogram;
        if histogram.len() == 0 {
            return None;
        }
        if percent >= 100.0 {
            return Some(self.max);
        }
        // At least one value beyond it on the shorter side: p1 needs as many values as p99.
        let beyond = histogram.len() as f64 * percent.min(100.0 - percent) / 100.0;
        let supported = beyond >= 1.0 - TOLERANCE;
        // For the same reason: the rank must not be rounded up past a whole number.
        let value = histogram.value_at_quantile(percent / 100.0 - 1e-12) as f64;
        supported.then(|| value.clamp(self.min, self.max))
    }

    /// Counts per bucket; `edges` are the bucket boundaries in microseconds, ascending.
    ///
    /// One count more than edges: below the first edge, from each edge (inclusive) to the next, from the last edge on.
    pub fn counts_between(&self, edges: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; edges.len() + 1];
        for (value, count) in self.histogram.recorded() {
            let value = (value as f64).clamp(self.min, self.max);
            let bucket = edges.partition_point(|&edge| edge <= value);
            counts[bucket] += count;
        }
        counts
    }

    /// Percentile distribution as `HdrHistogram` prints it, `ticks` steps per halving of the distance to 100 %: value
    /// in microseconds, quantile (0 to 1), cumulative count.
    pub fn quantile_steps(&self, ticks: u32) -> impl Iterator<Item = (f64, f64, u64)> {
        let steps = self.histogram.quantiles(ticks).into_iter();
        steps.scan(0, |cumulative, (value, quantile, count)| {
            *cumulative += count;
            let value = (value as f64).clamp(self.min, self.max);
            Some((value, quantile, *cumulative))
        })
    }

    /// `HdrHistogram` V2 compressed encoding; values in microseconds. Absent if there is no value.
    pub fn serialized(&self) -> Option<Vec<u8>> {
        self.histogram.hdr_v2_compressed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Distribution {
        let mut distribution = Distribution::new(3);
        for us in values {
            distribution.record(Duration::from_micros(us));
        }
        distribution
    }

    #[test]
    fn an_empty_distribution_has_no_figures() {
        let empty = Distribution::new(3);
        assert_eq!(empty.figures(), None);
        assert_eq!(empty.percentile(50.0), None);
        assert_eq!(empty.serialized(), None);
    }

    #[test]
    fn moments_are_exact() {
        let figures = of([2, 4, 4, 4, 5, 5, 7, 9]).figures().expect("values");
        assert_eq!((figures.min, figures.max), (2.0, 9.0));
        assert!((figures.mean - 5.0).abs() < 1e-9);
        assert!((figures.stddev.expect("more than one") - 2.0).abs() < 1e-9);
        assert_eq!(of([7]).figures().expect("a value").stddev, None);
    }

    #[test]
    fn a_percentile_needs_values_on_both_sides() {
        assert_eq!(of([5]).percentile(50.0), None);
        assert!(of([5, 6]).percentile(50.0).is_some());
        assert_eq!(of(1..=99).percentile(99.0), None);
        assert_eq!(of(1..=100).percentile(99.0), Some(99.0));
        assert_eq!(of(1..=999).percentile(99.9), None);
        assert_eq!(of(1..=1000).percentile(99.9), Some(999.0));
        assert_eq!(of([5]).percentile(100.0), Some(5.0));
        assert_eq!(of(1..=99).percentile(1.0), None);
        assert_eq!(of(1..=100).percentile(1.0), Some(1.0));
    }

    #[test]
    fn percentiles_stay_between_minimum_and_maximum() {
        let distribution = of([100_000, 123_456_789]);
        let p50 = distribution.percentile(50.0).expect("two values");
        assert!((100_000.0..=123_456_789.0).contains(&p50));
        assert_eq!(distribution.percentile(100.0), Some(123_456_789.0));
    }

    #[test]
    fn an_edge_belongs_to_the_bucket_above() {
        let counts = of([5, 10, 15, 20, 25]).counts_between(&[10.0, 20.0]);
        assert_eq!(counts, [1, 2, 2]);
    }
}
