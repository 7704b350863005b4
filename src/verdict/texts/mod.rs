//! The texts of causes, one each: what the cause is, how it shows, and what to do next, by owner.

mod cause_text;
mod host;
mod local;
mod names;
mod network;
mod segment;
mod service;

use super::causes::Cause;
pub use cause_text::CauseText;

/// All texts.
const ALL: &[&[(Cause, CauseText)]] = &[
    service::TEXTS,
    host::TEXTS,
    network::TEXTS,
    segment::TEXTS,
    local::TEXTS,
    names::TEXTS,
];

// Each cause has exactly one text, or this does not compile.
const _: () = {
    let mut found = [0_u8; Cause::ALL.len()];
    let mut room = 0;
    while room < ALL.len() {
        let mut nth = 0;
        while nth < ALL[room].len() {
            found[ALL[room][nth].0 as usize] += 1;
            nth += 1;
        }
        room += 1;
    }
    let mut cause = 0;
    while cause < found.len() {
        assert!(found[cause] == 1, "a cause has no text, or two");
        cause += 1;
    }
};

impl Cause {
    /// Its texts.
    ///
    /// # Panics
    /// Never: that each cause has a text is checked when this is compiled.
    pub fn text(self) -> &'static CauseText {
        let mut all = ALL.iter().copied().flatten();
        let found = all.find(|(cause, _)| *cause == self);
        &found.expect("each cause has a text").1
    }
}
