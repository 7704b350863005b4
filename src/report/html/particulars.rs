//! What only some runs have: jitter, late answers, outages, changed paths.

use super::facts::definitions;
use super::heading;
use super::markup::Markup;
use super::table::{Column, table};
use crate::report::parts::{causes_of, facts};
use crate::report::{Report, TargetReport};
use crate::stats::Outage;

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
        let facts = facts.into_iter();
        section.push(definitions(
            facts.map(|(name, words)| (name, words.into())).collect(),
        ));
    }
    Some(section)
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
    let at = |instant| report.info.clock.time_label(instant);
    let then = if outage.ongoing {
        "the run ended"
    } else {
        "ok"
    };
    let cells = [
        at(outage.from),
        at(outage.to),
        outage.probes.to_string(),
        causes_of(outage),
        then.to_owned(),
    ];
    cells.map(Markup::from).into()
}
