//! What the results mean, how that is known, and what to do next.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::markup::{Markup, block, tag};
use super::state;
use crate::outcome::{OutcomeClass, OutcomeKind};
use crate::report::live::label;
use crate::report::numbers::count;
use crate::report::parts::{judged, judged_unnamed, loss};
use crate::report::{Report, TargetReport, words};
use crate::verdict::explain::Verdict;

/// Different meanings explained on a page about many targets.
const MEANINGS: usize = 5;

/// Targets of a group named; the others are counted.
const NAMED: usize = 6;

/// Causes given as evidence; the table of outcomes has all.
const CAUSES: usize = 4;

/// The verdict of a page about one target.
pub(super) fn of_one(report: &Report, target: &TargetReport) -> Markup {
    let verdict = judged(target);
    let evidence = list("ul", evidence(report, target));
    let parts = [
        block("h2", &[], "What this means"),
        paragraphs(&verdict.meaning),
        block("h3", &[], "Evidence"),
        evidence,
        next(&verdict.next),
    ];
    boxed(parts)
}

/// The verdict of one of many.
pub(super) fn of_section(report: &Report, target: &TargetReport) -> Markup {
    let verdict = judged(target);
    let evidence = list("ul", evidence(report, target));
    [paragraphs(&verdict.meaning), evidence, next(&verdict.next)].into()
}

/// What the checks found; nothing where none were asked for.
pub(super) fn checks(report: &Report) -> Markup {
    if report.assertions.is_empty() {
        return Markup::default();
    }
    let items = report.assertions.iter().map(|assertion| {
        let verdict = state::checked(assertion.passed);
        let words = format!(" {}: {}", assertion.condition, assertion.observed);
        block("li", &[], [verdict, words.into()])
    });
    let list = block("ul", &[("class", &"checks")], items.collect::<Markup>());
    let heading = block("h2", &[], "Checks");
    block("section", &[], [heading, list])
}

fn boxed(content: impl Into<Markup>) -> Markup {
    block("section", &[("class", &"verdict")], content)
}

fn paragraphs(texts: &[String]) -> Markup {
    texts
        .iter()
        .map(|text| block("p", &[], text.as_str()))
        .collect()
}

fn next(steps: &[String]) -> Markup {
    if steps.is_empty() {
        return Markup::default();
    }
    let steps = list("ol", steps.to_vec());
    [block("h3", &[], "Next"), steps].into()
}

fn list(kind: &'static str, items: Vec<String>) -> Markup {
    let items: Markup = items
        .into_iter()
        .map(|item| block("li", &[], item))
        .collect();
    block(kind, &[], items)
}

/// The facts that the verdict stands on.
fn evidence(report: &Report, target: &TargetReport) -> Vec<String> {
    let recorder = target.recorder;
    let mut facts = Vec::new();
    let fine = recorder.count_class(OutcomeClass::Succeeded);
    let probes = count(recorder.sent(), "probe");
    facts.push(format!("{fine} of {probes} succeeded"));
    let mut causes: Vec<_> = recorder.outcome_groups.iter().collect();
    causes.sort_by_key(|cause| {
        (
            cause.outcome.kind().class() == OutcomeClass::Succeeded,
            Reverse(cause.count),
        )
    });
    let at = |instant| report.info.clock.time_label(instant);
    for cause in causes.iter().take(CAUSES) {
        let kind = words::outcome(cause.outcome.kind());
        let detail = words::detail(target.target.protocol, &cause.outcome, None);
        let detail = detail.map(|words| format!(": {words}")).unwrap_or_default();
        let (number, first, last) = (cause.count, at(cause.first), at(cause.last));
        let when = match number {
            1 => first,
            _ => format!("{first} to {last}"),
        };
        facts.push(format!("{number} \u{d7} {kind}{detail}; {when}"));
    }
    // Where none succeeded, the first fact has said so.
    let loss = loss(target).filter(|_| fine > 0);
    facts.extend(loss.map(|(share, sure)| format!("{share} failed: {sure}")));
    facts
}

/// Targets of which the same can be said, apart from their names.
struct Group {
    /// The first names; to make them all would take long where there are very many.
    names: Vec<String>,
    size: usize,
    verdict: Verdict,
}

/// Each different trouble once, with the targets that share it.
pub(super) fn of_many(targets: &[TargetReport]) -> Markup {
    let groups = groups(targets);
    let mut content = block("h2", &[], "What this means");
    if groups.is_empty() {
        content.push(block("p", &[], untroubled(targets)));
    }
    for group in groups.iter().take(MEANINGS) {
        content.push(block("h3", &[], group.heading()));
        content.push(paragraphs(&group.verdict.meaning));
        // The steps name one target; its own part has all of them.
        let step = group.verdict.next.first();
        content.push(step.map(|step| {
            let lead = tag("strong", &[], "Next: ");
            block("p", &[], [lead, Markup::from(step.as_str())])
        }));
    }
    if groups.len() > MEANINGS {
        let more = groups.len() - MEANINGS;
        let words = format!(
            "Left out here: {}.",
            count(more as u64, "rarer combination")
        );
        content.push(block("p", &[("class", &"quiet")], words));
    }
    boxed(content)
}

fn untroubled(targets: &[TargetReport]) -> &'static str {
    let recorders = || targets.iter().map(|target| target.recorder);
    if recorders().all(|it| it.count_class(OutcomeClass::Succeeded) > 0) {
        "Every probe that ended succeeded. This proves that something answers in the names of these targets, not \
         that the applications will."
    } else if recorders().all(|it| it.sent() == it.count(OutcomeKind::Unfinished)) {
        "No probe ended, so nothing can be said about these targets."
    } else {
        "No probe that ended failed, but not every target had one that did."
    }
}

fn groups(targets: &[TargetReport]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = HashMap::new();
    let troubled = targets.iter().filter(|target| super::has_causes(target));
    for target in troubled {
        let place = *places.entry(judged_unnamed(target)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group {
                names: Vec::new(),
                size: 0,
                verdict: judged(target),
            });
        }
        groups[place].add(target);
    }
    // What concerns many comes first; equal numbers keep their order, the worst first.
    groups.sort_by_key(|group| Reverse(group.size));
    groups
}

impl Group {
    fn add(&mut self, target: &TargetReport) {
        if self.names.len() < NAMED {
            self.names.push(label(target.info, target.target));
        }
        self.size += 1;
    }

    fn heading(&self) -> String {
        let names = self.names.join(", ");
        match (self.size, self.size - self.names.len()) {
            (1, _) => names,
            (_, 0) => format!("{names} (explained for the first)"),
            (_, more) => format!("{names} and {more} more (explained for the first)"),
        }
    }
}
