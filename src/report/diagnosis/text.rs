//! A diagnosis as text: a ticket by itself.

use super::DiagnosisReport;
use crate::clock::date_and_time;
use crate::report::VERSION;
use crate::report::numbers::{count, length};
use crate::report::page::{self, wrap};
use crate::term::escape_controls;
use crate::verdict::diagnosis::NextStep;

/// The whole result.
pub(super) fn text(report: &DiagnosisReport) -> String {
    let diagnosis = report.diagnosis;
    let mut text = page::headline(&headline(report), report.columns) + "\n";
    text += &format!("Verdict: {}\n", diagnosis.code.name());
    text += &paragraph(report, &diagnosis.verdict);
    text += &section(report, "Evidence", &diagnosis.evidence);
    text += &section(report, "Ruled out", &diagnosis.rules_out);
    text += &section(report, "Unknown", &diagnosis.unknown);
    let next: Vec<_> = diagnosis.next.iter().map(next).collect();
    text += &section(report, "Next", &next);
    text + "\n" + &signature(report)
}

/// `diagnosis of X TCP, 45 probes in 6.2 s, 2026-11-20 12:00:03Z`
pub(super) fn headline(report: &DiagnosisReport) -> String {
    let findings = report.findings;
    let stopped = if findings.interrupted {
        " (stopped)"
    } else {
        ""
    };
    format!(
        "diagnosis of {} {}{stopped}, {} in {}, {}",
        escape_controls(&findings.asked),
        findings.protocol.title(),
        count(findings.sent, "probe"),
        length(findings.took),
        date_and_time(report.clock.at(report.started))
    )
}

pub(super) fn next(step: &NextStep) -> String {
    format!("{}: {}", step.who.name(), step.what)
}

fn paragraph(report: &DiagnosisReport, text: &str) -> String {
    wrap(&format!("  {}", escape_controls(text)), 2, report.columns) + "\n"
}

fn section(report: &DiagnosisReport, heading: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items = items.iter();
    let lines =
        items.map(|item| wrap(&format!("  {}", escape_controls(item)), 4, report.columns) + "\n");
    format!("{heading}\n{}", lines.collect::<String>())
}

pub(super) fn signature(report: &DiagnosisReport) -> String {
    let system = escape_controls(&report.host.system);
    let command = escape_controls(&report.output.command_line);
    format!("synack {VERSION}, {system}, command: {command}\n")
}
