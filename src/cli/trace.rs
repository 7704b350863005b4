//! Options of `synack trace`, and the plan that they make.

use std::time::Duration;

use clap::Args;

use super::single_target::{SingleTargetArgs, check_payload};
use super::values;
use crate::hosts::Protocol;
use crate::modes::trace::TracePlan;
use crate::plan::{PathPlan, TargetPlan};
use crate::text::CommandLine;

pub(super) const EXAMPLES: &str = "\
Examples:
  synack trace db.example:5432            the path of a TCP handshake to this port
  synack trace udp://ns.example:53        of a DNS request
  synack trace gw.example                 of an ICMP echo
  synack trace --flows 16 web.example:443 does one of several ECMP paths lose packets?
  synack trace -t -i 5s db.example:5432   watch the path until Ctrl-C
  synack trace -o path.html h:443         a page for the owner of the hop

Durations: 250ms, 1.5s, 2m, 1h30m; a number without a unit is in seconds.
Exit code: 0 the port answered (SYN-ACK or reply), 1 it did not, 2 the trace could not start.
Ctrl-C prints the result, Ctrl-\\ (SIGQUIT) prints it and continues.";

/// Rounds that a router answers one after the other: Linux sends six ICMP errors in a row to each address
/// (`XRLIM_BURST_FACTOR` in net/ipv4/inetpeer.c), then one a second (`icmp_ratelimit` in icmp(7)), and discovery has
/// taken two of them.
const FEW_ROUNDS: u64 = 3;

/// Default interval of few rounds, and of more.
const SHORT_INTERVAL: Duration = Duration::from_millis(100);
const LONG_INTERVAL: Duration = Duration::from_secs(1);

/// `synack trace`.
#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    #[command(flatten)]
    common: SingleTargetArgs,

    /// Rounds: trace the path N times
    #[arg(short = 'n', long, visible_short_alias = 'c', value_name = "N", default_value = "3",
        value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,

    /// Trace until Ctrl-C
    #[arg(short = 't', long, conflicts_with = "count")]
    forever: bool,

    /// Interval between the starts of two rounds; routers limit their ICMP errors [default: 100ms for up to three
    /// rounds from one port, else 1s]
    #[arg(short, long, value_name = "D", value_parser = values::duration, allow_hyphen_values = true)]
    interval: Option<Duration>,

    /// Timeout of a hop; shorter once the delay of the other hops is known
    #[arg(short = 'W', long, value_name = "D", default_value = "4s", value_parser = values::duration,
        allow_hyphen_values = true)]
    timeout: Duration,

    /// Number of source ports (up to 256): ECMP routers choose the path by port, and one of them may fail
    #[arg(long, value_name = "K", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=256))]
    flows: u16,

    /// Largest TTL (up to 64)
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u8).range(1..=64))]
    max_hops: u8,

    /// Do not resolve router addresses to names
    #[arg(long)]
    no_names: bool,

    /// Payload size in bytes: UDP (32), ICMP echo data (56)
    #[arg(short = 'l', long, value_name = "N", value_parser = values::size, allow_hyphen_values = true)]
    size: Option<usize>,

    /// Set don't-fragment on UDP probes and ICMP echoes
    #[arg(long)]
    df: bool,
}

impl TraceArgs {
    /// The plan.
    pub(super) fn plan(self, command_line: CommandLine) -> Result<TracePlan, String> {
        let (target, family) = self.common.target()?;
        if self.timeout.is_zero() {
            return Err("the timeout -W must be longer than 0".to_owned());
        }
        if (self.size.is_some() || self.df) && target.protocol == Protocol::Tcp {
            return Err("-l and --df need a UDP or ICMP target".to_owned());
        }
        let is_short = !self.forever && self.count <= FEW_ROUNDS && self.flows == 1;
        let interval = if is_short {
            SHORT_INTERVAL
        } else {
            LONG_INTERVAL
        };
        let (mut sockets, mut payload, output) = self.common.plans(command_line);
        payload.size = self.size;
        sockets.dont_fragment = self.df;
        check_payload(&payload, &target)?;
        let path = PathPlan {
            rounds: (!self.forever).then_some(self.count),
            interval: self.interval.unwrap_or(interval),
            timeout: self.timeout,
            max_hops: self.max_hops,
            flows: self.flows,
            ..PathPlan::new(sockets, payload)
        };
        let target = TargetPlan {
            specs: vec![target],
            family,
            ..TargetPlan::default()
        };
        Ok(TracePlan {
            target,
            path,
            // Names that are not printed need no lookup.
            names: !self.no_names && !output.redact,
            output,
        })
    }
}
