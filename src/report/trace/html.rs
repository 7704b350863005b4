//! A path as a page: the way from here to the target, drawn hop by hop.

use super::TraceReport;
use super::rows::{Group, Row, groups, rows};
use super::text::{headline, signature, target};
use crate::path::PathEnd;
use crate::report::html::document;
use crate::report::html::markup::{Markup, block, leaf, tag};

/// Width of the picture of a hop's times, and its height.
const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 12.0;

/// The whole page, a document of its own.
pub(in crate::report) fn page(report: &TraceReport) -> String {
    let about = format!("Path to {}", target(report.info));
    let header = [
        block("h1", &[], tag("bdi", &[], about.as_str())),
        block("p", &[("class", &"when")], headline(report)),
    ];
    let main = [
        means(report, "h2", "h3"),
        block("h2", &[], "Hops"),
        hops(report),
        flows(report, "h2"),
    ];
    let content = [
        block("header", &[], header),
        block("main", &[], main),
        block("footer", &[], signature(report.info).join("; ")),
    ];
    let title = format!("{about}: {}", end(&report.analysis.end));
    document(&title, content.into())
}

/// A part of a page about a run of probes.
pub(super) fn section(report: &TraceReport) -> Markup {
    let result = format!("{}: {}", headline(report), end(&report.analysis.end));
    let parts = [
        block("h2", &[], "Where it stops"),
        block("p", &[("class", &"when")], result),
        means(report, "h3", "h4"),
        block("h3", &[], "Hops"),
        hops(report),
        flows(report, "h3"),
    ];
    block("section", &[("class", &"path")], parts)
}

/// Where the path ends, in a few words.
fn end(end: &PathEnd) -> String {
    match end {
        PathEnd::FinalReply { reply: how, .. } => how.name().to_owned(),
        PathEnd::Rejected { icmp, .. } => icmp.reason().into_owned(),
        PathEnd::NoReply { after: Some(after) } => format!("silent after hop {after}"),
        PathEnd::NoReply { after: None } => "silent".to_owned(),
        PathEnd::Loop(found) => format!("loop between hops {} and {}", found.first, found.last),
        PathEnd::Local(cause) => cause.reason().to_owned(),
        PathEnd::Unknown => "unknown".to_owned(),
    }
}

fn means(report: &TraceReport, heading: &'static str, smaller: &'static str) -> Markup {
    let paragraph = |text: &String| block("p", &[], text.as_str());
    let step = |text: &String| block("li", &[], text.as_str());
    let mut parts = vec![block(heading, &[], "What this means")];
    parts.extend(report.verdict.meaning.iter().map(paragraph));
    if !report.verdict.next.is_empty() {
        let steps: Markup = report.verdict.next.iter().map(step).collect();
        parts.extend([block(smaller, &[], "Next"), block("ol", &[], steps)]);
    }
    block("section", &[("class", &"verdict")], parts)
}

/// A row for each hop, with its times drawn to one scale.
fn hops(report: &TraceReport) -> Markup {
    let rows = rows(report);
    let slowest = rows.iter().filter_map(|row| row.span);
    let scale = slowest.map(|(_, slowest)| slowest).fold(1.0, f64::max);
    let heading = [
        "hop", "router", "answers", "min ms", "p50", "p90", "max", "", "",
    ];
    let heading: Markup = heading.map(|text| tag("th", &[], text)).into();
    let mut body = Markup::default();
    for row in &rows {
        let picture = row.span.map(|(from, to)| bar(from / scale, to / scale));
        body.push(block("tr", &[], cells(row, picture.into())));
    }
    let parts = [
        block("thead", &[], tag("tr", &[], heading)),
        block("tbody", &[], body),
    ];
    block("div", &[("class", &"wide")], block("table", &[], parts))
}

fn cells(row: &Row, picture: Markup) -> Markup {
    let figure = |text: &str| tag("td", &[("class", &"figure")], text);
    let mut cells = vec![
        figure(&row.ttl),
        tag("td", &[], tag("bdi", &[], row.who.as_str())),
        figure(&row.answers),
    ];
    cells.extend(row.times.iter().map(|time| figure(time)));
    cells.push(tag("td", &[], picture));
    cells.push(tag("td", &[], row.note.as_str()));
    cells.into()
}

/// From the fastest to the slowest answer, as shares of the slowest of all hops.
fn bar(from: f64, to: f64) -> Markup {
    let x = from * WIDTH;
    let width = ((to - from) * WIDTH).max(2.0);
    let bar = leaf(
        "rect",
        &[
            ("x", &format_args!("{:.1}", x.min(WIDTH - 2.0))),
            ("y", &"2"),
            ("width", &format_args!("{width:.1}")),
            ("height", &(HEIGHT - 4.0)),
            ("fill", &"currentColor"),
        ],
    );
    tag(
        "svg",
        &[
            ("width", &WIDTH),
            ("height", &HEIGHT),
            ("role", &"img"),
            ("aria-label", &"from the fastest to the slowest answer"),
        ],
        bar,
    )
}

fn flows(report: &TraceReport, heading: &'static str) -> Markup {
    let groups = groups(report);
    if groups.is_empty() {
        return Markup::default();
    }
    let item = |group: &Group| {
        let ports: Vec<_> = group.ports.iter().map(u16::to_string).collect();
        let via = group.via.as_ref().map(|via| format!(" by way of {via}"));
        let answered = format!(": {} of {} tries answered", group.through, group.tries);
        block(
            "li",
            &[],
            ports.join(", ") + &via.unwrap_or_default() + &answered,
        )
    };
    let items: Markup = groups.iter().map(item).collect();
    [block(heading, &[], "Source ports"), block("ul", &[], items)].into()
}
