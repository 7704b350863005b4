//! A state as a mark, a word and a colour.

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

fn mark(state: State) -> Markup {
    let mark = match state {
        State::Down => "\u{2715}",
        State::Partial => "!",
        State::Unknown => "?",
        State::Up => "\u{2713}",
    };
    let attributes: Attributes = &[("class", &"mark"), ("aria-hidden", &"true")];
    [tag("span", attributes, mark), Markup::from(" ")].into()
}

/// The mark and the word.
pub(super) fn named(state: State) -> Markup {
    let content = [mark(state), Markup::from(state.word())];
    tag("span", &[("class", &class(state))], content)
}

/// The result of a page or of a part of it.
pub(super) fn badge(state: State, words: Markup) -> Markup {
    let class = format!("state {}", class(state));
    block("p", &[("class", &class)], [mark(state), words])
}
