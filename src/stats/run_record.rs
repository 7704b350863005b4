//! The record of a run as a whole.

use std::time::{Duration, Instant};

/// How a run went, seen from the engine.
#[derive(Clone, Copy, Debug)]
pub struct RunRecord {
    /// When the first probe was due.
    pub started: Instant,
    /// When the last one had ended.
    pub ended: Instant,
    /// The user stopped it.
    pub interrupted: bool,
    /// Time in which this process stood still: stopped, starved, or held up by its output.
    pub stalled: Duration,
    /// Time by which the schedule ran ahead of what this machine could send, at the end of the run, too.
    pub behind: Duration,
    /// Probes that were left out for either.
    pub skipped: u64,
    /// How far the wall clock moved against the monotonic one, in seconds: it was set, or the machine slept.
    pub wall_clock_moved: f64,
    /// Fewer probes were under way at once than wanted: this many, for lack of descriptors.
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
}
