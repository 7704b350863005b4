//! Histogram of adaptive size: a list for a small sample, then an HDR histogram, with 64-bit counters when 32 bits
//! overflow.

mod hdr_v2_encoding;
mod small_sample;

use hdrhistogram::{Counter, Histogram};

use hdr_v2_encoding::encode;
use small_sample::SmallSample;

/// HDR histogram with 1 as the lowest discernible value.
///
/// With many targets, histogram counters are most of a target's memory, and most targets need no more than
/// [`SmallSample`]. At 1 probe/s 32-bit counters last for 136 years, at full speed for hours; 64-bit counters replace
/// them before they overflow.
#[derive(Clone, Debug)]
pub(super) enum AdaptiveHistogram {
    /// A list of values.
    Small(SmallSample),
    /// 32-bit counters.
    Narrow(Box<Histogram<u32>>),
    /// 64-bit counters.
    Wide(Box<Histogram<u64>>),
}

impl AdaptiveHistogram {
    /// An empty histogram with `digits` significant digits per value, 1 to 5.
    pub(super) fn new(digits: u8) -> Self {
        Self::Small(SmallSample::new(digits))
    }

    /// Adds a value. False: it is out of range.
    pub(super) fn record(&mut self, value: u64) -> bool {
        match self {
            Self::Small(sample) => {
                if sample.record(value) {
                    return true;
                }
                let Some(histogram) = sample.to_histogram() else {
                    return false;
                };
                *self = Self::Narrow(Box::new(histogram));
                self.record(value)
            }
            // No counter exceeds the number of values.
            Self::Narrow(histogram) if histogram.len() >= u64::from(u32::MAX) => {
                *self = Self::Wide(Box::new(widened(histogram)));
                self.record(value)
            }
            Self::Narrow(histogram) => histogram.record(value).is_ok(),
            Self::Wide(histogram) => histogram.record(value).is_ok(),
        }
    }

    /// Number of values.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Small(sample) => sample.len(),
            Self::Narrow(histogram) => histogram.len(),
            Self::Wide(histogram) => histogram.len(),
        }
    }

    /// The value at this quantile (0 to 1).
    pub(super) fn value_at_quantile(&self, quantile: f64) -> u64 {
        match self {
            Self::Small(sample) => sample.value_at_quantile(quantile),
            Self::Narrow(histogram) => histogram.value_at_quantile(quantile),
            Self::Wide(histogram) => histogram.value_at_quantile(quantile),
        }
    }

    /// Distinct values, to the histogram's precision, with their counts.
    pub(super) fn recorded(&self) -> Vec<(u64, u64)> {
        match self {
            Self::Small(sample) => sample.recorded(),
            Self::Narrow(histogram) => recorded(histogram),
            Self::Wide(histogram) => recorded(histogram),
        }
    }

    /// Quantile iteration, `ticks` steps per halving of the distance to 1: value, quantile, count added by the step.
    pub(super) fn quantiles(&self, ticks: u32) -> Vec<(u64, f64, u64)> {
        match self {
            Self::Small(sample) => sample
                .to_histogram()
                .map_or_else(Vec::new, |it| quantiles(&it, ticks)),
            Self::Narrow(histogram) => quantiles(histogram, ticks),
            Self::Wide(histogram) => quantiles(histogram, ticks),
        }
    }

    /// `HdrHistogram` V2 compressed encoding, the same for each representation. Absent if there is no value.
    pub(super) fn hdr_v2_compressed(&self) -> Option<Vec<u8>> {
        match self {
            Self::Small(sample) if sample.len() == 0 => None,
            Self::Small(sample) => encode(&sample.to_histogram()?),
            Self::Narrow(histogram) => encode(histogram),
            Self::Wide(histogram) => encode(histogram),
        }
    }
}

fn recorded<C: Counter>(histogram: &Histogram<C>) -> Vec<(u64, u64)> {
    let steps = histogram.iter_recorded();
    steps
        .map(|step| (step.value_iterated_to(), step.count_at_value().as_u64()))
        .collect()
}

fn quantiles<C: Counter>(histogram: &Histogram<C>, ticks: u32) -> Vec<(u64, f64, u64)> {
    let steps = histogram.iter_quantiles(ticks);
    steps
        .map(|step| {
            let (value, quantile) = (step.value_iterated_to(), step.quantile_iterated_to());
            (value, quantile, step.count_since_last_iteration())
        })
        .collect()
}

fn widened(narrow: &Histogram<u32>) -> Histogram<u64> {
    let mut wide = Histogram::new_from(narrow);
    for (value, count) in recorded(narrow) {
        // Always in range: `new_from` copies the range.
        wide.saturating_record_n(value, count);
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_NARROW: u64 = u32::MAX as u64;

    fn narrow() -> Histogram<u32> {
        Histogram::new(2).expect("2 digits")
    }

    #[test]
    fn a_large_sample_moves_to_a_histogram() {
        let mut adaptive = AdaptiveHistogram::new(2);
        let mut histogram = narrow();
        for value in 1..=2_000 {
            assert!(adaptive.record(value * 7));
            histogram.record(value * 7).expect("auto-resize");
            let is_small = matches!(adaptive, AdaptiveHistogram::Small(_));
            assert_eq!(is_small, value <= 128, "{value}");
            assert_eq!(adaptive.len(), value);
            let median = histogram.value_at_quantile(0.5);
            assert_eq!(adaptive.value_at_quantile(0.5), median, "{value}");
        }
        assert_eq!(adaptive.recorded(), recorded(&histogram));
        assert_eq!(adaptive.hdr_v2_compressed(), encode(&histogram));
    }

    #[test]
    fn a_small_sample_equals_a_histogram() {
        let mut adaptive = AdaptiveHistogram::new(2);
        assert_eq!(adaptive.hdr_v2_compressed(), None, "no value");
        let mut histogram = narrow();
        for value in [3, 900, 3, 70_000] {
            assert!(adaptive.record(value));
            histogram.record(value).expect("auto-resize");
        }
        assert!(matches!(adaptive, AdaptiveHistogram::Small(_)));
        assert_eq!(adaptive.hdr_v2_compressed(), encode(&histogram));
        assert_eq!(adaptive.quantiles(2), quantiles(&histogram, 2));
    }

    #[test]
    fn counters_widen_beyond_32_bits() {
        let mut histogram = narrow();
        histogram.record_n(7, u32::MAX - 5).expect("auto-resize");
        histogram.record_n(3_000, 4).expect("auto-resize");
        let mut adaptive = AdaptiveHistogram::Narrow(Box::new(histogram));
        assert!(adaptive.record(7), "the last one that fits");
        assert!(matches!(adaptive, AdaptiveHistogram::Narrow(_)));
        for more in 1..=3 {
            assert!(adaptive.record(7), "a wider counter");
            assert_eq!(adaptive.len(), MAX_NARROW + more);
        }
        assert!(matches!(adaptive, AdaptiveHistogram::Wide(_)));
        let counts: Vec<_> = adaptive
            .recorded()
            .iter()
            .map(|(_, count)| *count)
            .collect();
        assert_eq!(counts, [MAX_NARROW - 1, 4]);
        assert!(adaptive.record(500_000), "auto-resize");
        assert_eq!(adaptive.value_at_quantile(1.0) / 10_000, 50);
    }

    #[test]
    fn narrow_and_wide_counters_give_the_same_results() {
        let mut histogram = narrow();
        for value in 1..=2_000 {
            histogram.record(value * 7).expect("auto-resize");
        }
        let wide = AdaptiveHistogram::Wide(Box::new(widened(&histogram)));
        let narrow = AdaptiveHistogram::Narrow(Box::new(histogram));
        assert_eq!(wide.recorded(), narrow.recorded());
        assert_eq!(wide.quantiles(2), narrow.quantiles(2));
        assert_eq!(wide.hdr_v2_compressed(), narrow.hdr_v2_compressed());
        assert_eq!(wide.value_at_quantile(0.5), narrow.value_at_quantile(0.5));
    }
}
