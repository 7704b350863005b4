//! `--html`: the report as one page. No scripts, nothing from elsewhere: it can be mailed, printed, kept.

mod conclusion;
mod facts;
mod histogram;
mod latencies;
pub(super) mod markup;
mod outcomes;
mod overview;
mod particulars;
mod scale;
mod shades;
mod state;
mod symbols;
mod table;
#[cfg(test)]
pub(super) mod tests;
mod timeline;

use std::cmp::Reverse;

use super::live::{label, title};
use super::{Report, TargetReport, VERSION};
use markup::{Attributes, Markup, block, leaf, tag};
use state::State;

/// Targets described one by one; of the others there is the row in the overview.
const DETAILED: usize = 10;

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded from anywhere, should something slip in that wants to.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The whole page, a document of its own, with the paths of targets that failed.
pub(super) fn page(report: &Report, paths: &[Markup]) -> String {
    let mut targets: Vec<_> = report.targets().collect();
    // Trouble first, otherwise as they were given.
    targets.sort_by_key(|target| (State::of(target), Reverse(has_causes(target))));
    let content = [
        symbols::definitions(),
        header(report, &targets),
        block("main", &[], body(report, &targets, paths)),
        footer(report),
    ];
    let title = format!("{}: {}", subject(&targets), state::headline(&targets));
    document(&title, content.into())
}

/// A document of its own.
pub(super) fn document(title: &str, body: Markup) -> String {
    let page = block(
        "html",
        &[("lang", &"en")],
        [head(title), block("body", &[], body)],
    );
    format!("<!DOCTYPE html>\n{}", page.into_string())
}

/// The page with its text changed, but not its markup or style: names can be taken out, whatever they are called.
pub fn over_text(page: &str, mut change: impl FnMut(&str) -> String) -> String {
    let parts: Vec<_> = page.split(STYLE).collect();
    let parts = parts.iter().map(|part| {
        // No `>` of a text or of an attribute stands for itself.
        let pieces = part.split_inclusive('>').map(|piece| {
            let (text, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
            change(text) + tag
        });
        pieces.collect::<String>()
    });
    parts.collect::<Vec<_>>().join(STYLE)
}

fn has_causes(target: &TargetReport) -> bool {
    !target.recorder.outcome_groups.is_empty()
}

fn head(title: &str) -> Markup {
    let meta = |name: &'static str, content: &'static str| {
        block_leaf("meta", &[("name", &name), ("content", &content)])
    };
    let policy: Attributes = &[
        ("http-equiv", &"Content-Security-Policy"),
        ("content", &POLICY),
    ];
    let parts = [
        block_leaf("meta", &[("charset", &"utf-8")]),
        block_leaf("meta", policy),
        meta("viewport", "width=device-width, initial-scale=1"),
        meta("color-scheme", "light dark"),
        block("title", &[], title),
        block("style", &[], Markup::literal(STYLE)),
    ];
    block("head", &[], parts)
}

fn block_leaf(name: &'static str, attributes: Attributes) -> Markup {
    [leaf(name, attributes), Markup::literal("\n")].into()
}

/// What the page is about.
fn subject(targets: &[TargetReport]) -> String {
    match targets {
        [target] => {
            let protocol = target.target.protocol.title();
            format!("{protocol} {}", title(target.target))
        }
        targets => {
            let names = targets
                .first()
                .map_or_else(String::new, |it| it.info.protocol_names());
            format!("{names}, {} targets", targets.len())
        }
    }
}

fn header(report: &Report, targets: &[TargetReport]) -> Markup {
    let record = &report.record;
    let took = facts::length(record.ended.saturating_duration_since(record.started));
    let when = format!("{}, {took}", facts::period(report));
    let parts = [
        block("h1", &[], tag("bdi", &[], subject(targets))),
        block("p", &[("class", &"when")], when),
        state::badge(State::of_all(targets), &state::headline(targets)),
    ];
    block("header", &[], parts)
}

/// What it means comes first, then how it is known.
fn body(report: &Report, targets: &[TargetReport], paths: &[Markup]) -> Markup {
    let mut body = Markup::default();
    if let [target] = targets {
        body.push(conclusion::of_one(report, target));
        body.push(conclusion::checks(report));
        body.push(block("h2", &[], "Results"));
        body.push(details(report, target, 1));
        body.push(paths.to_vec());
        body.push(facts::section(report));
        return body;
    }
    body.push(conclusion::of_many(targets));
    body.push(conclusion::checks(report));
    body.push(overview::section(targets, DETAILED));
    for (number, target) in (1..).zip(targets.iter().take(DETAILED)) {
        body.push(one_of_many(report, target, number));
    }
    let more = targets.len().saturating_sub(DETAILED);
    if more > 0 {
        let words = format!(
            "Details of {more} more targets are left out; those with trouble come first. The JSON form of this \
             report has all of them."
        );
        body.push(block("p", &[("class", &"quiet")], words));
    }
    body.push(paths.to_vec());
    body.push(facts::section(report));
    body
}

/// A target's part of a page about many.
fn one_of_many(report: &Report, target: &TargetReport, number: usize) -> Markup {
    let name = tag("bdi", &[], label(target.info, target.target));
    let state = State::of(target);
    let parts = [
        block("h2", &[], name),
        state::badge(state, &state::headline(std::slice::from_ref(target))),
        conclusion::of_section(report, target),
        details(report, target, number),
    ];
    let attributes: Attributes = &[
        ("class", &"target"),
        ("id", &format_args!("target-{number}")),
    ];
    block("section", attributes, parts)
}

/// Tables and pictures of one target.
fn details(report: &Report, target: &TargetReport, number: usize) -> Markup {
    [
        outcomes::section(report, target),
        Markup::from(timeline::section(report, target, number)),
        Markup::from(latencies::section(target)),
        Markup::from(histogram::section(target, number)),
        Markup::from(particulars::section(report, target)),
    ]
    .into()
}

fn footer(report: &Report) -> Markup {
    let info = report.info;
    let made = format!("synack {VERSION}, {}, command: ", info.host.system);
    let command = tag("code", &[], info.plan.output.command_line.as_str());
    block("footer", &[], [Markup::from(made), command])
}

/// A heading of a part of a target.
fn heading(text: &str) -> Markup {
    block("h3", &[], text)
}
