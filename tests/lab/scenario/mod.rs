//! The scenario format: TOML files in `scenarios/`.

pub(crate) mod load;

use std::net::IpAddr;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::cpu_starvation::DutyCycle;
use crate::endpoint::{Endpoint, Protocol};
use crate::expect::Expectations;
use crate::peer::tcp_responder::TcpScript;
use crate::resolver_files::ResolverFiles;
use crate::script::datagram_reply::DatagramReplies;
use crate::script::path::PathScript;
use crate::script::tcp_reply::TcpReply;
use crate::servers::tcp_listener::ListenerBehaviour;
use crate::servers::udp_service::ServiceBehaviour;

/// A scenario for one address family and variant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Cause and expected outcome.
    pub(crate) description: String,
    pub(crate) network: NetworkKind,
    #[serde(default)]
    pub(crate) setup: Setup,
    /// Routers of a scripted network.
    pub(crate) path: Option<PathScript>,
    pub(crate) name_resolution: Option<ResolverFiles>,
    #[serde(rename = "target")]
    pub(crate) targets: Vec<Target>,
    #[serde(default)]
    pub(crate) tool: ToolOptions,
    pub(crate) event: Option<MidRunEvent>,
    pub(crate) expect: Expectations,
    // Read by `load`; named here because unknown fields are denied.
    #[serde(rename = "only")]
    _only: Option<IgnoredAny>,
    #[serde(rename = "vars")]
    _vars: Option<IgnoredAny>,
    #[serde(rename = "variants")]
    _variants: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NetworkKind {
    /// A TUN device with the scripted peer behind it.
    Scripted,
    /// Loopback, and the veth device `lab0`, on whose link there is no other host.
    Local,
    /// Client, router and server, in a namespace each.
    Routed,
}

/// Shell scripts that run once the network is built, one per namespace. The tool runs in `client`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Setup {
    pub(crate) client: String,
    pub(crate) router: String,
    pub(crate) server: String,
}

/// A target of the tool, with its server or scripted replies.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    #[serde(default)]
    pub(crate) protocol: Protocol,
    pub(crate) address: IpAddr,
    /// Default: that of the protocol, or an ephemeral port of a real server.
    pub(crate) port: Option<u16>,
    /// A real TCP listener.
    pub(crate) listener: Option<ListenerBehaviour>,
    /// Scripted replies to the first, second ... SYN of each connection.
    #[serde(default)]
    syn_replies: Vec<TcpReply>,
    /// As above, with a list per connection.
    #[serde(default)]
    syn_replies_per_connection: Vec<Vec<TcpReply>>,
    after_handshake: Option<TcpReply>,
    #[serde(default = "yes")]
    tcp_timestamps: bool,
    /// A real UDP service.
    pub(crate) service: Option<ServiceBehaviour>,
    /// Scripted replies to the first, second ... UDP datagram or ICMP echo request.
    #[serde(default)]
    pub(crate) replies: Vec<DatagramReplies>,
}

impl Target {
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.protocol, self.address, self.port)
    }

    pub(crate) fn tcp_script(&self) -> TcpScript {
        let per_connection = &self.syn_replies_per_connection;
        TcpScript {
            connections: if per_connection.is_empty() {
                vec![self.syn_replies.clone()]
            } else {
                per_connection.clone()
            },
            after_handshake: self.after_handshake.clone(),
            has_timestamps: self.tcp_timestamps,
        }
    }
}

fn yes() -> bool {
    true
}

/// Command line, limits and permissions of the tool.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ToolOptions {
    pub(crate) mode: Option<Mode>,
    /// Target argument instead of the address of the first target.
    pub(crate) target_name: Option<String>,
    /// Probes, or rounds of a trace.
    pub(crate) count: u32,
    pub(crate) warmup: u32,
    pub(crate) timeout: String,
    pub(crate) args: Vec<String>,
    /// `RLIMIT_NOFILE`, soft and hard.
    pub(crate) nofile: Option<u32>,
    /// `RLIMIT_NOFILE`, soft only: the tool may raise it.
    pub(crate) nofile_soft: Option<u32>,
    pub(crate) icmp_permission: IcmpPermission,
    pub(crate) cpu_starvation: Option<DutyCycle>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IcmpPermission {
    /// The tool's group is in `ping_group_range`, icmp(7).
    #[default]
    PingSocket,
    /// The tool has `CAP_NET_RAW`, and no ping sockets.
    Raw,
    None,
}

/// Modes with one target and a timeout of their own.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Trace,
    Diagnose,
}

impl Default for ToolOptions {
    fn default() -> Self {
        Self {
            mode: None,
            target_name: None,
            count: 1,
            warmup: 0,
            timeout: "4s".to_owned(),
            args: Vec::new(),
            nofile: None,
            nofile_soft: None,
            icmp_permission: IcmpPermission::PingSocket,
            cpu_starvation: None,
        }
    }
}

/// Runs after this many probe lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MidRunEvent {
    pub(crate) after_probes: usize,
    /// A shell script in the client's namespace; `$tool` is the process id of the tool.
    #[serde(default)]
    pub(crate) script: String,
    /// For the tool, as in `"SIGINT"`.
    pub(crate) signal: Option<String>,
}
