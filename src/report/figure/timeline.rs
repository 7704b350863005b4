//! A run in time.

use std::time::Instant;

use crate::clock::WallClock;
use crate::outcome::OutcomeKind;
use crate::stats;

/// Probes of one target at their times, with counts for a legend.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// What happened when.
    pub slices: stats::Timeline,
    /// How many probes ended in each way.
    pub counts: Vec<(OutcomeKind, u64)>,
    /// How many probes were sent.
    pub sent: u64,
    /// The fastest and the slowest reply in microseconds.
    pub latency: Option<(f64, f64)>,
    /// Start of the run.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// It is the only one of the document, which may take more bytes.
    pub is_only: bool,
    /// Probes without a reply are outages.
    pub has_outages: bool,
}
