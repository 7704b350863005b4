//! What `synack trace` prints, in every form.

mod html;
pub(in crate::report) mod json;
mod markdown;
mod rows;
#[cfg(test)]
mod tests;
mod text;

use std::net::IpAddr;
use std::time::Instant;

use super::Redactor;
use super::html::markup::Markup;
use crate::clock::WallClock;
use crate::hosts::Target;
use crate::path::{Path, PathAnalysis, RouterNames, TraceProbe, analyze};
use crate::plan::{Format, OutputPlan, PathPlan};
use crate::platform::{HostInfo, Route};
use crate::verdict::explain::{Verdict, path};

/// What is known before the first probe.
#[derive(Clone, Debug)]
pub struct TraceInfo {
    /// Formats and files.
    pub output: OutputPlan,
    /// How the path is traced.
    pub path: PathPlan,
    /// Whom it leads to.
    pub target: Target,
    /// The way there, as this machine sees it.
    pub route: Option<Route>,
    /// This machine.
    pub host: HostInfo,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// When it began.
    pub started: Instant,
    /// How wide the text may be.
    pub columns: usize,
}

impl TraceInfo {
    /// Takes the names and addresses of this path out of its results.
    pub fn redactor(&self) -> Redactor {
        Redactor::new([&self.target], self.source(), &self.host)
    }

    /// Where its probes come from.
    pub fn source(&self) -> Option<IpAddr> {
        self.route.as_ref().and_then(|route| route.source)
    }
}

/// A path that has been looked at, and what that comes to.
#[derive(Clone, Debug)]
pub struct TraceReport<'a> {
    /// What was known before.
    pub info: &'a TraceInfo,
    /// What was found.
    pub path: &'a Path,
    /// What that says.
    pub analysis: PathAnalysis,
    /// What it means.
    pub verdict: Verdict,
    /// What routers are called.
    pub names: &'a RouterNames,
    /// When it ended.
    pub ended: Instant,
}

impl<'a> TraceReport<'a> {
    /// Draws the conclusions from a path as it is known at `ended`.
    pub fn new(
        info: &'a TraceInfo,
        path: &'a Path,
        names: &'a RouterNames,
        ended: Instant,
    ) -> Self {
        let analysis = analyze(path);
        Self {
            info,
            path,
            verdict: path::verdict(path, &analysis),
            analysis,
            names,
            ended,
        }
    }

    /// The whole result as text.
    pub fn text(&self) -> String {
        text::summary(self)
    }
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

/// A part of a page that has more to tell.
pub(super) fn section(report: &TraceReport) -> Markup {
    html::section(report)
}

/// What comes before the first probe.
pub fn heading(format: Format, info: &TraceInfo) -> String {
    match format {
        Format::Text => text::heading(info),
        Format::Json => json::start(info),
        _ => String::new(),
    }
}

/// What is said of a probe.
pub fn step(format: Format, info: &TraceInfo, step: &TraceProbe) -> String {
    match format {
        Format::Json => json::step(info, step),
        _ => String::new(),
    }
}

/// What comes at the end.
pub fn summary(format: Format, report: &TraceReport) -> String {
    match format {
        Format::Text => report.text(),
        Format::Json => json::summary(report),
        Format::Markdown => markdown::text(report),
        Format::Html => html::page(report),
        _ => String::new(),
    }
}
