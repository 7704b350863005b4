//! A row of the table, and the syntax it is written in.

use super::cause::Cause;
use super::code::Code;
use super::owner::Owner;
use crate::verdict::letter::{Letter, Prior};
use crate::verdict::observation::{Kind, Observations, Value};

/// A row: `row!(Cause, Owner, Prior, [Code, Code if Kind Value & Kind Value], needs Kind; Kind: Value LETTER, ..., * LETTER;
/// ...)`. `*` is every value that is not named. `needs`, which is optional: without an observation of that kind the cause is
/// no guess worth naming.
macro_rules! row {
    ($cause:ident, $owner:ident, $prior:ident, [$code:ident $(, $other:ident if $($kind:ident $value:ident)&+)*] $(, needs $needs:ident)?;
        $($observation:ident: $($of:tt $letter:ident),+;)+
    ) => {
        Row {
            cause: Cause::$cause,
            owner: Owner::$owner,
            prior: Prior::$prior,
            needs: needs!($($needs)?),
            code: Code::$code,
            codes: &[$((
                &[$($crate::verdict::observation::Value::new($crate::verdict::observation::Kind::$kind, $crate::verdict::observation::$kind::$value as u8)),+],
                Code::$other,
            )),*],
            letters: &[$($(($crate::verdict::observation::Kind::$observation, place!($observation $of), Letter::$letter)),+),+],
        }
    };
}

/// The kind that a cause needs, if any.
macro_rules! needs {
    () => {
        None
    };
    ($kind:ident) => {
        Some($crate::verdict::observation::Kind::$kind)
    };
}

/// The index of a value; absent for `*`.
macro_rules! place {
    ($kind:ident *) => {
        None
    };
    ($kind:ident $value:ident) => {
        Some($crate::verdict::observation::$kind::$value as u8)
    };
}

pub(super) use {needs, place, row};

/// Letters by kind and index of the value; absent: all others of the kind.
type Letters = &'static [(Kind, Option<u8>, Letter)];

/// A cause with its letters.
pub struct Row {
    /// The cause.
    pub cause: Cause,
    /// Who can do something about it.
    pub owner: Owner,
    /// How often it is met.
    pub prior: Prior,
    /// The observation that it takes to think of the cause at all.
    pub needs: Option<Kind>,
    /// Its verdict, unless one of `codes` applies.
    pub(super) code: Code,
    /// Its verdicts where all of these values were observed.
    pub(super) codes: &'static [(&'static [Value], Code)],
    /// Letters of the values that it names.
    pub(super) letters: Letters,
}

impl Row {
    /// How likely the cause shows a value: its own letter, its letter for all others, or the letter of the list.
    pub fn letter(&self, value: Value) -> Letter {
        let mut of_others = None;
        for (kind, place, letter) in self.letters {
            match place {
                _ if *kind != value.kind => {}
                Some(index) if *index == value.index => return *letter,
                Some(_) => {}
                None => of_others = Some(*letter),
            }
        }
        of_others.unwrap_or_else(|| value.default_letter())
    }

    /// Whether the row names a kind.
    pub fn names(&self, kind: Kind) -> bool {
        self.letters.iter().any(|(it, ..)| *it == kind)
    }

    /// The verdict that this cause belongs to.
    pub fn code(&self, seen: &Observations) -> Code {
        let is_seen = |value: &Value| seen.value(value.kind) == Some(*value);
        let mut special = self.codes.iter();
        let special = special.find(|(values, _)| values.iter().all(is_seen));
        special.map_or(self.code, |(_, code)| *code)
    }

    /// Every verdict that this cause can have.
    pub fn all_codes(&self) -> impl Iterator<Item = Code> {
        std::iter::once(self.code).chain(self.codes.iter().map(|(_, code)| *code))
    }
}
