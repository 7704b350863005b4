//! The texts of a cause, and the syntax they are written in.

use crate::verdict::causes::Owner;

/// Texts of a cause, with placeholders.
#[derive(Debug)]
pub struct CauseText {
    /// The cause as a clause: `nothing listens on {service} at {address}`.
    pub clause: &'static str,
    /// How it comes about and how it shows, in sentences.
    pub explanation: &'static str,
    /// What to do next, the owner of the cause first.
    pub next: &'static [(Owner, &'static str)],
}

/// Texts of a cause; what a text names exists, or this does not compile.
macro_rules! text {
    ($cause:ident, $clause:literal, $explanation:literal; $($owner:ident $step:literal),* $(,)?) => {{
        const { crate::verdict::template::check($clause) };
        const { crate::verdict::template::check($explanation) };
        $(const { crate::verdict::template::check($step) };)*
        (
            Cause::$cause,
            CauseText {
                clause: $clause,
                explanation: $explanation,
                next: &[$((Owner::$owner, $step)),*],
            },
        )
    }};
}

pub(super) use text;
