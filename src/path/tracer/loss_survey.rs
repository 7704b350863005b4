//! Loss survey: many probes to each hop, each from its own source port, to locate the onset of loss.

use std::io;

use super::reply_timeout::{reply_timeout, slowest_rtt};
use super::ttl_series::TtlSeries;
use super::{ICMP_BURST, TARGET_PORT, Tracer};
use crate::path::{Flow, Path, ProbePurpose, TraceObserver};
use crate::plan::SchedulePlan;

/// Full-TTL probes per probe to a hop: a target's replies are rarely rate-limited, a router's ICMP errors are.
const FULL_TTL_PROBES: usize = 4;

impl Tracer<'_> {
    /// Sends one probe per round to each hop of `known`, and more with full TTL. The returned path holds only this
    /// survey.
    pub fn survey(
        mut self,
        known: &Path,
        observer: &mut dyn TraceObserver,
    ) -> (Path, io::Result<()>) {
        let all_series = self.survey_series(known);
        self.path.flows = vec![Flow::new(0)];
        let slowest = slowest_rtt(&known.discovery_hops);
        if slowest >= Some(self.plan.timeout) {
            // Late replies would count as lost.
            return (self.path, Ok(()));
        }
        let timeout = reply_timeout(slowest, self.plan.timeout);
        let schedule = SchedulePlan {
            in_flight: ICMP_BURST,
            ..SchedulePlan::probes(self.survey_rounds(), self.plan.interval, timeout)
        };
        let result = self.run_flow_series(&all_series, schedule, observer);
        self.path.survey = self.path.flows.pop();
        self.path.sent = self.sent.get();
        (self.path, result)
    }

    fn survey_rounds(&self) -> u64 {
        self.plan.rounds.unwrap_or(1)
    }

    fn survey_series(&self, known: &Path) -> Vec<TtlSeries> {
        let last = self.last_ttl(known);
        let probes = usize::try_from(self.survey_rounds()).unwrap_or(0);
        let series = |ttl| TtlSeries {
            target: TARGET_PORT,
            port: None,
            ttls: std::iter::repeat_n(ttl, probes).collect(),
            purpose: ProbePurpose::Round { flow: 0, round: 1 },
        };
        let ttls = (1..=last).map(Some).chain([None; FULL_TTL_PROBES]);
        ttls.map(series).collect()
    }
}
