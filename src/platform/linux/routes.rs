//! Route lookups (rtnetlink(7)): next hop, source address, interface, route type, MTU.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use netlink_packet_route::route::RouteType;

use super::links::{interface_index, interface_name};
use super::netlink::{Flow, NetlinkSocket, RouteReply, RouteSelector};
use crate::hosts::Protocol;
use crate::outcome::Errno;
use crate::platform::{FlowKey, LocalHost, Route, RouteKind, RouteLookup, errno};

/// Whether the interface with that index is a point-to-point link.
fn is_point_to_point(netlink: &NetlinkSocket, index: u32) -> Option<bool> {
    let links = netlink.links().ok()?;
    let link = links.iter().find(|it| it.index == index)?;
    Some(link.is_point_to_point())
}

impl LocalHost {
    /// The routes to these targets, in their order.
    pub fn routes_to(
        &self,
        targets: impl Iterator<Item = (Protocol, SocketAddr)>,
    ) -> Vec<Option<Route>> {
        let netlink = NetlinkSocket::rtnetlink();
        let mut names = HashMap::new();
        let mut links = HashMap::new();
        let mut route = |(protocol, target): (Protocol, SocketAddr)| {
            let flow_key = unbound(protocol, target);
            let found = self.lookup(netlink.as_ref()?, &flow_key).ok()?;
            let name = names.entry(found.interface);
            let is_local = found.kind == RouteType::Local;
            let is_on_link = found.next_hop == target.ip() && !is_local;
            let link = is_on_link.then(|| {
                let link = links.entry(found.interface);
                *link.or_insert_with_key(|index| is_point_to_point(netlink.as_ref()?, *index))
            });
            Some(Route {
                is_point_to_point: link.flatten(),
                next_hop: Some(found.next_hop),
                source: self.source.or(found.source),
                interface: name
                    .or_insert_with_key(|index| interface_name(*index))
                    .clone(),
            })
        };
        targets.map(&mut route).collect()
    }

    /// Looks up the route to this target. `None`: netlink failed.
    pub fn route_lookup(&self, protocol: Protocol, target: SocketAddr) -> Option<RouteLookup> {
        let bound = self.interface.as_deref();
        if bound.is_some_and(|name| interface_index(name).is_none()) {
            return Some(RouteLookup::failed(RouteKind::Refused(Errno::NoDevice)));
        }
        let netlink = NetlinkSocket::rtnetlink()?;
        match self.lookup(&netlink, &unbound(protocol, target)) {
            Ok(found) => Some(self.result(&found)),
            Err(error) => Some(RouteLookup::failed(self.failure(&netlink, &error)?)),
        }
    }

    /// Whether `address` is local. The routing table, unlike the interfaces, also covers local prefixes.
    pub fn is_local_address(address: IpAddr) -> bool {
        let netlink = NetlinkSocket::rtnetlink();
        netlink.is_some_and(|netlink| is_local(&netlink, address))
    }

    /// Whether there is a route to the target from any source address.
    pub fn has_route(&self, flow_key: &FlowKey) -> bool {
        let any_source = Self {
            source: None,
            ..self.clone()
        };
        let flow_key = unbound(flow_key.protocol, flow_key.target);
        any_source.lookup_once(&flow_key).is_some()
    }

    /// Whether the target is the broadcast address of a connected network.
    pub fn is_broadcast(&self, flow_key: &FlowKey) -> bool {
        let found = self.lookup_once(flow_key);
        found.is_some_and(|route| route.kind == RouteType::Broadcast)
    }

    /// Route of a flow, or the errno that its packets get.
    pub(super) fn lookup(
        &self,
        netlink: &NetlinkSocket,
        flow_key: &FlowKey,
    ) -> io::Result<RouteReply> {
        let target = flow_key.target.ip();
        let selector = self.selector(flow_key);
        match netlink.route(target, selector) {
            Err(error) if is_protocol_unsupported(&error) => {
                let without_flow = RouteSelector {
                    flow: None,
                    ..selector
                };
                netlink.route(target, without_flow)
            }
            result => result,
        }
    }

    fn lookup_once(&self, flow_key: &FlowKey) -> Option<RouteReply> {
        self.lookup(&NetlinkSocket::rtnetlink()?, flow_key).ok()
    }

    fn selector(&self, flow_key: &FlowKey) -> RouteSelector {
        let (target, local) = (flow_key.target, flow_key.local);
        let bound = self.interface.as_deref().and_then(interface_index);
        let ports = (local.map_or(0, |local| local.port()), target.port());
        // IPv4 ECMP hashes source and destination. IPv6 ECMP hashes the flow label, which is unknown here, and an IPv6
        // lookup requires the source to be an address of the outgoing interface.
        let source = local.map(|local| local.ip()).filter(IpAddr::is_ipv4);
        RouteSelector {
            interface: bound.or(scope_id(target)),
            source: source.or(self.source),
            tos: self.dscp.unwrap_or(0) << 2,
            flow: Some(Flow {
                protocol: protocol_number(flow_key),
                ports: flow_key.protocol.has_ports().then_some(ports),
            }),
        }
    }

    fn result(&self, found: &RouteReply) -> RouteLookup {
        let kind = route_kind(found.kind);
        // The kernel reports these by errno. Handled the same if it should return the route.
        if !kind.delivers() {
            return RouteLookup::failed(kind);
        }
        RouteLookup {
            kind,
            interface: interface_name(found.interface),
            source: self.source.or(found.source),
            next_hop: Some(found.next_hop),
            on_link: !found.has_gateway,
            mtu: found.mtu,
        }
    }

    /// The meaning of a lookup's errno. IPv4 returns "no route" for a source address that is not local
    /// (`ip_route_output_key_hash_rcu`, `net/ipv4/route.c`). `None`: netlink failed.
    fn failure(&self, netlink: &NetlinkSocket, error: &io::Error) -> Option<RouteKind> {
        error.raw_os_error()?;
        let is_foreign = |source| !is_local(netlink, source);
        Some(if self.source.is_some_and(is_foreign) {
            RouteKind::Refused(Errno::AddressNotAvailable)
        } else {
            RouteKind::from_errno(errno(error))
        })
    }
}

/// A flow before its socket is bound.
pub(super) fn unbound(protocol: Protocol, target: SocketAddr) -> FlowKey {
    FlowKey {
        protocol,
        target,
        local: None,
    }
}

fn is_local(netlink: &NetlinkSocket, address: IpAddr) -> bool {
    let route = netlink.route(address, RouteSelector::default());
    route.is_ok_and(|route| route.kind == RouteType::Local)
}

/// Whether the kernel has no route lookup for this protocol (`rtm_getroute_parse_ip_proto` in net/ipv4/netlink.c): the
/// first kernels with `RTA_IP_PROTO` lacked `ICMPv6`. Kernels before 4.17 ignore protocol and ports, as unknown
/// attributes. Every other error is a result and can depend on the port: EINVAL is a `blackhole` route.
fn is_protocol_unsupported(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EOPNOTSUPP)
}

/// Protocol number in the IP header (IANA).
fn protocol_number(flow_key: &FlowKey) -> u8 {
    match flow_key.protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Icmp if flow_key.target.is_ipv4() => 1,
        Protocol::Icmp => 58,
    }
}

/// The interface of a link-local target (RFC 4007).
fn scope_id(target: SocketAddr) -> Option<u32> {
    match target {
        SocketAddr::V6(v6) if v6.scope_id() > 0 => Some(v6.scope_id()),
        _ => None,
    }
}

pub(super) fn route_kind(found: RouteType) -> RouteKind {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn local_host(interface: Option<&str>, source: Option<IpAddr>) -> LocalHost {
        LocalHost {
            interface: interface.map(str::to_owned),
            source,
            dscp: None,
        }
    }

    #[test]
    fn loopback_is_local_and_documentation_address_is_not() {
        assert!(LocalHost::is_local_address(Ipv4Addr::LOCALHOST.into()));
        assert!(!LocalHost::is_local_address(
            Ipv4Addr::new(192, 0, 2, 1).into()
        ));
    }

    #[test]
    fn route_to_loopback_uses_lo() {
        let route = LocalHost::default()
            .route_to(Protocol::Tcp, (Ipv4Addr::LOCALHOST, 80).into())
            .expect("a route to loopback");
        assert_eq!(route.interface.as_deref(), Some("lo"));
    }

    #[test]
    fn lookup_of_loopback_is_local_and_on_link() {
        let targets = [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ];
        for target in targets {
            let lookup = LocalHost::default().route_lookup(Protocol::Tcp, (target, 80).into());
            let expected = RouteLookup {
                kind: RouteKind::Local,
                interface: Some("lo".into()),
                source: Some(target),
                next_hop: Some(target),
                on_link: true,
                mtu: None,
            };
            assert_eq!(lookup, Some(expected));
        }
    }

    #[test]
    fn lookup_of_broadcast_address_is_broadcast() {
        let target = (Ipv4Addr::new(127, 255, 255, 255), 80).into();
        let lookup = LocalHost::default().route_lookup(Protocol::Udp, target);
        assert_eq!(lookup.map(|it| it.kind), Some(RouteKind::Broadcast));
    }

    #[test]
    fn unknown_interface_and_foreign_source_are_errors() {
        let foreign = [192, 0, 2, 7].into();
        let cases = [
            (local_host(Some("no-such-if"), None), Errno::NoDevice),
            (local_host(None, Some(foreign)), Errno::AddressNotAvailable),
        ];
        for (local_host, errno) in cases {
            let lookup = local_host.route_lookup(Protocol::Tcp, (Ipv4Addr::LOCALHOST, 80).into());
            assert_eq!(lookup, Some(RouteLookup::failed(RouteKind::Refused(errno))));
        }
    }
}
