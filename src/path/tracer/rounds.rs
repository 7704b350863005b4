//! Rounds: each flow is probed hop by hop from its own source port.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::ttl_series::{TtlLimit, TtlSeries};
use super::{ICMP_BURST, TARGET_PORT, Tracer};
use crate::engine::RunRecord;
use crate::engine::{RunControl, SampleSink};
use crate::hosts::Target;
use crate::outcome::{Outcome, Sample};
use crate::path::analysis::find_routing_loop;
use crate::path::flow::hop_at;
use crate::path::{Flow, Hop, Path, ProbePurpose, TraceObserver, TraceProbe};
use crate::plan::SchedulePlan;

/// Rounds after which the order of the flows repeats.
const ORDERS: u64 = 3;

/// Between flows that only get full-TTL probes: a burst would meet rate limits.
const FULL_TTL_SPACING: Duration = Duration::from_millis(20);

/// TTLs probed beyond the last hop that replied.
const TTLS_BEYOND: u8 = 3;

/// Records the probes of a group of flows.
pub(in crate::path) struct Round<'a> {
    pub(in crate::path) target: &'a Target,
    pub(in crate::path) all_series: &'a [TtlSeries],
    /// TTL limit of each series.
    pub(in crate::path) limits: &'a [Rc<TtlLimit>],
    pub(in crate::path) flows: &'a mut [Flow],
    /// Hops of all flows, merged.
    pub(in crate::path) hops: &'a mut Vec<Hop>,
    pub(in crate::path) observer: &'a mut dyn TraceObserver,
    pub(in crate::path) statistics_requested: bool,
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
            let reached_end = self.flows[flow].record(self.target, ttl, sample);
            if let Some(ttl) = ttl {
                hop_at(self.hops, ttl).record(self.target, sample);
            }
            if reached_end {
                self.limits[index].lower(ttl.unwrap_or(u8::MAX));
            }
        }
        self.observer.probe_ended(&TraceProbe {
            purpose,
            ttl,
            sample,
        });
    }
}

impl RunControl for Round<'_> {
    fn statistics_requested(&mut self, _so_far: &RunRecord) {
        self.statistics_requested = true;
    }
}

impl Tracer<'_> {
    /// Probes every flow once. Returns when the next round is due.
    pub(super) fn run_round(&mut self, observer: &mut dyn TraceObserver) -> io::Result<Instant> {
        let mut due = Instant::now();
        // With many flows, hops are probed in the first round only.
        let probes_hops =
            !self.plan.full_ttl_only && (self.path.flows.len() == 1 || self.path.rounds == 1);
        let flows = self.flow_order();
        let group_size = if probes_hops { ICMP_BURST } else { flows.len() };
        for group in flows.chunks(group_size) {
            self.pause(due, observer)?;
            if self.signals.stop_requested() {
                break;
            }
            // Each hop gets one probe per flow of the group.
            let probes_per_hop = if probes_hops {
                u32::try_from(group.len()).unwrap_or(1)
            } else {
                1
            };
            due = Instant::now() + self.plan.interval * probes_per_hop;
            let last = if probes_hops {
                self.last_ttl(&self.path)
            } else {
                0
            };
            self.probe_flows(group, last, observer)?;
        }
        Ok(due)
    }

    /// Flows in the order of this round. It rotates: a rate limit lets the first ones pass, whatever their ports.
    fn flow_order(&self) -> Vec<usize> {
        let mut flows: Vec<usize> = (0..self.path.flows.len()).collect();
        let offset = self.path.rounds % ORDERS * flows.len() as u64 / ORDERS;
        flows.rotate_left(usize::try_from(offset).unwrap_or(0));
        flows
    }

    /// Probes these flows with TTLs up to `last`, then with full TTL.
    fn probe_flows(
        &mut self,
        group: &[usize],
        last: u8,
        observer: &mut dyn TraceObserver,
    ) -> io::Result<()> {
        let ttls: Vec<_> = (1..=last).map(Some).chain([None]).collect();
        let round = self.path.rounds;
        let series = |flow: &usize| TtlSeries {
            target: TARGET_PORT,
            port: Some(self.path.flows[*flow].port),
            ttls: ttls.clone(),
            purpose: ProbePurpose::Round { flow: *flow, round },
        };
        let all_series: Vec<_> = group.iter().map(series).collect();
        let spacing = if last == 0 {
            FULL_TTL_SPACING
        } else {
            Duration::ZERO
        };
        let interval = spacing * u32::try_from(group.len()).unwrap_or(1);
        let schedule = SchedulePlan::probes(ttls.len() as u64, interval, self.reply_timeout);
        self.run_flow_series(&all_series, schedule, observer)
    }

    /// Runs series of flows. A socket is closed at its timeout: the next probe may need its port, and a retransmitted
    /// SYN would be answered.
    pub(super) fn run_flow_series(
        &mut self,
        all_series: &[TtlSeries],
        schedule: SchedulePlan,
        observer: &mut dyn TraceObserver,
    ) -> io::Result<()> {
        let limits: Vec<_> = all_series
            .iter()
            .map(|_| Rc::new(TtlLimit::none()))
            .collect();
        let target = self.path.target.clone();
        let mut flows = std::mem::take(&mut self.path.flows);
        let mut hops = std::mem::take(&mut self.path.hops);
        let mut round = Round {
            target: &target,
            all_series,
            limits: &limits,
            flows: &mut flows,
            hops: &mut hops,
            observer,
            statistics_requested: false,
        };
        let result = self.run_engine(all_series, limits.clone(), true, schedule, &mut round);
        let statistics_requested = round.statistics_requested;
        (self.path.flows, self.path.hops) = (flows, hops);
        if statistics_requested {
            observer.statistics_requested(&self.path);
        }
        result
    }

    /// Last TTL to probe on `path`: the path end, one more pass of a routing loop, or a few TTLs beyond the last hop
    /// that replied.
    pub(super) fn last_ttl(&self, path: &Path) -> u8 {
        let hops = || path.discovery_hops.iter().chain(&path.hops);
        // Where some flows are rejected, others may pass.
        let ends = hops().filter(|hop| hop.final_reply().is_some());
        if let Some(end) = ends.filter_map(|hop| hop.ttl).min() {
            return end;
        }
        if let Some(found) = find_routing_loop(&path.discovery_hops) {
            return found.last.saturating_add(found.last - found.first + 1);
        }
        let routers = hops().filter(|hop| hop.router().is_some());
        let rejection = hops().find(|hop| hop.is_path_end());
        let replied = routers.chain(rejection).filter_map(|hop| hop.ttl);
        let last = replied.max().unwrap_or(0).saturating_add(TTLS_BEYOND);
        last.min(self.plan.max_hops)
    }
}
