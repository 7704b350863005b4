//! Exit status of a run.

use std::process::ExitCode;

/// Exit status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: every target succeeded at least once, or met its expectation, and every assertion passed.
    Success,
    /// 1: a target did not, or an assertion failed.
    Failure,
    /// 2: the run could not start.
    NotRun,
}

impl ExitStatus {
    /// Success if `succeeded`, or if stdout was closed (EPIPE): not a failure.
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
