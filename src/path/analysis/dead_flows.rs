//! Dead flows: source ports that never get a reply from the path end while others do.

use super::loss_count::LossCount;
use crate::path::Flow;

/// Highest loss rate of the other flows. Above it, periodic drops may hit one port every time.
const MAX_LOSS: f64 = 0.2;

/// Highest probability that chance explains the dead flows.
const MAX_CHANCE: f64 = 0.01;

/// Attempts of a flow before it counts as dead: a single packet may be lost.
const MIN_ATTEMPTS: u64 = 2;

/// Source ports without a reply, unless the loss of the other flows explains them.
pub(super) fn dead_flows(flows: &[Flow]) -> Vec<u16> {
    let (live, unanswered): (Vec<_>, Vec<_>) = flows.iter().partition(|flow| flow.answered > 0);
    if live.is_empty() {
        return Vec::new();
    }
    let dead: Vec<_> = unanswered
        .iter()
        .filter(|flow| flow.attempts >= MIN_ATTEMPTS)
        .collect();
    let attempts = dead.iter().map(|flow| flow.attempts).min().unwrap_or(0);
    let live_loss: LossCount = live.iter().map(|flow| loss_of(flow)).sum();
    let all_lost =
        i32::try_from(attempts).map_or(0.0, |attempts| live_loss.estimated_rate().powi(attempts));
    let is_chance = at_least(dead.len(), flows.len(), all_lost) > MAX_CHANCE;
    if is_chance || live_loss.rate() > MAX_LOSS {
        return Vec::new();
    }
    dead.iter().map(|flow| flow.port).collect()
}

fn loss_of(flow: &Flow) -> LossCount {
    LossCount {
        lost: flow.attempts.saturating_sub(flow.answered),
        sent: flow.attempts,
    }
}

/// Probability of `min` or more successes in `trials` with success probability `p` each (binomial distribution).
fn at_least(min: usize, trials: usize, p: f64) -> f64 {
    // P(k + 1) follows from P(k).
    let mut term = (1.0 - p).powf(trials as f64);
    let mut fewer = 0.0;
    for k in 0..min {
        fewer += term;
        term *= (trials - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    1.0 - fewer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binomial_tail() {
        for (min, trials, p, expected) in [
            (0, 16, 0.5, 1.0),
            (1, 16, 0.0, 0.0),
            (1, 2, 0.5, 0.75),
            (2, 2, 0.5, 0.25),
            (1, 16, 0.001, 0.015_88),
        ] {
            let found = at_least(min, trials, p);
            assert!(
                (found - expected).abs() < 1e-4,
                "{min} of {trials}: {found}"
            );
        }
    }
}
