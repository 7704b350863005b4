//! A machine that has little time for the tool: it runs for a while and is stopped for a while, in turn.

use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::script::tcp::Time;
use crate::trial_error::{Context, Result};

/// How long it runs, and how long it is stopped.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Plan(Time, Time);

/// The turns of one run.
pub(crate) struct Turns {
    plan: Plan,
    tool: Pid,
    runs: bool,
    until: Instant,
}

impl Turns {
    /// It begins with running.
    pub(crate) fn of(tool: &Child, plan: Plan) -> Result<Self> {
        let id = i32::try_from(tool.id()).context("a process id")?;
        Ok(Self {
            plan,
            tool: Pid::from_raw(id),
            runs: true,
            until: Instant::now() + plan.0.0,
        })
    }

    /// What is left of this turn.
    pub(crate) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Begins the next one; the tool must not have been waited for.
    pub(crate) fn next(&mut self) -> Result<()> {
        let (signal, turn) = if self.runs {
            (Signal::SIGSTOP, self.plan.1)
        } else {
            (Signal::SIGCONT, self.plan.0)
        };
        self.runs = !self.runs;
        self.until = Instant::now() + turn.0;
        kill(self.tool, signal).context("stopping the tool, or letting it run")
    }

    /// Lets it run to its end.
    pub(crate) fn end(self) -> Result<()> {
        kill(self.tool, Signal::SIGCONT).context("letting the tool run")
    }
}
