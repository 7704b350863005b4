//! Options of a plain run, grouped by help heading, and the plan that they make.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::listed::{self, listed};
use super::targets;
use super::values::{self, Percentiles};
use crate::assertions::{AssertionPlan, Expectation, FailCondition};
use crate::hosts::resolve::Family;
use crate::hosts::{Protocol, TargetSpec};
use crate::modes::ping::{DisplayPlan, PingData, PingPlan};
use crate::payload::Payload;
use crate::plan::{
    CloseMode, DocumentFormat, Format, Limit, OutputPlan, PayloadPlan, ReportFile, SchedulePlan,
    SocketPlan, Source, TargetPlan,
};
use crate::platform;
use crate::report::figure::Buckets;
use crate::text::CommandLine;

/// Failures after which a path is traced by default.
const TRACE_AFTER: u64 = 3;

/// Probes of each target by default.
const PROBES: u64 = 4;

/// All options of a plain run.
#[derive(Debug, Args)]
pub(super) struct PingArgs {
    // Each group has a heading, and what follows it would stand under that.
    #[command(flatten)]
    timing: TimingArgs,

    #[command(flatten)]
    targets: TargetArgs,

    #[command(flatten)]
    packets: PacketArgs,

    #[command(flatten)]
    assertions: AssertionArgs,

    #[command(flatten)]
    output: OutputArgs,
}

impl PingArgs {
    /// The plan for these targets.
    pub(super) fn plan(
        self,
        targets: &[String],
        command_line: CommandLine,
    ) -> Result<PingPlan, String> {
        let specs = targets::parse_all(targets, self.targets.udp)?;
        self.packets.check(&specs)?;
        let source = self.packets.source.as_ref();
        let family = targets::family(self.targets.version.family(), source, &specs)?;
        let targets = self.targets.plan(specs, family)?;
        let assertions = self.assertions.plan();
        let waits = assertions.until.is_some();
        let schedule = self.timing.plan(waits, self.packets.hold)?;
        let (sockets, payload) = self.packets.plans(schedule.interval);
        let trace_after = self.output.trace_after();
        let (display, output) = self.output.plans(command_line);
        Ok(PingPlan {
            targets,
            schedule,
            sockets,
            payload,
            assertions,
            trace_after,
            display,
            output,
        })
    }
}

/// `-n`, `-t`, `-i`, `-w`, `-W` and the like.
#[derive(Debug, Args)]
#[command(next_help_heading = "Timing")]
struct TimingArgs {
    /// Number of probes per target, or with a unit the time during which probes are sent [default: 4; no limit with --until]
    #[arg(short = 'n', long, visible_short_alias = 'c', value_name = "N|Ns",
        value_parser = values::limit, allow_hyphen_values = true)]
    count: Option<Limit>,

    /// Probe until Ctrl-C
    #[arg(short = 't', long, conflicts_with = "count")]
    forever: bool,

    /// Interval between the starts of two probes; 0: the next starts when one has ended
    #[arg(short, long, value_name = "D", default_value = "1s", value_parser = values::duration,
        allow_hyphen_values = true)]
    interval: Duration,

    /// Warm-up probes per target: shown, but not in the statistics [default: 1; 0 with --until]
    #[arg(short, long, value_name = "N", allow_hyphen_values = true)]
    warmup: Option<u64>,

    /// Print interim statistics every D
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true)]
    summary_every: Option<Duration>,

    /// Timeout of a probe (a failed neighbour lookup takes 3 s and must not look like no reply)
    #[arg(short = 'W', long, value_name = "D", default_value = "4s", value_parser = values::duration,
        allow_hyphen_values = true)]
    timeout: Duration,

    /// With -i 0: probes in flight per target [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: Option<u16>,
}

impl TimingArgs {
    /// The schedule. With `--until` (`waits`) there is no warm-up and no limit by default.
    fn plan(self, waits: bool, hold: Option<Duration>) -> Result<SchedulePlan, String> {
        if self.in_flight.is_some() && !self.interval.is_zero() {
            return Err("--in-flight needs -i 0".to_owned());
        }
        if self.timeout.is_zero() {
            return Err("the timeout -W must be longer than 0".to_owned());
        }
        if self.summary_every.is_some_and(|every| every.is_zero()) {
            return Err("--summary-every must be longer than 0".to_owned());
        }
        Ok(SchedulePlan {
            limit: match self.count {
                Some(limit) => limit,
                None if self.forever || waits => Limit::Forever,
                None => Limit::Count(PROBES),
            },
            interval: self.interval,
            warmup: self.warmup.unwrap_or(u64::from(!waits)),
            timeout: self.timeout,
            in_flight: usize::from(self.in_flight.unwrap_or(1)),
            hold,
            summary_every: self.summary_every,
        })
    }
}

/// Which addresses of the targets.
#[derive(Debug, Args)]
#[command(next_help_heading = "Targets")]
struct TargetArgs {
    /// Targets without a scheme are UDP ports
    #[arg(short, long)]
    udp: bool,

    #[command(flatten)]
    version: IpVersion,

    /// Probe every address of a name, not only the first
    #[arg(short, long)]
    all_addresses: bool,

    /// Re-resolve names every D, and when their targets go down
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true,
        conflicts_with = "all_addresses")]
    resolve_every: Option<Duration>,
}

/// `-4` and `-6`.
#[derive(Debug, Args)]
pub(super) struct IpVersion {
    /// IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6")]
    ipv4: bool,

    /// IPv6 only
    #[arg(short = '6')]
    ipv6: bool,
}

impl IpVersion {
    /// The address family.
    pub(super) fn family(&self) -> Family {
        match (self.ipv4, self.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        }
    }
}

impl TargetArgs {
    fn plan(self, specs: Vec<TargetSpec>, family: Family) -> Result<TargetPlan, String> {
        if self.resolve_every.is_some_and(|every| every.is_zero()) {
            return Err("--resolve-every must be longer than 0".to_owned());
        }
        Ok(TargetPlan {
            specs,
            family,
            all_addresses: self.all_addresses,
            resolve_every: self.resolve_every,
        })
    }
}

/// Socket options and payload.
#[derive(Debug, Args)]
#[command(next_help_heading = "Packets")]
struct PacketArgs {
    /// Source address, and optionally source ports
    #[arg(short = 'S', long, value_name = "ADDR[:PORT[-PORT]]", value_parser = values::source)]
    source: Option<Source>,

    /// Bind to this interface
    #[arg(short = 'I', long, value_name = "IF")]
    interface: Option<String>,

    /// DSCP of the packets
    #[arg(long, value_name = "0-63", value_parser = clap::value_parser!(u8).range(0..=63))]
    dscp: Option<u8>,

    /// TTL (hop limit) of the packets
    #[arg(long, value_name = "1-255", value_parser = clap::value_parser!(u8).range(1..))]
    ttl: Option<u8>,

    #[arg(long, help = values::payload_help(), value_name = "SPEC", value_parser = listed(values::payload, listed::payloads), hide_possible_values = true)]
    payload: Option<Payload>,

    /// Payload size in bytes: UDP (32), ICMP echo data (56)
    #[arg(short = 'l', long, value_name = "N", value_parser = values::size, allow_hyphen_values = true)]
    size: Option<usize>,

    /// Set don't-fragment on UDP probes and ICMP echoes
    #[arg(long)]
    df: bool,

    /// Watch the connection this long for a reset or a close
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true)]
    hold: Option<Duration>,

    /// Close connections with FIN or RST [default: fin; rst below an interval of 10 ms]
    #[arg(long, value_name = "fin|rst", value_parser = listed(values::close, listed::closes), hide_possible_values = true)]
    close: Option<CloseMode>,
}

impl PacketArgs {
    /// An option without effect on these targets is a usage error.
    fn check(&self, targets: &[TargetSpec]) -> Result<(), String> {
        let some = |protocol| targets.iter().any(|target| target.protocol == protocol);
        let error = if self.payload.is_some() && !some(Protocol::Udp) {
            "--payload needs a UDP target: udp://HOST:PORT, or -u"
        } else if self.size.is_some() && !some(Protocol::Udp) && !some(Protocol::Icmp) {
            "-l needs a UDP or ICMP target: a TCP handshake carries no data"
        } else if self.df && !some(Protocol::Udp) && !some(Protocol::Icmp) {
            "--df needs a UDP or ICMP target: TCP always sets it"
        } else if self.df && !platform::CAN_FORBID_FRAGMENTS {
            "--df is not supported on this system"
        } else if self.hold.is_some() && !some(Protocol::Tcp) {
            "--hold needs a TCP target"
        } else if self.hold.is_some_and(|hold| hold.is_zero()) {
            "--hold must be longer than 0"
        } else if self.size.is_some() && self.payload.is_some() && !some(Protocol::Icmp) {
            "-l and --payload cannot be combined: a payload has a fixed size"
        } else {
            return Ok(());
        };
        Err(error.to_owned())
    }

    /// Sockets and payload of a run with this interval.
    fn plans(self, interval: Duration) -> (SocketPlan, PayloadPlan) {
        let sockets = SocketPlan {
            close: self.close.unwrap_or_else(|| CloseMode::usual(interval)),
            source: self.source,
            interface: self.interface,
            dscp: self.dscp,
            ttl: self.ttl,
            dont_fragment: self.df,
        };
        let payload = PayloadPlan {
            udp: self.payload,
            size: self.size,
        };
        (sockets, payload)
    }
}

/// What turns a run into a test.
#[derive(Debug, Args)]
#[command(next_help_heading = "Assertions")]
struct AssertionArgs {
    /// Fail unless every probe has this outcome: ok, failure, an outcome (refused) or a reason (admin-prohibited);
    /// repeatable
    #[arg(long, value_name = "OUTCOME", value_parser = listed(values::expected, listed::expectations), hide_possible_values = true)]
    expect: Vec<Expectation>,

    /// Fail if this holds for a target: loss>1%, p99>50ms, rtt-p50>2ms, failed>0; repeatable
    #[arg(long, value_name = "EXPR", value_parser = values::condition)]
    fail_if: Vec<FailCondition>,

    /// Stop when every target has had such a probe: ok waits until a service is up, failure until it is down
    #[arg(long, value_name = "OUTCOME", value_parser = listed(values::expected, listed::expectations), hide_possible_values = true)]
    until: Option<Expectation>,
}

impl AssertionArgs {
    fn plan(self) -> AssertionPlan {
        AssertionPlan {
            expect: self.expect,
            fail_if: self.fail_if,
            until: self.until,
        }
    }
}

/// Formats, files, and what is shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
#[allow(clippy::struct_excessive_bools)] // independent switches
struct OutputArgs {
    /// Trace the path to a target once, from the same source port, after K failed probes [default: 3]
    #[arg(long, value_name = "K", num_args = 0..=1, require_equals = true,
        value_parser = clap::value_parser!(u64).range(1..))]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    trace_on_failure: Option<Option<u64>>,

    /// Print no line per probe, only heading and summary
    #[arg(short, long)]
    quiet: bool,

    /// Begin each line with the time of its probe (UTC)
    #[arg(short = 'D', long)]
    timestamps: bool,

    /// Print only failed probes
    #[arg(long)]
    failures_only: bool,

    /// Add a histogram: N equal buckets (20), or these bucket edges in ms
    #[arg(short = 'H', long, value_name = "N|E1,E2,..", num_args = 0..=1, require_equals = true,
        value_parser = values::histogram)]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    histogram: Option<Option<Buckets>>,

    /// Percentiles in the summary
    #[arg(long, value_name = "P,P,..", default_value = "50,90,99", value_parser = values::percentiles)]
    percentiles: Percentiles,

    /// One JSON object per line instead of text
    #[arg(long)]
    json: bool,

    /// The summary as Markdown, for a ticket
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// CSV: a row per probe, or with =summary per target
    #[arg(long, value_name = "summary", num_args = 0..=1, require_equals = true,
        value_parser = ["summary"], hide_possible_values = true,
        conflicts_with_all = ["json", "markdown"])]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    csv: Option<Option<String>>,

    #[arg(short, long, help = values::report_file_help::<PingData>(), value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = values::report_file::<PingData>)]
    output: Vec<ReportFile<PingData>>,

    /// Replace names and addresses with target-1, router-1, ... in all results
    #[arg(long)]
    redact: bool,
}

impl OutputArgs {
    /// Failures after which the path to a target is traced.
    fn trace_after(&self) -> Option<u64> {
        let after = self.trace_on_failure?;
        Some(after.unwrap_or(TRACE_AFTER))
    }

    fn plans(self, command_line: CommandLine) -> (DisplayPlan, OutputPlan<PingData>) {
        let stdout = match self.csv {
            Some(None) => Format::Data(PingData::Csv),
            Some(Some(_)) => Format::Data(PingData::CsvSummary),
            None if self.json => Format::Data(PingData::Json),
            None if self.markdown => Format::Document(DocumentFormat::Markdown),
            None => Format::Document(DocumentFormat::Text),
        };
        let buckets = Buckets::Equal(20);
        let display = DisplayPlan {
            quiet: self.quiet,
            timestamps: self.timestamps,
            failures_only: self.failures_only,
            histogram: self.histogram.map(|form| form.unwrap_or(buckets)),
            percentiles: self.percentiles.0,
        };
        let output = OutputPlan {
            stdout,
            files: self.output,
            redact: self.redact,
            command_line,
        };
        (display, output)
    }
}
