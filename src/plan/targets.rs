//! Targets and their name resolution.

use std::time::Duration;

use crate::hosts::TargetSpec;
use crate::hosts::resolve::Family;

/// Targets as typed, and options of name resolution.
#[derive(Clone, Debug, Default)]
pub struct TargetPlan {
    /// Hosts and ports, unresolved.
    pub specs: Vec<TargetSpec>,
    /// IPv4, IPv6 or either.
    pub family: Family,
    /// All addresses of a name, not only the first.
    pub all_addresses: bool,
    /// Re-resolution interval; names are also re-resolved when a target goes down.
    pub resolve_every: Option<Duration>,
}
