//! `synack diagnose`: checks from name to path, one verdict.

mod document;
mod findings_text;
mod json;
mod plan;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::checks::{CheckEvent, CheckStep, Findings, run_checks};
use crate::clock::WallClock;
use crate::hosts::{Lookup, Target};
use crate::plan::{Format, JsonOnly};
use crate::platform::{self, HostInfo};
use crate::report::{self, Redactor};
use crate::session::outputs::Outputs;
use crate::session::{ExitStatus, RunError, Session, preflight};
use crate::term::{Output, Progress};
use crate::text::CommandLine;
use crate::verdict::diagnosis::{Code, Diagnosis, decide};
pub use plan::DiagnosePlan;

/// A diagnosis that was made.
#[derive(Clone, Debug)]
pub struct DiagnosisSummary<'a> {
    /// What was found.
    pub findings: &'a Findings,
    /// What it means.
    pub diagnosis: &'a Diagnosis,
    /// This machine.
    pub host: &'a HostInfo,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// When it began.
    pub started: Instant,
    /// The command as it was typed.
    pub command_line: CommandLine,
}

/// Diagnoses the target of `plan`.
pub fn run(plan: DiagnosePlan, output: &mut Output) -> Result<ExitStatus, RunError> {
    let Session { signals, .. } = Session::start()?;
    preflight::raise_descriptor_limit();
    preflight::check_source(&plan.checks.sockets)?;
    let outputs = Outputs::open(&plan.output, output)?;
    let (clock, started) = (WallClock::start(), Instant::now());
    outputs.output.show(Progress::spinner());
    let mut running: Vec<CheckStep> = Vec::new();
    let findings = run_checks(&plan.checks, &signals, &mut |event| {
        match event {
            CheckEvent::Began(step) => running.push(step),
            CheckEvent::Ended(step) => running.retain(|it| *it != step),
        }
        let names: Vec<_> = running.iter().map(|step| step.name()).collect();
        outputs.output.progress().set_message(&names.join(", "));
    });
    outputs.output.finish_progress();
    let (diagnosis, host) = (decide(&findings), platform::host());
    let summary = DiagnosisSummary {
        findings: &findings,
        diagnosis: &diagnosis,
        host: &host,
        clock,
        started,
        command_line: plan.output.command_line,
    };
    let closed = outputs.output.is_closed();
    write(&summary, &summary.redactor(plan.output.redact), outputs)?;
    Ok(ExitStatus::new(diagnosis.code == Code::Works, closed))
}

fn write(
    summary: &DiagnosisSummary,
    redactor: &Redactor,
    outputs: Outputs<JsonOnly>,
) -> Result<(), RunError> {
    let document = document::document(summary);
    outputs.finish(|format, page, write| match format {
        Format::Document(format) => write(&report::render(&document, format, page, redactor)),
        Format::Data(JsonOnly::Json) => write(&json::text(summary, redactor)),
    })
}

impl DiagnosisSummary<'_> {
    /// Replaces names and addresses of this diagnosis, if `active`.
    fn redactor(&self, active: bool) -> Redactor {
        let redactor = Redactor::new(active);
        redactor.learn_target(&self.target());
        let route = self
            .findings
            .route
            .as_ref()
            .and_then(|way| way.route.as_ref());
        if let Some(source) = route.and_then(|route| route.source) {
            redactor.learn_source(source);
        }
        if let Some(name) = &self.host.name {
            redactor.learn_local_name(name);
        }
        redactor
    }

    /// The target with every address that is known of it.
    fn target(&self) -> Target {
        let (findings, name) = (self.findings, &self.findings.name);
        let known = name.addresses.iter().chain(&name.hosts_file);
        let addresses: Vec<_> = known.map(|it| SocketAddr::new(*it, 0)).collect();
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        Target {
            protocol: findings.protocol,
            host: name.name.as_deref().unwrap_or(&findings.target).into(),
            address: addresses.first().copied().unwrap_or(unknown),
            lookup: Some(Arc::new(Lookup {
                addresses,
                took: name.took.unwrap_or_default(),
            })),
        }
    }
}
