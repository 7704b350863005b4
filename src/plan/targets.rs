//! Which hosts and ports, and which of their addresses.

use std::time::Duration;

use crate::hosts::TargetSpec;
use crate::hosts::resolve::Family;

/// Targets as they were typed, and how their names are resolved.
#[derive(Clone, Debug, Default)]
pub struct TargetPlan {
    /// Hosts and ports, not yet resolved.
    pub specs: Vec<TargetSpec>,
    /// IPv4, IPv6 or either.
    pub family: Family,
    /// Every address of a name instead of the first.
    pub all_addresses: bool,
    /// Re-resolve names at this interval, and when their targets go down.
    pub resolve_every: Option<Duration>,
}
