//! The command line as clap sees it.

use clap::builder::StringValueParser;
use clap::{Command, Parser, Subcommand, ValueHint};

use super::deferred_args::Deferred;
use super::diagnose::{self, DiagnoseArgs};
use super::generated::Generated;
use super::listed::{self, listed};
use super::ping::PingArgs;
use super::trace::{self, TraceArgs};

const EXAMPLES: &str = "\
Examples:
  synack db.example:5432                 is it up, and how long does a handshake take?
  synack -t db.example:5432              watch it until Ctrl-C
  synack -n 60s -i 0.1s db.example:5432  a minute at ten probes a second
  synack web.example:80,443 [::1]:22     several targets side by side
  synack -u ns.example:53                does a UDP service answer? (DNS, NTP, QUIC, ... by port)
  synack icmp://h tcp://h:443 udp://h:443  is it the host or the port?
  synack -i 0 -q -n 10000 10.0.0.7:80    as fast as possible, summary only
  synack -n 1 -w 0 --json host:443       for scripts
  synack --until ok db.example:5432      wait until a service is up
  synack --fail-if 'p99>50ms' -n 200 -i 50ms h:443  fail a test when it is slow
  synack trace db.example:5432           where on the path do probes to this port end?
  synack diagnose db.example:5432        why is it not reachable? one verdict, with evidence

Durations: 250ms, 1.5s, 2m, 1h30m; a number without a unit is in seconds.
Exit code: 0 every target replied at least once and every assertion held, 1 otherwise, 2 the run could not start \
(usage, no target has an address, results not writable).
Ctrl-C prints the summary, Ctrl-\\ (SIGQUIT) prints it and continues.";

/// Ping for TCP and UDP ports that says why a probe failed: RST, ICMP error and its sender, local error, no reply.
#[derive(Debug, Parser)]
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
    /// Targets.
    #[arg(
        value_name = "TARGET",
        value_hint = ValueHint::Hostname,
        required_unless_present = "generate",
        help = "HOST:PORT, [IPV6]:PORT, lists and ranges HOST:22,80,8000-8010; udp://HOST:PORT; \
                HOST or icmp://HOST for an ICMP echo"
    )]
    pub(super) targets: Vec<String>,

    #[command(subcommand)]
    pub(super) mode: Option<Mode>,

    /// Print a man page (man, man-trace, ...) or completions (bash, zsh, fish, powershell)
    #[arg(
        long,
        value_name = "WHAT",
        value_parser = listed(Generated::parse, generated),
        exclusive = true,
        hide_possible_values = true
    )]
    pub(super) generate: Option<Generated>,

    // Its groups have headings, and what follows would stand under the last of them.
    #[command(flatten)]
    pub(super) ping: PingArgs,
}

/// Names of the modes.
pub(super) fn modes() -> Vec<String> {
    let command = Mode::augment_subcommands(Command::new("synack"));
    let modes = command.get_subcommands();
    modes.map(|it| it.get_name().to_owned()).collect()
}

/// What a shell offers after `--generate`.
fn generated() -> Vec<String> {
    let mans = modes().into_iter().map(|it| format!("man-{it}"));
    let man = std::iter::once("man".to_owned()).chain(mans);
    man.chain(Generated::SHELLS.map(str::to_owned)).collect()
}

/// Modes other than the plain run.
#[derive(Debug, Subcommand)]
pub(super) enum Mode {
    /// Show what outcomes look like, on loopback targets of its own: no network, no privileges
    Demo,
    /// Trace the path to a port: where probes end, and how many hops away the responder is
    #[command(after_help = trace::EXAMPLES)]
    Trace(Deferred<Box<TraceArgs>>),
    /// Find out why a port is not reachable: checks from name to path, one verdict
    #[command(after_help = diagnose::EXAMPLES)]
    Diagnose(Deferred<Box<DiagnoseArgs>>),
    /// Explain an outcome, reason, verdict or cause, and what to check next; without NAME, list all
    Explain {
        /// A name from a report or from JSON, in any letter case: silence, port-filtered, host-down
        #[arg(value_name = "NAME", value_parser = listed(StringValueParser::new(), listed::explained), hide_possible_values = true)]
        name: Option<String>,
        /// Print JSON: an object for each meaning of the name
        #[arg(long)]
        json: bool,
    },
}
