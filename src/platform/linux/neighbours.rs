//! Neighbour state (ARP, Neighbor Discovery) of the next hop, from rtnetlink(7).

use std::net::SocketAddr;
use std::time::Duration;

use netlink_packet_route::neighbour::NeighbourState as NudState;
use netlink_packet_route::route::RouteType;

use super::links::interface_name;
use super::netlink::{LinkEntry, NetlinkSocket, RouteReply};
use super::routes::{route_kind, unbound};
use crate::hosts::Protocol;
use crate::outcome::evidence::NextHopState;
use crate::platform::{FlowKey, LocalHost, Neighbour, NeighbourState};

/// Tolerance for a neighbour entry's age, which has a resolution of 10 ms (`USER_HZ`).
const AGE_TOLERANCE: Duration = Duration::from_millis(20);

impl LocalHost {
    /// Whether the next hop of a probe sent `waited` ago is resolved.
    pub fn next_hop(&self, flow_key: &FlowKey, waited: Option<Duration>) -> NextHopState {
        let Some(netlink) = NetlinkSocket::rtnetlink() else {
            return NextHopState::Unknown;
        };
        let Ok(route) = self.lookup(&netlink, flow_key) else {
            return NextHopState::Unknown;
        };
        if route.kind == RouteType::Local {
            return NextHopState::Resolved;
        }
        let Some(entry) = netlink.neighbour(route.interface, route.next_hop) else {
            return NextHopState::Unknown;
        };
        // A resolution that failed before the probe was sent is not the probe's: the probe would have restarted it.
        let is_recent = waited.is_none_or(|waited| entry.age <= waited + AGE_TOLERANCE);
        match entry.state {
            NudState::Incomplete => NextHopState::Unresolved,
            NudState::Failed if is_recent => NextHopState::Unresolved,
            NudState::Failed | NudState::None => NextHopState::Unknown,
            _ => NextHopState::Resolved,
        }
    }

    /// The next hop towards this target and its neighbour state. `None`: packets are not sent, or netlink failed.
    pub fn neighbour(&self, protocol: Protocol, target: SocketAddr) -> Option<Neighbour> {
        let netlink = NetlinkSocket::rtnetlink()?;
        let route = self.lookup(&netlink, &unbound(protocol, target)).ok()?;
        let entry = netlink.neighbour(route.interface, route.next_hop);
        let state = entry.as_ref().map(|entry| neighbour_state(entry.state));
        let link_address = entry.and_then(|entry| entry.link_address);
        Some(Neighbour {
            next_hop: route_kind(route.kind)
                .delivers()
                .then_some(route.next_hop)?,
            interface: interface_name(route.interface)?,
            state: state.unwrap_or_else(|| state_without_entry(&netlink, &route)),
            link_address: link_address.and_then(|address| hexadecimal(&address)),
        })
    }
}

/// Distinguishes a missing entry (`None`) from a link or target without neighbour resolution (`NoArp`).
fn state_without_entry(netlink: &NetlinkSocket, route: &RouteReply) -> NeighbourState {
    let links = netlink.links().unwrap_or_default();
    let link = links.iter().find(|link| link.index == route.interface);
    if route.kind == RouteType::Unicast && !link.is_some_and(LinkEntry::skips_resolution) {
        NeighbourState::None
    } else {
        NeighbourState::NoArp
    }
}

fn neighbour_state(found: NudState) -> NeighbourState {
    match found {
        NudState::Reachable => NeighbourState::Reachable,
        NudState::Stale => NeighbourState::Stale,
        NudState::Delay => NeighbourState::Delay,
        NudState::Probe => NeighbourState::Probe,
        NudState::Incomplete => NeighbourState::Incomplete,
        NudState::Failed => NeighbourState::Failed,
        NudState::Permanent => NeighbourState::Permanent,
        NudState::Noarp => NeighbourState::NoArp,
        _ => NeighbourState::None,
    }
}

/// `None` for zeros: loopback has no link-layer address.
fn hexadecimal(link_address: &[u8]) -> Option<String> {
    let bytes: Vec<_> = link_address
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let any = link_address.iter().any(|byte| *byte > 0);
    any.then(|| bytes.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    #[test]
    fn loopback_needs_no_resolution() {
        for target in [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ] {
            let expected = Neighbour {
                next_hop: target,
                interface: "lo".into(),
                state: NeighbourState::NoArp,
                link_address: None,
            };
            let found = LocalHost::default().neighbour(Protocol::Tcp, (target, 80).into());
            assert_eq!(found, Some(expected));
        }
    }

    #[test]
    fn link_address_is_hexadecimal() {
        let cases = [
            (vec![2, 0, 0, 0, 0, 171], Some("02:00:00:00:00:ab")),
            (vec![0; 6], None),
            (vec![], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(hexadecimal(&bytes).as_deref(), expected);
        }
    }
}
