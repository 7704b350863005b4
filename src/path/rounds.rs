//! A walk: each flow from hop to hop, from one source port.

use std::rc::Rc;

use super::ttl_sweep::{TtlLimit, TtlSeries};
use super::{Flow, Hop, ProbePurpose, TraceObserver, TraceProbe};
use crate::engine::{RunControl, SampleSink};
use crate::hosts::Target;
use crate::outcome::{Outcome, Sample};
use crate::stats::RunRecord;

/// Takes in what the flows hear.
pub(super) struct Round<'a> {
    pub(super) target: &'a Target,
    pub(super) all_series: &'a [TtlSeries],
    /// For each flow of the walk, where it has ended.
    pub(super) bounds: &'a [Rc<TtlLimit>],
    pub(super) flows: &'a mut [Flow],
    /// What all flows hear.
    pub(super) hops: &'a mut Vec<Hop>,
    pub(super) watcher: &'a mut dyn TraceObserver,
    pub(super) wants_statistics: bool,
}

impl SampleSink for Round<'_> {
    fn sample(&mut self, sample: &Sample) {
        if sample.result.outcome == Outcome::Unfinished {
            return;
        }
        let index = sample.target.index();
        let series = &self.all_series[index];
        let (purpose, ttl) = (series.purpose, series.ttl(sample.seq));
        if let ProbePurpose::Round { flow, .. } = purpose {
            let ended = self.flows[flow].record(self.target, ttl, sample);
            if let Some(ttl) = ttl {
                hop_at(self.hops, ttl).record(self.target, sample);
            }
            if ended {
                self.bounds[index].lower(ttl.unwrap_or(u8::MAX));
            }
        }
        self.watcher.probe_ended(&TraceProbe {
            purpose,
            ttl,
            sample,
        });
    }
}

impl RunControl for Round<'_> {
    fn statistics_requested(&mut self, _so_far: &RunRecord) {
        self.wants_statistics = true;
    }
}

impl Flow {
    /// A flow from `port`, of which nothing is known.
    pub(super) fn new(port: u16) -> Self {
        Self {
            port,
            hops: Vec::new(),
            full_ttl: Hop::new(None),
            attempts: 0,
            answered: 0,
        }
    }

    /// Takes in a probe; tells whether it got to the end of the way.
    fn record(&mut self, target: &Target, ttl: Option<u8>, sample: &Sample) -> bool {
        let hop = match ttl {
            None => &mut self.full_ttl,
            Some(ttl) => hop_at(&mut self.hops, ttl),
        };
        let (before, through) = (hop.terminal_replies(), hop.answers_of_target());
        hop.record(target, sample);
        let ended = hop.terminal_replies() > before;
        self.answered += u64::from(hop.answers_of_target() > through);
        self.attempts += u64::from(ended || ttl.is_none() && is_a_try(sample));
        ended
    }
}

/// The hop of this TTL, made if it is not there yet.
fn hop_at(hops: &mut Vec<Hop>, ttl: u8) -> &mut Hop {
    let more = (hops.len()..usize::from(ttl)).filter_map(|it| u8::try_from(it + 1).ok());
    hops.extend(more.map(|ttl| Hop::new(Some(ttl))));
    &mut hops[usize::from(ttl).saturating_sub(1)]
}

/// Whether a probe left this machine.
fn is_a_try(sample: &Sample) -> bool {
    !matches!(
        sample.result.outcome,
        Outcome::Local(_) | Outcome::Unfinished
    )
}
