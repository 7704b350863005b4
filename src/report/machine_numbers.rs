//! Numbers in the data formats: exact, in base units.

use std::net::IpAddr;
use std::time::Duration;

use crate::outcome::{Outcome, UnreachableBy};

/// Percentiles of a summary: in percent, as a column name, as a quantile.
pub(crate) const PERCENTILES: [(f64, &str, &str); 5] = [
    (50.0, "p50", "0.5"),
    (90.0, "p90", "0.9"),
    (95.0, "p95", "0.95"),
    (99.0, "p99", "0.99"),
    (99.9, "p999", "0.999"),
];

/// A duration in microseconds.
pub(crate) fn us(duration: Duration) -> f64 {
    rounded(duration.as_nanos() as f64 / 1e3)
}

/// Rounds to three decimals: microseconds to nanoseconds, the resolution of the clocks.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Microseconds as seconds, to the nanosecond: `0.000412`.
pub(crate) fn seconds(us: f64) -> String {
    let text = format!("{:.9}", us / 1e6);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Sender of the ICMP error that ended a probe.
pub(crate) fn sender(outcome: &Outcome) -> Option<IpAddr> {
    match outcome {
        Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => icmp.from,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_no_trailing_zeros() {
        let shown = [412.0, 0.001, 4e6, 1_015_000.0, 0.0].map(seconds);
        assert_eq!(shown, ["0.000412", "0.000000001", "4", "1.015", "0"]);
    }

    #[test]
    fn us_keeps_nanoseconds() {
        assert!((us(Duration::from_nanos(1_234_567)) - 1234.567).abs() < 1e-9);
    }
}
