//! A histogram that takes as little memory as its values allow.

mod hdr_v2_encoding;
mod small_sample;

use hdrhistogram::{Counter, Histogram};

use hdr_v2_encoding::encode;
use small_sample::SmallSample;

/// How often each value came: an HDR histogram from 1 on, as many digits as wanted.
///
/// With many targets these counters are most of what a target takes. Many need no more than a list of the values that
/// came. Beyond that, at a probe a second 32 bits last for 136 years. At full speed they last for hours: then they are
/// made wider, once and for all, so that no count is ever wrong.
#[derive(Clone, Debug)]
pub(super) enum AdaptiveHistogram {
    Small(SmallSample),
    Narrow(Box<Histogram<u32>>),
    Wide(Box<Histogram<u64>>),
}

impl AdaptiveHistogram {
    /// Empty; of each value so many significant digits are kept, 1 to 5.
    pub(super) fn new(digits: u8) -> Self {
        Self::Small(SmallSample::new(digits))
    }

    /// Adds one value. False: no histogram can hold it.
    pub(super) fn record(&mut self, value: u64) -> bool {
        match self {
            Self::Small(few) => {
                if few.record(value) {
                    return true;
                }
                let Some(histogram) = few.to_histogram() else {
                    return false;
                };
                *self = Self::Narrow(Box::new(histogram));
                self.record(value)
            }
            // No counter holds more than there are values in all.
            Self::Narrow(histogram) if histogram.len() >= u64::from(u32::MAX) => {
                *self = Self::Wide(Box::new(widened(histogram)));
                self.record(value)
            }
            Self::Narrow(histogram) => histogram.record(value).is_ok(),
            Self::Wide(histogram) => histogram.record(value).is_ok(),
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Small(few) => few.len(),
            Self::Narrow(histogram) => histogram.len(),
            Self::Wide(histogram) => histogram.len(),
        }
    }

    /// The value that this share of all values does not exceed.
    pub(super) fn value_at_quantile(&self, quantile: f64) -> u64 {
        match self {
            Self::Small(few) => few.value_at_quantile(quantile),
            Self::Narrow(histogram) => histogram.value_at_quantile(quantile),
            Self::Wide(histogram) => histogram.value_at_quantile(quantile),
        }
    }

    /// Every value that came, as far as it can be told from others, and how often.
    pub(super) fn recorded(&self) -> Vec<(u64, u64)> {
        match self {
            Self::Small(few) => few.recorded(),
            Self::Narrow(histogram) => recorded(histogram),
            Self::Wide(histogram) => recorded(histogram),
        }
    }

    /// Steps towards the largest value, `ticks` for each half of the way that is left: value, quantile, and how many
    /// values the step added.
    pub(super) fn quantiles(&self, ticks: u32) -> Vec<(u64, f64, u64)> {
        match self {
            Self::Small(few) => few
                .to_histogram()
                .map_or_else(Vec::new, |it| quantiles(&it, ticks)),
            Self::Narrow(histogram) => quantiles(histogram, ticks),
            Self::Wide(histogram) => quantiles(histogram, ticks),
        }
    }

    /// The compressed form, which is the same however the counts are kept; none for no value.
    pub(super) fn hdr_v2_compressed(&self) -> Option<Vec<u8>> {
        match self {
            Self::Small(few) if few.len() == 0 => None,
            Self::Small(few) => encode(&few.to_histogram()?),
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
        // It has as much room as the narrow one.
        wide.saturating_record_n(value, count);
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u64 = u32::MAX as u64;

    fn narrow() -> Histogram<u32> {
        Histogram::new(2).expect("2 digits")
    }

    #[test]
    fn many_different_values_are_kept_as_a_few_are() {
        let mut tallies = AdaptiveHistogram::new(2);
        let mut histogram = narrow();
        for value in 1..=2_000 {
            assert!(tallies.record(value * 7));
            histogram.record(value * 7).expect("it grows");
            let is_few = matches!(tallies, AdaptiveHistogram::Small(_));
            assert_eq!(is_few, value <= 128, "{value}");
            assert_eq!(tallies.len(), value);
            let median = histogram.value_at_quantile(0.5);
            assert_eq!(tallies.value_at_quantile(0.5), median, "{value}");
        }
        assert_eq!(tallies.recorded(), recorded(&histogram));
        assert_eq!(tallies.hdr_v2_compressed(), encode(&histogram));
    }

    #[test]
    fn a_few_values_are_told_as_a_histogram_tells_them() {
        let mut tallies = AdaptiveHistogram::new(2);
        assert_eq!(tallies.hdr_v2_compressed(), None, "of nothing");
        let mut histogram = narrow();
        for value in [3, 900, 3, 70_000] {
            assert!(tallies.record(value));
            histogram.record(value).expect("it grows");
        }
        assert!(matches!(tallies, AdaptiveHistogram::Small(_)));
        assert_eq!(tallies.hdr_v2_compressed(), encode(&histogram));
        assert_eq!(tallies.quantiles(2), quantiles(&histogram, 2));
    }

    #[test]
    fn counts_are_right_beyond_32_bits() {
        let mut histogram = narrow();
        histogram.record_n(7, u32::MAX - 5).expect("it grows");
        histogram.record_n(3_000, 4).expect("it grows");
        let mut tallies = AdaptiveHistogram::Narrow(Box::new(histogram));
        assert!(tallies.record(7), "the last one that fits");
        assert!(matches!(tallies, AdaptiveHistogram::Narrow(_)));
        for more in 1..=3 {
            assert!(tallies.record(7), "a wider counter");
            assert_eq!(tallies.len(), MOST + more);
        }
        assert!(matches!(tallies, AdaptiveHistogram::Wide(_)));
        let counts: Vec<_> = tallies.recorded().iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [MOST - 1, 4]);
        assert!(tallies.record(500_000), "it grows");
        assert_eq!(tallies.value_at_quantile(1.0) / 10_000, 50);
    }

    #[test]
    fn nothing_else_changes_with_the_width() {
        let mut histogram = narrow();
        for value in 1..=2_000 {
            histogram.record(value * 7).expect("it grows");
        }
        let wide = AdaptiveHistogram::Wide(Box::new(widened(&histogram)));
        let narrow = AdaptiveHistogram::Narrow(Box::new(histogram));
        assert_eq!(wide.recorded(), narrow.recorded());
        assert_eq!(wide.quantiles(2), narrow.quantiles(2));
        assert_eq!(wide.hdr_v2_compressed(), narrow.hdr_v2_compressed());
        assert_eq!(wide.value_at_quantile(0.5), narrow.value_at_quantile(0.5));
    }
}
