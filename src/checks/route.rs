//! Route to the target: interface, gateway, and ICMP echo to the gateway.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::context::CheckContext;
use super::targets::address_target;
use super::timing::BatchTiming;
use super::{ProbeBatch, RouteFindings, neighbour};
use crate::hosts::{Protocol, Target};
use crate::platform::{self, Link, LocalHost, RouteKind, RouteLookup, is_link_local};

/// Documentation addresses (RFC 5737, RFC 3849): only the default route covers them.
const UNASSIGNED: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// Port of DNS (RFC 1035 section 4.2.1).
const DNS_PORT: u16 = 53;

pub(super) fn check(context: &CheckContext, target: &Target) -> RouteFindings {
    let facts = |host: LocalHost| host.route_lookup(target.protocol, target.address);
    let route = facts(context.local_host());
    let interface = route.as_ref().and_then(|it| it.interface.as_deref());
    let link = interface.and_then(platform::link);
    let gateway = route.as_ref().and_then(|it| gateway(it, target));
    let gateway_echo = gateway.and_then(|it| gateway_echo(context, it, link.as_ref()));
    let sockets = &context.plan.sockets;
    let is_bound = sockets.source.is_some() || sockets.interface.is_some();
    RouteFindings {
        unbound_route: is_bound.then(|| facts(LocalHost::default())).flatten(),
        route,
        link,
        neighbour: None,
        gateway_echo,
    }
}

/// Route and neighbour on the path to the first name server that is not this machine, else the default route. Sends
/// echoes to the gateway only.
pub(super) fn check_to_name_server(context: &CheckContext) -> RouteFindings {
    let host = context.local_host();
    let kind = |server: SocketAddr| host.route_lookup(Protocol::Udp, server).map(|it| it.kind);
    let servers = platform::name_servers().into_iter();
    let remote = servers.filter(|server| !LocalHost::is_local_address(*server));
    let candidates = remote
        .chain(UNASSIGNED)
        .map(|it| SocketAddr::new(it, DNS_PORT));
    let candidates: Vec<_> = candidates.collect();
    let mut routed = candidates
        .iter()
        .filter(|it| kind(**it) == Some(RouteKind::Unicast));
    let server = routed.next().unwrap_or(&candidates[0]);
    let server = address_target(Protocol::Udp, *server);
    let mut found = check(context, &server);
    found.neighbour = neighbour::check(context, &server);
    found
}

/// The gateway, if it has the target's address family.
fn gateway(route: &RouteLookup, target: &Target) -> Option<IpAddr> {
    let has_gateway = route.kind == RouteKind::Unicast && !route.on_link;
    let next_hop = route.next_hop.filter(|_| has_gateway)?;
    Some(next_hop).filter(|it| it.is_ipv4() == target.address.is_ipv4())
}

fn gateway_echo(
    context: &CheckContext,
    gateway: IpAddr,
    link: Option<&Link>,
) -> Option<ProbeBatch> {
    let address = scoped_address(gateway, link)?;
    let target = address_target(Protocol::Icmp, address);
    let echo = context.probe(target, BatchTiming::AUXILIARY)?;
    Some(echo).filter(ProbeBatch::was_permitted)
}

/// A gateway's address with its zone: `fe80::/10` is ambiguous without the interface (RFC 4007).
fn scoped_address(gateway: IpAddr, link: Option<&Link>) -> Option<SocketAddr> {
    Some(match gateway {
        IpAddr::V6(v6) if is_link_local(gateway) => SocketAddrV6::new(v6, 0, 0, link?.index).into(),
        other => SocketAddr::new(other, 0),
    })
}
