//! Onset of loss: the hops between which packets begin to be lost.

use super::hop_loss::loss_per_hop;
use super::loss_count::LossCount;
use crate::path::Path;

/// Hops between which loss begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossOnset {
    /// Last hop without additional loss; 0: this machine.
    pub after: u8,
    /// First hop with loss; absent where only the path end shows it. Routers reply with ICMP errors: they do not show
    /// whether the target's replies are dropped on the return path.
    pub from: Option<u8>,
}

impl LossOnset {
    /// `between hop 2 and hop 4`; `beyond hop 6 or on the return path`. `name` is the text
    /// for a hop.
    pub fn describe(self, name: impl Fn(u8) -> String) -> String {
        let after = match self.after {
            0 => "this machine".to_owned(),
            after => name(after),
        };
        match self.from {
            Some(from) => format!("between {after} and {}", name(from)),
            None => format!("beyond {after} or on the return path"),
        }
    }
}

/// Likelihood ratio to the most likely onset beyond which a hop is ruled out.
const MAX_LIKELIHOOD_RATIO: f64 = 50.0;

/// Ratio of the loss rates after and before the onset, at least: before it, routers that rate-limit their ICMP errors
/// miss a few replies too.
const MIN_RATE_RATIO: f64 = 4.0;

/// Locates the onset of loss: likelihood-ratio test for a change point in the loss per hop. Absent without loss at the
/// path end, and where no hop can be ruled out.
pub(super) fn find_loss_onset(path: &Path, rate_limited: &[u8]) -> Option<LossOnset> {
    let losses = loss_per_hop(path, rate_limited);
    losses.last().filter(|(_, end)| end.lost > 0)?;
    let (first, last) = likely_change_points(&losses)?;
    let (hops, end) = losses.split_at(losses.len() - 1);
    // Hops that lose more than the path end rate-limit their errors: their loss is no evidence.
    let last = if sum(&hops[last.min(hops.len())..]).is_significantly_above(sum(end)) {
        hops.len()
    } else {
        last
    };
    if last - first + 1 == losses.len() {
        return None;
    }
    let after = first.checked_sub(1).and_then(|before| losses[before].0);
    let from = losses[last].0.filter(|_| last < hops.len());
    Some(LossOnset {
        after: after.unwrap_or(0),
        from,
    })
}

/// First and last index that may be the first one with loss.
fn likely_change_points(losses: &[(Option<u8>, LossCount)]) -> Option<(usize, usize)> {
    let splits = (0..losses.len()).map(|at| (at, log_likelihood(losses, at)));
    let splits: Vec<_> = splits.collect();
    let best = splits.iter().map(|it| it.1).max_by(f64::total_cmp)?;
    let likely = || {
        let near = splits
            .iter()
            .filter(|it| it.1 > best - MAX_LIKELIHOOD_RATIO.ln());
        near.map(|it| it.0)
    };
    Some((likely().min()?, likely().max()?))
}

/// Log-likelihood that loss begins at index `at`.
fn log_likelihood(losses: &[(Option<u8>, LossCount)], at: usize) -> f64 {
    let (before, after) = (sum(&losses[..at]), sum(&losses[at..]));
    let rate = after.rate();
    let rate_before = (rate / MIN_RATE_RATIO).min(before.rate());
    before.log_likelihood(rate_before) + after.log_likelihood(rate)
}

fn sum(losses: &[(Option<u8>, LossCount)]) -> LossCount {
    losses.iter().map(|(_, loss)| *loss).sum()
}

#[cfg(test)]
mod tests {
    use super::super::hop_loss::path_end_loss;
    use super::super::rate_limit::rate_limited_hops;
    use super::*;
    use crate::path::fixture::PathFixture;

    /// Path length of the simulated paths, the target included.
    const HOPS: u8 = 7;

    /// Eight probes per hop, with `percent` random loss from hop `from` on.
    fn survey(from: u8, percent: u64, random: &mut impl FnMut() -> u64) -> Path {
        let mut round = || {
            let mut reply = |ttl: u8, reply: &str| {
                let is_lost = ttl >= from && random() % 100 < percent;
                if is_lost {
                    "*".to_owned()
                } else {
                    reply.to_owned()
                }
            };
            let routers: Vec<_> = (1..HOPS).map(|ttl| reply(ttl, &ttl.to_string())).collect();
            let end = [reply(HOPS, "S"), reply(HOPS, ">S")];
            [routers.join(" "), end.join(" ")].join(" ")
        };
        let rounds: Vec<_> = (0..8).map(|_| round()).collect();
        let mut path = PathFixture::of(&rounds.join("|")).path;
        path.survey = path.flows.pop();
        path
    }

    /// Knuth's linear congruential generator (MMIX), with a fixed seed.
    fn generator() -> impl FnMut() -> u64 {
        let mut state: u64 = 1;
        move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        }
    }

    #[test]
    fn true_onset_is_rarely_ruled_out() {
        let mut random = generator();
        let (mut wrong, mut located, mut all) = (0, 0, 0);
        for percent in [5, 10, 20, 40, 70] {
            for from in (1..=HOPS).flat_map(|from| [from; 40]) {
                let path = survey(from, percent, &mut random);
                all += 1;
                let rate_limited = rate_limited_hops(&path, path_end_loss(&path));
                if let Some(onset) = find_loss_onset(&path, &rate_limited) {
                    located += 1;
                    let is_right = onset.after < from && onset.from.is_none_or(|it| it >= from);
                    wrong += u64::from(!is_right);
                }
            }
        }
        assert!(wrong * 100 < located, "{wrong} wrong of {located}");
        assert!(located * 5 > all * 2, "{located} located of {all}");
    }
}
