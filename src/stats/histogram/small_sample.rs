//! A histogram of a few different values, without counters for all the others.

use hdrhistogram::Histogram;

/// Different values kept one by one where one or two digits are: up to here they take less memory than an HDR
/// histogram of two digits does for a round trip of some milliseconds.
const MOST: usize = 128;

/// And where there are more digits, among few targets: these may be probed at full speed, and to look for one of many
/// takes longer than a histogram's index does.
const MOST_EXACT: usize = 16;

/// Values as an HDR histogram would tell them apart, in ascending order, each with its count.
#[derive(Clone, Debug)]
pub(in crate::stats) struct SmallSample {
    digits: u8,
    /// An HDR histogram of these digits keeps so many leading bits of each value.
    bits: u8,
    total: u32,
    values: Vec<(u32, u32)>,
}

impl SmallSample {
    /// Nothing yet; of each value so many significant digits are kept.
    pub(super) fn new(digits: u8) -> Self {
        // Between a power of two and the next one there are at least 10^digits steps (hdrhistogram.org).
        let steps = 2 * 10_u32.saturating_pow(digits.into());
        let bits = steps.next_power_of_two().trailing_zeros();
        Self {
            digits,
            bits: u8::try_from(bits).unwrap_or(u8::MAX),
            total: 0,
            values: Vec::new(),
        }
    }

    /// Adds one value. False: it is one too many, or too large, and nothing was added.
    pub(super) fn record(&mut self, value: u64) -> bool {
        let Ok(value) = u32::try_from(self.largest_like(value)) else {
            return false;
        };
        if self.total == u32::MAX {
            return false;
        }
        match self.values.binary_search_by_key(&value, |known| known.0) {
            Ok(place) => self.values[place].1 += 1,
            Err(_) if self.values.len() == self.most() => return false,
            Err(place) => self.values.insert(place, (value, 1)),
        }
        self.total += 1;
        true
    }

    fn most(&self) -> usize {
        if self.digits < 3 { MOST } else { MOST_EXACT }
    }

    /// The largest value that cannot be told from this one.
    fn largest_like(&self, value: u64) -> u64 {
        let length = u64::BITS - value.leading_zeros();
        value | ((1 << length.saturating_sub(self.bits.into())) - 1)
    }

    /// How many values there are.
    pub(super) fn len(&self) -> u64 {
        self.total.into()
    }

    /// The value that this share of all values, at least one of them, does not exceed.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a share of a number of 32 bits
    pub(super) fn value_at_quantile(&self, quantile: f64) -> u64 {
        let rank = (quantile * f64::from(self.total)).ceil().max(1.0) as u64;
        let mut count = 0;
        let reached = self.values.iter().find(|(_, more)| {
            count += u64::from(*more);
            count >= rank
        });
        reached.map_or(0, |(value, _)| u64::from(*value))
    }

    /// Every value and its count.
    pub(super) fn recorded(&self) -> Vec<(u64, u64)> {
        let values = self.values.iter();
        values
            .map(|(value, count)| (u64::from(*value), u64::from(*count)))
            .collect()
    }

    /// The same as a histogram with room for more.
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
        fn it_tells_what_a_histogram_would(
            digits in 1..=3_u8,
            values in prop::collection::vec((0..32_u32, any::<u32>()), 1..=MOST_EXACT),
            quantiles in prop::collection::vec(0.001..=1.0, 9),
        ) {
            let (mut few, mut histogram) = (SmallSample::new(digits), Histogram::<u64>::new(digits).expect("digits"));
            for (shift, value) in values {
                // Small values as often as large ones.
                let value = u64::from(value >> shift) / 2;
                histogram.record(value).expect("it grows");
                prop_assert!(few.record(value));
            }
            prop_assert_eq!(few.len(), histogram.len());
            for quantile in quantiles {
                prop_assert_eq!(few.value_at_quantile(quantile), histogram.value_at_quantile(quantile));
            }
            let recorded = histogram.iter_recorded();
            let recorded: Vec<_> = recorded.map(|it| (it.value_iterated_to(), it.count_at_value())).collect();
            prop_assert_eq!(few.recorded(), recorded);
            prop_assert_eq!(few.to_histogram().expect("room").len(), histogram.len());
        }
    }

    #[test]
    fn one_value_too_many_or_too_large_is_not_taken() {
        let mut few = SmallSample::new(2);
        assert!((1..=MOST as u64).all(|value| few.record(value)));
        assert!(!few.record(2_000));
        let mut exact = SmallSample::new(3);
        assert!((1..=MOST_EXACT as u64).all(|value| exact.record(value)));
        assert!(!exact.record(2_000));
        assert!(few.record(5), "one that is known");
        assert!(!SmallSample::new(3).record(u64::from(u32::MAX) + 1));
        few.total = u32::MAX;
        assert!(!few.record(5), "a counter might overflow");
        assert_eq!(few.len(), u64::from(u32::MAX));
    }
}
