//! Where samples become statistics and lines.

use std::net::SocketAddr;
use std::time::Duration;

use super::lookout::Lookout;
use super::outlets::Outlets;
use super::targets::Latecomers;
use super::trails::Trails;
use super::{RunError, Verdict};
use crate::assertions::{AssertionResult, Until};
use crate::engine::Sink;
use crate::hosts::Target;
use crate::hosts::resolve::LookupResult;
use crate::outcome::{ExtraReply, OutcomeClass, Sample, TargetId};
use crate::plan::{Limit, Plan};
use crate::platform::LocalHost;
use crate::report::{Report, RunInfo, live};
use crate::stats::{RunRecord, Statistics, UpDownState};
use crate::term::{Output, Progress, ResultFile, complain};

/// A run that takes longer than this shows its progress.
const LONG: Duration = Duration::from_secs(10);

/// One run's statistics and its output.
pub(super) struct Desk<'a> {
    info: RunInfo,
    outlets: Outlets<'a>,
    statistics: Statistics,
    states: Vec<UpDownState>,
    until: Option<Until>,
    /// Names that are looked up again.
    pub(super) lookout: Option<Lookout>,
    /// Targets that may still come.
    pub(super) latecomers: Option<Latecomers>,
    /// Looks at the path of targets that fail.
    pub(super) trails: Option<Trails>,
    /// Names whose last lookup failed, so that it is told once.
    lost: Vec<String>,
    /// Probes that have ended, warm-up included, for the progress bar.
    ended: u64,
    failed: u64,
}

impl<'a> Desk<'a> {
    /// A desk for at most so many targets.
    pub(super) fn new(
        info: RunInfo,
        most: usize,
        output: &'a mut Output,
        files: Vec<ResultFile>,
    ) -> Self {
        let targets = info.targets.len();
        let until = info.plan.checks.until.clone();
        Self {
            outlets: Outlets::new(&info, output, files),
            statistics: Statistics::new(targets, most),
            states: vec![UpDownState::default(); targets],
            until: until.map(|until| Until::new(until, targets)),
            lookout: None,
            latecomers: None,
            trails: None,
            lost: Vec::new(),
            info,
            ended: 0,
            failed: 0,
        }
    }

    /// Prints what comes before the first probe.
    pub(super) fn open(&mut self) {
        self.outlets.open(&self.info);
        let plan = &self.info.plan;
        let long = plan
            .pace
            .expected_duration()
            .is_none_or(|expected| expected > LONG);
        let silent = plan.output.quiet || !self.outlets.output.is_terminal();
        if long || silent {
            let probes = expected_probes(plan, self.info.targets.len());
            self.outlets.output.show(Progress::on_stderr(probes));
        }
    }

    /// Prints the summary and decides.
    pub(super) fn close(mut self, record: RunRecord) -> Result<Verdict, RunError> {
        self.outlets.output.finish_progress();
        while let Some(trail) = self.trails.as_mut().and_then(Trails::last) {
            self.outlets.path(&self.info, &trail);
        }
        let missing = self.latecomers.iter().flat_map(Latecomers::missing);
        self.info.unresolved.extend(missing);
        let assertions = self.assertions();
        let verdict = self.verdict(&assertions);
        let report = report(&self.info, &self.statistics, record, &assertions);
        self.outlets.close(&report)?;
        Ok(verdict)
    }

    /// What the checks found, target by target.
    fn assertions(&self) -> Vec<AssertionResult> {
        let checks = &self.info.plan.checks;
        let mut assertions = Vec::new();
        let targets = self.info.targets.iter().zip(&self.statistics.targets);
        for (id, (target, recorder)) in (0..).map(TargetId).zip(targets) {
            let name = live::label(&self.info, target);
            let expected = checks.expect.iter();
            assertions.extend(expected.map(|expected| expected.check(&name, recorder)));
            let conditions = checks.fail_if.iter();
            assertions.extend(conditions.map(|condition| condition.check(&name, recorder)));
            let until = self.until.as_ref();
            assertions.extend(until.map(|until| until.result(id, &name)));
        }
        assertions
    }

    fn verdict(&self, assertions: &[AssertionResult]) -> Verdict {
        let answered =
            |recorder: &crate::stats::Recorder| recorder.count_class(OutcomeClass::Succeeded) > 0;
        // Who expects a certain end of probes, or waits for one, says himself what success is.
        let checks = &self.info.plan.checks;
        let own_words = !checks.expect.is_empty() || checks.until.is_some();
        let fine = (own_words || self.statistics.targets.iter().all(answered))
            && assertions.iter().all(|assertion| assertion.passed)
            && self.info.unresolved.is_empty();
        // A reader who left early has seen enough; there is nobody to fail for.
        if fine || self.outlets.output.is_closed() {
            Verdict::Success
        } else {
            Verdict::Failure
        }
    }

    /// Tells of paths that have been looked at meanwhile.
    fn tell_paths(&mut self) {
        while let Some(trail) = self.trails.as_mut().and_then(Trails::found) {
            self.outlets.path(&self.info, &trail);
        }
    }

    fn is_shown(&self, sample: &Sample) -> bool {
        let output = &self.info.plan.output;
        let succeeded = sample.result.outcome.kind().class() == OutcomeClass::Succeeded;
        let worth_a_line = !output.failures_only || !succeeded || sample.late;
        worth_a_line && !output.quiet
    }

    /// Announces a target that goes down or comes up again, to those who watch.
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
            && let Some(lookout) = &self.lookout
        {
            lookout.hurry();
        }
        if self.info.plan.is_watch() {
            self.outlets.change(&self.info, target, &change);
        }
    }

    /// Takes in a target whose name has been resolved at last.
    fn welcome(&mut self, target: &Target) {
        let here = LocalHost::from(&self.info.plan.sockets);
        let route = here.route_to(target.protocol, target.address);
        self.info.targets.push(target.clone());
        self.info.routes.push(route);
        self.statistics.join();
        self.states.push(UpDownState::default());
        if let Some(until) = &mut self.until {
            until.join();
        }
        let id = u32::try_from(self.states.len() - 1).unwrap_or(u32::MAX);
        self.outlets.joined(&self.info, TargetId(id));
    }

    /// Takes in what a name has become; the targets that have to move.
    fn follow(&mut self, name: &str, found: &LookupResult) -> Vec<(TargetId, SocketAddr)> {
        let lookup = match found {
            Ok(lookup) => lookup,
            Err(error) => {
                if !self.lost.iter().any(|lost| lost == name) {
                    self.lost.push(name.to_owned());
                    complain(&format!("{error}; its last address is probed on"));
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
            let from = target.address.ip().to_string();
            let port = target.address.port();
            target.address = *first;
            target.address.set_port(port);
            target.lookup = Some(lookup.clone());
            let here = LocalHost::from(&self.info.plan.sockets);
            self.info.routes[index] = here.route_to(target.protocol, target.address);
            moved.push((id, target.address));
            self.outlets.moved(&self.info, id, &from);
        }
        moved
    }
}

/// A report of the run as it stands.
fn report<'r>(
    info: &'r RunInfo,
    statistics: &'r Statistics,
    mut record: RunRecord,
    assertions: &'r [AssertionResult],
) -> Report<'r> {
    record.wall_clock_moved = info.clock.drift();
    Report::new(info, statistics, record, assertions)
}

impl Sink for Desk<'_> {
    fn sample(&mut self, sample: &Sample) {
        self.statistics.record(sample);
        if let Some(until) = &mut self.until {
            until.record(sample.target, &sample.result.outcome);
        }
        let is_shown = self.is_shown(sample);
        self.outlets.probe(&self.info, sample, is_shown);
        let target = self.info.targets.get(sample.target.index());
        if let (Some(trails), Some(target)) = (&mut self.trails, target) {
            trails.note(target, sample);
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

    fn extra(&mut self, target: TargetId, extra: ExtraReply) {
        self.statistics.record_extra(target, extra);
    }

    fn statistics_requested(&mut self, so_far: &RunRecord) {
        let report = report(&self.info, &self.statistics, *so_far, &[]);
        self.outlets.statistics(&report);
    }

    fn moved(&mut self) -> Vec<(TargetId, SocketAddr)> {
        let found = self.lookout.as_ref().map(Lookout::found);
        let found = found.unwrap_or_default();
        found
            .iter()
            .flat_map(|(name, found)| self.follow(name, found))
            .collect()
    }

    fn joined(&mut self) -> Vec<Target> {
        let arrived = self.latecomers.as_mut().map(Latecomers::arrived);
        let (targets, unresolved) = arrived.unwrap_or_default();
        for error in &unresolved {
            complain(error);
        }
        self.info.unresolved.extend(unresolved);
        for target in &targets {
            self.welcome(target);
        }
        targets
    }

    fn expects_more(&self) -> bool {
        let latecomers = self.latecomers.as_ref();
        latecomers.is_some_and(Latecomers::are_expected)
    }

    fn takes_port(&self, target: TargetId) -> bool {
        let trails = self.trails.as_ref();
        trails.is_some_and(|trails| trails.takes_over(target))
    }

    fn idle(&mut self) {
        self.tell_paths();
        let output = &mut *self.outlets.output;
        output.progress().refresh(self.ended, self.failed);
        output.flush();
    }

    fn has_enough(&self) -> bool {
        let waited = self.until.as_ref().is_some_and(Until::is_met) && !self.expects_more();
        waited || self.outlets.output.is_closed()
    }
}

fn expected_probes(plan: &Plan, targets: usize) -> Option<u64> {
    let Limit::Count(count) = plan.pace.limit else {
        return None;
    };
    let each = count.checked_add(plan.pace.warmup)?;
    each.checked_mul(targets as u64)
}
