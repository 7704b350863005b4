//! TTL sweep: one probe per TTL, all in parallel, each from its own source port.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Tracer;
use super::reply_timeout::{reply_timeout, slowest_rtt};
use super::ttl_series::{TtlLimit, TtlSeries};
use crate::engine::{RunControl, SampleSink};
use crate::hosts::Target;
use crate::outcome::{Outcome, Sample, TargetId};
use crate::path::analysis::find_routing_loop;
use crate::path::{Hop, ProbePurpose, TraceObserver, TraceProbe};
use crate::plan::SchedulePlan;

/// Between two TTLs: a near path end becomes known before many probes go beyond it.
const SPACING: Duration = Duration::from_millis(2);

/// How often completeness is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Replies before a routing loop is believed: later replies may disprove it.
const MIN_REPLIES_OF_LOOP: usize = 6;

/// Hops of one purpose.
pub(super) struct TtlSweep {
    pub(super) purpose: ProbePurpose,
    pub(super) target: Target,
    pub(super) hops: Vec<Hop>,
    pub(super) limit: Rc<TtlLimit>,
    /// Outcome of the full-TTL probe.
    pub(super) full_ttl_outcome: Option<Outcome>,
}

impl TtlSweep {
    fn new(purpose: ProbePurpose, target: Target, hops: u8) -> Self {
        Self {
            purpose,
            target,
            hops: Hop::up_to(hops),
            limit: Rc::new(TtlLimit::none()),
            full_ttl_outcome: None,
        }
    }

    fn record(&mut self, ttl: Option<u8>, sample: &Sample) {
        let Some(ttl) = ttl else {
            self.full_ttl_outcome = Some(sample.result.outcome);
            return;
        };
        let Some(hop) = self.hops.get_mut(usize::from(ttl).saturating_sub(1)) else {
            return;
        };
        hop.record(&self.target, sample);
        // A rejection on one of several links does not end a distance measurement.
        let is_end = match self.purpose {
            ProbePurpose::Distance(_) => hop.final_reply().is_some(),
            ProbePurpose::Discovery | ProbePurpose::Round { .. } => hop.is_path_end(),
        };
        if is_end {
            self.limit.lower(ttl);
        }
    }

    /// A routing loop has no path end to wait for.
    fn has_routing_loop(&self) -> bool {
        let replied = self.hops.iter().filter(|hop| !hop.is_unanswered()).count();
        replied > MIN_REPLIES_OF_LOOP && find_routing_loop(&self.hops).is_some()
    }

    /// Whether all hops up to the path end have replied.
    fn is_complete(&self) -> bool {
        let up_to = |end: u8| self.hops.iter().take(usize::from(end));
        let end = self.limit.get();
        end.is_some_and(|end| up_to(end).all(|hop| !hop.is_unanswered()))
    }

    /// Smallest TTL with a final reply.
    pub(super) fn final_reply_ttl(&self) -> Option<u8> {
        let mut hops = self.hops.iter();
        hops.find(|hop| hop.final_reply().is_some())?.ttl
    }
}

/// Records the probes of parallel sweeps.
struct SweepRun<'a> {
    all_series: &'a [TtlSeries],
    /// The first one decides when the run may end early.
    sweeps: &'a mut [TtlSweep],
    timeout: Duration,
    /// When the path end or a routing loop was found.
    ended_at: Option<Instant>,
    observer: &'a mut dyn TraceObserver,
}

impl SampleSink for SweepRun<'_> {
    fn sample(&mut self, sample: &Sample) {
        if sample.result.outcome == Outcome::Unfinished {
            return;
        }
        let series = &self.all_series[sample.target.index()];
        let (purpose, ttl) = (series.purpose, series.ttl(sample.seq));
        let mut sweeps = self.sweeps.iter_mut();
        if let Some(sweep) = sweeps.find(|sweep| sweep.purpose == purpose) {
            sweep.record(ttl, sample);
        }
        let first = &self.sweeps[0];
        if first.limit.get().is_some() || first.has_routing_loop() {
            self.ended_at.get_or_insert_with(Instant::now);
        }
        self.observer.probe_ended(&TraceProbe {
            purpose,
            ttl,
            sample,
        });
    }
}

impl RunControl for SweepRun<'_> {
    /// After the path end is known, missing replies get the adapted timeout.
    fn is_done(&self) -> bool {
        let Some(ended_at) = self.ended_at else {
            return false;
        };
        let slowest = slowest_rtt(self.sweeps.iter().flat_map(|sweep| &sweep.hops));
        self.sweeps.iter().all(TtlSweep::is_complete)
            || ended_at.elapsed() >= reply_timeout(slowest, self.timeout)
    }
}

/// Series of parallel sweeps up to `max_ttl`, one probe each: a full-TTL probe of the first purpose, then each TTL for
/// all purposes.
pub(super) fn sweep_series(max_ttl: u8, purposes: &[(TargetId, ProbePurpose)]) -> Vec<TtlSeries> {
    let full_ttl = purposes.first().map(|it| TtlSeries::single(*it, None));
    let of_ttl = |ttl| {
        let purposes = purposes.iter();
        purposes.map(move |it| TtlSeries::single(*it, Some(ttl)))
    };
    full_ttl
        .into_iter()
        .chain((1..=max_ttl).flat_map(of_ttl))
        .collect()
}

impl Tracer<'_> {
    /// Runs the series of these purposes; one sweep per purpose.
    pub(super) fn run_sweeps(
        &mut self,
        purposes: &[(TargetId, ProbePurpose)],
        all_series: &[TtlSeries],
        timeout: Duration,
        observer: &mut dyn TraceObserver,
    ) -> (Vec<TtlSweep>, std::io::Result<()>) {
        let sweep = |(target, purpose): &(TargetId, ProbePurpose)| {
            let target = self.targets[target.index()].clone();
            TtlSweep::new(*purpose, target, self.plan.max_hops)
        };
        let mut sweeps: Vec<_> = purposes.iter().map(sweep).collect();
        let limit = |series: &TtlSeries| {
            let sweep = sweeps.iter().find(|it| it.purpose == series.purpose);
            sweep.map_or_else(|| Rc::new(TtlLimit::none()), |it| Rc::clone(&it.limit))
        };
        let limits = all_series.iter().map(limit).collect();
        let interval = SPACING * u32::from(self.plan.max_hops);
        let mut run = SweepRun {
            all_series,
            sweeps: &mut sweeps,
            timeout,
            ended_at: None,
            observer,
        };
        let schedule = SchedulePlan {
            summary_every: Some(CHECK_INTERVAL),
            ..SchedulePlan::probes(1, interval, timeout)
        };
        let result = self.run_engine(all_series, limits, false, schedule, &mut run);
        (sweeps, result)
    }
}
