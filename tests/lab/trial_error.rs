//! Errors of a trial: failed, or skipped because this machine lacks a requirement.

use std::fmt;

use libtest_mimic::{Completion, Failed};

/// The only error type of the lab.
#[derive(Clone, Debug)]
pub(crate) enum TrialError {
    /// This machine lacks a requirement; the tool was not tested.
    Skip(String),
    /// The tool, or the lab itself, is wrong.
    Fail(String),
}

pub(crate) type Result<T> = std::result::Result<T, TrialError>;

impl fmt::Display for TrialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skip(reason) => write!(f, "SKIP: {reason}"),
            Self::Fail(reason) => f.write_str(reason),
        }
    }
}

/// Adds the failed operation to an error, or to a missing value.
pub(crate) trait Context<T> {
    fn context(self, operation: impl fmt::Display) -> Result<T>;
    /// Skips the trial instead of failing it.
    fn or_skip(self, requirement: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, operation: impl fmt::Display) -> Result<T> {
        self.map_err(|error| TrialError::Fail(format!("{operation}: {error}")))
    }

    fn or_skip(self, requirement: impl fmt::Display) -> Result<T> {
        self.map_err(|error| TrialError::Skip(format!("{requirement}: {error}")))
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, operation: impl fmt::Display) -> Result<T> {
        self.ok_or_else(|| TrialError::Fail(operation.to_string()))
    }

    fn or_skip(self, requirement: impl fmt::Display) -> Result<T> {
        self.ok_or_else(|| TrialError::Skip(requirement.to_string()))
    }
}

/// Result for the test harness. With `CI=true` a skip is a failure.
pub(crate) fn completion(result: Result<()>) -> std::result::Result<Completion, Failed> {
    match result {
        Ok(()) => Ok(Completion::Completed),
        Err(TrialError::Skip(reason)) if !is_ci() => {
            Ok(Completion::ignored_with(format!("SKIP: {reason}")))
        }
        Err(error) => Err(error.to_string().into()),
    }
}

fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
