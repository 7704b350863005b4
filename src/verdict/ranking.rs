//! Ranks causes by observations: naive Bayes over the table.

use super::causes::{self, Cause, Code, Owner, Row};
use super::letter::{Letter, Prior};
use super::observation::{Kind, Observations, Value};

/// Lead of the first cause over the first one with another verdict, in powers of ten.
const SHOWN: f64 = 3.0;
const MOST_LIKELY: f64 = 1.0;
const LIKELY: f64 = 0.5;

/// Causes within a factor of 30 of the first remain possible.
const POSSIBLE: f64 = 1.477;

/// Causes that evidence is weighed against: the next ones.
const RIVALS: usize = 7;

/// Least mean weight of evidence that is worth a line, in powers of ten.
const EVIDENCE: f64 = 0.2;

/// Least weight of an observation that rules a cause out, in powers of ten: what it never shows.
const RULES_OUT: f64 = 2.0;

/// Least difference of likelihoods by which an observation separates two causes.
const SEPARATES: f64 = 0.3;

/// How far the verdict is ahead of any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Other verdicts are as likely.
    OneOf,
    /// By a factor of 3.
    Likely,
    /// By a factor of 10.
    MostLikely,
    /// By a factor of 1000.
    Shown,
}

/// A cause and how far it is behind the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// The cause.
    pub cause: Cause,
    /// Distance from the first cause in powers of ten.
    pub behind: f64,
}

/// The causes by likelihood; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The most likely cause.
    pub first: Cause,
    /// All others.
    others: Vec<Ranked>,
    seen: Observations,
}

/// Ranks all causes. Where no observation speaks against [`Cause::Works`], nothing is ranked.
pub fn rank(seen: &Observations) -> Ranking {
    let works = Cause::Works.row();
    if seen.iter().all(|it| works.letter(it.value) >= Letter::S) {
        return Ranking {
            first: Cause::Works,
            others: Vec::new(),
            seen: seen.clone(),
        };
    }
    let is_known = |kind: Kind| seen.value(kind).is_some();
    let possible = causes::rows().filter(|row| row.needs.is_none_or(is_known));
    let mut scores: Vec<_> = possible.map(|row| (score(row, seen), row.cause)).collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (best, first) = scores[0];
    let others = scores[1..].iter().map(|(score, cause)| Ranked {
        cause: *cause,
        behind: rounded(best - score),
    });
    Ranking {
        first,
        others: others.collect(),
        seen: seen.clone(),
    }
}

fn score(row: &Row, seen: &Observations) -> f64 {
    let letters = seen.iter().map(|it| row.letter(it.value).log10());
    rounded(row.prior.log10() + letters.sum::<f64>())
}

/// Equal scores are equal, whatever the order of their terms.
fn rounded(score: f64) -> f64 {
    (score * 1e6).round() / 1e6
}

impl Ranking {
    /// Whether nothing speaks against a target that works.
    pub fn works(&self) -> bool {
        self.first == Cause::Works
    }

    /// Verdict of the first cause.
    pub fn code(&self) -> Code {
        self.first.row().code(&self.seen)
    }

    /// Who acts on the first cause.
    pub fn owner(&self) -> Owner {
        self.first.row().owner
    }

    /// How far the verdict is ahead.
    pub fn certainty(&self) -> Certainty {
        let code = self.code();
        let rival = self.others.iter().find(|it| self.code_of(it.cause) != code);
        Certainty::of_lead(rival.map_or(f64::INFINITY, |it| it.behind))
    }

    /// Verdicts that are as likely as the first, which is the first of them.
    pub fn tied_codes(&self) -> Vec<Code> {
        let mut codes = vec![self.code()];
        for ranked in self.possible().filter(|it| it.behind < LIKELY) {
            let code = self.code_of(ranked.cause);
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }

    /// Other causes that remain possible, the likely before the unlikely.
    pub fn possible(&self) -> impl Iterator<Item = Ranked> {
        // That all is well is no cause.
        let others = self.others.iter().filter(|it| it.cause != Cause::Works);
        others.copied().take_while(|it| it.behind < POSSIBLE)
    }

    /// Distance of a cause from the first; absent where nothing was ranked.
    pub fn behind(&self, cause: Cause) -> Option<f64> {
        if cause == self.first {
            return Some(0.0);
        }
        let found = self.others.iter().find(|it| it.cause == cause);
        found.map(|it| it.behind)
    }

    /// Observations that speak for the first cause and against the next ones, the strongest first.
    pub fn evidence(&self) -> Vec<Value> {
        let row = self.first.row();
        let rivals: Vec<_> = self
            .others
            .iter()
            .take(RIVALS)
            .map(|it| it.cause.row())
            .collect();
        let weight = |value: Value| {
            let against = rivals.iter().map(|rival| rival.letter(value).log10());
            row.letter(value).log10() - against.sum::<f64>() / rivals.len().max(1) as f64
        };
        let mut weighed: Vec<_> = self
            .seen
            .iter()
            .map(|it| (weight(it.value), it.value))
            .collect();
        weighed.retain(|(weight, _)| *weight > EVIDENCE);
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
        weighed.into_iter().map(|(_, value)| value).collect()
    }

    /// Causes that are as likely as the first, which is the first of them.
    pub fn tied(&self) -> impl Iterator<Item = Cause> {
        let others = self.possible().take_while(|it| it.behind < LIKELY);
        // Where all is well, others are possible only.
        let others = others.filter(|_| !self.works());
        std::iter::once(self.first).chain(others.map(|it| it.cause))
    }

    /// How far the first cause is ahead of any other, whatever its verdict.
    pub fn certainty_of_cause(&self) -> Certainty {
        Certainty::of_lead(self.others.first().map_or(f64::INFINITY, |it| it.behind))
    }

    /// Observations that a cause explains well, and those that it explains badly.
    pub fn for_and_against(&self, cause: Cause) -> (Vec<Value>, Vec<Value>) {
        let row = cause.row();
        let seen = self.seen.iter().map(|it| it.value);
        let named = seen.filter(|it| row.names(it.kind));
        let (good, bad): (Vec<_>, Vec<_>) = named.partition(|it| row.letter(*it) >= Letter::S);
        (good, bad)
    }

    /// Common causes that could show such a result and are out of the question, by the observation that says so.
    pub fn ruled_out(&self) -> Vec<(Value, Vec<Cause>)> {
        let mut ruled_out: Vec<(Value, Vec<Cause>)> = Vec::new();
        for ranked in self.others.iter().filter(|it| it.behind >= SHOWN) {
            let row = ranked.cause.row();
            if row.prior != Prior::Common || !self.shows_such_a_result(row) {
                continue;
            }
            let Some(by) = self.strongest_against(row) else {
                continue;
            };
            match ruled_out.iter_mut().find(|(value, _)| *value == by) {
                Some((_, causes)) => causes.push(ranked.cause),
                None => ruled_out.push((by, vec![ranked.cause])),
            }
        }
        ruled_out
    }

    /// Whether a cause shows the result of the probes at least sometimes.
    fn shows_such_a_result(&self, row: &Row) -> bool {
        // A cause of another protocol or IP version needs no ruling out.
        let shows = |kind| {
            self.seen
                .value(kind)
                .is_none_or(|it| row.letter(it) >= Letter::S)
        };
        let has_port = self.seen.value(Kind::Port).is_some();
        let kinds = [Kind::Port, Kind::Protocol, Kind::Family];
        row.cause != Cause::Works && has_port && kinds.into_iter().all(shows)
    }

    /// The observation that a cause explains worst beside the first, of those that its row names. What every healthy run
    /// shows rules nothing out.
    fn strongest_against(&self, row: &Row) -> Option<Value> {
        let first = self.first.row();
        let lead = |value: Value| first.letter(value).log10() - row.letter(value).log10();
        let seen = self.seen.iter().map(|it| it.value);
        let telling = seen.filter(|it| {
            row.names(it.kind) && it.default_letter() < Letter::A && is_measured(it.kind)
        });
        let strongest = telling.max_by(|a, b| lead(*a).total_cmp(&lead(*b)))?;
        (lead(strongest) >= RULES_OUT).then_some(strongest)
    }

    /// Observations not yet made that would separate the first cause from another one, the best first.
    pub fn separating(&self, other: Cause) -> Vec<Kind> {
        let (first, second) = (self.first.row(), other.row());
        let difference = |kind: &Kind| -> f64 {
            let values = kind.values();
            let differences = values
                .map(|it| (first.letter(it).likelihood() - second.letter(it).likelihood()).abs());
            differences.sum::<f64>() / 2.0
        };
        let unseen = Kind::ALL
            .iter()
            .filter(|it| self.seen.value(**it).is_none());
        let mut kinds: Vec<_> = unseen.map(|it| (difference(it), *it)).collect();
        kinds.retain(|(difference, _)| *difference > SEPARATES);
        kinds.sort_by(|a, b| b.0.total_cmp(&a.0));
        kinds.into_iter().map(|(_, kind)| kind).collect()
    }

    /// The observations.
    pub fn seen(&self) -> &Observations {
        &self.seen
    }

    fn code_of(&self, cause: Cause) -> Code {
        cause.row().code(&self.seen)
    }
}

/// Whether probes measure it; other kinds say what the target is.
fn is_measured(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Protocol
            | Kind::Family
            | Kind::Ttl
            | Kind::Place
            | Kind::Name
            | Kind::Resolver
            | Kind::OtherAddress
            | Kind::Course
            | Kind::Sent
            | Kind::Kernel
    )
}

impl Certainty {
    fn of_lead(lead: f64) -> Self {
        match lead {
            SHOWN.. => Self::Shown,
            MOST_LIKELY.. => Self::MostLikely,
            LIKELY.. => Self::Likely,
            _ => Self::OneOf,
        }
    }

    /// As reports say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneOf => "one of several",
            Self::Likely => "likely",
            Self::MostLikely => "most likely",
            Self::Shown => "shown",
        }
    }
}
