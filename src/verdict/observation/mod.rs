//! Observations: what a run saw of a target, as typed values.
//!
//! Each kind has at most one value. Kinds that were not observed are absent, never guessed.

mod kinds;
mod syntax;

use crate::text::Text;
pub use kinds::*; // Kind, and a type of values for each kind

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
