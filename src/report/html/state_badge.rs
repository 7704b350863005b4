//! A state as symbol, word and colour.

use super::markup::{Attributes, Markup, block, tag};
use crate::report::document::State;

fn class(state: State) -> &'static str {
    match state {
        State::Down => "s-down",
        State::Partial => "s-partial",
        State::Unknown => "s-unknown",
        State::Up => "s-up",
    }
}

fn symbol(state: State) -> Markup {
    let symbol = match state {
        State::Down => "\u{2715}",
        State::Partial => "!",
        State::Unknown => "?",
        State::Up => "\u{2713}",
    };
    let attributes: Attributes = &[("class", &"mark"), ("aria-hidden", &"true")];
    [tag("span", attributes, symbol), Markup::from(" ")].into()
}

/// Symbol and word.
pub(super) fn named(state: State) -> Markup {
    let content = [symbol(state), Markup::from(state.word())];
    tag("span", &[("class", &class(state))], content)
}

/// The headline of a page or section.
pub(super) fn badge(state: State, words: Markup) -> Markup {
    let class = format!("state {}", class(state));
    block("p", &[("class", &class)], [symbol(state), words])
}
