//! A run as a document.

mod charts;
mod method;
mod outcomes;
mod overview;
mod target;
mod verdict;

use super::summary::{RunSummary, TargetSummary, title};
use crate::assertions::AssertionResult;
use crate::clock::period;
use crate::plan::Limit;
use crate::report::VERSION;
use crate::report::document::{Block, Document};
use crate::report::human_numbers::{count, duration};
use crate::text;
use crate::text::{Text, Value};

/// The whole report; `traces` are the paths of targets that failed.
pub(super) fn document(summary: &RunSummary, traces: Vec<Block>) -> Document {
    let targets: Vec<_> = summary.targets().collect();
    let sent = targets.iter().map(|target| target.recorder.sent()).sum();
    let (subject, headline, mut blocks) = match targets.as_slice() {
        [target] => {
            let conclusion = target.conclusion();
            (
                text![title(target.target), " ", target.target.protocol.title()],
                verdict::headline(target, conclusion.state),
                target::only(summary, target, &conclusion),
            )
        }
        targets => {
            let judged: Vec<_> = targets.iter().map(|it| verdict::Judged::new(*it)).collect();
            let number = targets.len();
            (
                text![summary.info.protocol_names(), ", ", number, " targets"],
                verdict::headline_of_many(&judged),
                overview::blocks(summary, &judged),
            )
        }
    };
    blocks.extend(Block::section("Checks", assertions(summary.assertions)));
    blocks.extend(traces);
    blocks.extend(method::blocks(summary));
    Document {
        subject,
        scope: scope(summary, sent),
        headline,
        blocks,
        signature: vec![signature(summary)],
    }
}

/// `6 probes in 8.0 s, 2026-11-20 12:00:03Z to 12:00:11Z`
fn scope(summary: &RunSummary, sent: u64) -> Text {
    let (info, record) = (summary.info, &summary.record);
    let (from, to) = (info.clock.at(record.started), info.clock.at(record.ended));
    let (probes, stopped) = (count(sent, "probe"), stopped(summary));
    let took = duration(summary.record.duration());
    Text::words(format!("{probes}{stopped} in {took}, {}", period(from, to)))
}

/// A run that was stopped before its end.
fn stopped(summary: &RunSummary) -> String {
    match summary.info.plan.schedule.limit {
        Limit::Count(each) if summary.record.interrupted => {
            let all = each.saturating_mul(summary.info.targets.len() as u64);
            format!(" of {all} (stopped)")
        }
        Limit::Duration(_) if summary.record.interrupted => " (stopped)".to_owned(),
        _ => String::new(),
    }
}

fn assertions(assertions: &[AssertionResult]) -> Vec<Block> {
    let items = assertions.iter().map(|assertion| {
        let result = if assertion.passed { "ok  " } else { "FAILED  " };
        let condition = Text::words(assertion.condition.clone());
        text![result, condition, ": ", assertion.observed.clone()]
    });
    Block::bullets(items.collect()).into_iter().collect()
}

/// `synack 0.2.0, Linux 6.18: synack db.example:5432 -n 6`
fn signature(summary: &RunSummary) -> Text {
    let info = summary.info;
    let command = Value::Command(info.plan.output.command_line.clone());
    text![
        "synack ",
        VERSION,
        ", ",
        Value::label(&info.host.system),
        ": ",
        command
    ]
}
