//! Command line of the tool, with its limits and capabilities.

use std::env;
use std::process::Command;

use crate::endpoint::Endpoint;
use crate::scenario::{IcmpPermission, Mode, ToolOptions};

/// Drops all capabilities, but `CAP_NET_RAW` where the scenario allows raw sockets.
pub(super) fn command(options: &ToolOptions, targets: &[Endpoint]) -> Command {
    let mut command = Command::new("setpriv");
    let bounding_set = match options.icmp_permission {
        IcmpPermission::Raw => "--bounding-set=-all,+net_raw",
        IcmpPermission::PingSocket | IcmpPermission::None => "--bounding-set=-all",
    };
    command.args([bounding_set, "--inh-caps=-all", "--"]);
    if let Some(limit) = options.nofile {
        command.args(["prlimit", &format!("--nofile={limit}:{limit}"), "--"]);
    }
    if let Some(limit) = options.nofile_soft {
        command.args(["prlimit", &format!("--nofile={limit}:"), "--"]);
    }
    command.arg(binary());
    let count = options.count.to_string();
    match options.mode {
        None => {
            command.args(["--json", "-n", &count]);
            command.args(["-w", &options.warmup.to_string(), "-W", &options.timeout])
        }
        // The lab has no reverse DNS.
        Some(Mode::Trace) => command.args(["trace", "--json", "--no-names", "-n", &count]),
        Some(Mode::Diagnose) => command.args(["diagnose", "--json"]),
    };
    command.args(&options.args);
    command.args(target_arguments(options, targets));
    command
}

/// Modes have one target: the first.
fn target_arguments(options: &ToolOptions, targets: &[Endpoint]) -> Vec<String> {
    match (&options.target_name, options.mode, targets) {
        (Some(name), _, [first, ..]) => vec![first.target_argument(name)],
        (None, Some(_), [first, ..]) => vec![first.to_string()],
        _ => targets.iter().map(ToString::to_string).collect(),
    }
}

/// `SYNACK_BIN` selects another build of the tool.
fn binary() -> String {
    env::var("SYNACK_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_synack").to_owned())
}
