//! The conclusion in words: what follows from the table, filled with the values of the run.

use super::case::Depth;
use super::causes::{Cause, Code, Owner};
use super::conclusion::{Conclusion, Finding, State};
use super::letter::Letter;
use super::observation::{Course, Kind, Observation as _, Observed, Place, Port, Value};
use super::ranking::Certainty;
use super::template::fill;
use crate::text;
use crate::text::Text;

/// Causes that a sentence names side by side.
const SIDE_BY_SIDE: usize = 3;

/// Other possible causes that are listed.
const POSSIBLE: usize = 6;

/// Observations that rule something out, and causes for each, that are listed.
const RULED_OUT: usize = 3;

/// The verdict in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    /// `FAILS at times (firewall-rejects, shown)`.
    pub headline: Text,
    /// What is wrong, a paragraph for each trouble.
    pub meaning: Vec<Text>,
    /// How the probes ended, then what speaks for the first cause, the strongest first.
    pub evidence: Vec<Text>,
    /// What else was observed.
    pub also_seen: Vec<Text>,
    /// What else is possible.
    pub possible: Vec<Text>,
    /// What is out of the question, and why.
    pub ruled_out: Vec<Text>,
    /// What could have been missed.
    pub missed: Vec<Text>,
    /// What to do, by owner.
    pub next: Vec<Step>,
}

/// A next step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Who can take it.
    pub owner: Owner,
    /// What.
    pub what: Text,
}

impl Statement {
    /// Headings with their lines, in the order of a report.
    pub fn lists(&self) -> [(&'static str, Vec<Text>); 6] {
        let next = self.next.iter().map(Step::line);
        [
            ("Evidence", self.evidence.clone()),
            ("Also seen", self.also_seen.clone()),
            ("Also possible", self.possible.clone()),
            ("Ruled out", self.ruled_out.clone()),
            ("Could have missed", self.missed.clone()),
            ("Next", next.collect()),
        ]
    }
}

impl Step {
    /// `the target's administrator: is the service running?`
    pub fn line(&self) -> Text {
        text![self.owner.name(), ": ", self.what.clone()]
    }
}

/// Puts a conclusion into words.
pub fn statement(conclusion: &Conclusion) -> Statement {
    let findings = &conclusion.findings;
    let first = &findings[0];
    Statement {
        headline: headline(conclusion),
        meaning: meaning(conclusion),
        evidence: evidence(first),
        also_seen: also_seen(first),
        possible: possible(first),
        ruled_out: ruled_out(first),
        missed: missed(conclusion),
        next: next(conclusion),
    }
}

/// `FAILS at times (firewall-rejects, shown)`, `FAILS (port-filtered or host-silent)`.
fn headline(conclusion: &Conclusion) -> Text {
    let words = conclusion.state.loud();
    if conclusion.state == State::Works && conclusion.code == Code::Works {
        return words.into();
    }
    let tied = conclusion.tied_codes();
    let codes = match tied.as_slice() {
        [one] => Text::from(one.name()),
        [one, other] => text![one.name(), " or ", other.name()],
        [one, other, ..] => text![one.name(), ", ", other.name(), " or others"],
        [] => Text::default(),
    };
    let certainty = conclusion.certainty();
    let certainty = certainty.filter(|it| *it > Certainty::OneOf);
    let certainty = certainty.map(|it| text![", ", it.name()]);
    text![words, " (", codes, certainty, ")"]
}

fn meaning(conclusion: &Conclusion) -> Vec<Text> {
    let first = &conclusion.findings[0];
    if first.ranking.code() != conclusion.code {
        // A measure, or that nothing was measured.
        return vec![conclusion.code.meaning().into()];
    }
    if first.ranking.works() {
        return vec![works(first, conclusion.attempts.loss())];
    }
    let mut meaning: Vec<Text> = Vec::new();
    for finding in &conclusion.findings {
        let text = finding_in_words(finding);
        if !meaning.contains(&text) {
            meaning.push(text);
        }
    }
    meaning.extend(when(first));
    meaning.extend(only_local(conclusion));
    meaning
}

/// `It worked, then failed to the end of the run (since 12:00:07Z).`
fn when(finding: &Finding) -> Option<Text> {
    let mut seen = finding.ranking.seen().iter();
    let course = seen.find(|it| it.value.kind == Kind::Course)?;
    let is_told = course.value != Course::None.value() || !course.figures.is_empty();
    is_told.then(|| text![finding.sentence(course).capitalized(), "."])
}

/// Errors of this machine are no result of the target.
fn only_local(conclusion: &Conclusion) -> Option<Text> {
    let attempts = &conclusion.attempts;
    let (local, all) = (attempts.local_errors(), attempts.total());
    let is_local = conclusion.state == State::NotMeasured && all > 0 && local == all;
    let nothing = "No probe of {service} left this machine: nothing is known of it at {address}.";
    is_local.then(|| fill(nothing, &conclusion.findings[0].subject))
}

/// What works, and what was not as usual.
fn works(finding: &Finding, (lost, sent): (u64, u64)) -> Text {
    let seen = fill("{service} at {address} {replies}. ", &finding.subject);
    let row = Cause::Works.row();
    let unusual = finding.ranking.seen().iter();
    let unusual = unusual.filter(|it| row.letter(it.value) < Letter::S);
    let unusual: Vec<_> = unusual.map(|it| finding.sentence(it)).collect();
    let found = if unusual.is_empty() && lost > 0 {
        text![
            lost,
            " of ",
            sent,
            " packets got lost, which may be chance."
        ]
    } else if unusual.is_empty() {
        "Nothing wrong was seen.".into()
    } else {
        text!["Unusual: ", Text::join(unusual, "; "), "."]
    };
    text![
        seen,
        found,
        " This does not prove that the application works."
    ]
}

/// `Most likely nothing listens on tcp/5432 at 10.20.0.7.`, `Likely cause: ...`, `Either ..., or ...`.
fn finding_in_words(finding: &Finding) -> Text {
    let ranking = &finding.ranking;
    let tied: Vec<_> = ranking.tied().take(SIDE_BY_SIDE).collect();
    let sides = tied.iter().map(|it| finding.clause(*it));
    let share = finding.share.clone().map(|share| text![share, ": "]);
    let certainty = ranking.certainty_of_cause();
    let causes = match (tied.len(), certainty) {
        (1, Certainty::Shown) => text!["", finding.clause(ranking.first)],
        // The headline says how certain the verdict is. Its cause may be less so.
        (1, _) => {
            let cause = if certainty == ranking.certainty() {
                " "
            } else {
                " cause: "
            };
            text![certainty.name(), cause, finding.clause(ranking.first)]
        }
        _ => text!["either ", Text::join(sides, ", or ")],
    };
    // Who acts first: the user, where he chose an option that cannot work.
    let step = ranking.first.text().next.first();
    let owner = step.map(|(owner, _)| finding.own_or(*owner));
    let owner = owner.filter(|_| tied.len() == 1);
    let act = owner.map(|owner| text![" Act: ", owner.name(), "."]);
    text![text![share, causes].capitalized(), ".", act]
}

impl Finding {
    fn clause(&self, cause: Cause) -> Text {
        fill(cause.text().clause, &self.subject)
    }

    fn sentence(&self, observed: &Observed) -> Text {
        let figures = &observed.figures;
        let figures = (!figures.is_empty()).then(|| text![" (", figures.clone(), ")"]);
        text![fill(observed.value.sentence(), &self.subject), figures]
    }

    fn observed(&self, value: Value) -> Text {
        let mut seen = self.ranking.seen().iter();
        let observed = seen.find(|it| it.value == value);
        observed.map(|it| self.sentence(it)).into()
    }

    /// Who acts on a cause: the administrator of this machine where it is the target.
    pub fn owner(&self, cause: Cause) -> Owner {
        self.own_or(cause.row().owner)
    }

    fn own_or(&self, owner: Owner) -> Owner {
        let is_own = self.ranking.seen().get::<Place>() == Some(Place::Own);
        if is_own && owner == Owner::Target {
            Owner::Here
        } else {
            owner
        }
    }
}

/// How the probes ended, and what speaks for the first cause; when they failed is told already.
fn evidence(finding: &Finding) -> Vec<Text> {
    let mut evidence = finding.ranking.evidence();
    evidence.retain(|it| !matches!(it.kind, Kind::Course | Kind::Port));
    let seen = finding.ranking.seen();
    let observed = evidence
        .iter()
        .filter_map(|value| seen.iter().find(|it| it.value == *value));
    let result = seen.iter().find(|it| it.value.kind == Kind::Port);
    let telling = result.into_iter().chain(observed);
    let telling = telling.filter(|it| is_worth_telling(it));
    let is_works = finding.ranking.works();
    telling
        .filter(|_| !is_works)
        .map(|it| finding.sentence(it))
        .collect()
}

/// Observations that are no evidence and not what every run has.
fn also_seen(finding: &Finding) -> Vec<Text> {
    let evidence = finding.ranking.evidence();
    let seen = finding.ranking.seen().iter();
    let rest = seen.filter(|it| {
        let is_told = matches!(it.value.kind, Kind::Course | Kind::Port);
        !is_told && !evidence.contains(&it.value) && is_worth_telling(it)
    });
    rest.map(|it| finding.sentence(it)).collect()
}

fn is_worth_telling(observed: &Observed) -> bool {
    let kind = observed.value.kind;
    let is_setting = matches!(kind, Kind::Protocol | Kind::Family | Kind::Ttl);
    let is_usual = observed.value.default_letter() >= Letter::U && observed.figures.is_empty();
    // A name that was not found had no port to be probed.
    let is_usual = is_usual || observed.value == Port::Local.value() && observed.figures.is_empty();
    !is_setting && !is_usual
}

/// Other causes within reach, by owner.
fn possible(finding: &Finding) -> Vec<Text> {
    let told = finding.ranking.tied().take(SIDE_BY_SIDE).count();
    let possible = finding.ranking.possible().skip(told - 1).take(POSSIBLE);
    let mut by_owner: Vec<(Owner, Vec<Text>)> = Vec::new();
    for ranked in possible {
        let (owner, clause) = (finding.owner(ranked.cause), finding.clause(ranked.cause));
        match by_owner.iter_mut().find(|(it, _)| *it == owner) {
            Some((_, clauses)) => clauses.push(clause),
            None => by_owner.push((owner, vec![clause])),
        }
    }
    let lines = by_owner.into_iter();
    lines
        .map(|(owner, clauses)| text![Text::join(clauses, "; "), " (", owner.name(), ")"])
        .collect()
}

/// `other ports reply (tcp/22), which rules out: the host is down`.
fn ruled_out(finding: &Finding) -> Vec<Text> {
    let ruled_out = finding.ranking.ruled_out().into_iter().take(RULED_OUT);
    let lines = ruled_out.map(|(by, causes)| {
        let clauses = causes.into_iter().take(RULED_OUT);
        let clauses = clauses.map(|cause| finding.clause(cause));
        text![
            finding.observed(by),
            ", which rules out: ",
            Text::join(clauses, "; ")
        ]
    });
    lines.collect()
}

/// What the probes could not show.
fn missed(conclusion: &Conclusion) -> Vec<Text> {
    let loss = conclusion.undetected_loss().map(|percent| {
        let (lost, packets) = conclusion.attempts.loss();
        let percent = Text::words(format!("{percent:.0}"));
        let lost = if lost == 0 {
            "none".into()
        } else {
            Text::from(lost)
        };
        let noun = if packets == 1 {
            " packet "
        } else {
            " packets "
        };
        text![
            "packet loss up to ",
            percent,
            " %: of ",
            packets,
            noun,
            lost,
            " got lost"
        ]
    });
    loss.into_iter().chain(conclusion.missed.clone()).collect()
}

/// What separates the first two causes, then the steps of all causes in their order, each once.
fn next(conclusion: &Conclusion) -> Vec<Step> {
    let findings = &conclusion.findings;
    let is_well = findings[0].ranking.works();
    let separating = separating(&findings[0], conclusion.depth).filter(|_| !is_well);
    let mut steps: Vec<Step> = separating.into_iter().collect();
    for step in findings.iter().flat_map(steps_of) {
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

fn steps_of(finding: &Finding) -> Vec<Step> {
    let tied = finding.ranking.tied().take(SIDE_BY_SIDE);
    let steps = tied.flat_map(|cause| cause.text().next);
    let steps = steps.map(|(owner, what)| Step {
        owner: finding.own_or(*owner),
        what: fill(what, &finding.subject),
    });
    steps.collect()
}

/// The observation that would separate the first two causes best, if it can be made from here.
fn separating(finding: &Finding, depth: Depth) -> Option<Step> {
    let ranking = &finding.ranking;
    let second = ranking.possible().next()?;
    let kinds = ranking.separating(second.cause);
    let how = kinds
        .into_iter()
        .find_map(|kind| how_to_observe(kind, depth))?;
    let reason = if ranking.tied().nth(1).is_some() {
        " (to tell the first two causes apart)".into()
    } else {
        text![" (to rule out: ", finding.clause(second.cause), ")"]
    };
    Some(Step {
        owner: Owner::You,
        what: text![fill(how, &finding.subject), reason],
    })
}

/// Observations that a diagnosis makes.
const BY_DIAGNOSIS: &[Kind] = &[
    Kind::RstFrom,
    Kind::SynackFrom,
    Kind::PathEnd,
    Kind::PathShape,
    Kind::Leak,
    Kind::Echo,
    Kind::Others,
    Kind::Gateway,
    Kind::OtherAddress,
    Kind::Sizes,
    Kind::SelfTest,
    Kind::LossScope,
    Kind::Listener,
    Kind::IcmpFrom,
];

const DIAGNOSE: &str = "synack diagnose {argument}";

/// How to make other observations from this machine.
const BY_HAND: &[(Kind, &str)] = &[
    (
        Kind::Control,
        "does an unused address do the same? synack {unused}",
    ),
    (
        Kind::Pace,
        "do slower probes fail as well? synack {argument} -i 10s",
    ),
    (
        Kind::Course,
        "since when, and does it last? synack -t {argument}",
    ),
    (
        Kind::Sibling,
        "how does {service} of a host beside the target answer?",
    ),
    (
        Kind::Elsewhere,
        "does another destination beyond the same gateway reply?",
    ),
    (
        Kind::Established,
        "do existing connections to it still receive? ss -tn dst {target_ip}",
    ),
    (
        Kind::Neighbour,
        "does the link-layer address of the next hop change? ip neigh",
    ),
    (Kind::OtherNames, "do other names resolve?"),
];

/// How to make an observation that was not made yet.
fn how_to_observe(kind: Kind, depth: Depth) -> Option<&'static str> {
    if depth != Depth::Diagnosis && BY_DIAGNOSIS.contains(&kind) {
        return Some(DIAGNOSE);
    }
    let found = BY_HAND.iter().find(|(it, _)| *it == kind);
    found.map(|(_, how)| *how)
}

const _: () = {
    super::template::check("{service} at {address} {replies}. ");
    super::template::check(
        "No probe of {service} left this machine: nothing is known of it at {address}.",
    );
    super::template::check(DIAGNOSE);
    let mut nth = 0;
    while nth < BY_HAND.len() {
        super::template::check(BY_HAND[nth].1);
        nth += 1;
    }
};
