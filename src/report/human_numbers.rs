//! Numbers in human-readable text.

use std::time::Duration;

/// Milliseconds with up to three decimals: 0.412, 12.345, 123.5, 1015.
pub(crate) fn ms(us: f64) -> String {
    let ms = us / 1e3;
    if ms < 99.9995 {
        format!("{ms:.3}")
    } else if ms < 999.95 {
        format!("{ms:.1}")
    } else {
        format!("{ms:.0}")
    }
}

/// As [`ms`], padded: decimal points of a column are aligned.
pub(crate) fn ms_aligned(duration: Duration) -> String {
    let text = ms(duration.as_secs_f64() * 1e6);
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len() + 1);
    format!(
        "{text:>width$}{:pad$}",
        "",
        width = 5 + decimals,
        pad = 4 - decimals
    )
}

/// As [`ms`]; `-` if absent.
pub(crate) fn ms_or_dash(us: Option<f64>) -> String {
    us.map_or_else(|| "-".to_owned(), ms)
}

/// A share in percent. Only exact shares are shown as 0.0 and 100.0.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    if part > 0 && share < 0.05 {
        "<0.1 %".to_owned()
    } else if part < whole && share >= 99.95 {
        ">99.9 %".to_owned()
    } else {
        format!("{share:.1} %")
    }
}

/// A confidence interval in percent; with decimals if it is narrow.
pub(crate) fn interval(low: f64, high: f64) -> String {
    if high - low < 2.0 {
        format!("{low:.2} to {high:.2}")
    } else {
        format!("{low:.0} to {high:.0}")
    }
}

/// `27 ms`, `6.2 s`.
pub(crate) fn duration(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// `1 probe`, `2 probes`, `2 replies`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if number == 1 => format!("{number} {noun}"),
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {noun}s"),
    }
}

/// `p50`, `p99.9`.
pub(crate) fn percentile_name(percent: f64) -> String {
    format!("p{percent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_has_three_decimals_below_100() {
        let shown: Vec<_> = [412.0, 12_345.0, 123_456.0, 1_015_000.0, 999_960.0]
            .map(ms)
            .into();
        assert_eq!(shown, ["0.412", "12.345", "123.5", "1015", "1000"]);
    }

    #[test]
    fn decimal_points_are_aligned() {
        let shown = [412, 123_456, 4_000_000].map(|us| ms_aligned(Duration::from_micros(us)));
        assert_eq!(shown, ["    0.412", "  123.5  ", " 4000    "]);
    }

    #[test]
    fn narrow_intervals_have_decimals() {
        assert_eq!(interval(18.76, 81.24), "19 to 81");
        assert_eq!(interval(0.0, 0.383), "0.00 to 0.38");
    }

    #[test]
    fn rounded_shares_are_never_0_or_100() {
        assert_eq!(percent(1, 6), "16.7 %");
        assert_eq!(percent(1, 100_000), "<0.1 %");
        assert_eq!(percent(99_999, 100_000), ">99.9 %");
        assert_eq!(percent(0, 6), "0.0 %");
        assert_eq!(percent(6, 6), "100.0 %");
    }
}
