//! A plan per concern: the command line, validated. Each mode composes those that it needs.

mod assertions;
mod checks;
mod output;
mod path;
mod payload;
mod probes;
mod schedule;
mod sockets;
mod targets;

pub use assertions::AssertionPlan;
pub use checks::CheckPlan;
pub use output::{DisplayPlan, Format, HistogramForm, OutputPlan, ReportFile};
pub use path::{MAX_HOPS, PathPlan};
pub use payload::PayloadPlan;
pub use probes::ProbePlan;
pub use schedule::{Limit, Rate, SchedulePlan};
pub use sockets::{CloseMode, SocketPlan, Source};
pub use targets::TargetPlan;

/// A run of probes.
#[derive(Clone, Debug)]
pub struct PingPlan {
    /// Hosts and ports.
    pub targets: TargetPlan,
    /// When to send and when to give up.
    pub schedule: SchedulePlan,
    /// Socket options.
    pub sockets: SocketPlan,
    /// What datagrams carry.
    pub payload: PayloadPlan,
    /// What the run has to show.
    pub assertions: AssertionPlan,
    /// Trace the path to a target once, after this many failures.
    pub trace_after: Option<u64>,
    /// What is shown of the run.
    pub display: DisplayPlan,
    /// Formats and files.
    pub output: OutputPlan,
}

impl PingPlan {
    /// Whether the run watches for changes of state: it has no fixed number of probes, or shows failures only.
    pub fn is_watch(&self) -> bool {
        self.display.failures_only || !matches!(self.schedule.limit, Limit::Count(_))
    }

    /// What its probes need.
    pub fn probes(&self) -> ProbePlan {
        ProbePlan {
            rate: self.schedule.rate(),
            hold: self.schedule.hold.is_some(),
            report_local: !self.display.quiet || !self.output.files.is_empty(),
            ..ProbePlan::new(self.sockets.clone(), self.payload.clone())
        }
    }
}

/// A trace of one path.
#[derive(Clone, Debug)]
pub struct TracePlan {
    /// One host and one port.
    pub target: TargetPlan,
    /// Rounds, flows, packets.
    pub path: PathPlan,
    /// Look up the names of routers.
    pub names: bool,
    /// Formats and files.
    pub output: OutputPlan,
}

/// A diagnosis of one target.
#[derive(Clone, Debug)]
pub struct DiagnosePlan {
    /// One host and one port, and how packets leave.
    pub checks: CheckPlan,
    /// Formats and files.
    pub output: OutputPlan,
}
