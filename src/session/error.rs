//! Errors that prevent a run.

use std::io;

use thiserror::Error;

use super::limits::{MAX_IN_FLIGHT, MAX_TARGETS};
use crate::hosts::resolve::ResolveError;
use crate::platform;

/// Reason of [`RunError::Interface`].
const NO_INTERFACE: &str = if platform::CAN_BIND_TO_INTERFACE {
    "no such interface"
} else {
    "this system cannot bind a socket to an interface"
};

/// How to permit ICMP echo: icmp(7) for ping sockets, capabilities(7) for raw ones.
const ECHO_HELP: &str = if cfg!(target_os = "linux") {
    "allow it with sysctl -w net.ipv4.ping_group_range='0 2147483647', or give synack CAP_NET_RAW"
} else {
    "this system requires administrator rights"
};

/// An error that prevents a run. Each message is one line.
#[derive(Debug, Error)]
pub enum RunError {
    /// No name was resolved; the reasons.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NoTarget(Vec<ResolveError>),
    /// Too many targets.
    #[error("too many targets: {0}, the maximum is {MAX_TARGETS}")]
    TooManyTargets(usize),
    /// Too many probes in flight.
    #[error(
        "too many probes in flight: {0} (--in-flight times the targets), the maximum is {MAX_IN_FLIGHT}"
    )]
    TooManyInFlight(usize),
    /// Source address not usable.
    #[error("cannot send from {from}: {error}")]
    Source {
        /// The address, with the first port if given.
        from: String,
        /// Error of the system call.
        error: io::Error,
    },
    /// Interface not usable.
    #[error("cannot send through {0:?}: {reason}", reason = NO_INTERFACE)]
    Interface(String),
    /// No permission for ICMP echo.
    #[error("cannot send ICMP echoes: {0}; {ECHO_HELP}")]
    Echo(#[source] io::Error),
    /// Poller setup failed.
    #[error("cannot set up the poller: {0}")]
    Poller(#[source] io::Error),
    /// Signal handler setup failed.
    #[error("cannot install signal handlers: {0}")]
    Signals(#[source] io::Error),
    /// Result file not writable.
    #[error("cannot write {path}: {error}")]
    File {
        /// Path, escaped.
        path: String,
        /// Error of the system call.
        error: io::Error,
    },
    /// Output format for one target only.
    #[error(
        "{0}: this format holds the percentiles of one target: probe one, or choose another format"
    )]
    OneTargetOnly(String),
    /// Listeners of `synack demo` could not be opened.
    #[error("cannot open the demo targets on loopback: {0}")]
    Demo(#[source] io::Error),
    /// Writing results failed.
    #[error("cannot write the results: {0}")]
    Output(String),
}
