//! The summary as Markdown, for a ticket: tables as GitHub, GitLab and Jira take them.

use std::collections::HashMap;
use std::hash::Hash;

use super::live::label;
use super::markup::{bullets, code, code_cell, prose, table};
use super::numbers::{ms, ms_or_dash, percent, percentile_name};
use super::parts::{
    Row, Style, Times, facts, headline, is_troubled, judged_as, judged_unnamed, loss, outages,
    outcome_rows, times,
};
use super::{Report, RunInfo, TargetReport, VERSION, histogram, notes};
use crate::assertions::AssertionResult;
use crate::clock::{format_duration, rfc3339};
use crate::hosts::{Lookup, Target};
use crate::outcome::OutcomeClass;

/// Stands for the target's name in our own words until these are escaped: a character for private use.
const NAME: &str = "\u{f8ff}";

/// The same for a name with a colon in it, which our words may put into brackets.
const NAME_WITH_COLON: &str = "\u{f8ff}:";

/// Targets of a group named; the others are counted.
const NAMED: usize = 4;

/// How a table's cells are written.
const CELL: Style = Style {
    own: prose,
    foreign: code_cell,
};

/// Targets of which the same can be said, apart from their names and ports; the first speaks for all.
type Group<'a> = Vec<&'a TargetReport<'a>>;

/// The whole summary. What users and peers wrote stands in code spans, where it means nothing.
pub(super) fn text(report: &Report) -> String {
    let targets: Vec<_> = report.targets().collect();
    let mut blocks = if let [target] = targets.as_slice() {
        one_target(report, target)
    } else {
        many_targets(report, &targets)
    };
    blocks.extend(section(
        "Checks",
        &bullets(report.assertions.iter().map(check)),
    ));
    blocks.extend(section("Run", &bullets(run(report, &targets))));
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n\n") + "\n"
}

/// What a check found. It names targets, which users wrote.
fn check(assertion: &AssertionResult) -> String {
    let verdict = if assertion.passed { "ok" } else { "**FAILED**" };
    let words = format!("{}: {}", assertion.condition, assertion.observed);
    format!("{verdict} {}", code(&words))
}

/// A heading and what stands under it; nothing if that is nothing.
fn section(heading: &str, content: &str) -> Vec<String> {
    if content.is_empty() {
        return Vec::new();
    }
    vec![format!("### {heading}"), content.to_owned()]
}

fn one_target(report: &Report, target: &TargetReport) -> Vec<String> {
    let what = format!(
        "{} {}",
        title(target.target),
        target.target.protocol.title()
    );
    let headline = headline(report, &what, target.recorder.sent());
    let mut blocks = vec![format!("## {headline}")];
    blocks.push(outcome_table(&[target], false));
    if let Some((share, sure)) = loss(target) {
        blocks.push(format!("Loss: **{share}**, {}", prose(&sure)));
    }
    blocks.extend(section("Times", &time_table(&[target], false)));
    blocks.push(bullets(facts(report, target).into_iter().map(fact)));
    blocks.extend(section("Histogram", &histogram_of(target)));
    let outages = outages(report, target).into_iter();
    let outages = outages.map(|outage| prose(&outage));
    blocks.extend(section("Outages", &bullets(outages)));
    let (meaning, next) = conclusion(target);
    blocks.extend(section("What this means", &meaning.join("\n\n")));
    blocks.extend(section("Next", &bullets(next)));
    blocks
}

fn many_targets(report: &Report, targets: &[TargetReport]) -> Vec<String> {
    let sent = targets.iter().map(|target| target.recorder.sent()).sum();
    let what = format!(
        "{}, {} targets",
        report.info.protocol_names(),
        targets.len()
    );
    let troubled: Vec<_> = targets.iter().filter(|it| is_troubled(it)).collect();
    let every: Vec<_> = targets.iter().collect();
    let mut blocks = vec![format!("## {}", headline(report, &what, sent))];
    blocks.push(target_table(report.info, targets));
    blocks.extend(section("Outcomes", &outcome_table(&troubled, true)));
    let noted = troubled.iter().flat_map(|target| {
        let facts = facts(report, target).into_iter();
        facts.map(|it| format!("{}: {}", name(target), fact(it)))
    });
    blocks.push(bullets(noted));
    blocks.extend(section("Times", &time_table(&every, true)));
    for target in targets {
        let heading = format!("Histogram of {}", name(target));
        blocks.extend(section(&heading, &histogram_of(target)));
    }
    let outages = troubled.iter().flat_map(|target| {
        let outages = outages(report, target).into_iter();
        outages.map(|outage| format!("{}: {}", name(target), prose(&outage)))
    });
    blocks.extend(section("Outages", &bullets(outages)));
    let groups = alike(targets);
    let meanings = groups.iter().map(|group| meaning(group));
    blocks.extend(section("What this means", &bullets(meanings)));
    let steps = groups.iter().flat_map(|group| next(group));
    blocks.extend(section("Next", &bullets(steps)));
    blocks
}

/// A target's name among others.
fn name(target: &TargetReport) -> String {
    code(&label(target.info, target.target))
}

/// The name and the address it stands for.
fn title(target: &Target) -> String {
    let label = code(&target.label());
    match &target.lookup {
        Some(_) => format!("{label} ({})", target.address.ip()),
        None => label,
    }
}

/// A name that fits into a cell, where there are several to tell apart.
fn name_cell(target: &TargetReport, named: bool) -> Option<String> {
    named.then(|| code_cell(&label(target.info, target.target)))
}

/// The headings of a table, with one for names where it has them.
fn headings(named: bool, others: &[&str]) -> Vec<String> {
    let target = named.then_some("target").into_iter();
    target
        .chain(others.iter().copied())
        .map(str::to_owned)
        .collect()
}

fn fact((name, value): (&str, String)) -> String {
    format!("{name}: {}", prose(&value))
}

/// Each way in which probes ended; nothing if none did.
fn outcome_table(targets: &[&TargetReport], named: bool) -> String {
    let heading = headings(named, &["outcome", "probes", "share", "what was seen"]);
    let cells = |target: &TargetReport, row: Row| {
        let share = percent(row.number, target.recorder.sent());
        let cells = [
            row.word.to_owned(),
            row.number.to_string(),
            prose(&share),
            row.note,
        ];
        name_cell(target, named).into_iter().chain(cells).collect()
    };
    let rows = targets.iter().flat_map(|target| {
        let rows = outcome_rows(target, CELL).into_iter();
        rows.map(move |row| cells(target, row))
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let first = 1 + usize::from(named);
    if rows.is_empty() {
        String::new()
    } else {
        table(&heading, first..first + 2, &rows)
    }
}

/// Each distribution that has values; nothing if none has.
fn time_table(targets: &[&TargetReport], named: bool) -> String {
    let Some(first) = targets.first() else {
        return String::new();
    };
    let percentiles = &first.info.plan.display.percentiles;
    let mut heading = headings(named, &["time", "count", "min"]);
    heading.extend(percentiles.iter().map(|it| percentile_name(*it)));
    heading.extend(headings(false, &["max", "mean", "stddev", "what it is"]));
    let rows = targets.iter().flat_map(|target| {
        let rows = times(target).into_iter();
        rows.filter_map(|times| time_row(target, named, times))
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let figures = 1 + usize::from(named)..heading.len() - 1;
    if rows.is_empty() {
        String::new()
    } else {
        table(&heading, figures, &rows)
    }
}

fn time_row(target: &TargetReport, named: bool, times: Times) -> Option<Vec<String>> {
    let (what, values, note) = times;
    let figures = values.figures()?;
    let mut row: Vec<_> = name_cell(target, named).into_iter().collect();
    row.extend([what.to_owned(), figures.count.to_string(), ms(figures.min)]);
    let percentiles = target.info.plan.display.percentiles.iter();
    row.extend(percentiles.map(|it| ms_or_dash(values.percentile(*it))));
    row.extend([
        ms(figures.max),
        ms(figures.mean),
        ms_or_dash(figures.stddev),
    ]);
    row.push(prose(note));
    Some(row)
}

/// A row for each target: whether it works, and how fast.
fn target_table(info: &RunInfo, targets: &[TargetReport]) -> String {
    let mut heading = headings(true, &["address", "sent", "ok", "failed"]);
    let percentiles = &info.plan.display.percentiles;
    heading.extend(
        percentiles
            .iter()
            .map(|it| format!("{} ms", percentile_name(*it))),
    );
    heading.extend(headings(false, &["max ms", "rtt ms"]));
    let row = |target: &TargetReport| {
        let recorder = target.recorder;
        let ok = recorder.count_class(OutcomeClass::Succeeded);
        let mut row: Vec<_> = name_cell(target, true).into_iter().collect();
        row.extend([
            target.target.address.ip().to_string(),
            recorder.sent().to_string(),
        ]);
        row.extend([ok.to_string(), loss_cell(target)]);
        let percentile = |it: &f64| ms_or_dash(recorder.connect.percentile(*it));
        row.extend(percentiles.iter().map(percentile));
        row.push(ms_or_dash(recorder.connect.figures().map(|it| it.max)));
        row.push(ms_or_dash(recorder.rtt.percentile(50.0)));
        row
    };
    let rows: Vec<_> = targets.iter().map(row).collect();
    table(&heading, 2..heading.len(), &rows)
}

fn loss_cell(target: &TargetReport) -> String {
    let share = loss(target).map(|(share, _)| prose(&share));
    share.unwrap_or_else(|| "-".to_owned())
}

/// The histogram that was asked for: digits and bars, which no fence needs to fear.
fn histogram_of(target: &TargetReport) -> String {
    let form = target.info.plan.display.histogram.as_ref();
    let table = form.and_then(|form| histogram::text(&target.recorder.connect, form));
    table.map_or_else(String::new, |table| format!("```text\n{table}```"))
}

/// What a target's result means and what to do next, with its name in a code span.
fn conclusion(target: &TargetReport) -> (Vec<String>, Vec<String>) {
    let label = target.target.label();
    let stand_in = if label.contains(':') {
        NAME_WITH_COLON
    } else {
        NAME
    };
    let verdict = judged_as(target, stand_in);
    let name = code(&label);
    let named = |text: &String| prose(text).replace(stand_in, &name);
    let all = |texts: &[String]| texts.iter().map(named).collect();
    (all(&verdict.meaning), all(&verdict.next))
}

/// Troubled targets in groups that share a meaning.
fn alike<'a>(targets: &'a [TargetReport<'a>]) -> Vec<Group<'a>> {
    let troubled = targets
        .iter()
        .filter(|it| !it.recorder.outcome_groups.is_empty());
    let groups = grouped(troubled, judged_unnamed).into_iter();
    groups.map(|(_, group)| group).collect()
}

/// Targets in groups that have the same key, in order of appearance.
fn grouped<'a, K: Clone + Eq + Hash>(
    targets: impl Iterator<Item = &'a TargetReport<'a>>,
    key: impl Fn(&TargetReport) -> K,
) -> Vec<(K, Group<'a>)> {
    let mut groups: Vec<(K, Group)> = Vec::new();
    let mut places = HashMap::new();
    for target in targets {
        let key = key(target);
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(target),
            None => groups.push((key, vec![target])),
        }
    }
    groups
}

fn meaning(group: &Group) -> String {
    let of = if group.len() > 1 {
        " Of the first of them:"
    } else {
        ""
    };
    let (meaning, _) = conclusion(group[0]);
    format!("{}:{of} {}", names(group), meaning.join(" "))
}

fn next(group: &Group) -> Vec<String> {
    let (_, next) = conclusion(group[0]);
    let name = name(group[0]);
    next.iter().map(|step| format!("{name}: {step}")).collect()
}

/// The first names of a group, and how many more there are.
fn names(group: &Group) -> String {
    let named: Vec<_> = group.iter().take(NAMED).map(|it| name(it)).collect();
    let more = match group.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    named.join(", ") + &more
}

/// The facts of the run: what somebody else needs to believe it and to do it again.
fn run(report: &Report, targets: &[TargetReport]) -> Vec<String> {
    let info = report.info;
    let at = |instant| rfc3339(info.clock.at(instant));
    let (start, end) = (at(report.record.started), at(report.record.ended));
    let mut facts = vec![
        format!("synack {VERSION} on {}", code(&info.host.system)),
        format!("command: {}", code(&info.plan.output.command_line)),
        format!("from {start} to {end}"),
    ];
    facts.extend(lookups(info));
    facts.extend(origins(targets));
    let unresolved = info.unresolved.iter();
    facts.extend(unresolved.map(|name| format!("not probed: {}", code(name))));
    facts.extend(notes::run(report).iter().map(|note| prose(note)));
    facts
}

/// Every address of every name, and how long its lookup took.
fn lookups(info: &RunInfo) -> Vec<String> {
    let mut lines = Vec::new();
    for target in &info.targets {
        let line = target.lookup.as_ref().map(|it| lookup(target, it));
        lines.extend(line.filter(|line| lines.last() != Some(line)));
    }
    lines
}

fn lookup(target: &Target, lookup: &Lookup) -> String {
    let addresses = lookup.addresses.iter().map(|it| it.ip().to_string());
    let addresses = addresses.collect::<Vec<_>>().join(", ");
    let us = u64::try_from(lookup.took.as_micros()).unwrap_or(u64::MAX);
    let took = format_duration(std::time::Duration::from_micros(us));
    format!("{} is {addresses}, looked up in {took}", code(&target.host))
}

/// Where probes came from, with the targets each source was for where there are several.
fn origins(targets: &[TargetReport]) -> Vec<String> {
    let origins = grouped(targets.iter(), origin);
    let several = origins.len() > 1;
    let line = |(origin, group): (String, Group)| {
        let names = several.then(|| format!(" (for {})", names(&group)));
        origin + &names.unwrap_or_default()
    };
    origins.into_iter().map(line).collect()
}

fn origin(target: &TargetReport) -> String {
    let source = match target.source() {
        Some(source) => format!("source {source}"),
        None => "source not known".to_owned(),
    };
    let interface = target.route.and_then(|route| route.interface.as_deref());
    let interface = interface.map(|name| format!(", interface {}", code(name)));
    let gateway = target.gateway().map(|it| format!(", gateway {it}"));
    source + &interface.unwrap_or_default() + &gateway.unwrap_or_default()
}
