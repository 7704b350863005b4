//! Why nothing was probed.

use std::io;

use thiserror::Error;

use crate::hosts::TargetError;
use crate::hosts::resolve::ResolveError;

/// Why nothing was probed, in one line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a valid target.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The text names several ports.
    #[error("{0:?} has several ports: probe each on its own")]
    SeveralPorts(String),
    /// The name has no address.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// An address of the other IP version than the source, or than the one that was asked for.
    #[error("{0:?} is an address of the other IP version")]
    OtherFamily(String),
    /// A timeout of zero.
    #[error("the timeout must be longer than 0")]
    ZeroTimeout,
    /// The event loop could not be set up, or failed.
    #[error("the event loop failed")]
    EventLoop(#[source] io::Error),
}
