//! What a run is to do: the command line, validated.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use crate::assertions::{Expectation, FailCondition};
use crate::hosts::TargetSpec;
use crate::hosts::resolve::Family;
use crate::payload::Payload;

/// Everything a run needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whom to probe, not yet resolved.
    pub targets: Vec<TargetSpec>,
    /// Which addresses of a name.
    pub names: NamePlan,
    /// When to send and when to give up.
    pub pace: Pace,
    /// Where from and how marked.
    pub sockets: SocketPlan,
    /// What UDP probes and ICMP echoes carry.
    pub content: ContentPlan,
    /// What the run must show.
    pub checks: CheckPlan,
    /// Look at a target's path once, when so many of its probes have failed.
    pub trace_after: Option<u64>,
    /// What to print.
    pub output: OutputPlan,
    /// The command as it was typed, for the report.
    pub command_line: String,
}

/// Which addresses of a name to probe.
#[derive(Clone, Copy, Debug, Default)]
pub struct NamePlan {
    /// IPv4, IPv6 or either.
    pub family: Family,
    /// Every address instead of the first.
    pub all_addresses: bool,
    /// Look names up again this often, and when their targets go down.
    pub resolve_every: Option<Duration>,
}

/// When probes start and when they are given up.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// When the run ends by itself.
    pub limit: Limit,
    /// From one probe's start to the next one's; zero: the next starts when one has ended.
    pub interval: Duration,
    /// First probes of each target, shown but in no statistic.
    pub warmup: u64,
    /// A probe without an answer is given up after this.
    pub timeout: Duration,
    /// With a zero interval: probes under way at once, per target.
    pub in_flight: usize,
    /// After connecting: watch this long for a reset or a close.
    pub hold: Option<Duration>,
    /// Tell the statistics so far this often.
    pub summary_every: Option<Duration>,
}

/// When a run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// After that many probes of each target, warm-up apart.
    Count(u64),
    /// No probe starts later than this after the first.
    Duration(Duration),
    /// Never.
    Forever,
}

/// How probes leave this machine; by default as the kernel chooses.
#[derive(Clone, Debug, Default)]
pub struct SocketPlan {
    /// The source address, and possibly its ports.
    pub source: Option<Source>,
    /// The interface to send through.
    pub interface: Option<String>,
    /// Differentiated services code point, 0 to 63 (RFC 2474).
    pub dscp: Option<u8>,
    /// Time to live or hop limit, 1 to 255.
    pub ttl: Option<u8>,
    /// No router may cut a datagram into fragments (UDP and ICMP).
    pub dont_fragment: bool,
    /// How a connection that stood is ended.
    pub close: Close,
}

/// What UDP probes and ICMP echoes carry.
#[derive(Clone, Debug, Default)]
pub struct ContentPlan {
    /// What UDP probes say; by the target's port where nothing is said here.
    pub payload: Option<Payload>,
    /// Bytes of a plain UDP payload and of an ICMP echo's data.
    pub size: Option<usize>,
}

impl ContentPlan {
    /// The data of an ICMP echo unless a size is asked for: ping's habit.
    const ECHO_SIZE: usize = 56;

    /// What a UDP probe to `port` says.
    pub fn udp(&self, port: u16) -> Payload {
        match (&self.payload, self.size) {
            (Some(payload), _) => payload.clone(),
            (None, Some(size)) => Payload::Plain(size),
            (None, None) => Payload::for_port(port),
        }
    }

    /// Bytes of data in an ICMP echo.
    pub fn echo_size(&self) -> usize {
        self.size.unwrap_or(Self::ECHO_SIZE)
    }
}

/// Where probes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// An address of this machine.
    pub address: IpAddr,
    /// The local ports to use, instead of the kernel's range.
    pub ports: Option<RangeInclusive<u16>>,
}

/// How a connection is ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Close {
    /// In order, which leaves this side in TIME-WAIT for a minute (RFC 9293 section 3.6).
    #[default]
    Fin,
    /// By a RST, which leaves nothing behind and may be logged by the server.
    Rst,
}

impl Close {
    /// The word used on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fin => "FIN",
            Self::Rst => "RST",
        }
    }
}

/// What a run must show to succeed, beyond that every target answers.
#[derive(Clone, Debug, Default)]
pub struct CheckPlan {
    /// Every probe ends as one of these; then no target has to answer.
    pub expect: Vec<Expectation>,
    /// None of these holds.
    pub fail_if: Vec<FailCondition>,
    /// The run ends when every target has shown this, and has to.
    pub until: Option<Expectation>,
}

/// What is printed.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // independent switches, as the user gives them
pub struct OutputPlan {
    /// Nothing while the run goes on.
    pub quiet: bool,
    /// The form of what goes to standard output.
    pub screen: Format,
    /// Results go to these files as well.
    pub files: Vec<ReportFile>,
    /// Names and addresses are replaced by `target-1`, `router-1`, ...
    pub redact: bool,
    /// The time of each probe on its line.
    pub timestamps: bool,
    /// Lines only for probes that did not succeed.
    pub failures_only: bool,
    /// A histogram under the summary.
    pub histogram: Option<HistogramForm>,
    /// Percentiles for the summary, in percent.
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
    /// Text, a line for each probe, p50, p90 and p99.
    fn default() -> Self {
        Self {
            quiet: false,
            screen: Format::Text,
            files: Vec::new(),
            redact: false,
            timestamps: false,
            failures_only: false,
            histogram: None,
            percentiles: vec![50.0, 90.0, 99.0],
        }
    }
}

impl Plan {
    /// Whether somebody watches for what changes, rather than for a figure.
    pub fn is_watch(&self) -> bool {
        self.output.failures_only || !matches!(self.pace.limit, Limit::Count(_))
    }
}

/// The longest interval that is kept awake: a wake-up that is late by so much is common.
const DENSE: Duration = Duration::from_millis(1);

impl Pace {
    /// Whether the next probe waits for the end of the last (`-i 0`).
    pub fn is_closed_loop(&self) -> bool {
        self.interval.is_zero()
    }

    /// Whether a target asks for more exactness than wake-ups have, at the price of a processor. Many targets at longer
    /// intervals do not, however many probes that makes in all.
    pub fn is_dense(&self) -> bool {
        !self.is_closed_loop() && self.interval <= DENSE
    }

    /// How long the run will take at least, where that is known beforehand.
    pub fn expected_duration(&self) -> Option<Duration> {
        match self.limit {
            Limit::Count(_) if self.is_closed_loop() => None,
            Limit::Count(count) => {
                let probes = count.saturating_add(self.warmup);
                let probes = u32::try_from(probes).unwrap_or(u32::MAX);
                self.interval.checked_mul(probes)
            }
            Limit::Duration(duration) => Some(duration),
            Limit::Forever => None,
        }
    }
}

/// The longest path that is looked at, as traceroute(8) has it.
pub const MOST_HOPS: u8 = 30;

/// What `synack trace` is to do.
#[derive(Clone, Debug)]
pub struct TracePlan {
    /// Whom it is about, and how packets leave and results are told; its pace is not used.
    pub plan: Plan,
    /// How the path is looked at.
    pub path: PathPlan,
    /// Look up the names of routers.
    pub names: bool,
}

/// How a path is looked at.
#[derive(Clone, Debug)]
pub struct PathPlan {
    /// How often each flow is walked; `None`: until somebody stops it.
    pub rounds: Option<u64>,
    /// From the start of one round to the start of the next. Routers limit how many ICMP errors they send: Linux
    /// sends six in a row (`XRLIM_BURST_FACTOR` in net/ipv4/inetpeer.c), then one a second to each destination
    /// (`icmp_ratelimit` in icmp(7)).
    pub interval: Duration,
    /// A hop without an answer is given up after this, at most.
    pub timeout: Duration,
    /// The largest TTL.
    pub hops: u8,
    /// How many source ports.
    pub flows: u16,
    /// The local port of the first flow, where it is chosen.
    pub port: Option<u16>,
    /// Also ask how far away the host itself is.
    pub distance: bool,
    /// Look at no hop, only whether each flow gets an answer.
    pub only_whole: bool,
}

impl Default for PathPlan {
    fn default() -> Self {
        Self {
            rounds: Some(3),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(4),
            hops: MOST_HOPS,
            flows: 1,
            port: None,
            distance: true,
            only_whole: false,
        }
    }
}

/// What `synack diagnose` is to do.
#[derive(Clone, Debug)]
pub struct DiagnosePlan {
    /// Whom it is about, and how packets leave and results are told; its pace is not used.
    pub plan: Plan,
}
