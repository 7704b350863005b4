//! Observations: what a run saw of a target, as typed values.
//!
//! Each kind has at most one value. Kinds that were not observed are absent, never guessed.

use std::fmt;

use super::letter::Letter;
use crate::text::Text;

macro_rules! observations {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal {
        $($value:ident = $value_name:literal $letter:ident: $sentence:literal,)+
    })+) => {
        /// What can be observed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl Kind {
            /// Every kind, in the order of the list.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];
        }

        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[allow(clippy::doc_markdown, reason = "sentences have placeholders")]
            pub enum $kind {
                $(#[doc = $sentence] $value,)+
            }

            impl Observation for $kind {
                const KIND: Kind = Kind::$kind;

                fn value(self) -> Value {
                    Value::new(Kind::$kind, self as u8)
                }

                fn from_index(index: u8) -> Option<Self> {
                    [$(Self::$value,)+].get(usize::from(index)).copied()
                }
            }
        )+

        $($(const _: () = crate::verdict::template::check($sentence);)+)+

        /// Names, letters and sentences, by kind.
        pub(super) const INFO: &[KindInfo] = &[$(KindInfo {
            name: $name,
            values: &[$(ValueInfo { name: $value_name, letter: $letter, sentence: $sentence },)+],
        },)+];
    };
}

mod list;

pub use list::*; // Kind, and a type of values for each kind

/// A kind of observation whose values are a type.
pub trait Observation: Copy {
    /// The kind.
    const KIND: Kind;

    /// The value with its kind.
    fn value(self) -> Value;

    /// The value of this index.
    fn from_index(index: u8) -> Option<Self>;
}

/// A value of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// The kind.
    pub kind: Kind,
    /// Index among the values of the kind.
    pub index: u8,
}

/// Name and values of a kind.
struct KindInfo {
    name: &'static str,
    values: &'static [ValueInfo],
}

/// Name of a value, its letter under causes that do not name the kind, and the sentence about it.
struct ValueInfo {
    name: &'static str,
    letter: Letter,
    sentence: &'static str,
}

/// What was observed; at most one value of each kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations(Vec<Observed>);

/// A value that was observed.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// The value.
    pub value: Value,
    /// The figures behind it: `6 of 6 probes`.
    pub figures: Text,
}

impl Kind {
    /// Stable name.
    pub fn name(self) -> &'static str {
        list::INFO[self as usize].name
    }

    /// Every value of the kind.
    pub fn values(self) -> impl Iterator<Item = Value> {
        let count = u8::try_from(list::INFO[self as usize].values.len()).unwrap_or(u8::MAX);
        (0..count).map(move |index| Value::new(self, index))
    }
}

impl Value {
    /// The value of this index.
    pub(super) const fn new(kind: Kind, index: u8) -> Self {
        Self { kind, index }
    }

    /// The value of this name: `port`, `rst-some`.
    pub fn from_names(kind: &str, value: &str) -> Option<Self> {
        let kind = Kind::ALL.iter().find(|it| it.name() == kind)?;
        kind.values().find(|it| it.name() == value)
    }

    /// Stable name within its kind.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Likelihood under causes that do not name the kind.
    pub(super) fn default_letter(self) -> Letter {
        self.info().letter
    }

    /// What it means, with placeholders.
    pub(super) fn sentence(self) -> &'static str {
        self.info().sentence
    }

    fn info(self) -> &'static ValueInfo {
        &list::INFO[self.kind as usize].values[usize::from(self.index)]
    }
}

impl fmt::Display for Value {
    /// `port: rst-some`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.name())
    }
}

impl Observations {
    /// Adds a value; a later one of the same kind replaces it.
    pub fn set(&mut self, observation: impl Observation) {
        self.set_with(observation, Text::default());
    }

    /// Adds a value with its figures.
    pub fn set_with(&mut self, observation: impl Observation, figures: Text) {
        self.insert(observation.value(), figures);
    }

    /// Adds a value that is known by its index.
    pub(super) fn insert(&mut self, value: Value, figures: Text) {
        self.0.retain(|it| it.value.kind != value.kind);
        let place = self.0.partition_point(|it| it.value.kind < value.kind);
        self.0.insert(place, Observed { value, figures });
    }

    /// Takes a kind back.
    pub(super) fn remove(&mut self, kind: Kind) {
        self.0.retain(|it| it.value.kind != kind);
    }

    /// The value of a kind.
    pub fn get<O: Observation>(&self) -> Option<O> {
        O::from_index(self.value(O::KIND)?.index)
    }

    /// The value of a kind that is known at run time.
    pub fn value(&self, kind: Kind) -> Option<Value> {
        let found = self.0.iter().find(|it| it.value.kind == kind)?;
        Some(found.value)
    }

    /// Everything, by kind.
    pub fn iter(&self) -> impl Iterator<Item = &Observed> {
        self.0.iter()
    }
}
