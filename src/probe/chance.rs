//! Chance.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A number that nobody foresees: the standard library's hash keys are random in every process, and differ at every
/// call.
pub(super) fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}
