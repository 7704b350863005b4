//! What `synack trace` prints, in every form.

mod html;
mod json;
mod markdown;
mod rows;
#[cfg(test)]
mod tests;
mod text;

use std::time::Instant;

use super::{Redactor, html as page};
use crate::clock::WallClock;
use crate::explain::Verdict;
use crate::path::{Conclusion, Names, Path, Step};
use crate::plan::{Format, PathPlan, Plan};
use crate::platform::{HostFacts, Route};
use crate::target::Target;

/// What is known before the first probe.
#[derive(Clone, Debug)]
pub struct TraceInfo {
    /// What was asked for.
    pub plan: Plan,
    /// How the path is looked at.
    pub path: PathPlan,
    /// Whom it leads to.
    pub target: Target,
    /// The way there, as this machine sees it.
    pub route: Option<Route>,
    /// This machine.
    pub host: HostFacts,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// When it began.
    pub started: Instant,
    /// How wide the text may be.
    pub columns: usize,
    /// Names of routers are looked up.
    pub names: bool,
}

/// A path that has been looked at.
#[derive(Clone, Copy, Debug)]
pub struct TraceReport<'a> {
    /// What was known before.
    pub info: &'a TraceInfo,
    /// What was found.
    pub path: &'a Path,
    /// What that says.
    pub conclusion: &'a Conclusion,
    /// What it means.
    pub verdict: &'a Verdict,
    /// What routers are called.
    pub names: &'a Names,
    /// When it ended.
    pub ended: Instant,
}

/// What a run says of the path of a target that fails, in the forms that have a place for it.
pub(super) fn of(format: Format, report: &TraceReport) -> String {
    match format {
        Format::Text => text::aside(report),
        Format::Json => json::summary(report),
        Format::Markdown => markdown::text(report),
        _ => String::new(),
    }
}

/// All forms of one trace: that of standard output first, then those of the files.
#[derive(Clone, Debug)]
pub struct PathForms {
    formats: Vec<Format>,
    redactor: Option<Redactor>,
}

impl PathForms {
    /// The forms that the plan asks for.
    pub fn new(info: &TraceInfo) -> Self {
        let output = &info.plan.output;
        let files = output.files.iter().map(|file| file.format);
        Self {
            formats: std::iter::once(output.screen).chain(files).collect(),
            redactor: output
                .redact
                .then(|| Redactor::of_one(&info.target, info.route.as_ref(), &info.host)),
        }
    }

    /// What comes before the first probe, in every form.
    pub fn heading(&mut self, info: &TraceInfo) -> Vec<String> {
        self.each(|format| match format {
            Format::Text => text::heading(info),
            Format::Json => json::start(info),
            _ => String::new(),
        })
    }

    /// What is said of a probe.
    pub fn step(&mut self, info: &TraceInfo, step: &Step) -> Vec<String> {
        self.each(|format| match format {
            Format::Json => json::step(info, step),
            _ => String::new(),
        })
    }

    /// What comes at the end.
    pub fn summary(&mut self, report: &TraceReport) -> Vec<String> {
        self.each(|format| match format {
            Format::Text => text::summary(report),
            Format::Json => json::summary(report),
            Format::Markdown => markdown::text(report),
            Format::Html => html::page(report),
            _ => String::new(),
        })
    }

    /// What is known so far, as text.
    pub fn so_far(&mut self, report: &TraceReport) -> String {
        let text = text::summary(report);
        match &mut self.redactor {
            Some(redactor) => redactor.redact(&text),
            None => text,
        }
    }

    fn each(&mut self, of: impl Fn(Format) -> String) -> Vec<String> {
        let formats = self.formats.clone();
        let texts = formats.into_iter().map(|format| {
            let text = of(format);
            match (&mut self.redactor, format) {
                (None, _) => text,
                (Some(redactor), Format::Html) => {
                    page::over_text(&text, |text| redactor.redact(text))
                }
                (Some(redactor), Format::Json) => redactor.redact_values(&text),
                (Some(redactor), _) => redactor.redact(&text),
            }
        });
        texts.collect()
    }
}
