//! Assertions on a run: `--expect`, `--fail-if`, `--until`. Pure.

mod expect;
mod fail_if;
mod plan;
mod until;

pub use expect::Expectation;
pub use fail_if::{FailCondition, FailConditionError};
pub use plan::AssertionPlan;
pub use until::Until;

use crate::text::Text;

/// Result of one assertion for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionResult {
    /// The assertion: `loss > 1 %`.
    pub condition: String,
    /// The measured value: `loss is 12.5 %`.
    pub observed: Text,
    /// Whether the assertion holds.
    pub passed: bool,
}
