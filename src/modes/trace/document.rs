//! A path as a document.

use super::hops;
use super::summary::{TraceInfo, TraceSummary};
use crate::clock::date_and_time;
use crate::path::PathEnd;
use crate::report::VERSION;
use crate::report::document::{Block, Document, Headline, Section, State, Verdict};
use crate::report::human_numbers::{count, duration};
use crate::text;
use crate::text::{Text, Value};
use crate::verdict::explain::path::METHOD;

/// The whole report.
pub(super) fn document(summary: &TraceSummary) -> Document {
    let info = summary.info;
    let verdict = Verdict {
        code: Some(Text::words(summary.verdict.code.clone())),
        meaning: summary.verdict.meaning.clone(),
        next: summary.verdict.next.clone(),
        ..Verdict::default()
    };
    let mut blocks = vec![Block::Verdict(verdict)];
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
        headline: headline(&summary.analysis.end),
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

/// Where the path ends, in a few words.
fn headline(end: &PathEnd) -> Headline {
    let (state, words) = match end {
        PathEnd::FinalReply { reply: how, .. } => {
            let state = if how.is_success() {
                State::Up
            } else {
                State::Down
            };
            (state, how.name().into())
        }
        PathEnd::Rejected { icmp, .. } => (State::Down, icmp.reason().into()),
        PathEnd::NoReply { after: Some(after) } => {
            (State::Down, text!["no reply after hop ", *after])
        }
        PathEnd::NoReply { after: None } => (State::Down, "no reply".into()),
        PathEnd::Loop(found) => {
            let words = text!["loop between hops ", found.first, " and ", found.last];
            (State::Down, words)
        }
        PathEnd::Local(cause) => (State::Down, cause.reason().into()),
        PathEnd::Unknown => (State::Unknown, "unknown".into()),
    };
    Headline { state, words }
}
