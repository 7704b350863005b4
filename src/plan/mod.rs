//! The validated command line: a plan per concern. Each mode is composed of several.

#[cfg(feature = "cli")]
mod checks;
#[cfg(feature = "cli")]
mod output;
#[cfg(feature = "cli")]
mod path;
mod payload;
mod probes;
mod schedule;
mod sockets;
#[cfg(feature = "cli")]
mod targets;

#[cfg(feature = "cli")]
pub use checks::CheckPlan;
#[cfg(feature = "cli")]
pub use output::{DataFormat, DocumentFormat, Format, JsonOnly, OutputPlan, ReportFile};
#[cfg(feature = "cli")]
pub use path::{MAX_HOPS, PathPlan};
pub use payload::PayloadPlan;
pub use probes::ProbePlan;
pub use schedule::{Limit, MAX_DURATION, Rate, SchedulePlan};
pub use sockets::{CloseMode, SocketPlan, Source};
#[cfg(feature = "cli")]
pub use targets::TargetPlan;
