//! Axes: positions of values, ticks.

use jiff::Timestamp;

use crate::clock::rfc3339;

/// Approximate maximum number of ticks.
const TICKS: f64 = 6.0;

/// From this ratio on, ticks at 1, 2, 5, 10, ...; below it, equidistant ticks.
const DECADE_RATIO: f64 = 20.0;

/// From this ratio on, ticks at powers of ten only.
const POWERS_RATIO: f64 = 1000.0;

/// A logarithmic axis for microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogScale {
    low: f64,
    high: f64,
}

/// A tick.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct Tick {
    /// Position: 0 at the low end, 1 at the high end.
    pub(in crate::report) position: f64,
    pub(in crate::report) label: String,
}

impl LogScale {
    /// A scale around these values with a margin. The ends differ at least by the factor `ratio`: small differences
    /// stay small.
    pub(crate) fn around(min: f64, max: f64, ratio: f64) -> Self {
        // 1 ns: the resolution of the clocks.
        let (min, max) = (min.max(1e-3), max.max(1e-3));
        let widening = (ratio * min / max).max(1.0).sqrt();
        let margin = widening * (max / min).max(ratio).powf(0.06);
        Self {
            low: min / margin,
            high: max * margin,
        }
    }

    /// Position of a value: 0 at the low end, 1 at the high end.
    pub(in crate::report) fn position(self, us: f64) -> f64 {
        let share = (us.max(1e-3) / self.low).ln() / (self.high / self.low).ln();
        share.clamp(0.0, 1.0)
    }

    /// The value at a position.
    pub(in crate::report) fn value(self, position: f64) -> f64 {
        self.low * (self.high / self.low).powf(position)
    }

    /// Ticks, labelled in milliseconds.
    pub(in crate::report) fn ticks(self) -> Vec<Tick> {
        let values = match self.high / self.low {
            ratio if ratio < DECADE_RATIO => self.even_values(),
            ratio if ratio < POWERS_RATIO => self.decades(&[1.0, 2.0, 5.0]),
            _ => self.decades(&[1.0]),
        };
        let inside = values
            .into_iter()
            .filter(|us| (self.low..=self.high).contains(us));
        inside
            .map(|us| Tick {
                position: self.position(us),
                label: label_ms(us),
            })
            .collect()
    }

    #[allow(clippy::cast_possible_truncation)] // a handful of steps
    fn even_values(self) -> Vec<f64> {
        let step = round_step((self.high - self.low) / TICKS);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        (first as i64..=last as i64)
            .map(|n| n as f64 * step)
            .collect()
    }

    #[allow(clippy::cast_possible_truncation)] // exponents
    fn decades(self, digits: &[f64]) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor(), self.high.log10().ceil());
        let powers = (first as i32..=last as i32).map(|power| 10_f64.powi(power));
        powers
            .flat_map(|power| digits.iter().map(move |digit| digit * power))
            .collect()
    }
}

/// The next of 1, 2, 5, 10, ... times a power of ten.
fn round_step(at_least: f64) -> f64 {
    let power = 10_f64.powf(at_least.log10().floor());
    let digits = [1.0, 2.0, 5.0];
    let fitting = digits
        .into_iter()
        .find(|digit| digit * power >= at_least * 0.999);
    fitting.unwrap_or(10.0) * power
}

/// Microseconds as milliseconds, without trailing zeros.
fn label_ms(us: f64) -> String {
    let text = format!("{:.6}", us / 1e3);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Steps of a time axis, in milliseconds, from a millisecond to four weeks.
const TIME_STEPS: [i64; 32] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    10_800_000,
    21_600_000,
    43_200_000,
    DAY,
    2 * DAY,
    4 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
];

const DAY: i64 = 86_400_000;

/// Ticks of a time axis, in UTC.
pub(in crate::report) fn time_ticks(from: Timestamp, to: Timestamp) -> Vec<Tick> {
    let (begin, end) = (from.as_millisecond(), to.as_millisecond());
    let span = (end - begin).max(1);
    let fitting = TIME_STEPS
        .into_iter()
        .find(|step| span as f64 <= *step as f64 * TICKS);
    let longest = (span / (6 * DAY) + 1) * DAY;
    let step = fitting.unwrap_or(longest);
    let first = -(-begin).div_euclid(step);
    let times = (first..).map(|n| n * step).take_while(|at| *at <= end);
    times
        .map(|at| Tick {
            position: (at - begin) as f64 / span as f64,
            label: label_time(at, step),
        })
        .collect()
}

/// The part of a time that the step needs: `12:00:03.200`, `12:00:03`, `12:00`, `11-20`.
fn label_time(at: i64, step: i64) -> String {
    let text = Timestamp::from_millisecond(at).map_or_else(|_| String::new(), rfc3339);
    let part = match step {
        ..1_000 => 11..23,
        1_000..60_000 => 11..19,
        60_000..DAY => 11..16,
        _ => 5..10,
    };
    text.get(part).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        let ticks = LogScale::around(low, high, 1.2).ticks();
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn any_range_has_a_few_ticks() {
        assert_eq!(labels(405.0, 1_015_000.0), ["1", "10", "100", "1000"]);
        assert_eq!(labels(400.0, 30_000.0), ["0.5", "1", "2", "5", "10", "20"]);
        assert_eq!(
            labels(391.0, 450.0),
            ["0.38", "0.4", "0.42", "0.44", "0.46"]
        );
        for (low, high) in [(0.0, 0.0), (1.0, 1.0), (3.0, 7e9), (16.0, 90.0)] {
            let count = labels(low, high).len();
            assert!((2..=12).contains(&count), "{low} to {high}: {count}");
        }
    }

    #[test]
    fn value_is_the_inverse_of_position() {
        let scale = LogScale::around(100.0, 1_000_000.0, 2.0);
        for us in [100.0, 5_000.0, 1_000_000.0] {
            let position = scale.position(us);
            assert!((0.0..=1.0).contains(&position));
            assert!((scale.value(position) / us - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn time_ticks_are_round_and_within_the_axis() {
        let labels = |from: &str, to: &str| {
            let [from, to] = [from, to].map(|time| time.parse().expect("a time"));
            let ticks = time_ticks(from, to);
            assert!(
                ticks
                    .iter()
                    .all(|tick| (0.0..=1.0).contains(&tick.position))
            );
            let labels: Vec<_> = ticks.into_iter().map(|tick| tick.label).collect();
            labels
        };
        let eight = labels("2026-11-20T12:00:03.5Z", "2026-11-20T12:00:11.5Z");
        assert_eq!(eight, ["12:00:04", "12:00:06", "12:00:08", "12:00:10"]);
        let short = labels("2026-11-20T12:00:03.111Z", "2026-11-20T12:00:03.121Z");
        assert_eq!(short.first().map(String::as_str), Some("12:00:03.112"));
        let days = labels("2026-11-20T12:00:03Z", "2026-11-24T12:00:00Z");
        assert_eq!(days, ["11-21", "11-22", "11-23", "11-24"]);
        let years = labels("2006-11-20T12:00:03Z", "2026-11-24T12:00:00Z");
        assert!((4..=7).contains(&years.len()), "{years:?}");
    }
}
