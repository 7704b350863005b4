//! Neighbour state: ARP (RFC 826) and Neighbor Discovery (RFC 4861).

use std::net::IpAddr;
use std::sync::Arc;

/// The next hop towards a target, with its entry in the neighbour table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its address: the gateway's, or the target's.
    pub next_hop: IpAddr,
    /// The outgoing interface.
    pub interface: Arc<str>,
    /// State of the neighbour entry.
    pub state: NeighbourState,
    /// Its link-layer address, in hexadecimal: `02:00:00:00:00:01`. Absent where it is not resolved or there is none.
    pub link_address: Option<String>,
}

/// Neighbour states of ip-neighbour(8): those of RFC 4861 section 7.3.2, and the kernel's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighbourState {
    /// Confirmed reachable within the reachable time.
    Reachable,
    /// Resolved before; not confirmed since.
    Stale,
    /// Packets are being sent; a probe follows after five seconds without confirmation.
    Delay,
    /// Unicast solicitations are being sent.
    Probe,
    /// Resolution is under way.
    Incomplete,
    /// Resolution failed.
    Failed,
    /// A static entry.
    Permanent,
    /// No resolution needed: loopback, point-to-point, broadcast, multicast.
    NoArp,
    /// No entry.
    None,
}

impl NeighbourState {
    /// Its name in ip-neighbour(8).
    pub fn name(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Stale => "stale",
            Self::Delay => "delay",
            Self::Probe => "probe",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Permanent => "permanent",
            Self::NoArp => "noarp",
            Self::None => "none",
        }
    }
}
