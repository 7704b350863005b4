//! Options of `synack diagnose`, and the plan that they make.

use clap::Args;

use super::single_target::{SingleTargetArgs, check_payload};
use crate::modes::diagnose::DiagnosePlan;
use crate::plan::{CheckPlan, Source};
use crate::text::CommandLine;

pub(super) const EXAMPLES: &str = "\
Examples:
  synack diagnose db.example:5432            why is it not reachable, and who can fix it?
  synack diagnose udp://ns.example:53        the same for a UDP service
  synack diagnose --markdown --redact h:443  for a public ticket

It checks the name, this machine's stack, route and next hop, the host (ICMP echo), the port,
other ports and addresses, packet sizes, and the path: a few dozen probes in a few seconds. It
changes nothing. With source ports in -S it needs at least 8.
Exit code: 0 the verdict is works, 1 any other verdict, 2 the diagnosis could not start.";

/// Source ports that a diagnosis needs: one for each of the six probes of the port, and some for its path.
const SOURCE_PORTS: usize = 8;

/// `synack diagnose`.
#[derive(Debug, Args)]
pub(super) struct DiagnoseArgs {
    #[command(flatten)]
    common: SingleTargetArgs,
}

impl DiagnoseArgs {
    /// The plan.
    pub(super) fn plan(self, command_line: CommandLine) -> Result<DiagnosePlan, String> {
        check_source_ports(self.common.source())?;
        let (target, family) = self.common.target()?;
        let (sockets, payload, output) = self.common.plans(command_line);
        check_payload(&payload, &target)?;
        let checks = CheckPlan {
            target,
            family,
            sockets,
            payload,
        };
        Ok(DiagnosePlan { checks, output })
    }
}

fn check_source_ports(source: Option<&Source>) -> Result<(), String> {
    let ports = source.and_then(|source| source.ports.as_ref());
    match ports.map(ExactSizeIterator::len) {
        Some(given) if given < SOURCE_PORTS => Err(format!(
            "a diagnosis needs at least {SOURCE_PORTS} source ports: extend the range of -S, or give the address alone"
        )),
        _ => Ok(()),
    }
}
