//! Socket options: source, interface, DSCP, TTL, don't-fragment, close mode.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::platform::LocalHost;

/// Socket options of all probes. Default: the kernel's choice.
#[derive(Clone, Debug, Default)]
pub struct SocketPlan {
    /// Source address and ports.
    pub source: Option<Source>,
    /// Interface to bind to.
    pub interface: Option<String>,
    /// Differentiated services code point, 0 to 63 (RFC 2474).
    pub dscp: Option<u8>,
    /// Time to live or hop limit, 1 to 255.
    pub ttl: Option<u8>,
    /// Don't fragment (UDP and ICMP).
    pub dont_fragment: bool,
    /// How connections are closed.
    pub close: CloseMode,
}

/// Source of probes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Source address.
    pub address: IpAddr,
    /// Source ports, instead of the ephemeral range.
    pub ports: Option<RangeInclusive<u16>>,
}

/// How connections are closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloseMode {
    /// FIN: the local side stays in TIME-WAIT for a minute (RFC 9293 section 3.6).
    #[default]
    Fin,
    /// RST: leaves no state; the server may log it.
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
    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fin => "FIN",
            Self::Rst => "RST",
        }
    }
}
