//! The story of `synack trace`: resolve, look, walk, report.

use std::time::{Duration, Instant};

use crate::clock::WallClock;
use crate::outcome::{Outcome, UnreachableBy};
use crate::path::{Path, PathEnd, RouterNames, TraceObserver, TraceProbe, Tracer};

use crate::plan::{Format, TracePlan};
use crate::platform::{self, LocalHost};
use crate::report::{self, Forms, TraceInfo, TraceReport, trace};
use crate::session::{ExitStatus, RunError, Session, outputs as files};
use crate::term::{Output, Progress, ResultFile, complain};

/// How long the last names of routers are waited for.
const NAMES: Duration = Duration::from_secs(1);

/// What a system that does not tell of hops leaves of a path.
const SILENT_HOPS: &str = "this system does not tell at which router a probe's TTL ran out (Linux does, for TCP since 5.9): \
    hops stay silent, and only how far away the answer comes from shows";

/// Looks at the path that `plan` is about and prints what it finds to `output`.
pub fn run(plan: TracePlan, output: &mut Output) -> Result<ExitStatus, RunError> {
    let session = Session::start()?;
    let target = session.single_target(&plan.target, &plan.path.sockets)?;
    let files = files::open(&plan.output, 1)?;
    let Session { poller, signals } = session;
    if !platform::reports_ttl_exceeded(target.protocol) {
        complain(SILENT_HOPS);
    }
    let here = LocalHost::from(&plan.path.sockets);
    let info = TraceInfo {
        route: here.route_to(target.protocol, target.address),
        target: target.clone(),
        host: platform::host(),
        clock: WallClock::start(),
        started: Instant::now(),
        columns: output.columns().clamp(report::NARROWEST, report::WIDEST),
        path: plan.path.clone(),
        output: plan.output,
    };
    let mut report = TraceOutput::new(&info, output, files, plan.names);
    report.open();
    let tracer = Tracer::new(target, plan.path, poller, &signals);
    let (path, result) = tracer.run(&mut report);
    let verdict = report.close(&path)?;
    result.map_err(RunError::Poller)?;
    Ok(verdict)
}

/// Where steps become lines.
struct TraceOutput<'a> {
    info: &'a TraceInfo,
    output: &'a mut Output,
    forms: Forms,
    files: Vec<ResultFile>,
    names: RouterNames,
}

impl<'a> TraceOutput<'a> {
    fn new(
        info: &'a TraceInfo,
        output: &'a mut Output,
        files: Vec<ResultFile>,
        names: bool,
    ) -> Self {
        Self {
            forms: Forms::new(&info.output, || info.redactor()),
            names: RouterNames::new(names),
            info,
            output,
            files,
        }
    }

    fn open(&mut self) {
        self.tell(trace::heading);
        self.output.flush();
        self.output.show(Progress::of_steps());
    }

    /// Tells everybody the same in his own form.
    fn tell(&mut self, what: impl Fn(Format, &TraceInfo) -> String) {
        let info = self.info;
        let texts = self.forms.each(|format| what(format, info));
        let mut texts = texts.into_iter();
        self.output.write(&texts.next().unwrap_or_default());
        for (file, text) in self.files.iter_mut().zip(texts) {
            file.write(&text);
        }
    }

    fn close(mut self, path: &Path) -> Result<ExitStatus, RunError> {
        self.output.finish_progress();
        self.names.wait(NAMES);
        let report = TraceReport::new(self.info, path, &self.names, Instant::now());
        let texts = self.forms.each(|format| trace::summary(format, &report));
        let reached =
            matches!(report.analysis.end, PathEnd::FinalReply { how, .. } if how.is_yes());
        let closed = self.output.is_closed();
        files::write_all(self.output, texts, self.files)?;
        Ok(ExitStatus::new(reached, closed))
    }
}

impl TraceObserver for TraceOutput<'_> {
    fn step(&mut self, step: &TraceProbe) {
        if let Outcome::Unreachable(UnreachableBy::Icmp(icmp)) = step.sample.result.outcome
            && let Some(from) = icmp.from
        {
            self.names.ask(from);
        }
        self.tell(|format, info| trace::step(format, info, step));
    }

    fn round(&mut self, round: u64) {
        let what = match round {
            0 => "a first look at all hops".to_owned(),
            round => format!("round {round}"),
        };
        self.output.progress().say(&what);
    }

    fn so_far(&mut self, path: &Path) {
        self.names.wait(Duration::ZERO);
        let report = TraceReport::new(self.info, path, &self.names, Instant::now());
        let text = self.forms.text(report.text());
        files::write_interim(self.output, &self.info.output, &text);
    }
}
