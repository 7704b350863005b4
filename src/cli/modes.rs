//! The command lines of `synack trace` and `synack diagnose`.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::options::{IpVersion, PAYLOAD};
use super::values;
use crate::hosts::{Protocol, TargetSpec};
use crate::payload::Payload;
use crate::plan::{
    CheckPlan, Close, ContentPlan, DiagnosePlan, Format, Limit, NamePlan, OutputPlan, Pace,
    PathPlan, Plan, ReportFile, SocketPlan, Source, TracePlan,
};
use crate::term::safe;

pub(super) const TRACE_EXAMPLES: &str = "\
Examples:
  synack trace db.example:5432            the path of a TCP handshake to this very port
  synack trace udp://ns.example:53        of a DNS question
  synack trace gw.example                 of an ICMP echo
  synack trace --flows 16 web.example:443 does one of several parallel links lose packets?
  synack trace -t -i 5s db.example:5432   watch the path until Ctrl-C
  synack trace -o path.html h:443         a page for whoever owns the hop

Durations: 250ms, 1.5s, 2m; a bare number is seconds.
Exit code: 0 the port answered (SYN-ACK or reply), 1 it did not, 2 the path could not be looked at.
Ctrl-C prints the result, Ctrl-\\ (SIGQUIT) prints it and goes on.";

pub(super) const DIAGNOSE_EXAMPLES: &str = "\
Examples:
  synack diagnose db.example:5432            why can it not be reached, and who can mend it?
  synack diagnose udp://ns.example:53        the same for a UDP service
  synack diagnose --markdown --redact h:443  for a ticket that leaves the house

It looks at the name, this machine's stack, route and next hop, the host (ICMP echo), the port,
other ports and addresses, the size of packets, and the path: some dozens of probes in a few
seconds. It changes nothing. Where -S chooses source ports, it takes at least 8.
Exit code: 0 the verdict is works, 1 it is another one, 2 nothing could be looked at.";

/// Walks that a router answers one after the other: Linux sends six ICMP errors in a row to each address
/// (`XRLIM_BURST_FACTOR` in net/ipv4/inetpeer.c), then one a second (`icmp_ratelimit` in icmp(7)), and the first look has
/// two of them.
const FEW: u64 = 3;

/// Between walks, where they are few and where they are not.
const CLOSE: Duration = Duration::from_millis(100);
const APART: Duration = Duration::from_secs(1);

/// Source ports that a diagnosis needs: one for each of the six probes of the port, and some for its path.
const SOURCE_PORTS: usize = 8;

/// What both modes take.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // independent switches, as the user gives them
pub(super) struct Common {
    /// What to look at.
    #[arg(
        value_name = "TARGET",
        value_hint = ValueHint::Hostname,
        help = "One port: HOST:PORT, [IPV6]:PORT or udp://HOST:PORT; or HOST alone for ICMP echo"
    )]
    pub(super) target: String,

    /// A target without a scheme is a UDP port
    #[arg(short, long)]
    pub(super) udp: bool,

    #[command(flatten)]
    pub(super) version: IpVersion,

    /// Send from this address, and from these ports
    #[arg(short = 'S', long, value_name = "ADDR[:PORT[-PORT]]", value_parser = values::source)]
    source: Option<Source>,

    /// Send through this interface
    #[arg(short = 'I', long, value_name = "IF")]
    interface: Option<String>,

    /// Mark packets with this DSCP
    #[arg(long, value_name = "0-63", value_parser = clap::value_parser!(u8).range(0..=63))]
    dscp: Option<u8>,

    #[arg(long, help = PAYLOAD, value_name = "SPEC", value_parser = values::payload)]
    payload: Option<Payload>,

    /// One JSON object per line instead of text
    #[arg(long)]
    json: bool,

    /// Markdown, for a ticket
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Replace names and addresses by target-1, router-1, ... in all results
    #[arg(long)]
    redact: bool,
}

/// `synack trace`.
#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    #[command(flatten)]
    pub(super) common: Common,

    /// Walk the path this often
    #[arg(short = 'n', long, visible_short_alias = 'c', value_name = "N", default_value = "3",
        value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,

    /// Walk it again and again until Ctrl-C
    #[arg(short = 't', long, conflicts_with = "count")]
    forever: bool,

    /// From the start of one walk to the start of the next; if many are close together, routers leave probes
    /// unanswered [default: 100ms for up to three walks from one port, else 1s]
    #[arg(short, long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true)]
    interval: Option<Duration>,

    /// Give up on a hop after this, or sooner once it is known how slow the others are
    #[arg(short = 'W', long, value_name = "D", default_value = "4s", value_parser = values::duration,
        allow_hyphen_values = true)]
    timeout: Duration,

    /// Use this many source ports (up to 256): routers choose among parallel links by port, and one link may fail
    #[arg(long, value_name = "K", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=256))]
    flows: u16,

    /// Look no further than this many hops (up to 64)
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u8).range(1..=64))]
    max_hops: u8,

    /// Do not look up the names of routers
    #[arg(long)]
    no_names: bool,

    /// Bytes that UDP probes (32) and ICMP echoes (56) carry
    #[arg(short = 'l', long, value_name = "N", value_parser = values::size, allow_hyphen_values = true)]
    size: Option<usize>,

    /// Let no router fragment UDP probes and ICMP echoes
    #[arg(long)]
    df: bool,

    /// Write results to this file as well; its ending chooses the form: txt, md, json, html; may be repeated
    #[arg(short, long, value_name = "FILE", value_parser = values::report_file)]
    output: Vec<ReportFile>,
}

/// `synack diagnose`.
#[derive(Debug, Args)]
pub(super) struct DiagnoseArgs {
    #[command(flatten)]
    pub(super) common: Common,

    /// Write results to this file as well; its ending chooses the form: txt, md, json; may be repeated
    #[arg(short, long, value_name = "FILE", value_parser = values::report_file)]
    output: Vec<ReportFile>,
}

impl Common {
    pub(super) fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// A plan of one look at one target: a mode has a pace of its own.
    fn plan(self, target: TargetSpec, names: NamePlan, command_line: String) -> Plan {
        let screen = match (self.json, self.markdown) {
            (true, _) => Format::Json,
            (_, true) => Format::Markdown,
            _ => Format::Text,
        };
        Plan {
            targets: vec![target],
            names,
            pace: once(),
            sockets: SocketPlan {
                source: self.source,
                interface: self.interface,
                dscp: self.dscp,
                close: Close::Rst,
                ..SocketPlan::default()
            },
            content: ContentPlan {
                payload: self.payload,
                size: None,
            },
            checks: CheckPlan::default(),
            trace_after: None,
            output: OutputPlan {
                screen,
                redact: self.redact,
                ..OutputPlan::default()
            },
            command_line,
        }
    }
}

impl TraceArgs {
    /// The plan for a target that has been read, and names that have been checked.
    pub(super) fn plan(
        self,
        target: TargetSpec,
        names: NamePlan,
        command_line: String,
    ) -> Result<TracePlan, String> {
        let protocol = target.protocol;
        if self.timeout.is_zero() {
            return Err("the timeout -W must be longer than 0".to_owned());
        }
        if (self.size.is_some() || self.df) && protocol == Protocol::Tcp {
            return Err(
                "-l and --df need a UDP or ICMP target: a TCP handshake carries nothing".to_owned(),
            );
        }
        let forms = [Format::Text, Format::Markdown, Format::Json, Format::Html];
        check_files(&self.output, &forms, "a path")?;
        let is_short = !self.forever && self.count <= FEW && self.flows == 1;
        let path = PathPlan {
            rounds: (!self.forever).then_some(self.count),
            interval: self
                .interval
                .unwrap_or(if is_short { CLOSE } else { APART }),
            timeout: self.timeout,
            hops: self.max_hops,
            flows: self.flows,
            ..PathPlan::default()
        };
        let mut plan = self.common.plan(target, names, command_line);
        plan.content.size = self.size;
        plan.sockets.dont_fragment = self.df;
        plan.output.files = self.output;
        check_payload(&plan)?;
        // What is not to be told need not be looked up.
        let names = !self.no_names && !plan.output.redact;
        Ok(TracePlan { plan, path, names })
    }
}

impl DiagnoseArgs {
    /// The plan for a target that has been read, and names that have been checked.
    pub(super) fn plan(
        self,
        target: TargetSpec,
        names: NamePlan,
        command_line: String,
    ) -> Result<DiagnosePlan, String> {
        check_files(
            &self.output,
            &[Format::Text, Format::Markdown, Format::Json],
            "a diagnosis",
        )?;
        check_source_ports(self.common.source())?;
        let mut plan = self.common.plan(target, names, command_line);
        plan.output.files = self.output;
        check_payload(&plan)?;
        Ok(DiagnosePlan { plan })
    }
}

fn check_source_ports(source: Option<&Source>) -> Result<(), String> {
    let ports = source.and_then(|source| source.ports.as_ref());
    match ports.map(ExactSizeIterator::len) {
        Some(given) if given < SOURCE_PORTS => Err(format!(
            "a diagnosis takes at least {SOURCE_PORTS} source ports: give -S so many, or the address alone"
        )),
        _ => Ok(()),
    }
}

fn check_payload(plan: &Plan) -> Result<(), String> {
    let is_udp = |target: &TargetSpec| target.protocol == Protocol::Udp;
    if plan.content.payload.is_some() && !plan.targets.iter().all(is_udp) {
        return Err("--payload needs a UDP target: udp://HOST:PORT, or -u".to_owned());
    }
    if plan.content.payload.is_some() && plan.content.size.is_some() {
        return Err("-l and --payload do not go together: a payload has its own size".to_owned());
    }
    Ok(())
}

fn check_files(files: &[ReportFile], forms: &[Format], what: &str) -> Result<(), String> {
    match files.iter().find(|file| !forms.contains(&file.format)) {
        Some(file) => Err(format!(
            "{}: {what} cannot be written in this form: choose another ending",
            safe(&file.path.to_string_lossy())
        )),
        None => Ok(()),
    }
}

fn once() -> Pace {
    Pace {
        limit: Limit::Count(1),
        interval: Duration::from_secs(1),
        warmup: 0,
        timeout: Duration::from_secs(4),
        in_flight: 1,
        hold: None,
        summary_every: None,
    }
}
