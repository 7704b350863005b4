//! Samples become statistics and log lines.

use std::net::SocketAddr;
use std::time::Duration;

use super::PingPlan;
use super::failure_traces::FailureTraces;
use super::outputs::PingOutputs;
use super::summary::{RunInfo, RunSummary};
use crate::assertions::{AssertionResult, Until};
use crate::engine::{RunControl, RunRecord, SampleSink};
use crate::hosts::Target;
use crate::hosts::resolve::LookupResult;
use crate::outcome::{ExtraReply, OutcomeClass, Sample, TargetId};
use crate::plan::Limit;
use crate::platform::LocalHost;
use crate::session::reresolution::Reresolver;
use crate::session::resolution::PendingTargets;
use crate::session::{ExitStatus, RunError};
use crate::stats::{Statistics, UpDownState};
use crate::term::{Progress, print_diagnostic};

/// A run that takes longer than this shows its progress.
const LONG: Duration = Duration::from_secs(10);

/// Statistics and outputs of a run.
pub(super) struct Monitor<'a> {
    info: RunInfo,
    outputs: PingOutputs<'a>,
    statistics: Statistics,
    states: Vec<UpDownState>,
    until: Option<Until>,
    /// Re-resolution of names.
    pub(super) reresolver: Option<Reresolver>,
    /// Targets whose names are not resolved yet.
    pub(super) pending: Option<PendingTargets>,
    /// Traces of failing targets.
    pub(super) traces: Option<FailureTraces>,
    /// Names whose last lookup failed: reported once.
    lost: Vec<String>,
    /// Probes that have ended, warm-up included, for the progress bar.
    ended: u64,
    failed: u64,
}

impl<'a> Monitor<'a> {
    /// A monitor of at most `capacity` targets.
    pub(super) fn new(info: RunInfo, most: usize, outputs: PingOutputs<'a>) -> Self {
        let targets = info.targets.len();
        let until = info.plan.assertions.until.clone();
        Self {
            outputs,
            statistics: Statistics::new(targets, most),
            states: vec![UpDownState::default(); targets],
            until: until.map(|until| Until::new(until, targets)),
            reresolver: None,
            pending: None,
            traces: None,
            lost: Vec::new(),
            info,
            ended: 0,
            failed: 0,
        }
    }

    /// Prints the heading.
    pub(super) fn open(&mut self) {
        self.outputs.open(&self.info);
        let plan = &self.info.plan;
        let long = plan
            .schedule
            .expected_duration()
            .is_none_or(|expected| expected > LONG);
        let silent = plan.display.quiet || !self.outputs.outputs.output.is_terminal();
        if long || silent {
            let probes = expected_probes(plan, self.info.targets.len());
            self.outputs
                .outputs
                .output
                .show(Progress::on_stderr(probes));
        }
    }

    /// Prints the summary; returns the exit status.
    pub(super) fn close(mut self, record: RunRecord) -> Result<ExitStatus, RunError> {
        self.outputs.outputs.output.finish_progress();
        while let Some(trace) = self.traces.as_mut().and_then(FailureTraces::last) {
            self.outputs.trace(&self.info, &trace);
        }
        let missing = self.pending.iter().flat_map(PendingTargets::unresolved);
        for error in missing {
            self.outputs.unresolved(&self.info, &error);
            self.info.unresolved.push(error);
        }
        let assertions = self.assertions();
        let status = self.exit_status(&assertions);
        let summary = summary(&self.info, &self.statistics, record, &assertions);
        self.outputs.close(&summary)?;
        Ok(status)
    }

    /// Results of the assertions, target by target.
    fn assertions(&self) -> Vec<AssertionResult> {
        let checks = &self.info.plan.assertions;
        let mut assertions = Vec::new();
        let targets = self.info.targets.iter().zip(&self.statistics.targets);
        for (id, (target, recorder)) in (0..).map(TargetId).zip(targets) {
            let name = self.info.label(target);
            let expected = checks.expect.iter();
            assertions.extend(expected.map(|expected| expected.check(&name, recorder)));
            let conditions = checks.fail_if.iter();
            assertions.extend(conditions.map(|condition| condition.check(&name, recorder)));
            let until = self.until.as_ref();
            assertions.extend(until.map(|until| until.result(id, &name)));
        }
        assertions
    }

    fn exit_status(&self, assertions: &[AssertionResult]) -> ExitStatus {
        let answered =
            |recorder: &crate::stats::Recorder| recorder.count_class(OutcomeClass::Succeeded) > 0;
        // `--expect` and `--until` define success themselves.
        let checks = &self.info.plan.assertions;
        let defines_success = !checks.expect.is_empty() || checks.until.is_some();
        let fine = (defines_success || self.statistics.targets.iter().all(answered))
            && assertions.iter().all(|assertion| assertion.passed)
            && self.info.unresolved.is_empty();
        ExitStatus::new(fine, self.outputs.outputs.output.is_closed())
    }

    /// Prints traces that have finished.
    fn print_traces(&mut self) {
        while let Some(trace) = self.traces.as_mut().and_then(FailureTraces::found) {
            self.outputs.trace(&self.info, &trace);
        }
    }

    fn is_shown(&self, sample: &Sample) -> bool {
        let display = &self.info.plan.display;
        let succeeded = sample.result.outcome.kind().class() == OutcomeClass::Succeeded;
        let worth_a_line = !display.failures_only || !succeeded || sample.late;
        worth_a_line && !display.quiet
    }

    /// Announces a target that goes down or up, if the run watches for that.
    fn note_state(&mut self, sample: &Sample) {
        let target = sample.target;
        let (Some(state), Some(recorder)) = (
            self.states.get_mut(target.index()),
            self.statistics.targets.get(target.index()),
        ) else {
            return;
        };
        let Some(change) = state.note(recorder, sample.sent_at) else {
            return;
        };
        if !change.is_up
            && let Some(reresolver) = &self.reresolver
        {
            reresolver.resolve_now();
        }
        if self.info.plan.is_watch() {
            self.outputs.state_change(&self.info, target, &change);
        }
    }

    /// Adds a target whose name has been resolved.
    fn welcome(&mut self, target: &Target) {
        let here = LocalHost::from(&self.info.plan.sockets);
        let route = here.route_to(target.protocol, target.address);
        self.info.targets.push(target.clone());
        self.info.routes.push(route);
        self.statistics.add_target();
        self.states.push(UpDownState::default());
        if let Some(until) = &mut self.until {
            until.add_target();
        }
        let id = u32::try_from(self.states.len() - 1).unwrap_or(u32::MAX);
        self.outputs.added(&self.info, TargetId(id));
    }

    /// Applies the result of a lookup; returns the targets with a new address.
    fn follow(&mut self, name: &str, found: &LookupResult) -> Vec<(TargetId, SocketAddr)> {
        let lookup = match found {
            Ok(lookup) => lookup,
            Err(error) => {
                if !self.lost.iter().any(|lost| lost == name) {
                    self.lost.push(name.to_owned());
                    print_diagnostic(&format!("{error}; still probing its last address"));
                }
                return Vec::new();
            }
        };
        self.lost.retain(|lost| lost != name);
        let mut moved = Vec::new();
        for (id, index) in (0..).map(TargetId).zip(0..self.info.targets.len()) {
            let target = &mut self.info.targets[index];
            let is_its = target.lookup.is_some() && *target.host == *name;
            let stays = lookup
                .addresses
                .iter()
                .any(|it| it.ip() == target.address.ip());
            let Some(first) = lookup.addresses.first().filter(|_| is_its && !stays) else {
                continue;
            };
            let from = target.address.ip();
            let port = target.address.port();
            target.address = *first;
            target.address.set_port(port);
            target.lookup = Some(lookup.clone());
            let here = LocalHost::from(&self.info.plan.sockets);
            self.info.routes[index] = here.route_to(target.protocol, target.address);
            moved.push((id, target.address));
            self.outputs.address_changed(&self.info, id, from);
        }
        moved
    }
}

/// The run as it stands.
fn summary<'r>(
    info: &'r RunInfo,
    statistics: &'r Statistics,
    mut record: RunRecord,
    assertions: &'r [AssertionResult],
) -> RunSummary<'r> {
    record.wall_clock_moved = info.clock.step_seconds();
    RunSummary::new(info, statistics, record, assertions)
}

impl SampleSink for Monitor<'_> {
    fn sample(&mut self, sample: &Sample) {
        self.statistics.record(sample);
        if let Some(until) = &mut self.until {
            until.record(sample.target, &sample.result.outcome);
        }
        let is_shown = self.is_shown(sample);
        self.outputs.probe(&self.info, sample, is_shown);
        let target = self.info.targets.get(sample.target.index());
        if let (Some(traces), Some(target)) = (&mut self.traces, target) {
            traces.record(target, sample);
        }
        if !sample.late {
            let failed = sample.result.outcome.kind().class() == OutcomeClass::Failed;
            self.ended += 1;
            self.failed += u64::from(failed && !sample.warmup);
            if !sample.warmup {
                self.note_state(sample);
            }
        }
    }

    fn extra_reply(&mut self, target: TargetId, extra: ExtraReply) {
        self.statistics.record_extra(target, extra);
    }
}

impl RunControl for Monitor<'_> {
    fn statistics_requested(&mut self, so_far: &RunRecord) {
        let summary = summary(&self.info, &self.statistics, *so_far, &[]);
        self.outputs.interim(&summary);
    }

    fn changed_addresses(&mut self) -> Vec<(TargetId, SocketAddr)> {
        let found = self.reresolver.as_ref().map(Reresolver::take_results);
        let found = found.unwrap_or_default();
        found
            .iter()
            .flat_map(|(name, found)| self.follow(name, found))
            .collect()
    }

    fn new_targets(&mut self) -> Vec<Target> {
        let arrived = self.pending.as_mut().map(PendingTargets::take_resolved);
        let (targets, unresolved) = arrived.unwrap_or_default();
        for error in &unresolved {
            print_diagnostic(&error.to_string());
            self.outputs.unresolved(&self.info, error);
        }
        self.info.unresolved.extend(unresolved);
        for target in &targets {
            self.welcome(target);
        }
        targets
    }

    fn expects_targets(&self) -> bool {
        let pending = self.pending.as_ref();
        pending.is_some_and(PendingTargets::is_waiting)
    }

    fn needs_port(&self, target: TargetId) -> bool {
        let traces = self.traces.as_ref();
        traces.is_some_and(|traces| traces.needs_port(target))
    }

    fn idle(&mut self) {
        self.print_traces();
        let output = &mut *self.outputs.outputs.output;
        output.progress().refresh(self.ended, self.failed);
        output.flush();
    }

    fn is_done(&self) -> bool {
        let waited = self.until.as_ref().is_some_and(Until::is_met) && !self.expects_targets();
        waited || self.outputs.outputs.output.is_closed()
    }
}

fn expected_probes(plan: &PingPlan, targets: usize) -> Option<u64> {
    let Limit::Count(count) = plan.schedule.limit else {
        return None;
    };
    let each = count.checked_add(plan.schedule.warmup)?;
    each.checked_mul(targets as u64)
}
