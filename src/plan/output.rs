//! Formats, files, and what is shown.

use std::path::PathBuf;

/// Where results go and in which format.
#[derive(Clone, Debug)]
pub struct OutputPlan {
    /// Format of standard output.
    pub screen: Format,
    /// Result files.
    pub files: Vec<ReportFile>,
    /// Replace names and addresses by `target-1`, `router-1`, ...
    pub redact: bool,
    /// The command as it was typed.
    pub command_line: String,
}

/// What is shown of a run of probes.
#[derive(Clone, Debug)]
pub struct DisplayPlan {
    /// No line for each probe.
    pub quiet: bool,
    /// Begin each line with the time of its probe.
    pub timestamps: bool,
    /// Lines for failed probes only.
    pub failures_only: bool,
    /// A histogram under the summary.
    pub histogram: Option<HistogramForm>,
    /// Percentiles in the summary, in percent.
    pub percentiles: Vec<f64>,
}

/// A form of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: a line for each probe, and the summary.
    Text,
    /// The summary for a ticket system.
    Markdown,
    /// A row for each probe.
    Csv,
    /// A row for each target.
    CsvSummary,
    /// An object for each probe and each target.
    Json,
    /// A page with pictures.
    Html,
    /// `HdrHistogram`'s percentiles of one target.
    Hgrm,
    /// For a Prometheus node exporter.
    OpenMetrics,
}

impl Format {
    /// The format that a file's name asks for.
    pub fn of_file(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let endings = [
            (".summary.csv", Self::CsvSummary),
            (".csv", Self::Csv),
            (".txt", Self::Text),
            (".log", Self::Text),
            (".md", Self::Markdown),
            (".json", Self::Json),
            (".jsonl", Self::Json),
            (".html", Self::Html),
            (".htm", Self::Html),
            (".hgrm", Self::Hgrm),
            (".prom", Self::OpenMetrics),
        ];
        let known = endings.iter().find(|(suffix, _)| name.ends_with(suffix));
        known.map(|(_, format)| *format)
    }
}

/// A file that results are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub format: Format,
}

/// `PsPing`'s two forms of histogram.
#[derive(Clone, Debug, PartialEq)]
pub enum HistogramForm {
    /// That many buckets of equal width.
    Buckets(usize),
    /// Buckets with these edges, in milliseconds, ascending.
    Edges(Vec<f64>),
}

impl Default for OutputPlan {
    /// Text to standard output.
    fn default() -> Self {
        Self {
            screen: Format::Text,
            files: Vec::new(),
            redact: false,
            command_line: String::new(),
        }
    }
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
