//! A diagnosis as a document: a ticket by itself.

use super::findings_text::lines;
use super::summary::DiagnosisSummary;
use crate::clock::date_and_time;
use crate::report::VERSION;
use crate::report::document::{Block, Document, Fact, Headline};
use crate::report::human_numbers::{count, duration};
use crate::text;
use crate::text::{Text, Value, service};
use crate::verdict::statement::statement;

/// The whole report.
pub(super) fn document(summary: &DiagnosisSummary) -> Document {
    let conclusion = summary.conclusion;
    // Text has the evidence alone, which says the same.
    let steps = lines(summary.findings).into_iter();
    let steps: Vec<_> = steps.map(|it| Fact::new(it.step, it.found)).collect();
    let steps = Block::section("What each step found", vec![Block::Facts(steps)]);
    let command = Value::Command(summary.command_line.clone());
    let system = Value::label(&summary.host.system);
    Document {
        subject: subject(summary),
        scope: scope(summary),
        headline: Headline::new(conclusion.state, conclusion.code.name()),
        blocks: vec![
            Block::Verdict(Box::new(statement(conclusion))),
            Block::Detail(steps.into_iter().collect()),
        ],
        signature: vec![text!["synack ", VERSION, ", ", system, ": ", command]],
    }
}

/// `diagnosis of db.example:5432 TCP`
fn subject(summary: &DiagnosisSummary) -> Text {
    let findings = summary.findings;
    text![
        "diagnosis of ",
        service(&findings.target),
        " ",
        findings.protocol.title()
    ]
}

/// `45 probes in 6.2 s, 2026-11-20 12:00:03Z`
fn scope(summary: &DiagnosisSummary) -> Text {
    let findings = summary.findings;
    Text::words(format!(
        "{}{} in {}, {}",
        count(findings.sent, "probe"),
        if findings.interrupted {
            " (stopped)"
        } else {
            ""
        },
        duration(findings.took),
        date_and_time(summary.clock.at(summary.started))
    ))
}
