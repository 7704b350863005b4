//! Routers on the path to the targets of a scripted network.
//!
//! ```toml
//! [path]
//! routers = 6                          # {hop1}, {hop2} ...; the targets are behind the last one
//! rtt_per_hop = "2ms"
//! default_replies = { icmp = "drop" }  # of hosts and routers to what no [[target]] covers; else echo and closed ports
//!
//! [[path.router]]                      # a router that does more than forward
//! hop = 3
//! icmp_errors = "max 4"                # or "none", or "1 per 400ms"
//! quote_bytes = 8                      # quoted after the IP header; default: as many as fit
//! prerouting = ["rst dport 443"]       # rules before the TTL is checked: router_rule.rs
//! forward = ["drop udp"]               # rules after the TTL is checked
//! next_hop = 2                         # default: hop + 1; a lower one is a loop
//!
//! [[path.router]]                      # a router on a parallel link: these flows take {parallel4} instead of {hop4}
//! hop = 4
//! flows = "odd"
//! ```

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

use super::datagram_reply::{Content, DatagramReplies, DatagramReply};
use super::router_rule::{IcmpErrorLimit, PacketMatch, RouterRule};
use super::tcp_reply::{TcpReply, TcpReplyKind};
use super::value::DurationValue;
use crate::packet::icmp_error::IcmpError;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PathScript {
    pub(crate) routers: u8,
    #[serde(default = "two_milliseconds")]
    pub(crate) rtt_per_hop: DurationValue,
    #[serde(default, rename = "router")]
    pub(crate) router_scripts: Vec<RouterScript>,
    #[serde(default)]
    pub(crate) default_replies: DefaultReplies,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouterScript {
    pub(crate) hop: u8,
    pub(crate) flows: Option<PacketMatch>,
    #[serde(default)]
    pub(crate) icmp_errors: IcmpErrorLimit,
    pub(crate) quote_bytes: Option<usize>,
    #[serde(default)]
    pub(crate) prerouting: Vec<RouterRule>,
    #[serde(default)]
    pub(crate) forward: Vec<RouterRule>,
    pub(crate) next_hop: Option<u8>,
}

impl RouterScript {
    /// A router that only forwards.
    pub(crate) fn plain(hop: u8) -> Self {
        Self {
            hop,
            flows: None,
            icmp_errors: IcmpErrorLimit::Unlimited,
            quote_bytes: None,
            prerouting: Vec::new(),
            forward: Vec::new(),
            next_hop: None,
        }
    }
}

fn two_milliseconds() -> DurationValue {
    DurationValue(Duration::from_millis(2))
}

/// Replies of hosts and routers where no `[[target]]` has others.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DefaultReplies {
    tcp: Option<TcpReply>,
    udp: Option<DatagramReplies>,
    icmp: Option<DatagramReplies>,
}

impl DefaultReplies {
    /// To a SYN. Default: RST.
    pub(crate) fn tcp(&self) -> TcpReply {
        let closed_port = || TcpReply::new(TcpReplyKind::Rst);
        self.tcp.clone().unwrap_or_else(closed_port)
    }

    /// To a datagram. Default: ICMP port-unreachable.
    pub(crate) fn udp(&self, host: IpAddr) -> DatagramReplies {
        let closed_port = || one_reply(Content::IcmpError(IcmpError::port_unreachable(host)));
        self.udp.clone().unwrap_or_else(closed_port)
    }

    /// To an ICMP echo request. Default: an echo reply.
    pub(crate) fn icmp(&self) -> DatagramReplies {
        self.icmp
            .clone()
            .unwrap_or_else(|| one_reply(Content::Echo))
    }
}

fn one_reply(content: Content) -> DatagramReplies {
    DatagramReplies(vec![DatagramReply::new(content)])
}
