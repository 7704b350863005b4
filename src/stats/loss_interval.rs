//! Loss, and how sure a sample can be of it.

/// The 97.5 % point of the normal distribution: 95 % lie within this many deviations on either side.
const Z: f64 = 1.959_963_985;

/// A share of failed probes with its 95 % interval, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Failed probes of all that count.
    pub percent: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Loss {
    /// The loss of `failed` probes out of `total`; none if there were none.
    ///
    /// The interval is Wilson's score interval (Wilson 1927), which holds for few probes and for
    /// shares near 0 and 100 %, where the usual approximation collapses to a point.
    pub fn of(failed: u64, total: u64) -> Option<Self> {
        if total == 0 {
            return None;
        }
        let (n, share) = (total as f64, failed as f64 / total as f64);
        let centre = share + Z * Z / (2.0 * n);
        let reach = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 100.0 / (1.0 + Z * Z / n);
        Some(Self {
            percent: 100.0 * share,
            low: ((centre - reach) * scale).clamp(0.0, 100.0 * share),
            high: ((centre + reach) * scale).clamp(100.0 * share, 100.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_intervals() {
        let half = Loss::of(3, 6).expect("six probes");
        assert!((half.low - 18.76).abs() < 0.01, "{half:?}");
        assert!((half.high - 81.24).abs() < 0.01, "{half:?}");
        let none = Loss::of(0, 20).expect("twenty probes");
        assert_eq!((none.percent, none.low), (0.0, 0.0));
        assert!((none.high - 16.11).abs() < 0.01, "{none:?}");
    }

    #[test]
    fn the_interval_always_holds_the_share() {
        for total in 1..50 {
            for failed in 0..=total {
                let loss = Loss::of(failed, total).expect("some probes");
                assert!(loss.low <= loss.percent && loss.percent <= loss.high);
                assert!(loss.low >= 0.0 && loss.high <= 100.0);
            }
        }
        assert_eq!(Loss::of(0, 0), None);
    }
}
