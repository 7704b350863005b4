//! The validated command line: a plan per concern. Each mode is composed of several.

mod checks;
mod output;
mod path;
mod payload;
mod probes;
mod schedule;
mod sockets;
mod targets;

pub use checks::CheckPlan;
pub use output::{DataFormat, DocumentFormat, Format, JsonOnly, OutputPlan, ReportFile};
pub use path::{MAX_HOPS, PathPlan};
pub use payload::PayloadPlan;
pub use probes::ProbePlan;
pub use schedule::{Limit, Rate, SchedulePlan};
pub use sockets::{CloseMode, SocketPlan, Source};
pub use targets::TargetPlan;
