//! Plan of a path trace.

use std::time::Duration;

use super::{PayloadPlan, SocketPlan};

/// Default maximum TTL, as in traceroute(8).
pub const MAX_HOPS: u8 = 30;

/// Rounds, flows and TTLs of a trace.
#[derive(Clone, Debug)]
pub struct PathPlan {
    /// Rounds per flow; `None`: until stopped.
    pub rounds: Option<u64>,
    /// Interval between the starts of rounds. Routers limit ICMP errors: Linux sends bursts of six
    /// (`XRLIM_BURST_FACTOR` in net/ipv4/inetpeer.c), then one per second and destination (`icmp_ratelimit` in
    /// icmp(7)).
    pub interval: Duration,
    /// Maximum timeout of a hop.
    pub timeout: Duration,
    /// Maximum TTL.
    pub max_hops: u8,
    /// Number of source ports.
    pub flows: u16,
    /// Source port of the first flow; `None`: any.
    pub source_port: Option<u16>,
    /// Also measure the distance of the host.
    pub host_distance: bool,
    /// Only full-TTL probes of each flow, none of hops.
    pub full_ttl_only: bool,
    /// Socket options.
    pub sockets: SocketPlan,
    /// Payload.
    pub payload: PayloadPlan,
}

impl PathPlan {
    /// Three rounds of one flow.
    pub fn new(sockets: SocketPlan, payload: PayloadPlan) -> Self {
        Self {
            rounds: Some(3),
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(4),
            max_hops: MAX_HOPS,
            flows: 1,
            source_port: None,
            host_distance: true,
            full_ttl_only: false,
            sockets,
            payload,
        }
    }
}
