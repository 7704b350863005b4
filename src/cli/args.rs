//! The command line as clap sees it.

use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use super::modes::{DIAGNOSE_EXAMPLES, DiagnoseArgs, TRACE_EXAMPLES, TraceArgs};
use super::values::{self, Percentiles};
use crate::check::{Condition, Expected};
use crate::payload::Payload;
use crate::plan::{Close, HistogramForm, Limit, ReportFile, Source};

const EXAMPLES: &str = "\
Examples:
  synack db.example:5432                 is it up, and how long does a handshake take?
  synack -t db.example:5432              watch it until Ctrl-C
  synack -n 60s -i 100ms db.example:5432 a minute at ten probes a second
  synack web.example:80,443 [::1]:22     several targets side by side
  synack -u ns.example:53                does a UDP service answer? (DNS, NTP, QUIC, ... by port)
  synack icmp://h tcp://h:443 udp://h:443  ping is clean, but what about the port?
  synack -i 0 -q -n 10000 10.0.0.7:80    as fast as possible, summary only
  synack -n 1 -w 0 --json host:443       for scripts
  synack --until ok db.example:5432      wait until a service is up
  synack --fail-if 'p99>50ms' -n 200 -i 50ms h:443
  synack trace db.example:5432           where on the path do probes to this very port end?
  synack diagnose db.example:5432        why can it not be reached? one verdict, with evidence

Durations: 250ms, 1.5s, 2m; a bare number is seconds.
Exit code: 0 every target answered at least once and every check passed, 1 not so, 2 the run could not be made.
Ctrl-C prints the summary, Ctrl-\\ (SIGQUIT) prints it and goes on.";

pub(super) const PAYLOAD: &str = "What UDP probes say: dns, ntp, snmp, snmp-v2c, stun, quic, sip, ike, memcached, tftp, \
    syslog, echo, or text:TEXT, hex:BYTES, file:PATH [default: by port]";

/// Ping for TCP and UDP ports that says why: who refused, who rejected, or that nobody answered.
#[derive(Debug, Parser)]
#[allow(clippy::struct_excessive_bools)] // independent switches, as the user gives them
#[command(
    name = "synack",
    version,
    after_help = EXAMPLES,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub(super) struct Args {
    /// What to probe.
    #[arg(
        value_name = "TARGET",
        required_unless_present = "generate",
        help = "HOST:PORT, [IPV6]:PORT, lists and ranges HOST:22,80,8000-8010; udp://HOST:PORT; \
                HOST or icmp://HOST for an ICMP echo"
    )]
    pub(super) targets: Vec<String>,

    #[command(subcommand)]
    pub(super) mode: Option<Mode>,

    /// Probes of each target, or with a unit how long to start new ones [default: 4; none with --until]
    #[arg(short = 'n', long, visible_short_alias = 'c', value_name = "N|Ns",
        value_parser = values::limit, allow_hyphen_values = true, help_heading = "When")]
    pub(super) count: Option<Limit>,

    /// Until Ctrl-C
    #[arg(short = 't', long, conflicts_with = "count", help_heading = "When")]
    pub(super) forever: bool,

    /// From the start of one probe to the start of the next; 0: as soon as the last has ended
    #[arg(short, long, value_name = "D", default_value = "1s", value_parser = values::duration,
        allow_hyphen_values = true, help_heading = "When")]
    pub(super) interval: Duration,

    /// First probes of each target, shown but kept out of the statistics [default: 1; 0 with --until]
    #[arg(
        short,
        long,
        value_name = "N",
        allow_hyphen_values = true,
        help_heading = "When"
    )]
    pub(super) warmup: Option<u64>,

    /// Tell the statistics so far this often
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true,
        help_heading = "When")]
    pub(super) summary_every: Option<Duration>,

    /// Give up on a probe after this (a failed neighbour lookup takes 3 s and must not look like silence)
    #[arg(short = 'W', long, value_name = "D", default_value = "4s", value_parser = values::duration,
        allow_hyphen_values = true, help_heading = "When")]
    pub(super) timeout: Duration,

    /// With -i 0: probes under way at once, per target
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..),
        help_heading = "When")]
    pub(super) in_flight: Option<u16>,

    /// Targets without a scheme are UDP ports
    #[arg(short, long, help_heading = "Whom")]
    pub(super) udp: bool,

    /// IPv4 only
    #[arg(short = '4', conflicts_with = "ipv6", help_heading = "Whom")]
    pub(super) ipv4: bool,

    /// IPv6 only
    #[arg(short = '6', help_heading = "Whom")]
    pub(super) ipv6: bool,

    /// Probe every address of a name, not just the first
    #[arg(short, long, help_heading = "Whom")]
    pub(super) all_addresses: bool,

    /// Look names up again this often, and when their targets stop answering
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true,
        conflicts_with = "all_addresses", help_heading = "Whom")]
    pub(super) resolve_every: Option<Duration>,

    /// Send from this address, and from these ports
    #[arg(short = 'S', long, value_name = "ADDR[:PORT[-PORT]]", value_parser = values::source,
        help_heading = "How")]
    pub(super) source: Option<Source>,

    /// Send through this interface
    #[arg(short = 'I', long, value_name = "IF", help_heading = "How")]
    pub(super) interface: Option<String>,

    /// Mark packets with this DSCP
    #[arg(long, value_name = "0-63", value_parser = clap::value_parser!(u8).range(0..=63),
        help_heading = "How")]
    pub(super) dscp: Option<u8>,

    /// Time to live (hop limit) of packets
    #[arg(long, value_name = "1-255", value_parser = clap::value_parser!(u8).range(1..),
        help_heading = "How")]
    pub(super) ttl: Option<u8>,

    /// What UDP probes say
    #[arg(long, help = PAYLOAD, value_name = "SPEC", value_parser = values::payload, help_heading = "How")]
    pub(super) payload: Option<Payload>,

    /// Bytes that UDP probes (32) and ICMP echoes (56) carry
    #[arg(short = 'l', long, value_name = "N", value_parser = values::size, allow_hyphen_values = true,
        help_heading = "How")]
    pub(super) size: Option<usize>,

    /// Let no router fragment UDP probes and ICMP echoes
    #[arg(long, help_heading = "How")]
    pub(super) df: bool,

    /// After connecting, watch this long for a reset or a close
    #[arg(long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true,
        help_heading = "How")]
    pub(super) hold: Option<Duration>,

    /// How to end a connection [default: fin; rst when the interval is under 10 ms]
    #[arg(long, value_name = "fin|rst", value_parser = values::close, help_heading = "How")]
    pub(super) close: Option<Close>,

    /// Every probe must end so: ok, failure, an outcome (refused) or a reason (admin-prohibited); may be repeated
    #[arg(long, value_name = "OUTCOME", value_parser = values::expected, help_heading = "As a check for scripts")]
    pub(super) expect: Vec<Expected>,

    /// Fail if this holds for a target: loss>1%, p99>50ms, rtt-p50>2ms, failed>0; may be repeated
    #[arg(long, value_name = "EXPR", value_parser = values::condition, help_heading = "As a check for scripts")]
    pub(super) fail_if: Vec<Condition>,

    /// Stop when every target has had a probe that ends so: wait for a service (ok), or for its end (failure)
    #[arg(long, value_name = "OUTCOME", value_parser = values::expected, help_heading = "As a check for scripts")]
    pub(super) until: Option<Expected>,

    /// Look at a target's path once, from the same source port, when K of its probes have failed [default: 3]
    #[arg(long, value_name = "K", num_args = 0..=1, require_equals = true,
        value_parser = clap::value_parser!(u64).range(1..), help_heading = "What is printed")]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    pub(super) trace_on_failure: Option<Option<u64>>,

    /// Print no line for each probe, only the heading and the summary
    #[arg(short, long, help_heading = "What is printed")]
    pub(super) quiet: bool,

    /// Begin each line with the time of its probe (UTC)
    #[arg(short = 'D', long, help_heading = "What is printed")]
    pub(super) timestamps: bool,

    /// Print only probes that did not connect
    #[arg(long, help_heading = "What is printed")]
    pub(super) failures_only: bool,

    /// Add a histogram: N equal buckets (20), or buckets with these edges in ms
    #[arg(short = 'H', long, value_name = "N|E1,E2,..", num_args = 0..=1, require_equals = true,
        value_parser = values::histogram, help_heading = "What is printed")]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    pub(super) histogram: Option<Option<HistogramForm>>,

    /// Percentiles in the summary
    #[arg(long, value_name = "P,P,..", default_value = "50,90,99", value_parser = values::percentiles,
        help_heading = "What is printed")]
    pub(super) percentiles: Percentiles,

    /// Print the man page, or completions for a shell
    #[arg(
        long,
        value_name = "man|bash|zsh|fish|powershell",
        exclusive = true,
        hide_possible_values = true
    )]
    pub(super) generate: Option<Generated>,

    /// One JSON object per line instead of text
    #[arg(long, help_heading = "What is printed")]
    pub(super) json: bool,

    /// The summary as Markdown, for a ticket
    #[arg(long, conflicts_with = "json", help_heading = "What is printed")]
    pub(super) markdown: bool,

    /// A row for each probe, or with =summary for each target
    #[arg(long, value_name = "summary", num_args = 0..=1, require_equals = true,
        value_parser = ["summary"], hide_possible_values = true,
        conflicts_with_all = ["json", "markdown"], help_heading = "What is printed")]
    #[allow(clippy::option_option)] // clap's form of an option whose value may be left out
    pub(super) csv: Option<Option<String>>,

    /// Write results to this file as well; its ending chooses the form: txt, md, csv, summary.csv, json, html,
    /// hgrm, prom; may be repeated
    #[arg(short, long, value_name = "FILE", value_parser = values::report_file,
        help_heading = "What is printed")]
    pub(super) output: Vec<ReportFile>,

    /// Replace names and addresses by target-1, router-1, ... in all results
    #[arg(long, help_heading = "What is printed")]
    pub(super) redact: bool,
}

/// What can be made from the definition of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Generated {
    /// The man page.
    Man,
    /// Completions for bash.
    Bash,
    /// Completions for zsh.
    Zsh,
    /// Completions for fish.
    Fish,
    /// Completions for `PowerShell`.
    Powershell,
}

/// Modes other than probing.
#[derive(Debug, Subcommand)]
pub(super) enum Mode {
    /// Show what most outcomes look like, on targets of its own: no network, no privileges
    Demo,
    /// Show where on the path to a port probes end, and how far away whoever answers is
    #[command(after_help = TRACE_EXAMPLES)]
    Trace(Box<TraceArgs>),
    /// Find out why a port cannot be reached: look from the name to the path, draw one conclusion
    #[command(after_help = DIAGNOSE_EXAMPLES)]
    Diagnose(Box<DiagnoseArgs>),
    /// Say what an outcome or reason means and what to check next; without CODE, list them all
    Explain {
        /// As shown in the summary and in JSON: silence, admin-prohibited, no-neighbour
        #[arg(value_name = "CODE")]
        code: Option<String>,
    },
}
