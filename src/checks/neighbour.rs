//! Next hop: its entry in the neighbour table (ARP, NDP).

use super::context::CheckContext;
use crate::hosts::Target;
use crate::platform::NeighbourFacts;

/// The next hop's entry. To be read after the probes: they trigger the neighbour lookup.
pub(super) fn check(context: &CheckContext, target: &Target) -> Option<NeighbourFacts> {
    context
        .local_host()
        .neighbour(target.protocol, target.address)
}
