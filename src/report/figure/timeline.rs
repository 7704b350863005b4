//! Probes over time.

use std::time::Instant;

use crate::clock::WallClock;
use crate::outcome::OutcomeKind;
use crate::stats;

/// Probes of one target over time, with counts for the legend.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Outcomes over time.
    pub slices: stats::Timeline,
    /// Probes per outcome.
    pub counts: Vec<(OutcomeKind, u64)>,
    /// Probes sent.
    pub sent: u64,
    /// The fastest and the slowest reply in microseconds.
    pub latency: Option<(f64, f64)>,
    /// Start of the run.
    pub from: Instant,
    /// End of the run.
    pub to: Instant,
    /// Converts instants to UTC.
    pub clock: WallClock,
    /// The only timeline of the document: it may be larger.
    pub is_only: bool,
    /// Probes without a reply count as outages.
    pub has_outages: bool,
}
