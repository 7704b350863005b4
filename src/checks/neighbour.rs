//! Next hop: its entry in the neighbour table (ARP, NDP).

use super::context::CheckContext;
use crate::hosts::Target;
use crate::platform::Neighbour;

/// The next hop's entry. To be read after the probes: they trigger the neighbour lookup.
pub(super) fn check(context: &CheckContext, target: &Target) -> Option<Neighbour> {
    context
        .local_host()
        .neighbour(target.protocol, target.address)
}
