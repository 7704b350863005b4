//! Ping for TCP and UDP ports that says why.
//!
//! A [`Probe`] opens a TCP connection, or sends a UDP datagram or an ICMP echo, and tells how it ended: every probe has
//! exactly one [`Outcome`], with the evidence for it. On Linux the kernel tells any user which device rejected a probe, and
//! how many SYNs were sent.
//!
//! ```no_run
//! use synack::{Outcome, Probe, UnreachableBy};
//!
//! let attempt = Probe::new("db.example:5432").once()?;
//! let found = match attempt.outcome {
//!     Outcome::Connected(_) => format!("up, in {:?}", attempt.connect),
//!     Outcome::Refused(_) => "nothing listens, or a firewall forges a RST".to_owned(),
//!     Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => {
//!         format!("rejected: {} from {:?}", icmp.reason(), icmp.from)
//!     }
//!     Outcome::NoReply => "dropped, or the host is down".to_owned(),
//!     Outcome::Local(cause) => format!("this machine: {}", cause.reason()),
//!     other => other.kind().name().to_owned(),
//! };
//! # Ok::<(), synack::Error>(())
//! ```
//!
//! [`Probe::watch`] goes on until the caller has seen enough. The library prints nothing, installs no signal handler and
//! parses no arguments. Without the feature `cli` it has none of the dependencies of the command line:
//!
//! ```toml
//! synack = { version = "0.1", default-features = false }
//! ```
//!
//! Everything else in this crate is the program `synack` and may change at any time.

// The rooms of the program, from bottom to top; each imports only from rooms listed before it (`tests/structure`).
#[doc(hidden)]
pub mod outcome;

#[doc(hidden)]
pub mod hosts;

#[doc(hidden)]
pub mod clock;

#[doc(hidden)]
pub mod payload;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod text;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod term;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod stats;

#[doc(hidden)]
pub mod platform;

#[doc(hidden)]
pub mod plan;

#[doc(hidden)]
pub mod probe;

#[doc(hidden)]
pub mod engine;

mod library;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod path;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod checks;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod assertions;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod verdict;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod report;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod session;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod modes;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;

pub use hosts::resolve::ResolveError;
pub use hosts::{Protocol, TargetError};
pub use library::{Attempt, Error, Probe};
pub use outcome::{
    Errno, Handshake, IcmpError, IcmpVersion, LocalCause, Outcome, OutcomeClass, OutcomeKind,
    Refusal, UnreachableBy,
};
