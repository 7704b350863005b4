//! `synack diagnose`: checks from name to path, one verdict.

mod document;
mod findings_text;
mod json;
mod plan;
mod summary;
#[cfg(test)]
mod tests;

use std::time::Instant;

use crate::checks::{CheckEvent, CheckStep, run_checks};
use crate::clock::WallClock;
use crate::plan::{Format, JsonOnly};
use crate::platform;
use crate::report::{self, Redactor};
use crate::session::outputs::Outputs;
use crate::session::{ExitStatus, RunError, Session, preflight};
use crate::term::{Output, Progress};
use crate::verdict::conclusion::conclude;
use crate::verdict::observe::findings::case;
pub use plan::DiagnosePlan;
pub use summary::DiagnosisSummary;

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
    let (conclusion, host) = (conclude(&case(&findings)), platform::host());
    let summary = DiagnosisSummary {
        findings: &findings,
        conclusion: &conclusion,
        host: &host,
        clock,
        started,
        command_line: plan.output.command_line,
    };
    let closed = outputs.output.is_closed();
    write(&summary, &summary.redactor(plan.output.redact), outputs)?;
    Ok(ExitStatus::new(conclusion.is_healthy(), closed))
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
