//! Source, interface, DSCP, TTL, and how connections are closed.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::platform::LocalHost;

/// Socket options of all probes; by default what the kernel chooses.
#[derive(Clone, Debug, Default)]
pub struct SocketPlan {
    /// The source address, and possibly its ports.
    pub source: Option<Source>,
    /// The interface to send through.
    pub interface: Option<String>,
    /// Differentiated services code point, 0 to 63 (RFC 2474).
    pub dscp: Option<u8>,
    /// Time to live or hop limit, 1 to 255.
    pub ttl: Option<u8>,
    /// Don't fragment (UDP and ICMP).
    pub dont_fragment: bool,
    /// How an established connection is closed.
    pub close: CloseMode,
}

/// Source of probes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A local address.
    pub address: IpAddr,
    /// Local ports to use instead of the ephemeral range.
    pub ports: Option<RangeInclusive<u16>>,
}

/// How a connection is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloseMode {
    /// FIN, which leaves this side in TIME-WAIT for a minute (RFC 9293 section 3.6).
    #[default]
    Fin,
    /// RST, which leaves no state behind and may be logged by the server.
    Rst,
}

impl From<&SocketPlan> for LocalHost {
    fn from(plan: &SocketPlan) -> Self {
        Self {
            interface: plan.interface.clone(),
            source: plan.source.as_ref().map(|source| source.address),
            dscp: plan.dscp,
        }
    }
}

impl CloseMode {
    /// The word used on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fin => "FIN",
            Self::Rst => "RST",
        }
    }
}
