//! What a diagnosis is to do.

use crate::plan::{CheckPlan, JsonOnly, OutputPlan};

/// A diagnosis of one target.
#[derive(Clone, Debug)]
pub struct DiagnosePlan {
    /// One host and one port, and how packets leave.
    pub checks: CheckPlan,
    /// Formats and files.
    pub output: OutputPlan<JsonOnly>,
}
