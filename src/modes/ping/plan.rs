//! Plan of a run.

use crate::assertions::AssertionPlan;
use crate::plan::{
    DataFormat, Limit, OutputPlan, PayloadPlan, ProbePlan, SchedulePlan, SocketPlan, TargetPlan,
};
use crate::report::figure::Buckets;

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
    /// Assertions.
    pub assertions: AssertionPlan,
    /// Trace the path to a target once, after this many failures.
    pub trace_after: Option<u64>,
    /// Display options.
    pub display: DisplayPlan,
    /// Formats and files.
    pub output: OutputPlan<PingData>,
}

/// Display options of a run.
#[derive(Clone, Debug)]
pub struct DisplayPlan {
    /// No line for each probe.
    pub quiet: bool,
    /// Begin each line with the time of its probe.
    pub timestamps: bool,
    /// Lines for failed probes only.
    pub failures_only: bool,
    /// A histogram under the summary.
    pub histogram: Option<Buckets>,
    /// Percentiles in the summary, in percent.
    pub percentiles: Vec<f64>,
}

/// Data formats of a run of probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PingData {
    /// An object for each probe and each target.
    Json,
    /// A row for each probe.
    Csv,
    /// A row for each target.
    CsvSummary,
    /// `HdrHistogram`'s percentiles of one target.
    Hgrm,
    /// For a Prometheus node exporter.
    OpenMetrics,
}

impl DataFormat for PingData {
    const EXTENSIONS: &'static [(&'static str, Self)] = &[
        (".json", Self::Json),
        (".jsonl", Self::Json),
        (".summary.csv", Self::CsvSummary),
        (".csv", Self::Csv),
        (".hgrm", Self::Hgrm),
        (".prom", Self::OpenMetrics),
    ];
}

impl Default for DisplayPlan {
    /// A line for each probe; p50, p90 and p99.
    fn default() -> Self {
        Self {
            quiet: false,
            timestamps: false,
            failures_only: false,
            histogram: None,
            percentiles: vec![50.0, 90.0, 99.0],
        }
    }
}

impl PingPlan {
    /// Whether the run watches for changes of state: it has no fixed number of probes, or shows failures only.
    pub fn is_watch(&self) -> bool {
        self.display.failures_only || !matches!(self.schedule.limit, Limit::Count(_))
    }

    /// The settings of its probes.
    pub fn probes(&self) -> ProbePlan {
        ProbePlan {
            rate: self.schedule.rate(),
            hold: self.schedule.hold.is_some(),
            report_local: !self.display.quiet || !self.output.files.is_empty(),
            ..ProbePlan::new(self.sockets.clone(), self.payload.clone())
        }
    }
}
