//! Probes that got no answer: what is loss, where it begins, and what only looks like it. Pure.

use std::collections::BTreeSet;

use super::conclusion::parting;
use super::{Flow, Hop, Path};

/// How many of some probes were lost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    pub(super) lost: u64,
    pub(super) sent: u64,
}

impl Share {
    fn of(hop: &Hop) -> Self {
        Self {
            lost: hop.sent.saturating_sub(hop.answered),
            sent: hop.sent,
        }
    }

    /// Every probe that the end of the way had to answer. A round that gets there at its second attempt has lost one.
    pub(super) fn to_the_end(flow: &Flow) -> Self {
        let ends = flow.hops.iter().filter(|hop| hop.is_the_end());
        let ends = ends.chain([&flow.whole]).map(Self::of);
        ends.fold(Self::default(), Self::and)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            sent: self.sent + other.sent,
        }
    }

    pub(super) fn rate(self) -> f64 {
        self.lost as f64 / self.sent as f64
    }

    /// Whether more is lost here than there, by more than chance makes of one rate of loss: the two-proportion z-test,
    /// two standard errors.
    fn is_clearly_above(self, other: Self) -> bool {
        if self.lost == 0 || self.sent == 0 || other.sent == 0 {
            return false;
        }
        let both = self.and(other).rate();
        let error = both * (1.0 - both) * (1.0 / self.sent as f64 + 1.0 / other.sent as f64);
        self.rate() - other.rate() > 2.0 * error.sqrt()
    }
}

/// Hops that answered some probes and not all, although the loss does not go on to the end of the way.
pub(super) fn limited(path: &Path, to_the_end: Share) -> Vec<u8> {
    if to_the_end.sent > 0 && to_the_end.lost == 0 {
        // Behind a parting a hop may be silent on one of the links.
        let shared = match path.flows.len() {
            1 => u8::MAX,
            _ => parting(&path.flows).unwrap_or(0),
        };
        let hops = path.hops.iter().filter(|hop| hop.ttl <= Some(shared));
        let part = hops.filter(|it| !it.is_the_end() && it.answered > 0 && Share::of(it).lost > 0);
        return part.filter_map(|hop| hop.ttl).collect();
    }
    let mut limited = BTreeSet::new();
    for flow in &path.flows {
        // What the end of the way lost, and that with each of the hops before it.
        let mut beyond = vec![Share::to_the_end(flow)];
        let on_the_way = flow.hops.iter().filter(|hop| !hop.is_the_end());
        for hop in on_the_way.rev().filter(|hop| !hop.is_silent()) {
            let here = Share::of(hop);
            // Where the end loses some, too, chance has to be ruled out.
            if beyond.iter().any(|it| here.is_clearly_above(*it)) {
                limited.extend(hop.ttl);
            }
            let all = beyond.last().copied().unwrap_or_default();
            beyond.push(all.and(here));
        }
    }
    limited.into_iter().collect()
}

/// The first hop from which on every hop that answers shows loss.
pub(super) fn begins(flows: &[Flow]) -> Option<u8> {
    let [flow] = flows else { return None };
    let answering = || flow.hops.iter().filter(|hop| !hop.is_silent());
    let clean = |hop: &Hop| hop.loss() == Some(0.0);
    let last_clean = answering()
        .filter(|hop| clean(hop))
        .filter_map(|hop| hop.ttl)
        .max();
    let after = |hop: &&Hop| hop.ttl > last_clean;
    answering().find(after).and_then(|hop| hop.ttl)
}
