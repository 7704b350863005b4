//! A latency distribution in constant memory.

use std::time::Duration;

use super::histogram::AdaptiveHistogram;

/// Latencies in microseconds: an HDR histogram, and the moments it would round.
///
/// The histogram grows with its values, so an idle target costs nothing; its size has a bound
/// whatever the length of the run.
#[derive(Clone, Debug)]
pub struct Distribution {
    histogram: AdaptiveHistogram,
    min: f64,
    max: f64,
    mean: f64,
    /// Sum of squared distances from the mean (Welford's method).
    squares: f64,
}

/// The figures of a distribution that has values, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// How many values.
    pub count: u64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation of these values (not an estimate for others); absent for a single one.
    pub stddev: Option<f64>,
}

impl Distribution {
    /// An empty distribution; `digits` significant digits are kept of each value, 1 to 5.
    pub fn new(digits: u8) -> Self {
        Self {
            histogram: AdaptiveHistogram::new(digits),
            min: f64::INFINITY,
            max: 0.0,
            mean: 0.0,
            squares: 0.0,
        }
    }

    /// Adds one value.
    pub fn record(&mut self, value: Duration) {
        let us = value.as_secs_f64() * 1e6;
        // Rounded without 128 bits, which `as_nanos` would take to divide.
        let rest = u64::from((value.subsec_nanos() + 500) / 1000);
        let whole_us = value
            .as_secs()
            .saturating_mul(1_000_000)
            .saturating_add(rest);
        // A histogram that resizes itself takes any value below 2^63: 292,000 years of microseconds.
        if !self.histogram.record(whole_us) {
            return;
        }
        let before = self.mean;
        self.mean += (us - before) / self.histogram.len() as f64;
        self.squares += (us - before) * (us - self.mean);
        self.min = self.min.min(us);
        self.max = self.max.max(us);
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The figures, if there is any value.
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

    /// The value in microseconds that `percent` of all values do not exceed. Absent where the sample is
    /// too small to have one: p99 needs 100 values, p50 two.
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        let histogram = &self.histogram;
        if histogram.len() == 0 {
            return None;
        }
        if percent >= 100.0 {
            return Some(self.max);
        }
        // Values must lie on either side of it: p1 needs as many as p99.
        let beyond = histogram.len() as f64 * percent.min(100.0 - percent) / 100.0;
        // A hair of tolerance: 1000 * 0.1 % is 0.9999999999 in binary.
        let supported = beyond >= 1.0 - 1e-9;
        // The same hair keeps the rank from being rounded up past a whole number.
        let value = histogram.value_at_quantile(percent / 100.0 - 1e-12) as f64;
        supported.then(|| value.clamp(self.min, self.max))
    }

    /// How many values lie in each of the ranges that `edges` (microseconds, ascending) cut.
    ///
    /// One count more than edges: below the first, then from each edge up to the next, then the rest.
    pub fn counts_between(&self, edges: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; edges.len() + 1];
        for (value, count) in self.histogram.recorded() {
            let value = (value as f64).clamp(self.min, self.max);
            let place = edges.partition_point(|&edge| edge <= value);
            counts[place] += count;
        }
        counts
    }

    /// The distribution in steps towards its largest value, `ticks` of them for each half of the way that is
    /// left: value in microseconds, quantile (0 to 1), and how many values lie at or below it.
    pub fn quantile_steps(&self, ticks: u32) -> impl Iterator<Item = (f64, f64, u64)> {
        let steps = self.histogram.quantiles(ticks).into_iter();
        steps.scan(0, |count, (value, quantile, more)| {
            *count += more;
            let value = (value as f64).clamp(self.min, self.max);
            Some((value, quantile, *count))
        })
    }

    /// `HdrHistogram`'s V2 compressed form, as its readers in every language take it; values are microseconds.
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
    fn nothing_recorded_means_no_figures() {
        let empty = Distribution::new(3);
        assert_eq!(empty.figures(), None);
        assert_eq!(empty.percentile(50.0), None);
        assert_eq!(empty.serialized(), None);
    }

    #[test]
    fn the_moments_are_exact() {
        let figures = of([2, 4, 4, 4, 5, 5, 7, 9]).figures().expect("values");
        assert_eq!((figures.min, figures.max), (2.0, 9.0));
        assert!((figures.mean - 5.0).abs() < 1e-9);
        assert!((figures.stddev.expect("more than one") - 2.0).abs() < 1e-9);
        assert_eq!(of([7]).figures().expect("a value").stddev, None);
    }

    #[test]
    fn a_percentile_needs_values_beyond_it() {
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
    fn rounding_never_leaves_the_range_that_was_seen() {
        let distribution = of([100_000, 123_456_789]);
        let p50 = distribution.percentile(50.0).expect("two values");
        assert!((100_000.0..=123_456_789.0).contains(&p50));
        assert_eq!(distribution.percentile(100.0), Some(123_456_789.0));
    }

    #[test]
    fn an_edge_belongs_to_the_range_above_it() {
        let counts = of([5, 10, 15, 20, 25]).counts_between(&[10.0, 20.0]);
        assert_eq!(counts, [1, 2, 2]);
    }
}
