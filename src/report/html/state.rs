//! Whether a target works, in a word, a mark and a colour.

use super::markup::{Attributes, Markup, block, tag};
use crate::outcome::{OutcomeClass, OutcomeKind};
use crate::report::TargetReport;
use crate::report::numbers::count;

/// How a target did, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// No probe succeeded.
    Down,
    /// Some did and some did not.
    Partly,
    /// Nothing was measured, or silence says nothing.
    Unknown,
    /// Every probe succeeded.
    Fine,
}

impl State {
    pub(super) fn of(target: &TargetReport) -> Self {
        let count = |class| target.recorder.count_class(class);
        let (fine, failed) = (count(OutcomeClass::Succeeded), count(OutcomeClass::Failed));
        let silent = target.recorder.count(OutcomeKind::NoReply) == failed;
        match (fine, failed, count(OutcomeClass::Local)) {
            (0, _, 0) if target.never_answers() && silent => Self::Unknown,
            (0, 0, 0) => Self::Unknown,
            (_, 0, 0) => Self::Fine,
            (0, ..) => Self::Down,
            _ => Self::Partly,
        }
    }

    /// The one state that all are in; some working makes a run that works partly.
    pub(super) fn of_all(targets: &[TargetReport]) -> Self {
        let mut states = targets.iter().map(Self::of);
        let first = states.next().unwrap_or(Self::Unknown);
        if states.all(|state| state == first) {
            first
        } else {
            Self::Partly
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Down => "s-down",
            Self::Partly => "s-partly",
            Self::Unknown => "s-unknown",
            Self::Fine => "s-fine",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Down => "\u{2715}",
            Self::Partly => "!",
            Self::Unknown => "?",
            Self::Fine => "\u{2713}",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Down => "fails",
            Self::Partly => "partly",
            Self::Unknown => "unknown",
            Self::Fine => "works",
        }
    }

    fn marked(self) -> Markup {
        let attributes: Attributes = &[("class", &"mark"), ("aria-hidden", &"true")];
        [tag("span", attributes, self.mark()), Markup::from(" ")].into()
    }

    /// The mark and the word.
    pub(super) fn named(self) -> Markup {
        let content = [self.marked(), Markup::from(self.word())];
        tag("span", &[("class", &self.class())], content)
    }
}

/// How a check went.
pub(super) fn checked(passed: bool) -> Markup {
    let (state, word) = if passed {
        (State::Fine, "ok")
    } else {
        (State::Down, "failed")
    };
    tag(
        "span",
        &[("class", &state.class())],
        [state.marked(), word.into()],
    )
}

/// The first thing that is read.
pub(super) fn badge(state: State, text: &str) -> Markup {
    let class = format!("state {}", state.class());
    block("p", &[("class", &class)], [state.marked(), text.into()])
}

/// What happened, in one line.
pub(super) fn headline(targets: &[TargetReport]) -> String {
    if let [target] = targets {
        return of_one(target);
    }
    let states: Vec<_> = targets.iter().map(State::of).collect();
    let kinds = [State::Down, State::Partly, State::Unknown, State::Fine];
    let of_state = |state: &State| states.iter().filter(|it| *it == state).count();
    let found: Vec<_> = kinds
        .iter()
        .map(|it| (it, of_state(it)))
        .filter(|it| it.1 > 0)
        .collect();
    let words = |state: &State| match state {
        State::Down => "failed",
        State::Partly => "worked only partly",
        State::Unknown => "cannot be judged",
        State::Fine => "worked",
    };
    match found.as_slice() {
        [(state, all)] => format!("All {all} targets {}", words(state)),
        found => {
            let parts = found
                .iter()
                .map(|(state, number)| format!("{number} {}", words(state)));
            let parts: Vec<_> = parts.collect();
            format!("Of {} targets, {}", targets.len(), parts.join(", "))
        }
    }
}

fn of_one(target: &TargetReport) -> String {
    let recorder = target.recorder;
    let sent = recorder.sent();
    let local = recorder.count_class(OutcomeClass::Local);
    let failed = recorder.count_class(OutcomeClass::Failed) + local;
    let here = match local {
        0 => String::new(),
        all if all == failed => ", on this machine itself".to_owned(),
        some => format!(", {some} of them on this machine itself"),
    };
    let probes = count(sent, "probe");
    match State::of(target) {
        State::Unknown if sent == 0 => "No probe ended: nothing was measured".to_owned(),
        State::Unknown => {
            "No answer, as always with this kind of service: whether it works cannot be told"
                .to_owned()
        }
        State::Fine if sent == 1 => "The only probe succeeded".to_owned(),
        State::Fine => format!("All {probes} succeeded"),
        State::Down if sent == 1 => format!("The only probe failed{here}"),
        State::Down => format!("All {probes} failed{here}"),
        State::Partly => format!("{failed} of {probes} failed{here}"),
    }
}
