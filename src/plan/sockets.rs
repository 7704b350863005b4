//! Socket options: source, interface, DSCP, TTL, don't-fragment, close mode.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

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

/// Below this interval connections are closed by RST: their TIME-WAIT would fill the port range.
const RST_BELOW: Duration = Duration::from_millis(10);

impl CloseMode {
    /// The usual way at this interval.
    pub fn usual(interval: Duration) -> Self {
        if interval < RST_BELOW {
            Self::Rst
        } else {
            Self::Fin
        }
    }

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fin => "FIN",
            Self::Rst => "RST",
        }
    }
}
