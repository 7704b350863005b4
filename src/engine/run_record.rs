//! The run itself: start, end, stalls, skipped probes, wall clock steps.

use std::time::{Duration, Instant};

/// Record of a run, kept by the engine.
#[derive(Clone, Copy, Debug)]
pub struct RunRecord {
    /// Scheduled start of the first probe.
    pub started: Instant,
    /// End of the last probe.
    pub ended: Instant,
    /// Stopped by a signal (Ctrl-C, SIGTERM).
    pub interrupted: bool,
    /// Total time in which this process did not run: suspended, starved of CPU, or blocked on output.
    pub stalled: Duration,
    /// Total time by which sending fell behind the schedule, including at the end of the run.
    pub behind: Duration,
    /// Probes skipped because of `stalled` or `behind`.
    pub skipped: u64,
    /// Wall clock change against the monotonic clock, in seconds: the clock was set, or the machine was suspended.
    pub wall_clock_moved: f64,
    /// The limit of probes in flight, where file descriptors reduced it below the requested number.
    pub descriptor_cap: Option<usize>,
}

impl RunRecord {
    /// A run that starts now.
    pub fn starting(now: Instant) -> Self {
        Self {
            started: now,
            ended: now,
            interrupted: false,
            stalled: Duration::ZERO,
            behind: Duration::ZERO,
            skipped: 0,
            wall_clock_moved: 0.0,
            descriptor_cap: None,
        }
    }

    /// From start to end.
    pub fn duration(&self) -> Duration {
        self.ended.saturating_duration_since(self.started)
    }
}
