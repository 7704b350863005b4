//! What only some runs have: jitter, late answers, outages, changed paths.

use super::facts::definitions;
use super::heading;
use super::markup::Markup;
use super::table::{Column, table};
use crate::clock::{spoken, time_of_day};
use crate::outcome::OutcomeKind;
use crate::report::numbers::{count, ms};
use crate::report::{Report, TargetReport, words};
use crate::stats::{Outage, Ttls};

/// Outages listed from either end of the run; the others are counted.
const LISTED: usize = 8;

/// Nothing where nothing was out of the ordinary.
pub(super) fn section(report: &Report, target: &TargetReport) -> Option<Markup> {
    let facts = facts(report, target);
    let outages = outages(report, target);
    if facts.is_empty() && outages.is_none() {
        return None;
    }
    let mut section = Markup::default();
    section.push(outages);
    if !facts.is_empty() {
        section.push(heading("Also seen"));
        section.push(definitions(facts));
    }
    Some(section)
}

fn facts(report: &Report, target: &TargetReport) -> Vec<(&'static str, Markup)> {
    let (recorder, answers) = (target.recorder, &target.recorder.answers);
    let mut facts: Vec<(&'static str, Markup)> = Vec::new();
    if let Some(us) = recorder.jitter.mean_us() {
        let words = format!(
            "{} ms, mean absolute difference of successive answers",
            ms(us)
        );
        facts.push(("Jitter", words.into()));
    }
    facts.extend(ttl(report, &answers.ttl).map(|ttl| ("TTL of answers", ttl.into())));
    let unfinished = recorder.count(OutcomeKind::Unfinished);
    let timeout = spoken(target.info.plan.pace.timeout);
    let after = format!("after the {timeout} timeout, counted above as no reply");
    for (name, number, noun, words) in [
        ("Late", recorder.late, "answer", after.as_str()),
        (
            "Duplicates",
            answers.duplicates,
            "further answer",
            "to a probe that had one already",
        ),
        (
            "Reordered",
            answers.reordered,
            "answer",
            "after that to a later probe",
        ),
        (
            "Strays",
            answers.strays,
            "datagram",
            "from the target that answered no probe; not counted",
        ),
        (
            "Unfinished",
            unfinished,
            "probe",
            "under way when the run was stopped; not counted",
        ),
    ] {
        if number > 0 {
            let words = format!("{} {words}", count(number, noun));
            facts.push((name, words.into()));
        }
    }
    facts
}

/// `64`, or what it was and since when it is something else.
fn ttl(report: &Report, ttls: &Ttls) -> Option<String> {
    let ((_, first), others) = ttls.changes.split_first()?;
    let mut text = first.to_string();
    for (since, ttl) in others {
        let since = time_of_day(report.info.clock.at(*since));
        text += &format!(", then {ttl} from {since}");
    }
    if ttls.total > 0 {
        let changes = count(ttls.total, "change");
        text += &format!(" ({changes} in all: the path changed, or somebody else answers)");
    }
    Some(text)
}

/// The outages remembered, which are the first and the last ones if there were many.
fn outages(report: &Report, target: &TargetReport) -> Option<Markup> {
    let outages = &target.recorder.outages;
    let known = outages.list();
    if known.is_empty() || target.never_answers() {
        return None;
    }
    let columns: [Column; 5] = [
        ("From".to_owned(), ""),
        ("To".to_owned(), "t"),
        ("Probes".to_owned(), "n"),
        ("How they ended".to_owned(), "wide"),
        ("Then".to_owned(), "t"),
    ];
    let first = known.iter().take(LISTED);
    let last = known
        .iter()
        .skip(LISTED.max(known.len().saturating_sub(LISTED)));
    let rows: Vec<_> = first.chain(last).map(|each| outage(report, each)).collect();
    let caption = match outages.total() - rows.len() as u64 {
        0 => String::new(),
        more => format!("The first and the last ones; {more} more lie in between."),
    };
    let table = table("Outages", &caption, &columns, rows);
    Some([heading("Outages"), table].into())
}

fn outage(report: &Report, outage: &Outage) -> Vec<Markup> {
    let at = |instant| time_of_day(report.info.clock.at(instant));
    let mut causes: Vec<&str> = Vec::new();
    for outcome in &outage.causes {
        let word = words::outcome(outcome.kind());
        if !causes.contains(&word) {
            causes.push(word);
        }
    }
    let then = if outage.ongoing {
        "the run ended"
    } else {
        "ok"
    };
    let cells = [
        at(outage.from),
        at(outage.to),
        outage.probes.to_string(),
        causes.join(", "),
        then.to_owned(),
    ];
    cells.map(Markup::from).into()
}
