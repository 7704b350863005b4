//! Options that `synack trace` and `synack diagnose` share: one target, packets, output.

use clap::{Args, ValueHint};

use super::listed::{self, listed};
use super::ping::IpVersion;
use super::{targets, values};
use crate::hosts::resolve::Family;
use crate::hosts::{Protocol, TargetSpec};
use crate::payload::Payload;
use crate::plan::{
    CloseMode, DocumentFormat, Format, JsonOnly, OutputPlan, PayloadPlan, ReportFile, SocketPlan,
    Source,
};
use crate::text::CommandLine;

/// One target, how packets leave, and how the result is printed.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // independent switches
pub(super) struct SingleTargetArgs {
    /// The target.
    #[arg(
        value_name = "TARGET",
        value_hint = ValueHint::Hostname,
        help = "One port: HOST:PORT, [IPV6]:PORT or udp://HOST:PORT; or HOST alone for ICMP echo"
    )]
    target: String,

    /// A target without a scheme is a UDP port
    #[arg(short, long)]
    udp: bool,

    #[command(flatten)]
    version: IpVersion,

    /// Source address, and optionally source ports
    #[arg(short = 'S', long, value_name = "ADDR[:PORT[-PORT]]", value_parser = values::source)]
    source: Option<Source>,

    /// Bind to this interface
    #[arg(short = 'I', long, value_name = "IF")]
    interface: Option<String>,

    /// DSCP of the packets
    #[arg(long, value_name = "0-63", value_parser = clap::value_parser!(u8).range(0..=63))]
    dscp: Option<u8>,

    #[arg(long, help = values::payload_help(), value_name = "SPEC", value_parser = listed(values::payload, listed::payloads), hide_possible_values = true)]
    payload: Option<Payload>,

    /// One JSON object per line instead of text
    #[arg(long)]
    json: bool,

    /// Markdown, for a ticket
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    #[arg(short, long, help = values::report_file_help::<JsonOnly>(), value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = values::report_file::<JsonOnly>)]
    output: Vec<ReportFile<JsonOnly>>,

    /// Replace names and addresses with target-1, router-1, ... in all results
    #[arg(long)]
    redact: bool,
}

impl SingleTargetArgs {
    /// The target and the address family.
    pub(super) fn target(&self) -> Result<(TargetSpec, Family), String> {
        let target = targets::parse_one(&self.target, self.udp)?;
        let (asked, source) = (self.version.family(), self.source.as_ref());
        let family = targets::family(asked, source, std::slice::from_ref(&target))?;
        Ok((target, family))
    }

    pub(super) fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// Sockets, payload and output.
    pub(super) fn plans(
        self,
        command_line: CommandLine,
    ) -> (SocketPlan, PayloadPlan, OutputPlan<JsonOnly>) {
        let stdout = match (self.json, self.markdown) {
            (true, _) => Format::Data(JsonOnly::Json),
            (_, true) => Format::Document(DocumentFormat::Markdown),
            _ => Format::Document(DocumentFormat::Text),
        };
        let sockets = SocketPlan {
            source: self.source,
            interface: self.interface,
            dscp: self.dscp,
            close: CloseMode::Rst,
            ..SocketPlan::default()
        };
        let payload = PayloadPlan {
            udp: self.payload,
            size: None,
        };
        let output = OutputPlan {
            stdout,
            files: self.output,
            redact: self.redact,
            command_line,
        };
        (sockets, payload, output)
    }
}

/// Whether the payload fits the target.
pub(super) fn check_payload(payload: &PayloadPlan, target: &TargetSpec) -> Result<(), String> {
    if payload.udp.is_some() && target.protocol != Protocol::Udp {
        return Err("--payload needs a UDP target: udp://HOST:PORT, or -u".to_owned());
    }
    if payload.udp.is_some() && payload.size.is_some() {
        return Err("-l and --payload cannot be combined: a payload has a fixed size".to_owned());
    }
    Ok(())
}
