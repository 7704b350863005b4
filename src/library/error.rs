//! Why nothing was probed.

use std::io;

use thiserror::Error;

use crate::hosts::TargetError;
use crate::hosts::resolve::ResolveError;

/// Why nothing was probed, in one line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The text of the target is not one.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The text names several ports.
    #[error("{0:?} has several ports: probe each on its own")]
    SeveralPorts(String),
    /// The name has no address.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The event loop failed.
    #[error("the event loop failed: {0}")]
    EventLoop(#[from] io::Error),
    /// The event loop ended before the probe did.
    #[error("the probe did not end")]
    Interrupted,
}
