//! Hops that rate-limit their ICMP errors: missing replies that are no loss.

use std::collections::{BTreeSet, HashSet};

use super::ecmp::last_common_hop;
use super::hop_loss::{flow_end_loss, replying_ttls};
use super::loss_count::LossCount;
use crate::path::{Flow, Path};

/// TTLs of hops that reply to some probes only, while the loss does not continue to the path end.
pub(super) fn rate_limited_hops(path: &Path, end_loss: LossCount) -> Vec<u8> {
    if end_loss.sent > 0 && end_loss.lost == 0 {
        partly_replying_hops(path)
    } else {
        hops_above_later_loss(path)
    }
}

/// Nothing is lost at the path end: every hop that replies to some probes only.
fn partly_replying_hops(path: &Path) -> Vec<u8> {
    // After the last common hop, a TTL is a different router for each flow.
    let last_shared = match path.flows.len() {
        1 => u8::MAX,
        _ => last_common_hop(&path.flows).unwrap_or(0),
    };
    let hops = path.hops.iter().filter(|hop| hop.ttl <= Some(last_shared));
    let partly =
        hops.filter(|it| !it.is_path_end() && it.answered > 0 && LossCount::of(it).lost > 0);
    partly.filter_map(|hop| hop.ttl).collect()
}

/// The path end loses probes too: hops that lose significantly more than what follows.
fn hops_above_later_loss(path: &Path) -> Vec<u8> {
    let replying = replying_ttls(path);
    let flows = path.flows.iter().chain(&path.survey);
    let limited: BTreeSet<u8> = flows
        .flat_map(|flow| limited_in_flow(flow, &replying))
        .collect();
    limited.into_iter().collect()
}

fn limited_in_flow(flow: &Flow, replying: &HashSet<Option<u8>>) -> Vec<u8> {
    // Loss of the path end, then summed with each hop before it.
    let mut later = vec![flow_end_loss(flow)];
    let mut limited = Vec::new();
    let before_end = flow.hops.iter().filter(|hop| !hop.is_path_end());
    for hop in before_end.rev().filter(|hop| replying.contains(&hop.ttl)) {
        let loss = LossCount::of(hop);
        if later.iter().any(|it| loss.is_significantly_above(*it)) {
            limited.extend(hop.ttl);
        }
        let sum = later.last().copied().unwrap_or_default();
        later.push(sum + loss);
    }
    limited
}
