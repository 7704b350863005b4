//! Path to a port: hops, flows, where probes end, and hop distance of the responder.
//!
//! Probes use the real protocol and the real port, with every TTL from 1 on ([`crate::probe::ProbeOverride`]):
//! 1. The discovery sweep sends all TTLs in parallel, each from its own source port. It measures path length and delay.
//! 2. Each round probes every flow hop by hop. A flow keeps its source port: ECMP hashes the 5-tuple, and TCP allows
//!    one socket per 5-tuple.
//! 3. The loss survey sends many probes to each hop, each from its own source port. It locates loss.
//!
//! The path end is the nearest device that sends a final reply or rejects. A full-TTL probe has the socket's usual TTL.

mod analysis;
mod distance;
#[cfg(test)]
pub(crate) mod fixture;
mod flow;
mod hop;
mod observer;
mod reverse_dns;
mod tracer;

use crate::hosts::Target;
use crate::outcome::Outcome;

pub use analysis::{
    LossCount, LossOnset, PathAnalysis, PathEnd, PathNote, Responder, RoutingLoop, analyze,
    describe_rejecting_hop, loss_per_hop, merged_hops,
};
pub use distance::{Distance, DistanceBy};
pub use flow::Flow;
pub use hop::{FinalReply, Hop, HopReply, ReplyKind};
pub use observer::{ProbePurpose, TraceObserver, TraceProbe};
pub use reverse_dns::RouterNames;
pub use tracer::Tracer;

/// Measurements of the path to one target.
#[derive(Clone, Debug)]
pub struct Path {
    /// Target of the probes.
    pub target: Target,
    /// Hops of the discovery sweep.
    pub discovery_hops: Vec<Hop>,
    /// Outcome of the discovery sweep's full-TTL probe.
    pub full_ttl_outcome: Option<Outcome>,
    /// Hops from TTL 1 on, all flows merged.
    pub hops: Vec<Hop>,
    /// Flows, one per source port.
    pub flows: Vec<Flow>,
    /// Hop distance of the host, measured with probes other than those to the port.
    pub host_distance: Option<Distance>,
    /// Hops of that measurement.
    pub host_hops: Vec<Hop>,
    /// Loss survey: each probe from its own source port (`port` is 0). Echoes answered by the gateway count at hop 1.
    pub survey: Option<Flow>,
    /// Rounds started.
    pub rounds: u64,
    /// Probes that left. A kernel's own packets (retransmissions, connection close) are not counted.
    pub sent: u64,
    /// Stopped by the user before the last round.
    pub interrupted: bool,
}

impl Path {
    /// A path without measurements.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            discovery_hops: Vec::new(),
            full_ttl_outcome: None,
            hops: Vec::new(),
            flows: Vec::new(),
            host_distance: None,
            host_hops: Vec::new(),
            survey: None,
            rounds: 0,
            sent: 0,
            interrupted: false,
        }
    }
}
