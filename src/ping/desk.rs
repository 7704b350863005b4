//! Where samples become statistics and lines.

use std::io;
use std::time::Duration;

use super::{RunError, Verdict};
use crate::check::{Finding, Until};
use crate::engine::Sink;
use crate::outcome::{Class, Extra, Sample, TargetId};
use crate::plan::{Limit, Plan};
use crate::report::{Report, RunInfo, json, live};
use crate::stats::{RunRecord, Statistics};
use crate::term::{Output, Progress};

/// A run that takes longer than this shows its progress.
const LONG: Duration = Duration::from_secs(10);

/// One run's statistics and its output.
pub(super) struct Desk<'a> {
    info: &'a RunInfo,
    output: &'a mut Output,
    printer: live::Printer,
    statistics: Statistics,
    until: Option<Until>,
    /// Probes that have ended, warm-up included, for the progress bar.
    ended: u64,
    failed: u64,
}

impl<'a> Desk<'a> {
    pub(super) fn new(info: &'a RunInfo, output: &'a mut Output) -> Self {
        Self {
            printer: live::Printer::new(info, output.colour()),
            statistics: Statistics::new(info.targets.len()),
            until: info
                .plan
                .checks
                .until
                .clone()
                .map(|until| Until::new(until, info.targets.len())),
            info,
            output,
            ended: 0,
            failed: 0,
        }
    }

    /// Prints what comes before the first probe.
    pub(super) fn open(&mut self) {
        let plan = &self.info.plan;
        let text = if plan.output.json {
            json::start(self.info)
        } else {
            live::heading(self.info)
        };
        self.output.write(&text);
        self.output.flush();
        let long = plan
            .pace
            .expected_duration()
            .is_none_or(|expected| expected > LONG);
        let silent = plan.output.quiet || !self.output.is_terminal();
        if long || silent {
            let probes = expected_probes(plan, self.info.targets.len());
            self.output.show(Progress::on_stderr(probes));
        }
    }

    /// Prints the summary and decides.
    pub(super) fn close(self, record: RunRecord) -> Result<Verdict, RunError> {
        self.output.finish_progress();
        let findings = self.findings();
        let summary = self.summary(record) + &self.found(&findings);
        let blank = if self.info.plan.output.json { "" } else { "\n" };
        self.output.write(&format!("{blank}{summary}"));
        self.output.flush();
        if let Some(failure) = self.output.failure() {
            // Nothing measured is lost: what stdout did not take goes to stderr.
            let _ = io::Write::write_all(&mut io::stderr(), summary.as_bytes());
            return Err(RunError::Output(failure.to_string()));
        }
        Ok(self.verdict(&findings))
    }

    /// What the checks found, target by target.
    fn findings(&self) -> Vec<Finding> {
        let checks = &self.info.plan.checks;
        let mut findings = Vec::new();
        let targets = self.info.targets.iter().zip(&self.statistics.targets);
        for (id, (target, recorder)) in (0..).map(TargetId).zip(targets) {
            let name = live::label(self.info, target);
            let expected = checks.expect.iter();
            findings.extend(expected.map(|expected| expected.check(&name, recorder)));
            let conditions = checks.fail_if.iter();
            findings.extend(conditions.map(|condition| condition.check(&name, recorder)));
            let until = self.until.as_ref();
            findings.extend(until.map(|until| until.finding(id, &name)));
        }
        findings
    }

    fn found(&self, findings: &[Finding]) -> String {
        if self.info.plan.output.json {
            json::checks(findings)
        } else {
            live::checks(findings)
        }
    }

    fn summary(&self, record: RunRecord) -> String {
        let report = self.report(record);
        if self.info.plan.output.json {
            json::summaries(&report)
        } else {
            report.text()
        }
    }

    fn report(&self, mut record: RunRecord) -> Report<'_> {
        record.wall_clock_moved = self.info.clock.drift();
        Report {
            info: self.info,
            statistics: &self.statistics,
            record,
        }
    }

    fn verdict(&self, findings: &[Finding]) -> Verdict {
        let answered =
            |recorder: &crate::stats::Recorder| recorder.count_class(Class::Succeeded) > 0;
        // Who expects a certain end of probes, or waits for one, says himself what success is.
        let checks = &self.info.plan.checks;
        let own_words = !checks.expect.is_empty() || checks.until.is_some();
        let fine = (own_words || self.statistics.targets.iter().all(answered))
            && findings.iter().all(|finding| finding.passed);
        // A reader who left early has seen enough; there is nobody to fail for.
        if fine || self.output.is_closed() {
            Verdict::Success
        } else {
            Verdict::Failure
        }
    }

    fn is_shown(&self, sample: &Sample) -> bool {
        let output = &self.info.plan.output;
        let succeeded = sample.ending.outcome.kind().class() == Class::Succeeded;
        let worth_a_line = !output.failures_only || !succeeded || sample.late;
        worth_a_line && !output.quiet
    }
}

impl Sink for Desk<'_> {
    fn sample(&mut self, sample: &Sample) {
        self.statistics.record(sample);
        if let Some(until) = &mut self.until {
            until.record(sample.target, &sample.ending.outcome);
        }
        if self.is_shown(sample) {
            let line = if self.info.plan.output.json {
                json::probe(self.info, sample)
            } else {
                self.printer.line(self.info, sample)
            };
            self.output.write(&line);
        }
        if !sample.late {
            let failed = sample.ending.outcome.kind().class() == Class::Failed;
            self.ended += 1;
            self.failed += u64::from(failed && !sample.warmup);
        }
    }

    fn extra(&mut self, target: TargetId, extra: Extra) {
        self.statistics.record_extra(target, extra);
    }

    fn statistics_requested(&mut self, so_far: &RunRecord) {
        let text = self.report(*so_far).text();
        if self.info.plan.output.json {
            // stdout carries one summary per target and no more.
            let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
        } else {
            self.output.write(&format!("\n{text}\n"));
        }
    }

    fn idle(&mut self) {
        self.output.progress().refresh(self.ended, self.failed);
        self.output.flush();
    }

    fn has_enough(&self) -> bool {
        self.output.is_closed() || self.until.as_ref().is_some_and(Until::is_met)
    }
}

fn expected_probes(plan: &Plan, targets: usize) -> Option<u64> {
    let Limit::Count(count) = plan.pace.limit else {
        return None;
    };
    let each = count.checked_add(plan.pace.warmup)?;
    each.checked_mul(targets as u64)
}
