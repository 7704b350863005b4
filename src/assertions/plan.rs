//! What a run has to show to succeed, beyond that every target answers.

use super::{Expectation, FailCondition};

/// `--expect`, `--fail-if` and `--until`.
#[derive(Clone, Debug, Default)]
pub struct AssertionPlan {
    /// Every probe has to end as one of these; then no target has to answer.
    pub expect: Vec<Expectation>,
    /// None of these may hold.
    pub fail_if: Vec<FailCondition>,
    /// The run ends when every target has shown this, and fails if one never does.
    pub until: Option<Expectation>,
}
