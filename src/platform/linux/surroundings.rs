//! Own addresses, interfaces, and the next hop.

use std::net::{IpAddr, SocketAddr};

use netlink_packet_route::neighbour::NeighbourState;
use nix::net::if_::{if_indextoname, if_nametoindex};

use super::netlink::{self, RouteFound, Selector};
use crate::outcome::evidence::{NextHop, Surroundings};
use crate::platform::Route;

/// This machine as probes leave it, asked afresh each time: addresses and neighbours change during a run.
#[derive(Clone, Debug, Default)]
pub struct Here {
    /// The interface that probes are bound to.
    pub interface: Option<String>,
    /// The source address that probes are bound to.
    pub source: Option<IpAddr>,
    /// The DSCP that probes are marked with.
    pub dscp: Option<u8>,
}

impl Here {
    /// The route packets to `target` take.
    pub fn route_to(&self, target: SocketAddr) -> Option<Route> {
        let found = self.lookup(target)?;
        let name = if_indextoname(found.interface).ok();
        Some(Route {
            source: self.source.or(found.source),
            interface: name.and_then(|name| name.into_string().ok()),
        })
    }

    fn lookup(&self, target: SocketAddr) -> Option<RouteFound> {
        let bound = self.interface.as_deref().and_then(interface_index);
        let selector = Selector {
            interface: bound.or(zone(target)),
            source: self.source,
            tos: self.dscp.unwrap_or(0) << 2,
            tcp_port: Some(target.port()),
        };
        // Kernels before 4.17 know no ports in a lookup, and refuse what they do not know.
        let without_port = Selector {
            tcp_port: None,
            ..selector
        };
        let found = netlink::route(target.ip(), selector);
        found.or_else(|| netlink::route(target.ip(), without_port))
    }
}

impl Surroundings for Here {
    fn is_own(&self, address: IpAddr) -> bool {
        // The routing tables know more than the interfaces: a whole local prefix, for one.
        netlink::route(address, Selector::default()).is_some_and(|route| route.is_local)
    }

    fn next_hop(&self, target: SocketAddr) -> NextHop {
        let Some(route) = self.lookup(target) else {
            return NextHop::Unknown;
        };
        if route.is_local {
            return NextHop::Known;
        }
        match netlink::neighbour(route.interface, route.next_hop) {
            Some(NeighbourState::Incomplete | NeighbourState::Failed) => NextHop::Unresolved,
            Some(NeighbourState::None) | None => NextHop::Unknown,
            Some(_) => NextHop::Known,
        }
    }
}

/// The interface that a link-local target belongs to (RFC 4007).
fn zone(target: SocketAddr) -> Option<u32> {
    match target {
        SocketAddr::V6(v6) if v6.scope_id() > 0 => Some(v6.scope_id()),
        _ => None,
    }
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
        assert!(Here::default().is_own(Ipv4Addr::LOCALHOST.into()));
        assert!(!Here::default().is_own(Ipv4Addr::new(192, 0, 2, 1).into()));
    }

    #[test]
    fn the_route_to_loopback_leaves_by_it() {
        let route = Here::default()
            .route_to((Ipv4Addr::LOCALHOST, 80).into())
            .expect("a route to loopback");
        assert_eq!(route.interface.as_deref(), Some("lo"));
        assert!(interface_index("lo").is_some());
        assert_eq!(interface_index("no-such-if"), None);
    }
}
