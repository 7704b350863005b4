//! Verdicts of targets, and the headline of a run.

use std::collections::HashMap;

use super::TargetSummary;
use crate::outcome::{OutcomeClass, OutcomeKind};
use crate::report::document::{Block, Headline, List, Section, State, Verdict};
use crate::report::human_numbers::count;
use crate::text;
use crate::text::Text;

/// Different meanings of a report; the others are counted.
const MEANINGS: usize = 20;

/// Targets of a group named; the others are counted.
const NAMED: usize = 4;

/// The verdict of one target.
pub(super) fn of(target: &TargetSummary) -> Verdict {
    let verdict = target.verdict();
    Verdict {
        code: Some(Text::words(verdict.code)),
        meaning: verdict.meaning,
        next: verdict.next,
        ..Verdict::default()
    }
}

/// Targets that show the same, apart from their names; the first speaks for all.
struct Group<'a> {
    first: &'a TargetSummary<'a>,
    others: Vec<&'a TargetSummary<'a>>,
}

/// Each different meaning once, with the targets that share it.
pub(super) fn of_many(targets: &[TargetSummary]) -> Block {
    let groups = groups(targets);
    let mut blocks: Vec<_> = groups.iter().take(MEANINGS).map(Group::block).collect();
    let more = groups.len().saturating_sub(MEANINGS);
    if more > 0 {
        let more = count(more as u64, "rarer combination");
        blocks.push(Block::Note(Text::words(format!("Left out here: {more}."))));
    }
    if groups.is_empty() {
        blocks.push(Block::Paragraph(untroubled(targets).into()));
    }
    Block::Section(Section::new("Verdicts", blocks))
}

fn groups<'a>(targets: &'a [TargetSummary<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = HashMap::new();
    let has_groups = |target: &&TargetSummary| !target.recorder.outcome_groups.is_empty();
    for target in targets.iter().filter(has_groups) {
        let place = *places
            .entry(target.unnamed_meaning())
            .or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.others.push(target),
            None => groups.push(Group {
                first: target,
                others: Vec::new(),
            }),
        }
    }
    // What concerns many comes first.
    groups.sort_by_key(|group| std::cmp::Reverse(group.others.len()));
    groups
}

impl Group<'_> {
    fn block(&self) -> Block {
        let verdict = of(self.first);
        let mut items = verdict.meaning;
        // The steps name one target; its own part has all of them.
        let next = verdict.next.into_iter().next();
        items.extend(next.map(|step| text!["Next: ", step]));
        let ordered = false;
        let code = verdict.code.map(|code| text![": ", code]);
        let heading = text![self.names(), code];
        Block::Section(Section::new(
            heading,
            vec![Block::List(List { ordered, items })],
        ))
    }

    fn names(&self) -> Text {
        let others = self.others.iter().take(NAMED - 1).map(|it| it.label());
        let names = std::iter::once(self.first.label()).chain(others);
        let unnamed = self.others.len().saturating_sub(NAMED - 1);
        let more = (unnamed > 0).then(|| text![" and ", unnamed, " more"]);
        let first = (!self.others.is_empty()).then(|| text![" (explained for the first)"]);
        text![Text::join(names, ", "), more, first]
    }
}

fn untroubled(targets: &[TargetSummary]) -> &'static str {
    let recorders = || targets.iter().map(|target| target.recorder);
    if recorders().all(|it| it.count_class(OutcomeClass::Succeeded) > 0) {
        "Every probe that ended succeeded. This proves that something answers on behalf of these targets, not that \
         the applications work."
    } else if recorders().all(|it| it.sent() == it.count(OutcomeKind::Unfinished)) {
        "No probe ended: nothing was measured."
    } else {
        "No probe that ended failed, but not every target had one that did."
    }
}

/// How a target did.
pub(super) fn state(target: &TargetSummary) -> State {
    let (succeeded, failed) = target.succeeded_and_failed();
    let local = target.recorder.count_class(OutcomeClass::Local);
    let silent = target.recorder.count(OutcomeKind::NoReply) == failed;
    match (succeeded, failed, local) {
        (0, _, 0) if target.never_answers() && silent => State::Unknown,
        (0, 0, 0) => State::Unknown,
        (_, 0, 0) => State::Up,
        (0, ..) => State::Down,
        _ => State::Partial,
    }
}

/// What happened, in one line.
pub(super) fn headline(targets: &[TargetSummary]) -> Headline {
    if let [target] = targets {
        return Headline::new(state(target), Text::words(in_words(target)));
    }
    let states: Vec<_> = targets.iter().map(state).collect();
    let kinds = [State::Down, State::Partial, State::Unknown, State::Up];
    let number = |state: &State| states.iter().filter(|it| *it == state).count();
    let found: Vec<_> = kinds.iter().filter(|state| number(state) > 0).collect();
    let words = |state: &State| match state {
        State::Down => "failed",
        State::Partial => "worked at times",
        State::Unknown => "cannot be judged",
        State::Up => "worked",
    };
    if let [state] = found.as_slice() {
        let words = format!("All {} targets {}", targets.len(), words(state));
        return Headline::new(**state, Text::words(words));
    }
    let parts = found
        .iter()
        .map(|it| format!("{} {}", number(it), words(it)));
    let parts = parts.collect::<Vec<_>>().join(", ");
    let words = format!("Of {} targets, {parts}", targets.len());
    Headline::new(State::Partial, Text::words(words))
}

fn in_words(target: &TargetSummary) -> String {
    let sent = target.recorder.sent();
    let local = target.recorder.count_class(OutcomeClass::Local);
    let failed = target.succeeded_and_failed().1 + local;
    let here = match local {
        0 => String::new(),
        all if all == failed => ", on this machine itself".to_owned(),
        some => format!(", {some} of them on this machine itself"),
    };
    let probes = count(sent, "probe");
    match state(target) {
        State::Unknown if sent == 0 => "No probe ended: nothing was measured".to_owned(),
        State::Unknown => "No reply, as always with this kind of service: unknown".to_owned(),
        State::Up if sent == 1 => "The only probe succeeded".to_owned(),
        State::Up => format!("All {probes} succeeded"),
        State::Down if sent == 1 => format!("The only probe failed{here}"),
        State::Down => format!("All {probes} failed{here}"),
        State::Partial => format!("{failed} of {probes} failed{here}"),
    }
}
