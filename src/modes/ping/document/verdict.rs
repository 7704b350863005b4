//! Verdicts of targets, and the headline of a run.

use std::collections::HashMap;
use std::net::IpAddr;

use super::TargetSummary;
use crate::outcome::OutcomeClass;
use crate::report::document::{Block, Headline, List, Section};
use crate::report::human_numbers::count;
use crate::text;
use crate::text::Text;
use crate::verdict::causes::Cause;
use crate::verdict::conclusion::{Conclusion, State};
use crate::verdict::statement::{Statement, Step, statement};

/// Different verdicts of a report; the others are counted.
const VERDICTS: usize = 20;

/// Targets of a group named; the others are counted.
const NAMED: usize = 4;

/// The verdict of one target.
pub(super) fn of(target: &TargetSummary) -> Statement {
    statement(&target.conclusion())
}

/// A target with its state, and what it has in common with others.
pub(super) struct Judged<'a> {
    pub(super) target: TargetSummary<'a>,
    pub(super) state: State,
    group: GroupKey,
}

/// Equal for targets with the same verdict for the same reasons.
#[derive(PartialEq, Eq, Hash, Clone)]
struct GroupKey {
    state: State,
    causes: Vec<Cause>,
    sender: Option<IpAddr>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(target: TargetSummary<'a>) -> Self {
        let conclusion = target.conclusion();
        Self {
            target,
            state: conclusion.state,
            group: GroupKey::of(&conclusion),
        }
    }
}

impl GroupKey {
    fn of(conclusion: &Conclusion) -> Self {
        let findings = &conclusion.findings;
        let icmp = findings.iter().find_map(|it| it.subject.icmp);
        Self {
            state: conclusion.state,
            causes: findings.iter().flat_map(|it| it.ranking.tied()).collect(),
            sender: icmp.and_then(|it| it.from),
        }
    }
}

/// Targets that show the same, apart from their names; the first speaks for all.
struct Group<'a> {
    first: &'a TargetSummary<'a>,
    others: Vec<&'a TargetSummary<'a>>,
}

/// Each different verdict once, with the targets that share it.
pub(super) fn of_many(targets: &[Judged]) -> Block {
    let groups = groups(targets);
    let mut blocks: Vec<_> = groups.iter().take(VERDICTS).map(Group::block).collect();
    let more = groups.len().saturating_sub(VERDICTS);
    if more > 0 {
        let more = count(more as u64, "rarer verdict");
        blocks.push(Block::Note(Text::words(format!("Left out here: {more}."))));
    }
    if groups.is_empty() {
        let works =
            "Nothing wrong was seen at any target. This does not prove that the applications work.";
        blocks.push(Block::Paragraph(works.into()));
    }
    Block::Section(Section::new("Verdicts", blocks))
}

fn groups<'a>(targets: &'a [Judged<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = HashMap::new();
    for judged in targets.iter().filter(|it| it.state != State::Works) {
        let target = &judged.target;
        let place = *places.entry(&judged.group).or_insert(groups.len());
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
        let next = verdict.next.first().map(Step::line);
        items.extend(next.map(|step| text!["Next: ", step]));
        let ordered = false;
        let heading = text![self.names(), ": ", verdict.headline];
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

/// What happened, in one line.
pub(super) fn headline(target: &TargetSummary, state: State) -> Headline {
    Headline::new(state, Text::words(in_words(target, state)))
}

/// What happened to all targets, in one line.
pub(super) fn headline_of_many(targets: &[Judged]) -> Headline {
    const STATES: [(State, &str); 5] = [
        (State::Fails, "failed"),
        (State::FailsAtTimes, "failed at times"),
        (State::Degraded, "were degraded"),
        (State::NotMeasured, "were not measured"),
        (State::Works, "worked"),
    ];
    let number = |state| targets.iter().filter(|it| it.state == state).count();
    let counts = STATES
        .iter()
        .map(|(state, words)| (*state, number(*state), *words));
    let counts: Vec<_> = counts.filter(|(_, number, _)| *number > 0).collect();
    if let [(state, number, words)] = counts.as_slice() {
        let words = format!("All {number} targets {words}");
        return Headline::new(*state, Text::words(words));
    }
    let parts = counts
        .iter()
        .map(|(_, number, words)| format!("{number} {words}"));
    let parts = parts.collect::<Vec<_>>().join(", ");
    let words = format!("Of {} targets, {parts}", targets.len());
    Headline::new(State::FailsAtTimes, Text::words(words))
}

fn in_words(target: &TargetSummary, state: State) -> String {
    let sent = target.recorder.sent();
    let local = target.recorder.count_class(OutcomeClass::Local);
    let failed = target.succeeded_and_failed().1 + local;
    let here = match local {
        0 => String::new(),
        all if all == failed => " on this machine".to_owned(),
        some => format!(", {some} of them on this machine"),
    };
    let probes = count(sent, "probe");
    match state {
        State::NotMeasured if sent == 0 => "No probe ended: nothing was measured".to_owned(),
        State::NotMeasured if local == 0 => {
            "No reply, as always with this kind of service".to_owned()
        }
        _ if failed == sent && sent == 1 => format!("The only probe failed{here}"),
        _ if failed == sent => format!("All {probes} failed{here}"),
        _ if failed > 0 => format!("{failed} of {probes} failed{here}"),
        State::Works if sent == 1 => "The only probe succeeded".to_owned(),
        State::Works => format!("All {probes} succeeded"),
        _ => format!("All {probes} succeeded, but it is degraded"),
    }
}
