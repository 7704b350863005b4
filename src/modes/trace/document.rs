//! A path as a document.

use super::summary::{TraceInfo, TraceSummary};
use super::{hops, notes};
use crate::clock::date_and_time;
use crate::report::VERSION;
use crate::report::document::{Block, Document, Headline, Section};
use crate::report::human_numbers::{count, duration};
use crate::text;
use crate::text::{Text, Value};
use crate::verdict::statement::statement;

/// How a path is measured.
const METHOD: &str = "a flow keeps its source port; times end when the kernel receives the reply (a RST: when this process \
    does)";

/// The whole report.
pub(super) fn document(summary: &TraceSummary) -> Document {
    let info = summary.info;
    let mut blocks = vec![Block::Verdict(Box::new(statement(&summary.conclusion)))];
    blocks.extend(Block::section(
        "Path",
        Block::bullets(notes::lines(summary.path, &summary.analysis))
            .into_iter()
            .collect(),
    ));
    blocks.extend(
        hops::table(summary)
            .map(|table| Block::Section(Section::new("Hops", vec![Block::Table(table)]))),
    );
    blocks.extend(
        hops::flow_table(summary)
            .map(|table| Block::Section(Section::new("Source ports", vec![Block::Table(table)]))),
    );
    let method = info.origin().into_iter().chain([Text::from(METHOD)]);
    let command = Value::Command(info.command_line.clone());
    Document {
        subject: text!["path to ", info.target_text()],
        scope: scope(summary),
        headline: Headline::new(
            summary.conclusion.state,
            notes::end(summary.path, &summary.analysis),
        ),
        blocks,
        signature: vec![
            Text::join(method, "; "),
            text![
                "synack ",
                VERSION,
                ", ",
                Value::label(&info.host.system),
                ": ",
                command
            ],
        ],
    }
}

/// The report as a part of one about a run.
pub(super) fn section(document: Document) -> Block {
    let mut blocks = vec![Block::Note(document.scope)];
    blocks.extend(document.blocks);
    Block::Section(Section {
        heading: document.subject,
        headline: Some(document.headline),
        anchor: None,
        blocks,
    })
}

/// The line before the first probe.
pub(super) fn heading(info: &TraceInfo) -> Text {
    let rounds = match info.path.rounds {
        Some(rounds) => count(rounds, "round"),
        None => "rounds until Ctrl-C".to_owned(),
    };
    let origin = info.origin().map(|origin| text![" ", origin]);
    let flows = (info.path.flows > 1).then(|| text![", ", info.path.flows, " source ports"]);
    text![
        "path to ",
        info.target_text(),
        origin,
        ", ",
        Text::words(rounds),
        flows
    ]
}

/// `3 rounds, 45 probes in 2.3 s, 2026-11-20 12:00:03Z`
fn scope(summary: &TraceSummary) -> Text {
    let (info, path) = (summary.info, summary.path);
    let took = summary.ended.saturating_duration_since(info.started);
    Text::words(format!(
        "{}{}, {} in {}, {}",
        count(path.rounds, "round"),
        if path.interrupted { " (stopped)" } else { "" },
        count(path.sent, "probe"),
        duration(took),
        date_and_time(info.clock.at(info.started)),
    ))
}
