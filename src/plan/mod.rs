//! A plan per concern: the command line, validated. Each mode composes those that it needs.

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
