//! Outputs of a run, in every format.

use std::net::IpAddr;
use std::time::Instant;

use super::failure_traces::FailureTrace;
use super::log_lines::{self, LinePrinter};
use super::summary::{RunInfo, RunSummary};
use super::{PingData, csv, document, hgrm, json, openmetrics};
use crate::hosts::resolve::ResolveError;
use crate::modes::trace::{self, TraceInfo, TraceSummary};
use crate::outcome::{Sample, TargetId};
use crate::path::RouterNames;
use crate::plan::{DocumentFormat, Format, PathPlan};
use crate::report::document::Block;
use crate::report::{self, Page, Redactor};
use crate::session::RunError;
use crate::session::outputs::Outputs;
use crate::stats::StateChange;
use crate::text::Text;

/// Outputs of a run.
pub(super) struct PingOutputs<'a> {
    pub(super) outputs: Outputs<'a, PingData>,
    redactor: Redactor,
    printer: LinePrinter,
    /// Traces of failing targets, for documents written at the end.
    traces: Vec<Block>,
}

impl<'a> PingOutputs<'a> {
    pub(super) fn new(info: &RunInfo, outputs: Outputs<'a, PingData>) -> Self {
        let redactor = info.redactor();
        Self {
            printer: LinePrinter::new(info, &redactor),
            outputs,
            redactor,
            traces: Vec::new(),
        }
    }

    /// The heading.
    pub(super) fn open(&mut self, info: &RunInfo) {
        let redactor = &self.redactor;
        self.outputs.write(|format, page| match format.into() {
            Live::Lines => log_lines::heading(info)
                .iter()
                .map(|line| report::wrap(&report::line(line, redactor), 2, page.columns) + "\n")
                .collect(),
            Live::Objects => json::start(info, redactor),
            Live::Rows => csv::heading(),
            Live::Nothing => String::new(),
        });
        self.outputs.output.flush();
    }

    /// A probe has ended; `is_shown`: on standard output as well as in files.
    pub(super) fn probe(&mut self, info: &RunInfo, sample: &Sample, is_shown: bool) {
        if !is_shown && !self.outputs.has_files() {
            return;
        }
        let (redactor, printer) = (&self.redactor, &mut self.printer);
        let line = printer.line(info, sample, redactor);
        let render = |format: Format<PingData>, page: &Page| match format.into() {
            Live::Lines => line.render(page.colour),
            Live::Objects => json::probe(info, sample, redactor),
            Live::Rows => csv::row(info, sample, redactor),
            Live::Nothing => String::new(),
        };
        if is_shown {
            self.outputs.write(render);
        } else {
            self.outputs.write_to_files(render);
        }
    }

    /// A target is up or down now.
    pub(super) fn state_change(&mut self, info: &RunInfo, target: TargetId, change: &StateChange) {
        let redactor = &self.redactor;
        let line = log_lines::state_change(info, target, change);
        let json = || json::state_change(info, target, change, redactor);
        announce(&mut self.outputs, redactor, &line, json);
    }

    /// A target was added after its name was resolved.
    pub(super) fn added(&mut self, info: &RunInfo, target: TargetId) {
        self.redactor.register_target(&info.targets[target.index()]);
        let redactor = &self.redactor;
        self.printer.add_target(info, target, redactor);
        let line = log_lines::added(info, target);
        let json = || json::address_changed(info, target, None, redactor);
        announce(&mut self.outputs, redactor, &line, json);
    }

    /// The address of a target has changed.
    pub(super) fn address_changed(&mut self, info: &RunInfo, target: TargetId, from: IpAddr) {
        self.redactor.register_target(&info.targets[target.index()]);
        let redactor = &self.redactor;
        let line = log_lines::address_changed(info, target, from);
        let json = || json::address_changed(info, target, Some(from), redactor);
        announce(&mut self.outputs, redactor, &line, json);
    }

    /// A name has no address; readers are told on standard error and in the summary.
    pub(super) fn unresolved(&mut self, info: &RunInfo, error: &ResolveError) {
        let redactor = &self.redactor;
        self.outputs.write(|format, _| match format.into() {
            Live::Objects => json::unresolved(info, error, redactor),
            Live::Lines | Live::Rows | Live::Nothing => String::new(),
        });
    }

    /// The path of a target that fails was traced.
    pub(super) fn trace(&mut self, info: &RunInfo, failure: &FailureTrace) {
        let traced = TraceInfo {
            path: PathPlan::new(info.plan.sockets.clone(), info.plan.payload.clone()),
            target: failure.path.target.clone(),
            family: info.plan.targets.family,
            route: info.routes.get(failure.target.index()).cloned().flatten(),
            host: info.host.clone(),
            clock: info.clock,
            started: failure.started,
            command_line: info.plan.output.command_line.clone(),
        };
        let names = RouterNames::new(false);
        let summary = TraceSummary::new(&traced, &failure.path, &names, Instant::now());
        let document = trace::document(&summary);
        let redactor = &self.redactor;
        self.outputs.write(|format, page| match format.into() {
            Live::Lines => format!("\n{}\n", report::render_part(&document, page, redactor)),
            Live::Objects => trace::json(&summary, redactor),
            Live::Rows | Live::Nothing => String::new(),
        });
        self.traces.push(trace::section(document));
    }

    /// The statistics so far.
    pub(super) fn interim(&mut self, summary: &RunSummary) {
        let document = document::document(summary, Vec::new());
        let (format, redactor) = (DocumentFormat::Text, &self.redactor);
        let render = |page: &Page| report::render(&document, format, page, redactor);
        self.outputs.write_interim(render);
    }

    /// The end of the run.
    pub(super) fn close(self, summary: &RunSummary) -> Result<(), RunError> {
        let redactor = &self.redactor;
        self.outputs.finish(|format, page, write| match format {
            Format::Document(DocumentFormat::Text) => {
                // The traces were printed during the run.
                let document = document::document(summary, Vec::new());
                let text = report::render(&document, DocumentFormat::Text, page, redactor);
                write(&format!("\n{text}"));
            }
            Format::Document(format) => {
                let document = document::document(summary, self.traces.clone());
                write(&report::render(&document, format, page, redactor));
            }
            Format::Data(PingData::Json) => {
                json::summaries(summary, redactor).for_each(|line| write(&line));
                write(&json::assertions(summary.assertions, redactor));
            }
            Format::Data(PingData::CsvSummary) => write(&csv::summary(summary, redactor)),
            Format::Data(PingData::OpenMetrics) => write(&openmetrics::text(summary, redactor)),
            Format::Data(PingData::Hgrm) => write(&hgrm::text(summary)),
            // All rows are already written.
            Format::Data(PingData::Csv) => {}
        })
    }
}

/// What a format writes during the run.
enum Live {
    /// Lines for readers.
    Lines,
    /// JSON objects.
    Objects,
    /// CSV rows, one per probe.
    Rows,
    /// Nothing before the end of the run.
    Nothing,
}

impl From<Format<PingData>> for Live {
    fn from(format: Format<PingData>) -> Self {
        match format {
            Format::Document(DocumentFormat::Text) => Self::Lines,
            Format::Data(PingData::Json) => Self::Objects,
            Format::Data(PingData::Csv) => Self::Rows,
            Format::Document(_)
            | Format::Data(PingData::CsvSummary | PingData::Hgrm | PingData::OpenMetrics) => {
                Self::Nothing
            }
        }
    }
}

/// A line for readers, an object for programs.
fn announce(
    outputs: &mut Outputs<PingData>,
    redactor: &Redactor,
    line: &Text,
    json: impl Fn() -> String,
) {
    outputs.write(|format, _| match format.into() {
        Live::Lines => report::line(line, redactor) + "\n",
        Live::Objects => json(),
        Live::Rows | Live::Nothing => String::new(),
    });
}
