//! What a trace is to do.

use crate::plan::{JsonOnly, OutputPlan, PathPlan, TargetPlan};

/// A trace of one path.
#[derive(Clone, Debug)]
pub struct TracePlan {
    /// One host and one port.
    pub target: TargetPlan,
    /// Rounds, flows, packets.
    pub path: PathPlan,
    /// Look up the names of routers.
    pub names: bool,
    /// Formats and files.
    pub output: OutputPlan<JsonOnly>,
}
