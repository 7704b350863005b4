//! Small-sample store: distinct values with their counts, rounded as an HDR histogram rounds them.

use hdrhistogram::Histogram;

/// Distinct values at one or two significant digits. Up to here the list takes less memory than an HDR histogram of two
/// digits for round-trip times of some milliseconds.
const MAX_VALUES: usize = 128;

/// Distinct values at three or more digits. Only runs with few targets keep those digits, and may probe at full speed:
/// a search in a long list takes longer than a histogram's index.
const MAX_PRECISE_VALUES: usize = 16;

/// Values rounded as in an HDR histogram, in ascending order, with their counts.
#[derive(Clone, Debug)]
pub(in crate::stats) struct SmallSample {
    digits: u8,
    /// Leading bits of each value that an HDR histogram of these digits keeps.
    bits: u8,
    total: u32,
    values: Vec<(u32, u32)>,
}

impl SmallSample {
    /// An empty store with `digits` significant digits per value.
    pub(super) fn new(digits: u8) -> Self {
        // At least 2 * 10^digits sub-buckets, rounded up to a power of two (hdrhistogram.org).
        let sub_buckets = 2 * 10_u32.saturating_pow(digits.into());
        let bits = sub_buckets.next_power_of_two().trailing_zeros();
        Self {
            digits,
            bits: u8::try_from(bits).unwrap_or(u8::MAX),
            total: 0,
            values: Vec::new(),
        }
    }

    /// Adds a value. False: the store is full or the value exceeds 32 bits; nothing was added.
    pub(super) fn record(&mut self, value: u64) -> bool {
        let Ok(value) = u32::try_from(self.highest_equivalent(value)) else {
            return false;
        };
        if self.total == u32::MAX {
            return false;
        }
        match self.values.binary_search_by_key(&value, |known| known.0) {
            Ok(index) => self.values[index].1 += 1,
            Err(_) if self.values.len() == self.capacity() => return false,
            Err(index) => self.values.insert(index, (value, 1)),
        }
        self.total += 1;
        true
    }

    fn capacity(&self) -> usize {
        if self.digits < 3 {
            MAX_VALUES
        } else {
            MAX_PRECISE_VALUES
        }
    }

    /// The highest value in the same HDR bucket.
    fn highest_equivalent(&self, value: u64) -> u64 {
        let length = u64::BITS - value.leading_zeros();
        value | ((1 << length.saturating_sub(self.bits.into())) - 1)
    }

    /// Number of values.
    pub(super) fn len(&self) -> u64 {
        self.total.into()
    }

    /// The value at this quantile (0 to 1), at least the first value.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a 32-bit number
    pub(super) fn value_at_quantile(&self, quantile: f64) -> u64 {
        let rank = (quantile * f64::from(self.total)).ceil().max(1.0) as u64;
        let mut cumulative = 0;
        let found = self.values.iter().find(|(_, count)| {
            cumulative += u64::from(*count);
            cumulative >= rank
        });
        found.map_or(0, |(value, _)| u64::from(*value))
    }

    /// Distinct values with their counts.
    pub(super) fn recorded(&self) -> Vec<(u64, u64)> {
        let values = self.values.iter();
        values
            .map(|(value, count)| (u64::from(*value), u64::from(*count)))
            .collect()
    }

    /// The same values as an HDR histogram.
    pub(super) fn to_histogram(&self) -> Option<Histogram<u32>> {
        let mut histogram = Histogram::new(self.digits).ok()?;
        for (value, count) in &self.values {
            histogram.record_n(u64::from(*value), *count).ok()?;
        }
        Some(histogram)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn results_equal_an_hdr_histogram(
            digits in 1..=3_u8,
            values in prop::collection::vec((0..32_u32, any::<u32>()), 1..=MAX_PRECISE_VALUES),
            quantiles in prop::collection::vec(0.001..=1.0, 9),
        ) {
            let (mut sample, mut histogram) = (SmallSample::new(digits), Histogram::<u64>::new(digits).expect("digits"));
            for (shift, value) in values {
                // Uniform in magnitude.
                let value = u64::from(value >> shift) / 2;
                histogram.record(value).expect("auto-resize");
                prop_assert!(sample.record(value));
            }
            prop_assert_eq!(sample.len(), histogram.len());
            for quantile in quantiles {
                prop_assert_eq!(sample.value_at_quantile(quantile), histogram.value_at_quantile(quantile));
            }
            let recorded = histogram.iter_recorded();
            let recorded: Vec<_> = recorded.map(|it| (it.value_iterated_to(), it.count_at_value())).collect();
            prop_assert_eq!(sample.recorded(), recorded);
            prop_assert_eq!(sample.to_histogram().expect("in range").len(), histogram.len());
        }
    }

    #[test]
    fn values_beyond_capacity_or_range_are_rejected() {
        let mut sample = SmallSample::new(2);
        assert!((1..=MAX_VALUES as u64).all(|value| sample.record(value)));
        assert!(!sample.record(2_000));
        let mut precise = SmallSample::new(3);
        assert!((1..=MAX_PRECISE_VALUES as u64).all(|value| precise.record(value)));
        assert!(!precise.record(2_000));
        assert!(sample.record(5), "a known value");
        assert!(!SmallSample::new(3).record(u64::from(u32::MAX) + 1));
        sample.total = u32::MAX;
        assert!(!sample.record(5), "the counter would overflow");
        assert_eq!(sample.len(), u64::from(u32::MAX));
    }
}
