//! Packet loss with its 95 % confidence interval: the Wilson score interval.

/// 97.5 % quantile of the standard normal distribution: a two-sided 95 % interval.
const Z: f64 = 1.959_963_985;

/// Share of failed probes with its 95 % confidence interval, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Failed probes per 100 counted ones.
    pub percent: f64,
    /// Lower bound of the interval.
    pub low: f64,
    /// Upper bound of the interval.
    pub high: f64,
}

impl Loss {
    /// Loss of `failed` probes out of `total`; absent if `total` is 0.
    ///
    /// Wilson score interval (Wilson 1927, <https://doi.org/10.1080/01621459.1927.10502953>). It holds for few probes
    /// and for shares near 0 and 100 %, where the normal approximation (Wald interval) has zero width.
    pub fn of(failed: u64, total: u64) -> Option<Self> {
        if total == 0 {
            return None;
        }
        let (n, share) = (total as f64, failed as f64 / total as f64);
        let centre = share + Z * Z / (2.0 * n);
        let half_width = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 100.0 / (1.0 + Z * Z / n);
        Some(Self {
            percent: 100.0 * share,
            low: ((centre - half_width) * scale).clamp(0.0, 100.0 * share),
            high: ((centre + half_width) * scale).clamp(100.0 * share, 100.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_intervals() {
        let half = Loss::of(3, 6).expect("six probes");
        assert!((half.low - 18.76).abs() < 0.01, "{half:?}");
        assert!((half.high - 81.24).abs() < 0.01, "{half:?}");
        let none = Loss::of(0, 20).expect("twenty probes");
        assert_eq!((none.percent, none.low), (0.0, 0.0));
        assert!((none.high - 16.11).abs() < 0.01, "{none:?}");
    }

    #[test]
    fn interval_contains_the_measured_share() {
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
