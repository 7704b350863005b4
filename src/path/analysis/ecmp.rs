//! ECMP: flows with different source ports take different paths.

use std::collections::BTreeSet;

use crate::path::{Flow, Hop, Path, ReplyKind};

/// Last hop before two flows meet different routers; 0: this machine. Absent where all flows take the same path.
pub(super) fn last_common_hop(flows: &[Flow]) -> Option<u8> {
    let longest = flows.iter().map(|flow| flow.hops.len()).max()?;
    (0..longest).find_map(|index| {
        let routers = flows
            .iter()
            .filter_map(|flow| flow.hops.get(index)?.router());
        let distinct: BTreeSet<_> = routers.collect();
        (distinct.len() > 1).then(|| u8::try_from(index).ok())?
    })
}

/// Whether the discovery sweep met a router at some hop where the flow met only others.
pub(super) fn discovery_met_other_routers(path: &Path, hops: &[Hop]) -> bool {
    let differs = |(discovery, hop): (&Hop, &Hop)| {
        let has_replied = |router| hop.replies.iter().any(|it| it.from == Some(router));
        let mut kinds = hop.replies.iter().map(|it| it.kind);
        discovery.router().is_some_and(|router| {
            kinds.any(|kind| kind == ReplyKind::TimeExceeded) && !has_replied(router)
        })
    };
    path.discovery_hops.iter().zip(hops).any(differs)
}
