//! When probes are sent and when they time out.

use std::time::Duration;

/// Schedule of the probes of each target.
#[derive(Clone, Copy, Debug)]
pub struct SchedulePlan {
    /// When the run ends by itself.
    pub limit: Limit,
    /// From the start of one probe to the start of the next; zero: the next starts when one has ended.
    pub interval: Duration,
    /// First probes of each target: shown, but in no statistic.
    pub warmup: u64,
    /// A probe without a reply fails after this.
    pub timeout: Duration,
    /// With a zero interval: probes in flight at once, per target.
    pub in_flight: usize,
    /// After the handshake: watch the connection this long for a reset or a close.
    pub hold: Option<Duration>,
    /// Interval of interim statistics.
    pub summary_every: Option<Duration>,
}

/// When a run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// After this many probes of each target, warm-up not counted.
    Count(u64),
    /// No probe starts later than this after the first.
    Duration(Duration),
    /// Never.
    Forever,
}

/// How fast probes follow one another, as far as sockets and the poller are set up differently for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Timer wake-ups are exact enough.
    Ordinary,
    /// An interval so short that a late wake-up would show: the poller busy-polls between probes.
    Dense(Duration),
    /// The next probe starts when one has ended (`-i 0`): sockets are reused, and what costs system calls is left out.
    Maximum,
}

/// The longest interval for which the poller busy-polls: timer wake-ups are often this late.
const DENSE: Duration = Duration::from_millis(1);

impl SchedulePlan {
    /// `count` probes of each target, `interval` apart, without warm-up.
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

    /// Whether the next probe waits for the end of the last (`-i 0`).
    pub fn is_closed_loop(&self) -> bool {
        self.interval.is_zero()
    }

    /// How fast probes of one target follow one another. Many targets at long intervals are no dense schedule,
    /// however many probes they make together.
    pub fn rate(&self) -> Rate {
        match self.interval {
            Duration::ZERO => Rate::Maximum,
            interval if interval <= DENSE => Rate::Dense(interval),
            _ => Rate::Ordinary,
        }
    }

    /// The least time the run takes, where that is known beforehand.
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
