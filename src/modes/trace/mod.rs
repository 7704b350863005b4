//! `synack trace`: the path to one port.

mod document;
mod hops;
mod json;
mod notes;
mod plan;
mod summary;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::clock::WallClock;
use crate::outcome::{Outcome, UnreachableBy};
use crate::path::{Path, PathEnd, RouterNames, TraceObserver, TraceProbe, Tracer};
use crate::plan::{DocumentFormat, Format, JsonOnly};
use crate::platform::{self, LocalHost};
use crate::report::document::{Block, Document};
use crate::report::{self, Page, Redactor};
use crate::session::outputs::Outputs;
use crate::session::{ExitStatus, RunError, Session};
use crate::term::{Output, Progress, print_diagnostic};
pub use plan::TracePlan;
pub use summary::{TraceInfo, TraceSummary};

/// How long the last names of routers are waited for.
const NAMES: Duration = Duration::from_secs(1);

/// What a system without ICMP errors on sockets leaves of a path.
const NO_HOPS: &str = "this system does not report where the TTL of a probe ran out (Linux does, for TCP since 5.9): \
    hops show no reply, only the distance of the final reply";

/// Traces the path that `plan` is about.
pub fn run(plan: TracePlan, output: &mut Output) -> Result<ExitStatus, RunError> {
    let session = Session::start()?;
    let target = session.single_target(&plan.target, &plan.path.sockets)?;
    let outputs = Outputs::open(&plan.output, output)?;
    let Session { poller, signals } = session;
    if !platform::reports_ttl_exceeded(target.protocol) {
        print_diagnostic(NO_HOPS);
    }
    let host = LocalHost::from(&plan.path.sockets);
    let info = TraceInfo {
        route: host.route_to(target.protocol, target.address),
        target: target.clone(),
        family: plan.target.family,
        host: platform::host(),
        clock: WallClock::start(),
        started: Instant::now(),
        path: plan.path.clone(),
        command_line: plan.output.command_line,
    };
    let mut trace = TraceOutputs {
        redactor: info.redactor(plan.output.redact),
        names: RouterNames::new(plan.names),
        info: &info,
        outputs,
    };
    trace.open();
    let tracer = Tracer::new(target, plan.path, poller, &signals);
    let (path, result) = tracer.run(&mut trace);
    let status = trace.close(&path)?;
    result.map_err(RunError::Poller)?;
    Ok(status)
}

/// The path as a document.
pub(super) fn document(summary: &TraceSummary) -> Document {
    document::document(summary)
}

/// A document about a path, as a part of one about a run.
pub(super) fn section(document: Document) -> Block {
    document::section(document)
}

/// The path as a line of JSON.
pub(super) fn json(summary: &TraceSummary, redactor: &Redactor) -> String {
    json::summary(summary, redactor)
}

pub(super) use json::Found;

/// What a trace writes, in every format.
struct TraceOutputs<'a> {
    info: &'a TraceInfo,
    outputs: Outputs<'a, JsonOnly>,
    redactor: Redactor,
    names: RouterNames,
}

impl TraceOutputs<'_> {
    fn open(&mut self) {
        let (info, redactor) = (self.info, &self.redactor);
        let heading = document::heading(info);
        self.outputs.write(|format, page| match format {
            Format::Document(DocumentFormat::Text) => {
                report::wrap(&report::line(&heading, redactor), 2, page.columns) + "\n"
            }
            Format::Document(_) => String::new(),
            Format::Data(JsonOnly::Json) => json::start(info, redactor),
        });
        self.outputs.output.flush();
        self.outputs.output.show(Progress::spinner());
    }

    fn close(mut self, path: &Path) -> Result<ExitStatus, RunError> {
        self.outputs.output.finish_progress();
        self.names.wait(NAMES);
        let summary = TraceSummary::new(self.info, path, &self.names, Instant::now());
        let document = document::document(&summary);
        let redactor = &self.redactor;
        let reached = matches!(summary.analysis.end, PathEnd::FinalReply { reply: how, .. } if how.is_success());
        let closed = self.outputs.output.is_closed();
        self.outputs.finish(|format, page, write| match format {
            Format::Document(format) => {
                let text = report::render(&document, format, page, redactor);
                let gap = if format == DocumentFormat::Text {
                    "\n"
                } else {
                    ""
                };
                write(&format!("{gap}{text}"));
            }
            Format::Data(JsonOnly::Json) => write(&json::summary(&summary, redactor)),
        })?;
        Ok(ExitStatus::new(reached, closed))
    }
}

impl TraceObserver for TraceOutputs<'_> {
    fn probe_ended(&mut self, step: &TraceProbe) {
        if let Outcome::Unreachable(UnreachableBy::Icmp(icmp)) = step.sample.result.outcome
            && let Some(from) = icmp.from
        {
            self.names.request(from);
        }
        let (info, redactor) = (self.info, &self.redactor);
        self.outputs.write(|format, _| match format {
            Format::Document(_) => String::new(),
            Format::Data(JsonOnly::Json) => json::probe(info, step, redactor),
        });
    }

    fn round_started(&mut self, round: u64) {
        let what = match round {
            0 => "discovery of all hops".to_owned(),
            round => format!("round {round}"),
        };
        self.outputs.output.progress().set_message(&what);
    }

    fn statistics_requested(&mut self, path: &Path) {
        self.names.wait(Duration::ZERO);
        let summary = TraceSummary::new(self.info, path, &self.names, Instant::now());
        let (document, redactor) = (document::document(&summary), &self.redactor);
        let render = |page: &Page| report::render(&document, DocumentFormat::Text, page, redactor);
        self.outputs.write_interim(render);
    }
}
