//! Route lookup: `RTM_GETROUTE` of rtnetlink(7).

use std::net::IpAddr;

use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteType, RouteVia,
};

use super::message::family;

/// Selectors of a route besides the destination.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::platform) struct RouteSelector {
    /// Outgoing interface, if bound.
    pub(in crate::platform) interface: Option<u32>,
    /// Source address, if bound.
    pub(in crate::platform) source: Option<IpAddr>,
    /// TOS byte or traffic class.
    pub(in crate::platform) tos: u8,
    /// Protocol and ports, for policy routing and ECMP.
    pub(in crate::platform) flow: Option<Flow>,
}

/// Protocol and ports of a packet.
#[derive(Clone, Copy, Debug)]
pub(in crate::platform) struct Flow {
    /// Protocol number in the IP header.
    pub(in crate::platform) protocol: u8,
    /// Source port (0: not known yet) and destination port.
    pub(in crate::platform) ports: Option<(u16, u16)>,
}

/// The route that the kernel selected.
#[derive(Debug)]
pub(in crate::platform) struct RouteReply {
    /// Index of the outgoing interface.
    pub(in crate::platform) interface: u32,
    /// Preferred source address.
    pub(in crate::platform) source: Option<IpAddr>,
    /// The gateway, or the target itself if it is on-link.
    pub(in crate::platform) next_hop: IpAddr,
    /// Route type; `Local`: the target is an address of this machine.
    pub(in crate::platform) kind: RouteType,
    /// Whether the route has a gateway.
    pub(in crate::platform) has_gateway: bool,
    /// MTU of the route, if it has its own.
    pub(in crate::platform) mtu: Option<u32>,
}

pub(super) fn request(target: IpAddr, selector: RouteSelector) -> RouteMessage {
    let mut request = RouteMessage::default();
    let host_prefix = if target.is_ipv4() { 32 } else { 128 };
    request.header.address_family = family(target);
    request.header.destination_prefix_length = host_prefix;
    request.header.source_prefix_length = selector.source.map_or(0, |_| host_prefix);
    request.header.tos = selector.tos;
    let attributes = &mut request.attributes;
    attributes.push(RouteAttribute::Destination(route_address(target)));
    attributes.extend(selector.interface.map(RouteAttribute::Oif));
    attributes.extend(
        selector
            .source
            .map(|from| RouteAttribute::Source(route_address(from))),
    );
    if let Some(flow) = selector.flow {
        attributes.push(RouteAttribute::IpProto(flow.protocol));
    }
    if let Some((from, to)) = selector.flow.and_then(|flow| flow.ports) {
        attributes.push(RouteAttribute::Dport(to));
        attributes.extend((from > 0).then_some(RouteAttribute::Sport(from)));
    }
    request
}

impl RouteReply {
    /// Decodes `RTM_NEWROUTE`. `None`: it has no outgoing interface.
    pub(super) fn decode(route: &RouteMessage, target: IpAddr) -> Option<Self> {
        let mut interface = None;
        let mut source = None;
        let mut gateway = None;
        let mut mtu = None;
        for attribute in &route.attributes {
            match attribute {
                RouteAttribute::Oif(index) => interface = Some(*index),
                RouteAttribute::PrefSource(address) => source = ip(address),
                RouteAttribute::Gateway(address) => gateway = ip(address),
                RouteAttribute::Via(RouteVia::Inet(v4)) => gateway = Some((*v4).into()),
                RouteAttribute::Via(RouteVia::Inet6(v6)) => gateway = Some((*v6).into()),
                RouteAttribute::Metrics(metrics) => mtu = metrics.iter().find_map(mtu_in),
                _ => {}
            }
        }
        Some(Self {
            interface: interface?,
            source,
            next_hop: gateway.unwrap_or(target),
            kind: route.header.kind,
            has_gateway: gateway.is_some(),
            mtu,
        })
    }
}

fn mtu_in(metric: &RouteMetric) -> Option<u32> {
    match metric {
        RouteMetric::Mtu(mtu) => Some(*mtu),
        _ => None,
    }
}

fn route_address(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(v4) => RouteAddress::Inet(v4),
        IpAddr::V6(v6) => RouteAddress::Inet6(v6),
    }
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(v4) => Some((*v4).into()),
        RouteAddress::Inet6(v6) => Some((*v6).into()),
        _ => None,
    }
}
