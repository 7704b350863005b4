//! One probe of a timeline: send time, outcome, latency.

use std::time::{Duration, Instant};

use crate::outcome::{OutcomeKind, Sample};

/// One probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Send time in nanoseconds from the origin.
    pub(super) offset_ns: i64,
    pub(super) kind: OutcomeKind,
    /// Microseconds, to seven digits; infinite for a probe without a reply. An `Option<f32>` would make a point 24
    /// bytes, not 16.
    pub(super) latency_us: f32,
}

impl Point {
    #[allow(clippy::cast_possible_truncation)] // seven digits suffice
    pub(super) fn of(sample: &Sample, origin: Instant) -> Self {
        let outcome = &sample.result.outcome;
        let latency = sample.result.connect.filter(|_| outcome.is_answered());
        Self {
            offset_ns: offset_ns(origin, sample.sent_at),
            kind: outcome.kind(),
            latency_us: latency.map_or(f32::INFINITY, |it| (it.as_secs_f64() * 1e6) as f32),
        }
    }
}

/// From `origin` to `instant`, which may be earlier. 64 bits hold 292 years.
fn offset_ns(origin: Instant, instant: Instant) -> i64 {
    let ns = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match instant.checked_duration_since(origin) {
        Some(later) => ns(later),
        None => -ns(origin.saturating_duration_since(instant)),
    }
}

/// The inverse of [`offset_ns`].
pub(super) fn instant_at(origin: Instant, offset_ns: i64) -> Instant {
    let distance = Duration::from_nanos(offset_ns.unsigned_abs());
    if offset_ns < 0 {
        // `Instant` may not represent times before boot.
        origin.checked_sub(distance).unwrap_or(origin)
    } else {
        origin + distance
    }
}
