//! A diagnosis as Markdown, for a ticket.

use super::DiagnosisReport;
use super::lines::lines;
use super::text::{headline, next, signature};
use crate::report::markup::{bullets, code, code_cell, prose, table};
use crate::term::escape_controls;

/// The whole result.
pub(super) fn text(report: &DiagnosisReport) -> String {
    let diagnosis = report.diagnosis;
    let words = |texts: &[String]| bullets(texts.iter().map(|it| prose(&escape_controls(it))));
    let steps: Vec<_> = diagnosis.next.iter().map(next).collect();
    let blocks = [
        format!("## {}", prose(&headline(report))),
        format!(
            "**{}**: {}",
            diagnosis.code.name(),
            prose(&escape_controls(&diagnosis.verdict))
        ),
        section("Evidence", &words(&diagnosis.evidence)),
        section("Ruled out", &words(&diagnosis.rules_out)),
        section("Unknown", &words(&diagnosis.unknown)),
        section("Next", &words(&steps)),
        section("Steps", &steps_table(report)),
        code(signature(report).trim_end()),
    ];
    let blocks: Vec<_> = blocks.into_iter().filter(|it| !it.is_empty()).collect();
    blocks.join("\n\n") + "\n"
}

fn section(heading: &str, content: &str) -> String {
    if content.is_empty() {
        String::new()
    } else {
        format!("### {heading}\n\n{content}")
    }
}

fn steps_table(report: &DiagnosisReport) -> String {
    let rows = lines(report.findings).into_iter();
    let rows: Vec<_> = rows
        .map(|line| vec![line.step.to_owned(), code_cell(&line.found)])
        .collect();
    let heading = ["step", "found"].map(str::to_owned);
    table(&heading, 0..0, &rows)
}
