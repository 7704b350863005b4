//! Flow: the path of one source port.

use super::Hop;
use crate::hosts::Target;
use crate::outcome::{Outcome, Sample};

/// The path of one source port.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Source port, or the identifier of ICMP echoes.
    pub port: u16,
    /// Hops from TTL 1 on.
    pub hops: Vec<Hop>,
    /// Full-TTL probes of rounds in which no smaller TTL reached the path end.
    pub full_ttl: Hop,
    /// Probes that reached, or could have reached, the path end.
    pub attempts: u64,
    /// Attempts with a final reply; a rejection is none.
    pub answered: u64,
}

impl Flow {
    /// A flow without probes.
    pub(super) fn new(port: u16) -> Self {
        Self {
            port,
            hops: Vec::new(),
            full_ttl: Hop::new(None),
            attempts: 0,
            answered: 0,
        }
    }

    /// Adds a finished probe. Returns whether it reached the path end.
    pub(super) fn record(&mut self, target: &Target, ttl: Option<u8>, sample: &Sample) -> bool {
        let hop = match ttl {
            None => &mut self.full_ttl,
            Some(ttl) => hop_at(&mut self.hops, ttl),
        };
        let (terminal_before, final_before) = (hop.terminal_replies(), hop.final_replies());
        hop.record(target, sample);
        let reached_end = hop.terminal_replies() > terminal_before;
        self.answered += u64::from(hop.final_replies() > final_before);
        self.attempts += u64::from(reached_end || ttl.is_none() && has_left(sample));
        reached_end
    }
}

/// The hop of this TTL; missing hops are added.
pub(super) fn hop_at(hops: &mut Vec<Hop>, ttl: u8) -> &mut Hop {
    let missing = (hops.len()..usize::from(ttl)).filter_map(|it| u8::try_from(it + 1).ok());
    hops.extend(missing.map(|ttl| Hop::new(Some(ttl))));
    &mut hops[usize::from(ttl).saturating_sub(1)]
}

/// Whether the probe left this machine.
fn has_left(sample: &Sample) -> bool {
    !matches!(
        sample.result.outcome,
        Outcome::Local(_) | Outcome::Unfinished
    )
}
