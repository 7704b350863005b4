//! What `synack diagnose` prints, in every form.

mod json;
mod lines;
mod markdown;
#[cfg(test)]
mod tests;
mod text;

use std::time::Instant;

use super::Redactor;
use crate::clock::WallClock;
use crate::diagnose::{Diagnosis, Findings};
use crate::plan::{Format, Plan};
use crate::platform::HostFacts;

/// A walk that has been taken.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosisReport<'a> {
    /// What was asked for.
    pub plan: &'a Plan,
    /// What was found.
    pub findings: &'a Findings,
    /// What that comes to.
    pub diagnosis: &'a Diagnosis,
    /// This machine.
    pub host: &'a HostFacts,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// When it began.
    pub started: Instant,
    /// How wide the text may be.
    pub columns: usize,
}

/// All forms of one diagnosis: that of standard output first, then those of the files.
#[derive(Clone, Debug)]
pub struct DiagnosisForms {
    formats: Vec<Format>,
    redactor: Option<Redactor>,
}

impl DiagnosisForms {
    /// The forms that the plan asks for.
    pub fn new(report: &DiagnosisReport) -> Self {
        let output = &report.plan.output;
        let files = output.files.iter().map(|file| file.format);
        let redactor = || {
            let name = &report.findings.name;
            let addresses = name.addresses.iter().chain(&name.hosts_file);
            Redactor::of_host(
                name.name.as_deref(),
                &addresses.copied().collect::<Vec<_>>(),
                lines::source(report.findings),
                report.host,
            )
        };
        Self {
            formats: std::iter::once(output.screen).chain(files).collect(),
            redactor: output.redact.then(redactor),
        }
    }

    /// The whole result in every form.
    pub fn texts(&mut self, report: &DiagnosisReport) -> Vec<String> {
        let redactor = &mut self.redactor;
        let texts = self.formats.iter().map(|format| {
            let text = match format {
                Format::Json => json::text(report),
                Format::Markdown => markdown::text(report),
                _ => text::text(report),
            };
            match (&mut *redactor, format) {
                (None, _) => text,
                (Some(redactor), Format::Json) => redactor.redact_values(&text),
                (Some(redactor), _) => redactor.redact(&text),
            }
        });
        texts.collect()
    }
}
