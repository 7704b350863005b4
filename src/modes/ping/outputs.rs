//! Where results go: standard output, and the files that were asked for, each in its own form.

use std::time::Instant;

use super::failure_traces::FailureTrace;
use crate::outcome::{Sample, TargetId};
use crate::path::RouterNames;
use crate::plan::PathPlan;
use crate::report::{Form, Redactor, Report, RunInfo, TraceInfo, TraceReport, WIDEST};
use crate::session::{RunError, outputs as files};
use crate::stats::StateChange;
use crate::term::{Output, ResultFile};

/// All outlets of one run.
pub(super) struct Outputs<'a> {
    pub(super) output: &'a mut Output,
    screen: Form,
    files: Vec<(Form, ResultFile)>,
    redactor: Option<Redactor>,
}

impl<'a> Outputs<'a> {
    /// Outputs to `output` and to `files`, which were opened for this plan.
    pub(super) fn new(info: &RunInfo, output: &'a mut Output, files: Vec<ResultFile>) -> Self {
        let plan = &info.plan.output;
        let forms = plan.files.iter();
        let forms = forms.map(|file| Form::new(file.format, info, false));
        Self {
            screen: Form::new(plan.screen, info, output.colour()),
            output,
            files: forms.zip(files).collect(),
            redactor: plan.redact.then(|| Redactor::of_run(info)),
        }
    }

    /// Tells everybody the same thing in his own form; `quiet` leaves standard output out.
    fn tell(&mut self, quiet: bool, what: impl Fn(&mut Form) -> String) {
        if !quiet {
            let text = what(&mut self.screen);
            let text = redacted(self.redactor.as_mut(), &self.screen, text);
            self.output.write(&text);
        }
        for (form, file) in &mut self.files {
            let text = what(form);
            file.write(&redacted(self.redactor.as_mut(), form, text));
        }
    }

    /// Tells what comes before the first probe.
    pub(super) fn open(&mut self, info: &RunInfo) {
        self.tell(false, |form| form.heading(info));
        self.output.flush();
    }

    /// Tells of a probe; standard output only if the probe is worth a line there.
    pub(super) fn probe(&mut self, info: &RunInfo, sample: &Sample, is_shown: bool) {
        // Nobody formats what nobody reads.
        if is_shown || !self.files.is_empty() {
            self.tell(!is_shown, |form| form.probe(info, sample));
        }
    }

    /// Tells that a target is up or down now.
    pub(super) fn change(&mut self, info: &RunInfo, target: TargetId, change: &StateChange) {
        self.tell(false, |form| form.change(info, target, change));
    }

    /// Tells that a target is known now, and where it is.
    pub(super) fn joined(&mut self, info: &RunInfo, target: TargetId) {
        if let Some(redactor) = &mut self.redactor {
            redactor.learn(&info.targets[target.index()]);
        }
        self.tell(false, |form| form.joined(info, target));
    }

    /// Tells that a target has another address now.
    pub(super) fn moved(&mut self, info: &RunInfo, target: TargetId, from: &str) {
        self.tell(false, |form| form.moved(info, target, from));
    }

    /// Tells what the path of a target that fails shows.
    pub(super) fn path(&mut self, info: &RunInfo, trace: &FailureTrace) {
        let target = trace.target.index();
        let looked_at = TraceInfo {
            target: trace.path.target.clone(),
            route: info.routes.get(target).cloned().flatten(),
            host: info.host.clone(),
            clock: info.clock,
            started: trace.started,
            columns: info.columns,
            path: PathPlan::new(info.plan.sockets.clone(), info.plan.payload.clone()),
            output: info.plan.output.clone(),
        };
        let names = RouterNames::new(false);
        let report = TraceReport::new(&looked_at, &trace.path, &names, Instant::now());
        self.tell(false, |form| form.path(&report));
    }

    /// Tells the statistics so far.
    pub(super) fn statistics(&mut self, report: &Report) {
        let text = match &mut self.redactor {
            Some(redactor) => redactor.redact(&report.text()),
            None => report.text(),
        };
        files::write_interim(self.output, &report.info.plan.output, &text);
    }

    /// Tells the end, and puts the files in their places.
    pub(super) fn close(mut self, report: &Report) -> Result<(), RunError> {
        let redactor = &mut self.redactor;
        let mut result =
            files::write_final(self.output, |to| tell(&self.screen, report, redactor, to));
        // A file has no terminal to be as wide as.
        let page = RunInfo {
            columns: WIDEST,
            ..report.info.clone()
        };
        let report = report.on(&page);
        for (form, mut file) in self.files {
            tell(&form, &report, redactor, &mut |text| file.write(text));
            result = files::finish(file, result);
        }
        result
    }
}

/// Tells the end in one form.
fn tell(form: &Form, report: &Report, redactor: &mut Option<Redactor>, to: &mut dyn FnMut(&str)) {
    form.summary(report, &mut |text| {
        to(&redacted(redactor.as_mut(), form, text));
    });
}

fn redacted(redactor: Option<&mut Redactor>, form: &Form, text: String) -> String {
    match redactor {
        Some(redactor) => form.redacted(redactor, &text),
        None => text,
    }
}
