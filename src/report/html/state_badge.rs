//! A state as symbol, word and colour.

use super::markup::{Attributes, Markup, block, tag};
use crate::verdict::conclusion::State;

fn class(state: State) -> &'static str {
    match state {
        State::Fails => "s-fails",
        State::FailsAtTimes | State::Degraded => "s-troubled",
        State::NotMeasured => "s-unknown",
        State::Works => "s-works",
    }
}

fn symbol(state: State) -> Markup {
    let symbol = match state {
        State::Fails => "\u{2715}",
        State::FailsAtTimes | State::Degraded => "!",
        State::NotMeasured => "?",
        State::Works => "\u{2713}",
    };
    let attributes: Attributes = &[("class", &"mark"), ("aria-hidden", &"true")];
    [tag("span", attributes, symbol), Markup::from(" ")].into()
}

/// Symbol and word.
pub(super) fn named(state: State) -> Markup {
    let content = [symbol(state), Markup::from(state.words())];
    tag("span", &[("class", &class(state))], content)
}

/// The headline of a page or section.
pub(super) fn badge(state: State, words: Markup) -> Markup {
    let class = format!("state {}", class(state));
    block("p", &[("class", &class)], [symbol(state), words])
}
