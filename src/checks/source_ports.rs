//! Source ports: whether some of them never get a reply (ECMP, per-flow filters).

use std::time::Duration;

use super::context::CheckContext;
use super::path_trace;
use super::source_port_split::{FLOWS, SourcePortSplit};
use crate::hosts::Target;
use crate::path::Path;
use crate::plan::PathPlan;

/// Probes per source port.
const ROUNDS: u64 = 6;

/// Full-TTL probes from many source ports.
pub(super) fn check(context: &CheckContext, target: &Target) -> Option<Path> {
    let plan = PathPlan {
        rounds: Some(ROUNDS),
        interval: Duration::from_millis(100),
        timeout: Duration::from_millis(700),
        flows: FLOWS,
        full_ttl_only: true,
        ..path_trace::plan(context, SourcePortSplit::Flows)
    };
    path_trace::trace(context, target, plan).map(|(path, _)| path)
}
