//! Why a run could not be made.

use std::io;

use thiserror::Error;

use super::preflight::MAX_IN_FLIGHT;
use super::resolution::MAX_TARGETS;
use crate::platform;

/// Why an interface cannot be used.
const NO_INTERFACE: &str = if platform::CAN_BIND_TO_INTERFACE {
    "this machine has no such interface"
} else {
    "this system cannot bind a socket to an interface"
};

/// What allows ICMP echoes: icmp(7) for the ping socket, capabilities(7) for the raw one.
const ECHO_HELP: &str = if cfg!(target_os = "linux") {
    "allow your group with sysctl -w net.ipv4.ping_group_range='0 2147483647', or give synack CAP_NET_RAW"
} else {
    "this system wants administrator rights for them"
};

/// Why a run could not be made. Each message is one line that names what was wrong.
#[derive(Debug, Error)]
pub enum RunError {
    /// No name could be resolved, each for its own reason.
    #[error("{0}")]
    NoTarget(String),
    /// More targets than any run can sensibly have.
    #[error("{0} targets are too many: at most {most} fit into one run", most = MAX_TARGETS)]
    TooManyTargets(usize),
    /// More probes at once than any machine can have.
    #[error(
        "{0} probes at once are too many: --in-flight times the targets must stay within {MAX_IN_FLIGHT}"
    )]
    TooManyAtOnce(usize),
    /// The source address cannot be used.
    #[error("cannot send from {from}: {error}")]
    Source {
        /// The address given, and the first port where ports were.
        from: String,
        /// What the system says.
        error: io::Error,
    },
    /// The interface cannot be used.
    #[error("cannot send through {0:?}: {reason}", reason = NO_INTERFACE)]
    Interface(String),
    /// This user may not send ICMP echoes.
    #[error("cannot send ICMP echoes: {0}; {ECHO_HELP}")]
    Echo(#[source] io::Error),
    /// The event loop does not work.
    #[error("cannot wait for sockets: {0}")]
    Poller(#[source] io::Error),
    /// Signals cannot be caught.
    #[error("cannot listen for Ctrl-C: {0}")]
    Signals(#[source] io::Error),
    /// A file for results cannot be written.
    #[error("cannot write {path}: {error}")]
    File {
        /// Its path, safe to print.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// A form that holds one target only.
    #[error("{0} holds the percentiles of one target: probe one, or choose another form")]
    OneTargetOnly(String),
    /// The targets of `synack demo` could not be opened.
    #[error("cannot open the demonstration's targets on loopback: {0}")]
    Demo(#[source] io::Error),
    /// Results could not be written.
    #[error("cannot write the results: {0}")]
    Output(String),
}
