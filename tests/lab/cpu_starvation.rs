//! CPU starvation of the tool: SIGSTOP and SIGCONT in turn.

use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::script::value::DurationValue;
use crate::trial_error::{Context, Result};

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DutyCycle {
    run: DurationValue,
    stop: DurationValue,
}

/// Duty cycle of one process, which is running at first.
pub(crate) struct CpuStarvation {
    duty_cycle: DutyCycle,
    process: Pid,
    is_running: bool,
    next_change: Instant,
}

impl CpuStarvation {
    pub(crate) fn start(process: &Child, duty_cycle: DutyCycle) -> Result<Self> {
        let id = i32::try_from(process.id()).context("a process id")?;
        Ok(Self {
            duty_cycle,
            process: Pid::from_raw(id),
            is_running: true,
            next_change: Instant::now() + duty_cycle.run.0,
        })
    }

    /// Until the next signal.
    pub(crate) fn time_left(&self) -> Duration {
        self.next_change.saturating_duration_since(Instant::now())
    }

    /// Sends the next signal. The process must not have been waited for.
    pub(crate) fn toggle(&mut self) -> Result<()> {
        let (signal, duration) = if self.is_running {
            (Signal::SIGSTOP, self.duty_cycle.stop)
        } else {
            (Signal::SIGCONT, self.duty_cycle.run)
        };
        self.is_running = !self.is_running;
        self.next_change = Instant::now() + duration.0;
        kill(self.process, signal).context("sending SIGSTOP or SIGCONT")
    }

    /// Lets the process run.
    pub(crate) fn end(self) -> Result<()> {
        kill(self.process, Signal::SIGCONT).context("sending SIGCONT")
    }
}
