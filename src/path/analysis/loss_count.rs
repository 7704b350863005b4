//! Lost and sent probes, and the statistics of their ratio.

use std::iter::Sum;
use std::ops::Add;

use crate::path::Hop;

/// Lost and sent probes.
#[derive(Clone, Copy, Debug, Default)]
pub struct LossCount {
    /// Probes without a reply.
    pub lost: u64,
    /// All probes.
    pub sent: u64,
}

impl Add for LossCount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            sent: self.sent + other.sent,
        }
    }
}

impl Sum for LossCount {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Self::add)
    }
}

/// Critical value of the standard normal distribution, two-sided, 99 %.
const Z_99: f64 = 2.576;

impl LossCount {
    /// Of the probes with one TTL.
    pub fn of(hop: &Hop) -> Self {
        Self {
            lost: hop.sent.saturating_sub(hop.answered),
            sent: hop.sent,
        }
    }

    /// Observed loss ratio.
    pub(super) fn rate(self) -> f64 {
        self.lost as f64 / self.sent as f64
    }

    /// Estimated loss rate, above 0 also for few probes without loss: the posterior mean with Jeffreys' prior.
    pub(in crate::path) fn estimated_rate(self) -> f64 {
        (self.lost as f64 + 0.5) / (self.sent as f64 + 1.0)
    }

    /// Log-likelihood of these counts at a loss rate.
    pub(super) fn log_likelihood(self, rate: f64) -> f64 {
        let term = |count: u64, probability: f64| match count {
            0 => 0.0,
            count => count as f64 * probability.ln(),
        };
        term(self.lost, rate) + term(self.sent - self.lost, 1.0 - rate)
    }

    /// Whether the loss rate is significantly higher than another: two-proportion z-test, 99 %.
    pub(super) fn is_significantly_above(self, other: Self) -> bool {
        if self.lost == 0 || self.sent == 0 || other.sent == 0 {
            return false;
        }
        let pooled = (self + other).rate();
        let variance = pooled * (1.0 - pooled) * (1.0 / self.sent as f64 + 1.0 / other.sent as f64);
        self.rate() - other.rate() > Z_99 * variance.sqrt()
    }
}
