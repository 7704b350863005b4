//! A form of the results: what it says before the run, of each probe, of what changes, and at the end.

use super::html::markup::Markup;
use super::live::Printer;
use super::{
    Redactor, Report, RunInfo, TraceReport, csv, hgrm, html, json, live, markdown, openmetrics,
    trace,
};
use crate::outcome::{Sample, TargetId};
use crate::plan::Format;
use crate::stats::StateChange;

/// One form of one run's results. Text in, bytes out; where they go is somebody else's business.
#[derive(Clone, Debug)]
pub struct Form {
    format: Format,
    printer: Printer,
    /// Paths of targets that failed, for a page that is made at the end.
    paths: Vec<Markup>,
}

impl Form {
    /// A form of a run; `colour` is for the eyes of whoever looks at a terminal.
    pub fn new(format: Format, info: &RunInfo, colour: bool) -> Self {
        Self {
            format,
            printer: Printer::new(info, colour),
            paths: Vec::new(),
        }
    }

    /// What comes before the first probe.
    pub fn heading(&self, info: &RunInfo) -> String {
        match self.format {
            Format::Text => live::heading(info),
            Format::Json => json::start(info),
            Format::Csv => csv::heading(),
            _ => String::new(),
        }
    }

    /// What is said of a probe that has ended.
    pub fn probe(&mut self, info: &RunInfo, sample: &Sample) -> String {
        match self.format {
            Format::Text => self.printer.line(info, sample),
            Format::Json => json::probe(info, sample),
            Format::Csv => csv::row(info, sample),
            _ => String::new(),
        }
    }

    /// What is said of a target that has gone down or come up.
    pub fn change(&self, info: &RunInfo, target: TargetId, change: &StateChange) -> String {
        match self.format {
            Format::Text => live::change(info, target, change),
            Format::Json => json::change(info, target, change),
            _ => String::new(),
        }
    }

    /// What is said of a target whose name was resolved at last.
    pub fn joined(&mut self, info: &RunInfo, target: TargetId) -> String {
        self.printer.join(info, target);
        match self.format {
            Format::Text => live::joined(info, target),
            Format::Json => json::moved(info, target, None),
            _ => String::new(),
        }
    }

    /// What is said of a target that has another address now.
    pub fn moved(&self, info: &RunInfo, target: TargetId, from: &str) -> String {
        match self.format {
            Format::Text => live::moved(info, target, from),
            Format::Json => json::moved(info, target, Some(from)),
            _ => String::new(),
        }
    }

    /// What the path of a target shows that fails.
    pub fn path(&mut self, report: &TraceReport) -> String {
        if self.format == Format::Html {
            self.paths.push(trace::section(report));
        }
        trace::of(self.format, report)
    }

    /// What comes at the end, told piece by piece: all of it at once may be much.
    pub fn summary(&self, report: &Report, tell: &mut dyn FnMut(String)) {
        if self.format == Format::Json {
            json::summaries(report).for_each(&mut *tell);
        }
        tell(self.result(report));
    }

    fn result(&self, report: &Report) -> String {
        match self.format {
            Format::Text => format!("\n{}", report.text()),
            Format::Json => json::checks(report.assertions),
            Format::Markdown => markdown::text(report),
            Format::CsvSummary => csv::summary(report),
            Format::Html => html::page(report, &self.paths),
            Format::OpenMetrics => openmetrics::text(report),
            Format::Hgrm => {
                let mut targets = report.targets();
                let values = targets
                    .next()
                    .and_then(|it| hgrm::text(&it.recorder.connect));
                values.unwrap_or_default()
            }
            Format::Csv => String::new(),
        }
    }

    /// A text of this form without names and addresses.
    pub fn redacted(&self, redactor: &mut Redactor, text: &str) -> String {
        redactor.redact_form(self.format, text)
    }

    /// Whether every probe has a line of its own here.
    pub fn is_live(&self) -> bool {
        matches!(self.format, Format::Text | Format::Json | Format::Csv)
    }
}
