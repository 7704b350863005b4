//! Loss counted per hop and at the path end.

use std::collections::{BTreeMap, HashSet};

use super::loss_count::LossCount;
use crate::path::{Flow, Hop, Path};

/// Loss of each hop that replies and is not rate-limited, then of the path end, whose TTL is absent where unknown. With
/// several flows only the path end counts: their hops differ.
pub fn loss_per_hop(path: &Path, rate_limited: &[u8]) -> Vec<(Option<u8>, LossCount)> {
    let single = path.flows.iter().filter(|_| path.flows.len() == 1);
    let flows = || single.clone().chain(&path.survey);
    let replying = replying_ttls(path);
    let mut loss: BTreeMap<u8, LossCount> = BTreeMap::new();
    for hop in flows().flat_map(|flow| &flow.hops) {
        let counts = replying.contains(&hop.ttl) && hop.sent > 0;
        if let Some(ttl) = hop.ttl.filter(|_| counts) {
            let sum = loss.entry(ttl).or_default();
            *sum = *sum + LossCount::of(hop);
        }
    }
    loss.retain(|ttl, _| !rate_limited.contains(ttl));
    let ends = flows().flat_map(|flow| &flow.hops);
    let end_ttls = ends
        .filter(|hop| hop.is_path_end())
        .filter_map(|hop| hop.ttl);
    let end = Some((end_ttls.min(), path_end_loss(path))).filter(|(_, loss)| loss.sent > 0);
    let before = loss.into_iter().map(|(ttl, count)| (Some(ttl), count));
    before.chain(end).collect()
}

/// Loss at the path end, all flows and the loss survey together.
pub(super) fn path_end_loss(path: &Path) -> LossCount {
    let flows = path.flows.iter().chain(&path.survey);
    flows.map(flow_end_loss).sum()
}

/// Loss at the path end of one flow. A round that reaches it only with the full-TTL probe has lost one.
pub(super) fn flow_end_loss(flow: &Flow) -> LossCount {
    let ends = flow.hops.iter().filter(|hop| hop.is_path_end());
    ends.chain([&flow.full_ttl]).map(LossCount::of).sum()
}

/// TTLs before the path end that ever got a reply.
pub(super) fn replying_ttls(path: &Path) -> HashSet<Option<u8>> {
    let flows = path.flows.iter().chain(&path.survey);
    let flow_hops: Vec<_> = flows.flat_map(|flow| &flow.hops).collect();
    let all = || {
        path.discovery_hops
            .iter()
            .chain(&path.hops)
            .chain(flow_hops.iter().copied())
    };
    let end = all()
        .filter(|hop| hop.is_path_end())
        .filter_map(|hop| hop.ttl)
        .min();
    let is_before_end = |hop: &&Hop| end.is_none() || hop.ttl < end;
    let replying = all()
        .filter(|hop| !hop.is_unanswered())
        .filter(is_before_end);
    replying.map(|hop| hop.ttl).collect()
}
