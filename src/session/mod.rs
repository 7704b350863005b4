//! Shared by every run: signals, name resolution and re-resolution, preflight checks, output files, errors, exit
//! status.

mod error;
mod exit_status;
mod limits;
pub(crate) mod outputs;
pub(crate) mod preflight;
pub(crate) mod reresolution;
pub(crate) mod resolution;
pub(crate) mod wait_for_dns;

pub use error::RunError;
pub use exit_status::ExitStatus;

use crate::hosts::Target;
use crate::plan::{SocketPlan, TargetPlan};
use crate::platform::Poller;
use crate::platform::signals::Signals;

/// The event loop's poller, and the signals that wake it.
pub(crate) struct Session {
    pub(crate) poller: Poller,
    pub(crate) signals: Signals,
}

impl Session {
    /// Sets up the poller and signal handlers.
    pub(crate) fn start() -> Result<Self, RunError> {
        let poller = Poller::new().map_err(RunError::Poller)?;
        let signals = Signals::listen(&poller.waker()).map_err(RunError::Signals)?;
        Ok(Self { poller, signals })
    }

    /// Resolves the first target of a plan, after the preflight checks.
    pub(crate) fn single_target(
        &self,
        targets: &TargetPlan,
        sockets: &SocketPlan,
    ) -> Result<Target, RunError> {
        preflight::raise_descriptor_limit();
        let resolved = resolution::resolve(targets, &self.signals, &self.poller.waker())?;
        preflight::check_source(sockets)?;
        preflight::check_echo(&resolved.targets)?;
        let first = resolved.targets.into_iter().next();
        first.ok_or(RunError::NoTarget(resolved.unresolved))
    }
}
