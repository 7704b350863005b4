//! Callbacks for each probe and round of a trace.

use super::{DistanceBy, Path};
use crate::outcome::Sample;

/// What a probe measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbePurpose {
    /// Discovery sweep.
    Discovery,
    /// Hop distance of the host.
    Distance(DistanceBy),
    /// One flow in one round.
    Round {
        /// Index of the flow.
        flow: usize,
        /// From 1.
        round: u64,
    },
}

/// A finished probe.
#[derive(Clone, Copy, Debug)]
pub struct TraceProbe<'a> {
    /// What it measures.
    pub purpose: ProbePurpose,
    /// Its TTL; `None`: full TTL.
    pub ttl: Option<u8>,
    /// Its result.
    pub sample: &'a Sample,
}

/// Receives the events of a trace.
pub trait TraceObserver {
    /// A probe finished.
    fn probe_ended(&mut self, probe: &TraceProbe);
    /// A round starts; the discovery sweep is round 0.
    fn round_started(&mut self, _round: u64) {}
    /// The user requested interim statistics (SIGQUIT).
    fn statistics_requested(&mut self, _path: &Path) {}
}

/// Ignores all events.
impl TraceObserver for () {
    fn probe_ended(&mut self, _probe: &TraceProbe) {}
}
