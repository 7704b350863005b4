//! Clocks: UTC labels for monotonic instants, paired readings of both clocks, time formats. Durations never come from
//! the wall clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, Unit};

/// Converts [`Instant`]s to UTC, anchored at the start of the run.
///
/// Times stay monotonic if the wall clock is set during the run; [`WallClock::step_seconds`] is the change.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    instant: Instant,
    time: Timestamp,
}

impl WallClock {
    /// Reads both clocks now.
    pub fn start() -> Self {
        Self::anchored(Instant::now(), Timestamp::now())
    }

    /// Anchored at `instant` = `time`.
    pub fn anchored(instant: Instant, time: Timestamp) -> Self {
        Self { instant, time }
    }

    /// Start of the run.
    pub fn start_time(&self) -> Timestamp {
        self.time
    }

    /// UTC of `instant` by the wall clock at the start.
    pub fn at(&self, instant: Instant) -> Timestamp {
        match instant.checked_duration_since(self.instant) {
            Some(later) => self.time.saturating_add(later),
            None => self
                .time
                .saturating_sub(self.instant.saturating_duration_since(instant)),
        }
        .unwrap_or(self.time)
    }

    /// UTC now by the wall clock at the start.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// Time of day of `instant` in UTC, with the date if it is not that of the start.
    pub fn time_label(&self, instant: Instant) -> String {
        let (day, time) = day_and_time(self.at(instant));
        if day == day_and_time(self.time).0 {
            time
        } else {
            format!("{day} {time}")
        }
    }

    /// Change of the wall clock against the monotonic clock since the start, in seconds: the clock was set, or the
    /// machine was suspended.
    pub fn step_seconds(&self) -> f64 {
        let expected = self.at(Instant::now());
        (Timestamp::now().as_nanosecond() - expected.as_nanosecond()) as f64 / 1e9
    }
}

/// Smallest detectable step of the wall clock: reading both clocks takes up to this long.
const MIN_STEP: Duration = Duration::from_micros(50);

/// Readings of both clocks, taken back to back.
#[derive(Clone, Copy, Debug)]
pub struct ClockReading {
    /// Monotonic clock.
    pub instant: Instant,
    /// Wall clock since 1970, the clock of kernel timestamps.
    pub wall: Duration,
    /// Upper bound of the time between the readings.
    spread: Duration,
}

impl ClockReading {
    /// Reads both clocks now.
    pub fn now() -> Self {
        let first = Self::read();
        if first.spread < MIN_STEP {
            return first;
        }
        // Preempted between the readings: once more.
        let second = Self::read();
        if second.spread < first.spread {
            second
        } else {
            first
        }
    }

    fn read() -> Self {
        let instant = Instant::now();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            instant,
            wall: wall.unwrap_or_default(),
            spread: instant.elapsed(),
        }
    }

    /// The reading `by` earlier, without a clock step in between.
    #[must_use]
    pub fn earlier(self, by: Duration) -> Self {
        Self {
            instant: self.instant.checked_sub(by).unwrap_or(self.instant),
            wall: self.wall.saturating_sub(by),
            ..self
        }
    }

    /// A reading `by` later, with the wall clock set forward by `step` in between.
    #[cfg(test)]
    pub(crate) fn later(self, by: Duration, step: Duration) -> Self {
        Self {
            instant: self.instant + by,
            wall: self.wall + by + step,
            ..self
        }
    }

    /// Whether the wall clock was not stepped until `later`: the difference of two wall clock times is a duration then.
    pub fn is_steady_until(&self, later: &Self) -> bool {
        let monotonic = later.instant.saturating_duration_since(self.instant);
        let expected = self.wall + monotonic;
        later.wall.abs_diff(expected) <= MIN_STEP + self.spread + later.spread
    }
}

/// RFC 3339 in UTC, to the millisecond: `2026-11-20T12:00:03.512Z`.
pub fn rfc3339(time: Timestamp) -> String {
    format!("{:.3}", truncated(time, Unit::Millisecond))
}

/// Date and time of day in UTC, to the second: `2026-11-20 12:00:03Z`.
pub fn date_and_time(time: Timestamp) -> String {
    let text = format!("{:.0}", truncated(time, Unit::Second));
    text.replacen('T', " ", 1)
}

/// `2026-11-20 12:00:03Z to 12:00:11Z`; the day of the end only where it is another one.
pub fn period(from: Timestamp, to: Timestamp) -> String {
    let (from, to) = (date_and_time(from), date_and_time(to));
    let until = match to.split_once(' ') {
        Some((day, time)) if from.starts_with(day) => time.to_owned(),
        _ => to,
    };
    format!("{from} to {until}")
}

fn day_and_time(time: Timestamp) -> (String, String) {
    let text = date_and_time(time);
    let (day, time) = text.split_once(' ').unwrap_or(("", &text));
    (day.to_owned(), time.to_owned())
}

/// Truncates: 12:00:03.9 is second 3.
fn truncated(time: Timestamp, unit: Unit) -> Timestamp {
    let truncate = jiff::TimestampRound::new()
        .smallest(unit)
        .mode(jiff::RoundMode::Trunc);
    time.round(truncate).unwrap_or(time)
}

/// Formats a duration: `250 ms`, `1 s`, `1.5 s`.
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1e-3 {
        format!("{} us", trimmed(seconds * 1e6))
    } else if seconds < 1.0 {
        format!("{} ms", trimmed(seconds * 1e3))
    } else {
        format!("{} s", trimmed(seconds))
    }
}

/// At most three decimals, no trailing zeros.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(start: Instant, monotonic_ms: u64, wall_ms: u64) -> ClockReading {
        ClockReading {
            instant: start + Duration::from_millis(monotonic_ms),
            wall: Duration::from_secs(1_700_000_000) + Duration::from_millis(wall_ms),
            spread: Duration::ZERO,
        }
    }

    #[test]
    fn wall_clock_steps_are_detected() {
        let start = Instant::now();
        let before = reading(start, 0, 0);
        assert!(before.is_steady_until(&reading(start, 20, 20)));
        assert!(!before.is_steady_until(&reading(start, 20, 21)), "forwards");
        assert!(!before.is_steady_until(&reading(start, 20, 5)), "backwards");
        assert!(ClockReading::now().is_steady_until(&ClockReading::now()));
    }

    #[test]
    fn utc_follows_the_monotonic_clock() {
        let clock = WallClock::start();
        let later = clock.at(clock.instant + Duration::from_secs(90));
        assert_eq!((later.as_second() - clock.time.as_second()), 90);
        assert!(clock.step_seconds().abs() < 60.0);
    }

    #[test]
    fn times_are_truncated_and_marked_utc() {
        let time: Timestamp = "2026-11-20T12:00:03.9996Z".parse().expect("a valid time");
        assert_eq!(rfc3339(time), "2026-11-20T12:00:03.999Z");
        assert_eq!(date_and_time(time), "2026-11-20 12:00:03Z");
    }

    #[test]
    fn time_labels_after_midnight_have_the_date() {
        let evening: Timestamp = "2026-11-20T23:59:00Z".parse().expect("a valid time");
        let clock = WallClock::anchored(Instant::now(), evening);
        assert_eq!(clock.time_label(clock.instant), "23:59:00Z");
        let night = clock.instant + Duration::from_secs(120);
        assert_eq!(clock.time_label(night), "2026-11-21 00:01:00Z");
    }

    #[test]
    fn durations_have_one_unit() {
        assert_eq!(format_duration(Duration::from_micros(250)), "250 us");
        assert_eq!(format_duration(Duration::from_millis(250)), "250 ms");
        assert_eq!(format_duration(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(format_duration(Duration::from_secs(120)), "120 s");
    }
}
