//! Plan of assertions.

use super::{Expectation, FailCondition};

/// `--expect`, `--fail-if` and `--until`.
#[derive(Clone, Debug, Default)]
pub struct AssertionPlan {
    /// Expected outcomes of all probes.
    pub expect: Vec<Expectation>,
    /// Conditions that fail the run.
    pub fail_if: Vec<FailCondition>,
    /// Outcome that ends the run once every target had it.
    pub until: Option<Expectation>,
}
