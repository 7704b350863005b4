//! One target of a run.

use super::outcomes::table;
use super::{RunSummary, TargetSummary, charts, verdict};
use crate::clock::format_duration;
use crate::outcome::OutcomeKind;
use crate::report::document::{Block, Cell, Column, Fact, Row, Section, Table};
use crate::report::human_numbers::{count, ms};
use crate::report::wording;
use crate::stats::{Outage, ReplyTtls};
use crate::text;
use crate::text::Text;
use crate::verdict::conclusion::Conclusion;
use crate::verdict::statement::statement;

/// Outages listed in a line each; the others are counted.
const OUTAGES: usize = 5;

/// Outages listed from either end of the run where there is room.
const LISTED: usize = 8;

/// The only target of a run.
pub(super) fn only(
    summary: &RunSummary,
    target: &TargetSummary,
    conclusion: &Conclusion,
) -> Vec<Block> {
    let mut blocks = vec![Block::Verdict(Box::new(statement(conclusion)))];
    blocks.extend(measured(summary, target));
    blocks
}

/// One of several targets, in a section of its own.
pub(super) fn section(summary: &RunSummary, target: &TargetSummary, anchor: String) -> Block {
    let conclusion = target.conclusion();
    let blocks = only(summary, target, &conclusion);
    Block::Section(Section {
        heading: target.label(),
        headline: Some(verdict::headline(target, conclusion.state)),
        anchor: Some(anchor),
        blocks,
    })
}

/// Counts, latencies and pictures.
fn measured(summary: &RunSummary, target: &TargetSummary) -> Vec<Block> {
    let mut blocks: Vec<_> = table(target).map(Block::Table).into_iter().collect();
    blocks.extend(charts::latency_table(target).map(Block::Table));
    blocks.push(charts::timeline(summary, target));
    blocks.push(Block::Detail(
        charts::latency_chart(target).into_iter().collect(),
    ));
    blocks.extend(remarks(target));
    blocks.push(Block::Detail(
        outage_table(target).map(Block::Table).into_iter().collect(),
    ));
    blocks.extend(charts::histogram(target));
    blocks
}

/// What only some runs have.
pub(super) fn remarks(target: &TargetSummary) -> Vec<Block> {
    let mut blocks = Vec::new();
    let facts = facts(target);
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    let values = outages(target);
    if !values.is_empty() {
        let name = "outages";
        let facts = vec![Fact { name, values }];
        blocks.push(Block::Brief(vec![Block::Facts(facts)]));
    }
    blocks
}

/// A target whose counts and times alone do not show everything.
pub(super) fn is_troubled(target: &TargetSummary) -> bool {
    let recorder = target.recorder;
    let answers = &recorder.replies;
    let odd = answers.duplicates + answers.strays + answers.reordered + answers.ttl.total;
    let unfinished = recorder.count(OutcomeKind::Unfinished);
    !recorder.outcome_groups.is_empty() || recorder.late + odd + unfinished > 0
}

/// Jitter, TTL, duplicates, late and unfinished probes.
fn facts(target: &TargetSummary) -> Vec<Fact> {
    let recorder = target.recorder;
    let (answers, timeout) = (&recorder.replies, target.info.plan.schedule.timeout);
    let jitter = recorder.jitter.mean_us();
    let jitter = jitter.map(|us| format!("{}, mean difference of successive replies", ms(us)));
    let counted = |number: u64, noun, what: &str| {
        (number > 0).then(|| Text::words(format!("{}{what}", count(number, noun))))
    };
    let late = format!(
        " after the timeout of {}, counted as no reply",
        format_duration(timeout)
    );
    let unfinished = recorder.count(OutcomeKind::Unfinished);
    let facts = [
        ("jitter ms", jitter.map(Text::words)),
        ("reply ttl", ttl(target, &answers.ttl)),
        (
            "duplicates",
            counted(
                answers.duplicates,
                "further reply",
                " to a probe that already had one",
            ),
        ),
        (
            "reordered",
            counted(
                answers.reordered,
                "reply",
                " after the reply to a later probe",
            ),
        ),
        (
            "strays",
            counted(
                answers.strays,
                "datagram",
                " from the target that match no probe, not counted",
            ),
        ),
        ("late", counted(recorder.late, "reply", &late)),
        (
            "unfinished",
            counted(
                unfinished,
                "probe",
                " in flight when the run was stopped, not counted",
            ),
        ),
    ];
    let facts = facts.into_iter();
    facts
        .filter_map(|(name, value)| Some(Fact::new(name, value?)))
        .collect()
}

/// `64`, or its changes.
fn ttl(target: &TargetSummary, ttls: &ReplyTtls) -> Option<Text> {
    let ((_, first), others) = ttls.changes.split_first()?;
    let mut text = first.to_string();
    for (since, ttl) in others {
        let since = target.info.clock.time_label(*since);
        text += &format!(", then {ttl} from {since}");
    }
    if ttls.total > others.len() as u64 {
        text += &format!(", {} changes in total", ttls.total);
    }
    if ttls.total > 0 {
        text += ": the path changed, or another host answers";
    }
    Some(Text::words(text))
}

/// A target that never answers has none worth a line: the whole run is one.
fn has_no_outages(target: &TargetSummary) -> bool {
    let (succeeded, _) = target.succeeded_and_failed();
    target.never_answers() || succeeded == 0 || target.recorder.outages.list().is_empty()
}

/// The first outages and the last one: since when it fails.
fn outages(target: &TargetSummary) -> Vec<Text> {
    if has_no_outages(target) {
        return Vec::new();
    }
    let outages = &target.recorder.outages;
    let known = outages.list();
    let first = known.iter().take(OUTAGES - 1);
    let mut lines: Vec<_> = first.map(|each| outage(target, each)).collect();
    let latest = known.last().filter(|_| known.len() >= OUTAGES);
    let between = outages.total() - lines.len() as u64 - u64::from(latest.is_some());
    if between > 0 {
        let longest = outages.longest().filter(|longest| longest.probes > 1);
        let longest = longest.map(|longest| text!["; longest: ", outage(target, longest)]);
        lines.push(text!["and ", between, " more in between", longest]);
    }
    lines.extend(latest.map(|latest| outage(target, latest)));
    lines
}

/// `12:00:03Z to 12:00:05Z, 3 probes: no reply; then ok`
fn outage(target: &TargetSummary, outage: &Outage) -> Text {
    let at = |instant| target.info.clock.time_label(instant);
    let end = if outage.ongoing {
        "to the end"
    } else {
        "then ok"
    };
    let (from, to) = (at(outage.from), at(outage.to));
    let (probes, outcomes) = (count(outage.probes, "probe"), outcomes_of(outage));
    Text::words(format!("{from} to {to}, {probes}: {outcomes}; {end}"))
}

/// The different outcomes of its failed probes.
fn outcomes_of(outage: &Outage) -> String {
    let mut words: Vec<&str> = Vec::new();
    for outcome in &outage.outcomes {
        let word = wording::outcome(outcome.kind());
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

/// The outages kept, which are the first and the last ones if there were many.
fn outage_table(target: &TargetSummary) -> Option<Table> {
    let outages = &target.recorder.outages;
    let known = outages.list();
    if has_no_outages(target) {
        return None;
    }
    let first = known.iter().take(LISTED);
    let last = known.iter();
    let last = last.skip(LISTED.max(known.len().saturating_sub(LISTED)));
    let rows: Vec<_> = first.chain(last).map(|it| outage_row(target, it)).collect();
    let caption = match outages.total() - rows.len() as u64 {
        0 => String::new(),
        more => format!("The first and the last outages; {more} in between are omitted."),
    };
    Some(Table {
        name: "Outages",
        caption: Text::words(caption),
        columns: vec![
            Column::words("outage from"),
            Column::words("to"),
            Column::number("probes"),
            Column::words("outcomes"),
            Column::words("then"),
        ],
        rows,
        text_headings: true,
    })
}

fn outage_row(target: &TargetSummary, outage: &Outage) -> Row {
    let at = |instant| target.info.clock.time_label(instant);
    let then = if outage.ongoing {
        "the run ended"
    } else {
        "ok"
    };
    let cells = [
        at(outage.from),
        at(outage.to),
        outage.probes.to_string(),
        outcomes_of(outage),
        then.to_owned(),
    ];
    Row::new(cells.map(Cell::words).into())
}
