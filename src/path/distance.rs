//! Hop distance of a host.

use crate::hosts::Protocol;

/// Hop distance of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Smallest TTL that the host answers. The host is the last hop counted.
    pub ttl: u8,
    /// Lower bound: below `ttl` where replies to smaller TTLs may have been lost.
    pub min_ttl: u8,
    /// Probes that measured it.
    pub by: DistanceBy,
}

impl Distance {
    /// `hop 7`; `one of hops 5 to 7`.
    pub fn describe(self) -> String {
        let Self { ttl, min_ttl, .. } = self;
        if min_ttl < ttl {
            format!("one of hops {min_ttl} to {ttl}")
        } else {
            format!("hop {ttl}")
        }
    }
}

/// Probes that measure the distance of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistanceBy {
    /// ICMP echo.
    Echo,
    /// A closed UDP port: the host itself sends port unreachable.
    ClosedUdpPort,
    /// Another TCP port. If its responder is farther away than the target port's, one of them is not the host.
    TcpPort(u16),
}

impl DistanceBy {
    /// Protocol and port of the probes.
    pub fn service(self) -> (Protocol, Option<u16>) {
        match self {
            Self::Echo => (Protocol::Icmp, None),
            Self::ClosedUdpPort => (Protocol::Udp, Some(CLOSED_UDP_PORT)),
            Self::TcpPort(port) => (Protocol::Tcp, Some(port)),
        }
    }
}

/// First UDP port of traceroute(8), assumed closed.
const CLOSED_UDP_PORT: u16 = 33434;
