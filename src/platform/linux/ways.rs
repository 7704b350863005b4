//! The route and the next hop of a packet, with all that rtnetlink(7) tells of them.

use std::io;
use std::net::SocketAddr;

use netlink_packet_route::neighbour::NeighbourState as State;
use netlink_packet_route::route::RouteType;

use super::interfaces::LinkFound;
use super::netlink::{Conversation, RouteFound, Selector};
use super::surroundings::{interface_index, name_of};
use crate::hosts::Protocol;
use crate::outcome::Errno;
use crate::platform::{
    FlowKey, LocalHost, Neighbour, NeighbourState, RouteKind, RouteLookup, errno,
};

impl LocalHost {
    /// What this machine would do with a packet to this target. `None`: the kernel does not tell.
    pub fn route_lookup(&self, protocol: Protocol, target: SocketAddr) -> Option<RouteLookup> {
        let named = self.interface.as_deref();
        if named.is_some_and(|name| interface_index(name).is_none()) {
            return Some(RouteLookup::failed(RouteKind::Refused(Errno::NoDevice)));
        }
        let kernel = Conversation::begin()?;
        let flow_key = begun(protocol, target);
        match self.lookup(&kernel, &flow_key) {
            Ok(found) => Some(self.facts(&found)),
            Err(error) => Some(RouteLookup::failed(self.refusal(&kernel, &error)?)),
        }
    }

    fn facts(&self, found: &RouteFound) -> RouteLookup {
        let kind = kind(found.kind);
        // A route that rules the target out is told by its errno. Should a kernel tell the route, it says the same.
        if !kind.delivers() {
            return RouteLookup::failed(kind);
        }
        RouteLookup {
            kind,
            interface: name_of(found.interface),
            source: self.source.or(found.source),
            next_hop: Some(found.next_hop),
            on_link: !found.by_gateway,
            mtu: found.mtu,
        }
    }

    /// The meaning of a failed lookup. IPv4 knows no route from a source address that is none of this machine's
    /// (`ip_route_output_key_hash_rcu`, `net/ipv4/route.c`).
    fn refusal(&self, kernel: &Conversation, error: &io::Error) -> Option<RouteKind> {
        error.raw_os_error()?;
        let own = |source| kernel.route(source, Selector::default());
        let source = self.source.map(own);
        let foreign = source.is_some_and(|it| !it.is_ok_and(|it| it.kind == RouteType::Local));
        Some(if foreign {
            RouteKind::Refused(Errno::AddressNotAvailable)
        } else {
            RouteKind::from_errno(errno(error))
        })
    }

    /// What is known of the machine that packets to this target are handed to first. `None`: they do not leave, or
    /// the kernel does not tell.
    pub fn neighbour(&self, protocol: Protocol, target: SocketAddr) -> Option<Neighbour> {
        let kernel = Conversation::begin()?;
        let route = self.lookup(&kernel, &begun(protocol, target)).ok()?;
        let entry = kernel.neighbour(route.interface, route.next_hop);
        let known = entry.as_ref().map(|entry| state(entry.state));
        let link_address = entry.and_then(|entry| entry.link_address);
        Some(Neighbour {
            next_hop: kind(route.kind).delivers().then_some(route.next_hop)?,
            interface: name_of(route.interface)?,
            state: known.unwrap_or_else(|| without_entry(&kernel, &route)),
            link_address: link_address.and_then(|address| text(&address)),
        })
    }
}

/// Before a port is taken.
fn begun(protocol: Protocol, target: SocketAddr) -> FlowKey {
    FlowKey {
        protocol,
        target,
        local: None,
    }
}

/// Where nobody has been looked for: whether anybody has to be.
fn without_entry(kernel: &Conversation, route: &RouteFound) -> NeighbourState {
    let links = kernel.links().unwrap_or_default();
    let link = links.iter().find(|link| link.index == route.interface);
    if route.kind == RouteType::Unicast && !link.is_some_and(LinkFound::needs_no_neighbours) {
        NeighbourState::None
    } else {
        NeighbourState::NoArp
    }
}

fn kind(found: RouteType) -> RouteKind {
    match found {
        RouteType::Local => RouteKind::Local,
        RouteType::Broadcast => RouteKind::Broadcast,
        RouteType::Anycast => RouteKind::Anycast,
        RouteType::Multicast => RouteKind::Multicast,
        RouteType::BlackHole => RouteKind::Blackhole,
        RouteType::Unreachable => RouteKind::Unreachable,
        RouteType::Prohibit => RouteKind::Prohibit,
        RouteType::Throw => RouteKind::Throw,
        _ => RouteKind::Unicast,
    }
}

fn state(found: State) -> NeighbourState {
    match found {
        State::Reachable => NeighbourState::Reachable,
        State::Stale => NeighbourState::Stale,
        State::Delay => NeighbourState::Delay,
        State::Probe => NeighbourState::Probe,
        State::Incomplete => NeighbourState::Incomplete,
        State::Failed => NeighbourState::Failed,
        State::Permanent => NeighbourState::Permanent,
        State::Noarp => NeighbourState::NoArp,
        _ => NeighbourState::None,
    }
}

/// Loopback's is all zeros, and no address.
fn text(link_address: &[u8]) -> Option<String> {
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

    fn here(interface: Option<&str>, source: Option<IpAddr>) -> LocalHost {
        LocalHost {
            interface: interface.map(str::to_owned),
            source,
            dscp: None,
        }
    }

    #[test]
    fn loopback_is_local_and_has_no_gateway() {
        let targets = [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ];
        for target in targets {
            let facts = LocalHost::default().route_lookup(Protocol::Tcp, (target, 80).into());
            let expected = RouteLookup {
                kind: RouteKind::Local,
                interface: Some("lo".into()),
                source: Some(target),
                next_hop: Some(target),
                on_link: true,
                mtu: None,
            };
            assert_eq!(facts, Some(expected));
        }
    }

    #[test]
    fn a_broadcast_address_is_known_as_one() {
        let target = (Ipv4Addr::new(127, 255, 255, 255), 80).into();
        let facts = LocalHost::default().route_lookup(Protocol::Udp, target);
        assert_eq!(facts.map(|facts| facts.kind), Some(RouteKind::Broadcast));
    }

    #[test]
    fn what_the_user_asked_for_can_be_at_fault() {
        let cases = [
            (here(Some("no-such-if"), None), Errno::NoDevice),
            (
                here(None, Some([192, 0, 2, 7].into())),
                Errno::AddressNotAvailable,
            ),
        ];
        for (here, errno) in cases {
            let facts = here.route_lookup(Protocol::Tcp, (Ipv4Addr::LOCALHOST, 80).into());
            assert_eq!(facts, Some(RouteLookup::failed(RouteKind::Refused(errno))));
        }
    }

    #[test]
    fn loopback_needs_no_neighbours() {
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
    fn a_link_address_is_written_in_hexadecimal() {
        let cases = [
            (vec![2, 0, 0, 0, 0, 171], Some("02:00:00:00:00:ab")),
            (vec![0; 6], None),
            (vec![], None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(text(&bytes).as_deref(), expected);
        }
    }
}
