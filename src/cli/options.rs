//! The options of a run, by heading, and what each group of them makes of its plan.

use std::time::Duration;

use clap::Args;

use super::values::{self, Percentiles};
use crate::assertions::{Expectation, FailCondition};
use crate::hosts::resolve::Family;
use crate::hosts::{Protocol, TargetSpec};
use crate::payload::Payload;
use crate::plan::{
    CheckPlan, Close, ContentPlan, Format, HistogramForm, Limit, NamePlan, OutputPlan, Pace,
    ReportFile, SocketPlan, Source,
};
use crate::platform;

pub(super) const PAYLOAD: &str = "What UDP probes say: dns, ntp, snmp, snmp-v2c, stun, quic, sip, ike, memcached, tftp, \
    syslog, echo, or text:TEXT, hex:BYTES, file:PATH [default: by port]";

/// Below this interval connections are closed by RST: their TIME-WAIT would fill the port range.
const RST_BELOW: Duration = Duration::from_millis(10);

/// Failures after which a path is looked at, unless something else is said.
const TRACE_AFTER: u64 = 3;

/// Probes of each target, unless something else is said.
const PROBES: u64 = 4;

/// When probes are made.
#[derive(Debug, Args)]
#[command(next_help_heading = "When")]
pub(super) struct When {
    /// Probes of each target, or with a unit how long to start new ones [default: 4; none with --until]
    #[arg(short = 'n', long, visible_short_alias = 'c', value_name = "N|Ns",
        value_parser = values::limit, allow_hyphen_values = true)]
    pub(super) count: Option<Limit>,

    /// Until Ctrl-C
    #[arg(short = 't', long, conflicts_with = "count")]
    pub(super) forever: bool,

    /// From the start of one probe to the start of the next; 0: as soon as the last has ended
    #[arg(short, long, value_name = "D", default_value = "1s", value_parser = values::duration,
        allow_hyphen_values = true)]
    pub(super) interval: Duration,

    /// First probes of each target, shown but kept out of the statistics [default: 1; 0 with --until]
    #[arg(short, long, value_name = "N", allow_hyphen_values = true)]
    pub(super) warmup: Option<u64>,

    /// Tell the statistics so far this often
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true)]
    pub(super) summary_every: Option<Duration>,

    /// Give up on a probe after this (a failed neighbour lookup takes 3 s and must not look like silence)
    #[arg(short = 'W', long, value_name = "D", default_value = "4s", value_parser = values::duration,
        allow_hyphen_values = true)]
    pub(super) timeout: Duration,

    /// With -i 0: probes under way at once, per target
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) in_flight: Option<u16>,
}

impl When {
    /// The pace of a run that connects for `hold`. One that waits for an outcome (`--until`) has no warm-up, and no end of
    /// its own.
    pub(super) fn pace(self, waits: bool, hold: Option<Duration>) -> Result<Pace, String> {
        if self.in_flight.is_some() && !self.interval.is_zero() {
            return Err("--in-flight needs -i 0: with an interval the schedule decides".to_owned());
        }
        if self.timeout.is_zero() {
            return Err("the timeout -W must be longer than 0".to_owned());
        }
        if self.summary_every.is_some_and(|every| every.is_zero()) {
            return Err("--summary-every must be longer than 0".to_owned());
        }
        Ok(Pace {
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

/// Which addresses they go to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Whom")]
pub(super) struct Whom {
    /// Targets without a scheme are UDP ports
    #[arg(short, long)]
    pub(super) udp: bool,

    #[command(flatten)]
    pub(super) version: IpVersion,

    /// Probe every address of a name, not just the first
    #[arg(short, long)]
    pub(super) all_addresses: bool,

    /// Look names up again this often, and when their targets stop answering
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true,
        conflicts_with = "all_addresses")]
    pub(super) resolve_every: Option<Duration>,
}

/// Which version of IP.
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
    /// The family asked for.
    pub(super) fn family(&self) -> Family {
        match (self.ipv4, self.ipv6) {
            (true, _) => Family::V4,
            (_, true) => Family::V6,
            _ => Family::Any,
        }
    }
}

impl Whom {
    /// Which addresses of names are probed, of `family`.
    pub(super) fn names(&self, family: Family) -> Result<NamePlan, String> {
        if self.resolve_every.is_some_and(|every| every.is_zero()) {
            return Err("--resolve-every must be longer than 0".to_owned());
        }
        Ok(NamePlan {
            family,
            all_addresses: self.all_addresses,
            resolve_every: self.resolve_every,
        })
    }
}

/// What they look like.
#[derive(Debug, Args)]
#[command(next_help_heading = "How")]
pub(super) struct How {
    /// Send from this address, and from these ports
    #[arg(short = 'S', long, value_name = "ADDR[:PORT[-PORT]]", value_parser = values::source)]
    pub(super) source: Option<Source>,

    /// Send through this interface
    #[arg(short = 'I', long, value_name = "IF")]
    pub(super) interface: Option<String>,

    /// Mark packets with this DSCP
    #[arg(long, value_name = "0-63", value_parser = clap::value_parser!(u8).range(0..=63))]
    pub(super) dscp: Option<u8>,

    /// Time to live (hop limit) of packets
    #[arg(long, value_name = "1-255", value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) ttl: Option<u8>,

    #[arg(long, help = PAYLOAD, value_name = "SPEC", value_parser = values::payload)]
    pub(super) payload: Option<Payload>,

    /// Bytes that UDP probes (32) and ICMP echoes (56) carry
    #[arg(short = 'l', long, value_name = "N", value_parser = values::size, allow_hyphen_values = true)]
    pub(super) size: Option<usize>,

    /// Let no router fragment UDP probes and ICMP echoes
    #[arg(long)]
    pub(super) df: bool,

    /// After connecting, watch this long for a reset or a close
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true)]
    pub(super) hold: Option<Duration>,

    /// How to end a connection [default: fin; rst when the interval is under 10 ms]
    #[arg(long, value_name = "fin|rst", value_parser = values::close)]
    pub(super) close: Option<Close>,
}

impl How {
    /// An option that nothing could carry out is a mistake, not to be passed over.
    pub(super) fn check(&self, targets: &[TargetSpec]) -> Result<(), String> {
        let some = |protocol| targets.iter().any(|target| target.protocol == protocol);
        let complaint = if self.payload.is_some() && !some(Protocol::Udp) {
            "--payload needs a UDP target: udp://HOST:PORT, or -u"
        } else if self.size.is_some() && !some(Protocol::Udp) && !some(Protocol::Icmp) {
            "-l needs a UDP or ICMP target: a TCP handshake carries nothing"
        } else if self.df && !some(Protocol::Udp) && !some(Protocol::Icmp) {
            "--df needs a UDP or ICMP target: TCP sets it by itself"
        } else if self.df && !platform::CAN_FORBID_FRAGMENTS {
            "--df is not offered on this system"
        } else if self.hold.is_some() && !some(Protocol::Tcp) {
            "--hold needs a TCP target: there is no connection to hold"
        } else if self.hold.is_some_and(|hold| hold.is_zero()) {
            "--hold must be longer than 0"
        } else if self.size.is_some() && self.payload.is_some() && !some(Protocol::Icmp) {
            "-l and --payload do not go together: a payload has its own size"
        } else {
            return Ok(());
        };
        Err(complaint.to_owned())
    }

    /// How sockets are made and ended, at this interval, and what goes out through them.
    pub(super) fn plans(self, interval: Duration) -> (SocketPlan, ContentPlan) {
        let usual = if interval < RST_BELOW {
            Close::Rst
        } else {
            Close::Fin
        };
        let sockets = SocketPlan {
            close: self.close.unwrap_or(usual),
            source: self.source,
            interface: self.interface,
            dscp: self.dscp,
            ttl: self.ttl,
            dont_fragment: self.df,
        };
        let content = ContentPlan {
            payload: self.payload,
            size: self.size,
        };
        (sockets, content)
    }
}

/// What a script wants to know.
#[derive(Debug, Args)]
#[command(next_help_heading = "As a check for scripts")]
pub(super) struct Checks {
    /// Every probe must end so: ok, failure, an outcome (refused) or a reason (admin-prohibited); may be repeated
    #[arg(long, value_name = "OUTCOME", value_parser = values::expected)]
    pub(super) expect: Vec<Expectation>,

    /// Fail if this holds for a target: loss>1%, p99>50ms, rtt-p50>2ms, failed>0; may be repeated
    #[arg(long, value_name = "EXPR", value_parser = values::condition)]
    pub(super) fail_if: Vec<FailCondition>,

    /// Stop when every target has had a probe that ends so: wait for a service (ok), or for its end (failure)
    #[arg(long, value_name = "OUTCOME", value_parser = values::expected)]
    pub(super) until: Option<Expectation>,
}

impl Checks {
    pub(super) fn plan(self) -> CheckPlan {
        CheckPlan {
            expect: self.expect,
            fail_if: self.fail_if,
            until: self.until,
        }
    }
}

/// What is told of them, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is printed")]
#[allow(clippy::struct_excessive_bools)] // independent switches, as the user gives them
pub(super) struct Printed {
    /// Look at a target's path once, from the same source port, when K of its probes have failed [default: 3]
    #[arg(long, value_name = "K", num_args = 0..=1, require_equals = true,
        value_parser = clap::value_parser!(u64).range(1..))]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    pub(super) trace_on_failure: Option<Option<u64>>,

    /// Print no line for each probe, only the heading and the summary
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Begin each line with the time of its probe (UTC)
    #[arg(short = 'D', long)]
    pub(super) timestamps: bool,

    /// Print only probes that did not connect
    #[arg(long)]
    pub(super) failures_only: bool,

    /// Add a histogram: N equal buckets (20), or buckets with these edges in ms
    #[arg(short = 'H', long, value_name = "N|E1,E2,..", num_args = 0..=1, require_equals = true,
        value_parser = values::histogram)]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    pub(super) histogram: Option<Option<HistogramForm>>,

    /// Percentiles in the summary
    #[arg(long, value_name = "P,P,..", default_value = "50,90,99", value_parser = values::percentiles)]
    pub(super) percentiles: Percentiles,

    /// One JSON object per line instead of text
    #[arg(long)]
    pub(super) json: bool,

    /// The summary as Markdown, for a ticket
    #[arg(long, conflicts_with = "json")]
    pub(super) markdown: bool,

    /// A row for each probe, or with =summary for each target
    #[arg(long, value_name = "summary", num_args = 0..=1, require_equals = true,
        value_parser = ["summary"], hide_possible_values = true,
        conflicts_with_all = ["json", "markdown"])]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    pub(super) csv: Option<Option<String>>,

    /// Write results to this file as well; its ending chooses the form: txt, md, csv, summary.csv, json, html,
    /// hgrm, prom; may be repeated
    #[arg(short, long, value_name = "FILE", value_parser = values::report_file)]
    pub(super) output: Vec<ReportFile>,

    /// Replace names and addresses by target-1, router-1, ... in all results
    #[arg(long)]
    pub(super) redact: bool,
}

impl Printed {
    /// Failures after which a target's path is looked at.
    pub(super) fn trace_after(&self) -> Option<u64> {
        let after = self.trace_on_failure?;
        Some(after.unwrap_or(TRACE_AFTER))
    }

    pub(super) fn plan(self) -> OutputPlan {
        let screen = match self.csv {
            Some(None) => Format::Csv,
            Some(Some(_)) => Format::CsvSummary,
            None if self.json => Format::Json,
            None if self.markdown => Format::Markdown,
            None => Format::Text,
        };
        let buckets = HistogramForm::Buckets(20);
        OutputPlan {
            quiet: self.quiet,
            screen,
            files: self.output,
            redact: self.redact,
            timestamps: self.timestamps,
            failures_only: self.failures_only,
            histogram: self.histogram.map(|form| form.unwrap_or(buckets)),
            percentiles: self.percentiles.0,
        }
    }
}
