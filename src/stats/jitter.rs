//! Jitter: the mean absolute difference of successive round-trip times.

use std::time::Duration;

/// Mean absolute difference of successive values, in the order in which their probes ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jitter {
    previous: Option<Duration>,
    sum: Duration,
    count: u64,
}

impl Jitter {
    /// Adds the next value.
    pub fn record(&mut self, value: Duration) {
        if let Some(previous) = self.previous.replace(value) {
            self.sum += value.abs_diff(previous);
            self.count += 1;
        }
    }

    /// In microseconds; absent before the second value.
    pub fn mean_us(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.as_secs_f64() * 1e6 / self.count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_needs_two_values() {
        let mut jitter = Jitter::default();
        jitter.record(Duration::from_micros(100));
        assert_eq!(jitter.mean_us(), None);
        jitter.record(Duration::from_micros(140));
        jitter.record(Duration::from_micros(120));
        assert_eq!(jitter.mean_us(), Some(30.0));
    }
}
