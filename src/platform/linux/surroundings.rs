//! Own addresses, interfaces, and the next hop.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use netlink_packet_route::neighbour::NeighbourState;
use netlink_packet_route::route::RouteType;
use nix::net::if_::{if_indextoname, if_nametoindex};

use super::netlink::{Conversation, Flow, RouteFound, Selector};
use crate::hosts::Protocol;
use crate::outcome::evidence::NextHop;
use crate::platform::{FlowKey, LocalHost, Route};

impl LocalHost {
    /// The routes packets to these targets take, in their order.
    pub fn routes_to(
        &self,
        targets: impl Iterator<Item = (Protocol, SocketAddr)>,
    ) -> Vec<Option<Route>> {
        let kernel = Conversation::begin();
        let mut names = HashMap::new();
        let mut route = |(protocol, target)| {
            let local = None;
            let flow_key = FlowKey {
                protocol,
                target,
                local,
            };
            let found = self.lookup(kernel.as_ref()?, &flow_key).ok()?;
            let name = names.entry(found.interface);
            Some(Route {
                next_hop: Some(found.next_hop),
                source: self.source.or(found.source),
                interface: name.or_insert_with_key(|index| name_of(*index)).clone(),
            })
        };
        targets.map(&mut route).collect()
    }

    /// The kernel's answer, or its errno.
    pub(super) fn lookup(
        &self,
        kernel: &Conversation,
        flow_key: &FlowKey,
    ) -> io::Result<RouteFound> {
        let (target, local) = (flow_key.target, flow_key.local);
        let bound = self.interface.as_deref().and_then(interface_index);
        // Multipath over IPv4 selects by source and target. IPv6 selects by the flow label, which nobody knows,
        // and wants the source to be an address of the very interface.
        let source = local.map(|local| local.ip()).filter(IpAddr::is_ipv4);
        let selector = Selector {
            interface: bound.or(zone(target)),
            source: source.or(self.source),
            tos: self.dscp.unwrap_or(0) << 2,
            flow: Some(Flow {
                protocol: number(flow_key),
                ports: flow_key
                    .protocol
                    .has_ports()
                    .then(|| (local.map_or(0, |local| local.port()), target.port())),
            }),
        };
        match kernel.route(target.ip(), selector) {
            Err(error) if does_not_know(&error) => {
                let without_flow = Selector {
                    flow: None,
                    ..selector
                };
                kernel.route(target.ip(), without_flow)
            }
            told => told,
        }
    }

    /// A single question.
    fn look_up(&self, flow_key: &FlowKey) -> Option<RouteFound> {
        self.lookup(&Conversation::begin()?, flow_key).ok()
    }

    /// Whether `address` belongs to this machine. The routing tables know more than the interfaces: a whole
    /// local prefix, for one.
    pub fn is_local_address(address: IpAddr) -> bool {
        let route =
            Conversation::begin().and_then(|it| it.route(address, Selector::default()).ok());
        route.is_some_and(|route| route.kind == RouteType::Local)
    }

    /// Whether there is a route to the target, whatever the source address.
    pub fn has_route(&self, flow_key: &FlowKey) -> bool {
        let from_anywhere = Self {
            source: None,
            ..self.clone()
        };
        let local = None;
        let flow_key = FlowKey { local, ..*flow_key };
        from_anywhere.look_up(&flow_key).is_some()
    }

    /// Whether the target is a broadcast address of a network that this machine is on.
    pub fn is_broadcast(&self, flow_key: &FlowKey) -> bool {
        let found = self.look_up(flow_key);
        found.is_some_and(|route| route.kind == RouteType::Broadcast)
    }

    /// What is known of the next hop of a probe on this journey that was sent `waited` ago.
    pub fn next_hop(&self, flow_key: &FlowKey, waited: Option<Duration>) -> NextHop {
        let Some(kernel) = Conversation::begin() else {
            return NextHop::Unknown;
        };
        let Ok(route) = self.lookup(&kernel, flow_key) else {
            return NextHop::Unknown;
        };
        if route.kind == RouteType::Local {
            return NextHop::Known;
        }
        let Some(neighbour) = kernel.neighbour(route.interface, route.next_hop) else {
            return NextHop::Unknown;
        };
        // A lookup that failed before the probe was sent is not its lookup: that would have begun anew.
        let fresh = waited.is_none_or(|waited| neighbour.age <= waited + TICK);
        match neighbour.state {
            NeighbourState::Incomplete => NextHop::Unresolved,
            NeighbourState::Failed if fresh => NextHop::Unresolved,
            NeighbourState::Failed | NeighbourState::None => NextHop::Unknown,
            _ => NextHop::Known,
        }
    }
}

/// The kernel tells a neighbour's age in hundredths of a second (`USER_HZ`).
const TICK: Duration = Duration::from_millis(20);

/// Whether the kernel cannot look up a route for packets of that protocol (`rtm_getroute_parse_ip_proto` in
/// net/ipv4/netlink.c): the first that knew protocols did not know ICMP of IPv6. Kernels before 4.17 pass protocol and
/// ports over, as all attributes that they do not know. Every other error is the answer, and may be this port's
/// alone: EINVAL is a `blackhole`.
fn does_not_know(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EOPNOTSUPP)
}

/// The protocol's number in the IP header (IANA).
fn number(flow_key: &FlowKey) -> u8 {
    match flow_key.protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Icmp if flow_key.target.is_ipv4() => 1,
        Protocol::Icmp => 58,
    }
}

/// The interface that a link-local target belongs to (RFC 4007).
fn zone(target: SocketAddr) -> Option<u32> {
    match target {
        SocketAddr::V6(v6) if v6.scope_id() > 0 => Some(v6.scope_id()),
        _ => None,
    }
}

/// The interface's name, if it still exists.
pub(super) fn name_of(index: u32) -> Option<Arc<str>> {
    let name = if_indextoname(index).ok()?;
    name.to_str().ok().map(Into::into)
}

/// The number of the interface of that name, if this machine has one.
pub fn interface_index(name: &str) -> Option<u32> {
    if_nametoindex(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn loopback_is_ours_and_a_documentation_address_is_not() {
        assert!(LocalHost::is_local_address(Ipv4Addr::LOCALHOST.into()));
        assert!(!LocalHost::is_local_address(
            Ipv4Addr::new(192, 0, 2, 1).into()
        ));
    }

    #[test]
    fn the_route_to_loopback_leaves_by_it() {
        let route = LocalHost::default()
            .route_to(Protocol::Tcp, (Ipv4Addr::LOCALHOST, 80).into())
            .expect("a route to loopback");
        assert_eq!(route.interface.as_deref(), Some("lo"));
        assert!(interface_index("lo").is_some());
        assert_eq!(interface_index("no-such-if"), None);
    }
}
