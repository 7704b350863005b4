//! `-H`: latency histogram with equal buckets or given edges, as in `PsPing`.

use crate::stats::Distribution;

/// Buckets of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub enum Buckets {
    /// This many, of equal width.
    Equal(usize),
    /// With these lower edges in milliseconds, ascending.
    EdgesMs(Vec<f64>),
}

/// Latencies per bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Lower edge in microseconds and count of each bucket.
    pub buckets: Vec<(f64, u64)>,
    /// Values below the first edge.
    pub below: u64,
}

impl Histogram {
    /// Counts the values per bucket; absent without values.
    pub fn of(distribution: &Distribution, buckets: &Buckets) -> Option<Self> {
        let figures = distribution.figures()?;
        let edges = match buckets {
            Buckets::Equal(number) => equal_buckets(figures.min, figures.max, *number),
            Buckets::EdgesMs(edges) => edges.iter().map(|ms| ms * 1e3).collect(),
        };
        let counts = distribution.counts_between(&edges);
        let (below, counts) = counts.split_first()?;
        Some(Self {
            buckets: edges.into_iter().zip(counts.iter().copied()).collect(),
            below: *below,
        })
    }
}

/// Lower edges of `number` buckets of equal width from `min` to `max`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a small whole number
fn equal_buckets(min: f64, max: f64, number: usize) -> Vec<f64> {
    // At least 1 us, the resolution of the distribution.
    let number = (number as f64).min((max - min).floor()).max(1.0);
    let width = (max - min) / number;
    (0..number as usize)
        .map(|index| min + width * index as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn distribution() -> Distribution {
        let mut distribution = Distribution::new(3);
        for us in [1000, 1100, 1900, 5000] {
            distribution.record(Duration::from_micros(us));
        }
        distribution
    }

    fn histogram(buckets: &Buckets) -> Histogram {
        Histogram::of(&distribution(), buckets).expect("values")
    }

    #[test]
    fn equal_buckets_count_all_values() {
        let histogram = histogram(&Buckets::Equal(4));
        let edges: Vec<_> = histogram.buckets.iter().map(|(edge, _)| *edge).collect();
        assert_eq!(edges, [1000.0, 2000.0, 3000.0, 4000.0]);
        let counted: u64 = histogram.buckets.iter().map(|(_, count)| count).sum();
        assert_eq!((counted, histogram.below), (4, 0));
    }

    #[test]
    fn values_below_the_first_edge_are_counted() {
        let histogram = histogram(&Buckets::EdgesMs(vec![1.5, 4.0]));
        assert_eq!(histogram.below, 2);
        assert_eq!(histogram.buckets, [(1500.0, 1), (4000.0, 1)]);
    }

    #[test]
    fn no_histogram_without_values() {
        assert_eq!(
            Histogram::of(&Distribution::new(3), &Buckets::Equal(20)),
            None
        );
    }
}
