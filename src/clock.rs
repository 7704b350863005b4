//! Wall-clock labels for monotonic instants. Durations never come from here.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, Unit};

/// Turns [`Instant`]s into UTC time, anchored once at the start of the run.
///
/// A wall clock that is set during the run therefore never makes a report's times jump or run
/// backwards; [`WallClock::drift`] tells that it happened.
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

    /// Takes `instant` to have been at `time`.
    pub fn anchored(instant: Instant, time: Timestamp) -> Self {
        Self { instant, time }
    }

    /// When the run started.
    pub fn start_time(&self) -> Timestamp {
        self.time
    }

    /// The UTC time of `instant`, as the wall clock stood at the start.
    pub fn at(&self, instant: Instant) -> Timestamp {
        match instant.checked_duration_since(self.instant) {
            Some(later) => self.time.saturating_add(later),
            None => self
                .time
                .saturating_sub(self.instant.saturating_duration_since(instant)),
        }
        .unwrap_or(self.time)
    }

    /// The UTC time now, as the wall clock stood at the start.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// When `instant` was, for a reader: the time of day, with its date in a run that goes on after midnight.
    pub fn time_label(&self, instant: Instant) -> String {
        let (day, time) = day_and_time(self.at(instant));
        if day == day_and_time(self.time).0 {
            time
        } else {
            format!("{day} {time}")
        }
    }

    /// How far the wall clock has moved against the monotonic clock since the start, in seconds:
    /// it was set, or the machine slept.
    pub fn step_seconds(&self) -> f64 {
        let expected = self.at(Instant::now());
        (Timestamp::now().as_nanosecond() - expected.as_nanosecond()) as f64 / 1e9
    }
}

/// A smaller step of the wall clock cannot be told from the time that reading two clocks takes.
const STEP: Duration = Duration::from_micros(50);

/// Both clocks, read as close together as this machine manages.
#[derive(Clone, Copy, Debug)]
pub struct ClockReading {
    /// The monotonic clock.
    pub instant: Instant,
    /// The wall clock, as the time since 1970: what the kernel's time stamps are taken from.
    pub wall: Duration,
    /// How far apart the two readings may be.
    spread: Duration,
}

impl ClockReading {
    /// Reads both clocks now.
    pub fn now() -> Self {
        let first = Self::read();
        if first.spread < STEP {
            return first;
        }
        // This process lost the CPU between the readings; that hardly happens twice.
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

    /// The moment so much earlier, as the wall clock stood at this one.
    #[must_use]
    pub fn earlier(self, by: Duration) -> Self {
        Self {
            instant: self.instant.checked_sub(by).unwrap_or(self.instant),
            wall: self.wall.saturating_sub(by),
            ..self
        }
    }

    /// A moment so much later, with the wall clock set forward by `step` in between.
    #[cfg(test)]
    pub(crate) fn later(self, by: Duration, step: Duration) -> Self {
        Self {
            instant: self.instant + by,
            wall: self.wall + by + step,
            ..self
        }
    }

    /// Whether the wall clock kept step with the monotonic one until `later`: nobody set it in between, so the
    /// difference of two of its readings is a duration.
    pub fn is_steady_until(&self, later: &Self) -> bool {
        let monotonic = later.instant.saturating_duration_since(self.instant);
        let expected = self.wall + monotonic;
        later.wall.abs_diff(expected) <= STEP + self.spread + later.spread
    }
}

/// RFC 3339 in UTC, to the millisecond: `2026-11-20T12:00:03.512Z`.
pub fn rfc3339(time: Timestamp) -> String {
    format!("{:.3}", rounded(time, Unit::Millisecond))
}

/// Date and time of day in UTC, to the second: `2026-11-20 12:00:03Z`.
pub fn date_and_time(time: Timestamp) -> String {
    let text = format!("{:.0}", rounded(time, Unit::Second));
    text.replacen('T', " ", 1)
}

fn day_and_time(time: Timestamp) -> (String, String) {
    let text = date_and_time(time);
    let (day, time) = text.split_once(' ').unwrap_or(("", &text));
    (day.to_owned(), time.to_owned())
}

/// Cut, not rounded up: 12:00:03.9 is still second 3.
fn rounded(time: Timestamp, unit: Unit) -> Timestamp {
    let cut = jiff::TimestampRound::new()
        .smallest(unit)
        .mode(jiff::RoundMode::Trunc);
    time.round(cut).unwrap_or(time)
}

/// A duration as people write it: `250 ms`, `1 s`, `1.5 s`.
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

    fn moment(start: Instant, monotonic_ms: u64, wall_ms: u64) -> ClockReading {
        ClockReading {
            instant: start + Duration::from_millis(monotonic_ms),
            wall: Duration::from_secs(1_700_000_000) + Duration::from_millis(wall_ms),
            spread: Duration::ZERO,
        }
    }

    #[test]
    fn a_wall_clock_that_was_set_is_noticed_whichever_way() {
        let start = Instant::now();
        let before = moment(start, 0, 0);
        assert!(before.is_steady_until(&moment(start, 20, 20)));
        assert!(!before.is_steady_until(&moment(start, 20, 21)), "forwards");
        assert!(!before.is_steady_until(&moment(start, 20, 5)), "backwards");
        assert!(ClockReading::now().is_steady_until(&ClockReading::now()));
    }

    #[test]
    fn labels_follow_the_monotonic_clock() {
        let clock = WallClock::start();
        let later = clock.at(clock.instant + Duration::from_secs(90));
        assert_eq!((later.as_second() - clock.time.as_second()), 90);
        assert!(clock.step_seconds().abs() < 60.0);
    }

    #[test]
    fn times_are_cut_and_say_utc() {
        let time: Timestamp = "2026-11-20T12:00:03.9996Z".parse().expect("a valid time");
        assert_eq!(rfc3339(time), "2026-11-20T12:00:03.999Z");
        assert_eq!(date_and_time(time), "2026-11-20 12:00:03Z");
    }

    #[test]
    fn another_day_is_named() {
        let evening: Timestamp = "2026-11-20T23:59:00Z".parse().expect("a valid time");
        let clock = WallClock::anchored(Instant::now(), evening);
        assert_eq!(clock.time_label(clock.instant), "23:59:00Z");
        let night = clock.instant + Duration::from_secs(120);
        assert_eq!(clock.time_label(night), "2026-11-21 00:01:00Z");
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(format_duration(Duration::from_micros(250)), "250 us");
        assert_eq!(format_duration(Duration::from_millis(250)), "250 ms");
        assert_eq!(format_duration(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(format_duration(Duration::from_secs(120)), "120 s");
    }
}
