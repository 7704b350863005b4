//! Schedule: intervals, limits, timeouts.

use std::time::Duration;

/// Schedule of probes, per target.
#[derive(Clone, Copy, Debug)]
pub struct SchedulePlan {
    /// When the run ends.
    pub limit: Limit,
    /// Interval between the starts of probes; zero: closed loop, the next probe starts when one has ended.
    pub interval: Duration,
    /// Warm-up probes per target: shown, not counted.
    pub warmup: u64,
    /// Timeout of a probe.
    pub timeout: Duration,
    /// In a closed loop: probes in flight per target.
    pub in_flight: usize,
    /// Time to watch an established connection for RST or FIN.
    pub hold: Option<Duration>,
    /// Interval of interim statistics.
    pub summary_every: Option<Duration>,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// After this many probes per target, without warm-up.
    Count(u64),
    /// No probe starts after this time.
    Duration(Duration),
    /// Never.
    Forever,
}

/// Probe rate; sockets and the poller are set up accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Timer wake-ups are accurate enough.
    Ordinary,
    /// Short interval: the poller busy-polls between probes.
    Dense(Duration),
    /// Closed loop (`-i 0`): sockets are reused, optional system calls omitted.
    Maximum,
}

/// Maximum of a duration, about 31 years: instants stay representable.
pub const MAX_DURATION: Duration = Duration::from_secs(1_000_000_000);

/// Maximum interval for busy-polling: timer wake-ups are often late by this much.
const MAX_DENSE_INTERVAL: Duration = Duration::from_millis(1);

impl SchedulePlan {
    /// `count` probes per target at `interval`, without warm-up.
    pub fn probes(count: u64, interval: Duration, timeout: Duration) -> Self {
        Self {
            limit: Limit::Count(count),
            interval,
            warmup: 0,
            timeout,
            in_flight: 1,
            hold: None,
            summary_every: None,
        }
    }

    /// Whether the next probe starts when one has ended (`-i 0`).
    pub fn is_closed_loop(&self) -> bool {
        self.interval.is_zero()
    }

    /// Rate of one target. Many targets at long intervals are not dense.
    pub fn rate(&self) -> Rate {
        match self.interval {
            Duration::ZERO => Rate::Maximum,
            interval if interval <= MAX_DENSE_INTERVAL => Rate::Dense(interval),
            _ => Rate::Ordinary,
        }
    }

    /// Minimum duration of the run, if known.
    pub fn expected_duration(&self) -> Option<Duration> {
        match self.limit {
            Limit::Count(_) if self.is_closed_loop() => None,
            Limit::Count(count) => {
                let probes = count.saturating_add(self.warmup);
                let probes = u32::try_from(probes).unwrap_or(u32::MAX);
                self.interval.checked_mul(probes)
            }
            Limit::Duration(duration) => Some(duration),
            Limit::Forever => None,
        }
    }
}
