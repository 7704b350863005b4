//! The story of `synack diagnose`: walk, decide, report.

use std::time::Instant;

use crate::checks::{CheckEvent, CheckStep, run_checks};
use crate::clock::WallClock;
use crate::plan::DiagnosePlan;
use crate::platform;
use crate::report::{self, DiagnosisReport, Forms, diagnosis};
use crate::session::{ExitStatus, RunError, Session, outputs as files, preflight};
use crate::term::{Output, Progress};
use crate::verdict::diagnosis::{Code, decide};

/// Finds out what is wrong with the target that `plan` is about, and prints it to `output`.
pub fn run(plan: &DiagnosePlan, output: &mut Output) -> Result<ExitStatus, RunError> {
    let Session { signals, .. } = Session::start()?;
    preflight::raise_descriptor_limit();
    preflight::check_source(&plan.checks.sockets)?;
    let files = files::open(&plan.output, 1)?;
    let (clock, started) = (WallClock::start(), Instant::now());
    output.show(Progress::spinner());
    let mut under_way: Vec<CheckStep> = Vec::new();
    let findings = run_checks(&plan.checks, &signals, &mut |event| {
        match event {
            CheckEvent::Began(step) => under_way.push(step),
            CheckEvent::Ended(step) => under_way.retain(|it| *it != step),
        }
        let names: Vec<_> = under_way.iter().map(|step| step.name()).collect();
        output.progress().set_message(&names.join(", "));
    });
    output.finish_progress();
    let decided = decide(&findings);
    let host = platform::host();
    let report = DiagnosisReport {
        output: &plan.output,
        findings: &findings,
        diagnosis: &decided,
        host: &host,
        clock,
        started,
        columns: output.columns().clamp(report::NARROWEST, report::WIDEST),
    };
    let mut forms = Forms::new(&plan.output, || report.redactor());
    let texts = forms.each(|format| diagnosis::of(format, &report));
    files::write_all(output, texts, files)?;
    let works = decided.code == Code::Works;
    Ok(ExitStatus::new(works, output.is_closed()))
}
