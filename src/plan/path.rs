//! How a path is traced.

use std::time::Duration;

use super::{PayloadPlan, SocketPlan};

/// The largest TTL by default, as in traceroute(8).
pub const MAX_HOPS: u8 = 30;

/// Rounds, flows and TTLs of a trace, and what its probes carry.
#[derive(Clone, Debug)]
pub struct PathPlan {
    /// Rounds for each flow; `None`: until the user stops it.
    pub rounds: Option<u64>,
    /// From the start of one round to the start of the next. Routers limit how many ICMP errors they send: Linux
    /// sends six in a row (`XRLIM_BURST_FACTOR` in net/ipv4/inetpeer.c), then one a second to each destination
    /// (`icmp_ratelimit` in icmp(7)).
    pub interval: Duration,
    /// A hop without a reply times out after this, at most.
    pub timeout: Duration,
    /// The largest TTL.
    pub hops: u8,
    /// How many source ports.
    pub flows: u16,
    /// The local port of the first flow, where it is chosen.
    pub port: Option<u16>,
    /// Also measure how far away the host itself is.
    pub distance: bool,
    /// Probe no hop, only whether each flow gets a reply from the end of the path.
    pub full_ttl_only: bool,
    /// Socket options.
    pub sockets: SocketPlan,
    /// What datagrams carry.
    pub payload: PayloadPlan,
}

impl PathPlan {
    /// Three rounds of one flow.
    pub fn new(sockets: SocketPlan, payload: PayloadPlan) -> Self {
        Self {
            rounds: Some(3),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(4),
            hops: MAX_HOPS,
            flows: 1,
            port: None,
            distance: true,
            full_ttl_only: false,
            sockets,
            payload,
        }
    }
}
