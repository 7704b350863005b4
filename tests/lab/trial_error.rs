//! Why a trial could not end well: it failed, or this machine cannot hold it.

use std::fmt;

use libtest_mimic::{Completion, Failed};

/// The one error type of the lab.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// This machine lacks something the trial needs; the tool was not tested.
    Skip(String),
    /// The trial ran and the tool, or the lab itself, is wrong.
    Fail(String),
}

pub(crate) type Result<T> = std::result::Result<T, Trouble>;

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skip(why) => write!(f, "SKIP: {why}"),
            Self::Fail(why) => f.write_str(why),
        }
    }
}

/// Says what was being done when something else's error came up.
pub(crate) trait Context<T> {
    fn context(self, doing: impl fmt::Display) -> Result<T>;
    fn or_skip(self, lacking: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Trouble::Fail(format!("{doing}: {error}")))
    }

    fn or_skip(self, lacking: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Trouble::Skip(format!("{lacking}: {error}")))
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.ok_or_else(|| Trouble::Fail(doing.to_string()))
    }

    fn or_skip(self, lacking: impl fmt::Display) -> Result<T> {
        self.ok_or_else(|| Trouble::Skip(lacking.to_string()))
    }
}

/// What the harness reports. A machine that runs the checks for everybody must be able to
/// run all of them, so under CI a skip is a failure.
pub(crate) fn verdict(result: Result<()>) -> std::result::Result<Completion, Failed> {
    match result {
        Ok(()) => Ok(Completion::Completed),
        Err(Trouble::Skip(why)) if !under_ci() => {
            Ok(Completion::ignored_with(format!("SKIP: {why}")))
        }
        Err(trouble) => Err(trouble.to_string().into()),
    }
}

fn under_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
