//! Number, interval and timeout of the probes of a check.

use std::time::Duration;

use super::source_port_split::TARGET_PORT_PROBES;
use crate::plan::SchedulePlan;

/// How often a stop request is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Timeout of probes to the target: longer than a failed neighbour lookup (3.06 s), which is not a missing reply.
pub(super) const TARGET_TIMEOUT: Duration = Duration::from_millis(3500);

/// Timeout of auxiliary probes: a firewall that drops them must not delay the diagnosis.
pub(super) const AUXILIARY_TIMEOUT: Duration = Duration::from_millis(1200);

/// Timeout of the loss survey: before the first SYN retransmission after 1 s (RFC 6298 section 2), which would hide a
/// lost SYN.
pub(super) const SURVEY_TIMEOUT: Duration = Duration::from_millis(900);

/// Number, interval and timeout of the probes of a check.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchTiming {
    /// Probes per target.
    pub(super) count: u64,
    /// Start to start.
    pub(super) interval: Duration,
    /// Reply timeout.
    pub(super) timeout: Duration,
    /// After connecting: how long to watch for a reset or a close.
    pub(super) hold: Option<Duration>,
}

impl BatchTiming {
    /// Probes to the target. Each has its own source port, so that one bad ECMP path shows.
    pub(super) const TARGET: Self = Self {
        count: TARGET_PORT_PROBES as u64,
        interval: Duration::from_millis(150),
        timeout: TARGET_TIMEOUT,
        hold: Some(Duration::from_millis(300)),
    };

    /// Auxiliary probes.
    pub(super) const AUXILIARY: Self = Self {
        count: 3,
        interval: Duration::from_millis(150),
        timeout: AUXILIARY_TIMEOUT,
        hold: None,
    };

    pub(super) fn schedule(self) -> SchedulePlan {
        SchedulePlan {
            hold: self.hold,
            summary_every: Some(CHECK_INTERVAL),
            ..SchedulePlan::probes(self.count, self.interval, self.timeout)
        }
    }
}
