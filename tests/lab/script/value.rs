//! Values in scripts: numbers, durations, ICMP types and codes.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

pub(crate) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

/// `20ms`, `1.5s` or `2`, in seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let count: f64 = digits
        .parse()
        .map_err(|_| format!("{text:?} is no duration"))?;
    Ok(Duration::from_secs_f64(count * unit))
}

/// `3/13`: ICMP type and code.
pub(crate) fn icmp_type_code(text: &str) -> Result<(u8, u8), String> {
    let (icmp_type, code) = text
        .split_once('/')
        .ok_or("ICMP is TYPE/CODE, as in 3/13")?;
    Ok((number(icmp_type)?, number(code)?))
}

/// A duration as the value of a TOML key.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DurationValue(pub(crate) Duration);

impl TryFrom<String> for DurationValue {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        duration(&text).map(Self)
    }
}
