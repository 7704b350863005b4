//! Probes that got no answer: what is loss, where it begins, and what only looks like it. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::analysis::parting;
use super::{Flow, Hop, Path};

/// How many of some probes were lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct LossCount {
    /// Those without an answer.
    pub lost: u64,
    /// All.
    pub sent: u64,
}

impl LossCount {
    /// Of the probes with one TTL.
    pub fn of(hop: &Hop) -> Self {
        Self {
            lost: hop.sent.saturating_sub(hop.answered),
            sent: hop.sent,
        }
    }

    /// Every probe that the end of the way had to answer. A round that gets there at its second attempt has lost one.
    fn to_the_end(flow: &Flow) -> Self {
        let ends = flow.hops.iter().filter(|hop| hop.is_path_end());
        let ends = ends.chain([&flow.full_ttl]).map(Self::of);
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

    /// The rate that this loss speaks for: few probes do not prove that none gets lost (the mean that Jeffreys' prior has).
    pub(super) fn likely_rate(self) -> f64 {
        (self.lost as f64 + 0.5) / (self.sent as f64 + 1.0)
    }

    /// The logarithm of how likely this loss is at that rate.
    fn log_likelihood(self, rate: f64) -> f64 {
        let of = |count: u64, chance: f64| match count {
            0 => 0.0,
            count => count as f64 * chance.ln(),
        };
        of(self.lost, rate) + of(self.sent - self.lost, 1.0 - rate)
    }

    /// Whether more is lost here than there, by more than chance makes of one rate of loss in 99 of 100 cases: the
    /// two-proportion z-test.
    fn is_clearly_above(self, other: Self) -> bool {
        if self.lost == 0 || self.sent == 0 || other.sent == 0 {
            return false;
        }
        let both = self.and(other).rate();
        let error = both * (1.0 - both) * (1.0 / self.sent as f64 + 1.0 / other.sent as f64);
        self.rate() - other.rate() > 2.576 * error.sqrt()
    }
}

/// Hops that answered some probes and not all, although the loss does not go on to the end of the way.
pub(super) fn limited(path: &Path, to_the_end: LossCount) -> Vec<u8> {
    if to_the_end.sent > 0 && to_the_end.lost == 0 {
        // Behind a parting a hop may be silent on one of the links.
        let shared = match path.flows.len() {
            1 => u8::MAX,
            _ => parting(&path.flows).unwrap_or(0),
        };
        let hops = path.hops.iter().filter(|hop| hop.ttl <= Some(shared));
        let part =
            hops.filter(|it| !it.is_path_end() && it.answered > 0 && LossCount::of(it).lost > 0);
        return part.filter_map(|hop| hop.ttl).collect();
    }
    let answering = answering(path);
    let mut limited = BTreeSet::new();
    for flow in path.flows.iter().chain(&path.survey) {
        // What the end of the way lost, and that with each of the hops before it.
        let mut beyond = vec![LossCount::to_the_end(flow)];
        let on_the_way = flow.hops.iter().filter(|hop| !hop.is_path_end());
        for hop in on_the_way.rev().filter(|hop| answering.contains(&hop.ttl)) {
            let here = LossCount::of(hop);
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

/// Between which hops loss begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossOnset {
    /// The last hop that gets as much through as those before it; 0: this machine.
    pub after: u8,
    /// The first one that certainly does not; absent where only the end of the way does not. Routers answer with ICMP errors:
    /// of the target's answers, which something may drop anywhere on the way back, they say nothing.
    pub from: Option<u8>,
}

impl LossOnset {
    /// `between hop 2 and hop 4`, `behind hop 6, or the answers to them anywhere on the way back`, where `name` says what a
    /// hop is called.
    pub fn describe(self, name: impl Fn(u8) -> String) -> String {
        let after = match self.after {
            0 => "this machine".to_owned(),
            after => name(after),
        };
        match self.from {
            Some(from) => format!("between {after} and {}", name(from)),
            None => format!("behind {after}, or the answers to them anywhere on the way back"),
        }
    }
}

/// How much less likely the chances of a place have to be than those of the likeliest one before it is ruled out.
const UNLIKELY: f64 = 50.0;

/// How much more hops lose behind the place where loss begins: before it, too, an answer may be left out at times, as
/// routers limit them.
const MUCH_MORE: f64 = 4.0;

/// Where loss begins: the places that split what was counted into hops that lose less and hops that lose more, as far as
/// chance does not explain them (the likelihood-ratio test for a change point). Absent where that leaves all of them.
pub(super) fn begins(path: &Path, limited: &[u8]) -> Option<LossOnset> {
    let places = loss_per_hop(path, limited);
    let sum = |places: &[(Option<u8>, LossCount)]| {
        let shares = places.iter().map(|(_, share)| *share);
        shares.fold(LossCount::default(), LossCount::and)
    };
    let split = |at: usize| {
        let (before, behind) = (sum(&places[..at]), sum(&places[at..]));
        let rate = behind.rate();
        let clean = (rate / MUCH_MORE).min(before.rate());
        (
            at,
            before.log_likelihood(clean) + behind.log_likelihood(rate),
        )
    };
    // Nothing was lost at the end of the way.
    places.last().filter(|(_, end)| end.lost > 0)?;
    let splits: Vec<_> = (0..places.len()).map(split).collect();
    let best = splits.iter().map(|it| it.1).max_by(f64::total_cmp)?;
    let likely = || {
        let near = splits.iter().filter(|it| it.1 > best - UNLIKELY.ln());
        near.map(|it| it.0)
    };
    let (first, last) = (likely().min()?, likely().max()?);
    // Hops that lose more than the end of the way limit their answers: what they lose says nothing.
    let (hops, end) = places.split_at(places.len() - 1);
    let last = if sum(&hops[last.min(hops.len())..]).is_clearly_above(sum(end)) {
        hops.len()
    } else {
        last
    };
    if last - first + 1 == places.len() {
        return None;
    }
    let after = first.checked_sub(1).and_then(|before| places[before].0);
    let after = after.unwrap_or(0);
    let from = places[last].0.filter(|_| last < hops.len());
    Some(LossOnset { after, from })
}

/// The hops before the end of the way that ever answered: the others say nothing, and lose nothing.
fn answering(path: &Path) -> HashSet<Option<u8>> {
    let flows = path.flows.iter().chain(&path.survey);
    let walked: Vec<_> = flows.flat_map(|flow| &flow.hops).collect();
    let all = || {
        path.discovery_hops
            .iter()
            .chain(&path.hops)
            .chain(walked.iter().copied())
    };
    let end = all()
        .filter(|hop| hop.is_path_end())
        .filter_map(|hop| hop.ttl)
        .min();
    let before = |hop: &&Hop| end.is_none() || hop.ttl < end;
    let answering = all().filter(|hop| !hop.is_unanswered()).filter(before);
    answering.map(|hop| hop.ttl).collect()
}

/// What each hop lost that answers and is not limited, and last what the end of the way did, whose hop is absent where
/// nobody knows it. Of several flows only the end tells.
pub fn loss_per_hop(path: &Path, limited: &[u8]) -> Vec<(Option<u8>, LossCount)> {
    let one = path.flows.iter().filter(|_| path.flows.len() == 1);
    let walks = || one.clone().chain(&path.survey);
    let answering = answering(path);
    let mut hops: BTreeMap<u8, LossCount> = BTreeMap::new();
    for hop in walks().flat_map(|flow| &flow.hops) {
        let counts = answering.contains(&hop.ttl) && hop.sent > 0;
        if let Some(ttl) = hop.ttl.filter(|_| counts) {
            let known = hops.entry(ttl).or_default();
            *known = known.and(LossCount::of(hop));
        }
    }
    hops.retain(|ttl, _| !limited.contains(ttl));
    let end = to_the_end(path);
    let at = walks().flat_map(|flow| &flow.hops);
    let at = at.filter(|hop| hop.is_path_end()).filter_map(|hop| hop.ttl);
    let end = Some((at.min(), end)).filter(|_| end.sent > 0);
    let before = hops.into_iter().map(|(ttl, share)| (Some(ttl), share));
    before.chain(end).collect()
}

/// Every probe that the end of the way had to answer.
pub(super) fn to_the_end(path: &Path) -> LossCount {
    let flows = path.flows.iter().chain(&path.survey);
    flows
        .map(LossCount::to_the_end)
        .fold(LossCount::default(), LossCount::and)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::fixture::PathFixture;

    /// Hops on the made-up ways, the target included.
    const HOPS: u8 = 7;

    /// A few probes to each hop, of which chance takes `percent` from hop `from` on.
    fn survey(from: u8, percent: u64, chance: &mut impl FnMut() -> u64) -> Path {
        let mut round = || {
            let mut word = |ttl: u8, answer: &str| {
                let lost = ttl >= from && chance() % 100 < percent;
                if lost {
                    "*".to_owned()
                } else {
                    answer.to_owned()
                }
            };
            let routers: Vec<_> = (1..HOPS).map(|ttl| word(ttl, &ttl.to_string())).collect();
            let ends = [word(HOPS, "S"), word(HOPS, ">S")];
            [routers.join(" "), ends.join(" ")].join(" ")
        };
        let rounds: Vec<_> = (0..8).map(|_| round()).collect();
        let mut path = PathFixture::of(&rounds.join("|")).path;
        path.survey = path.flows.pop();
        path
    }

    /// Knuth's linear congruential generator (MMIX): the same chance in every run.
    fn chance() -> impl FnMut() -> u64 {
        let mut state: u64 = 1;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        }
    }

    #[test]
    fn the_place_where_loss_begins_is_rarely_ruled_out() {
        let mut chance = chance();
        let (mut wrong, mut told, mut all) = (0, 0, 0);
        for percent in [5, 10, 20, 40, 70] {
            for from in (1..=HOPS).flat_map(|from| [from; 40]) {
                let path = survey(from, percent, &mut chance);
                all += 1;
                if let Some(begins) = begins(&path, &limited(&path, to_the_end(&path))) {
                    told += 1;
                    let right = begins.after < from && begins.from.is_none_or(|it| it >= from);
                    wrong += u64::from(!right);
                }
            }
        }
        assert!(wrong * 100 < told, "{wrong} wrong of {told}");
        assert!(told * 5 > all * 2, "{told} told of {all}");
    }
}
