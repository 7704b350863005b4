//! Exit status of a run.

use std::process::ExitCode;

/// Result of a run, as a script sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: every target answered at least once, or met what was expected of it, and every assertion holds.
    Success,
    /// 1: some target did not, or an assertion failed.
    Failure,
    /// 2: the run could not be made.
    NotRun,
}

impl ExitStatus {
    /// Success if `succeeded`. A reader that closed standard output has seen enough: that is no failure.
    pub fn new(succeeded: bool, output_closed: bool) -> Self {
        if succeeded || output_closed {
            Self::Success
        } else {
            Self::Failure
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Success => Self::SUCCESS,
            ExitStatus::Failure => 1.into(),
            ExitStatus::NotRun => 2.into(),
        }
    }
}
