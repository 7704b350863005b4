//! rtnetlink(7) messages for single lookups: route and neighbour.
//!
//! `RouteNetlinkMessage` decodes every message type, which adds half a megabyte of unused code.

use std::net::IpAddr;

use libc::{RTM_GETNEIGH, RTM_GETROUTE, RTM_NEWNEIGH, RTM_NEWROUTE};
use netlink_packet_core::{
    DecodeError, Emitable, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable, Parseable,
};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::neighbour::NeighbourMessage;
use netlink_packet_route::route::RouteMessage;

/// A lookup.
#[derive(Debug)]
pub(super) enum Request {
    Route(RouteMessage),
    Neighbour(NeighbourMessage),
}

/// The kernel's response to a lookup.
#[derive(Debug)]
pub(super) enum Response {
    Route(RouteMessage),
    Neighbour(NeighbourMessage),
}

impl Request {
    fn body(&self) -> &dyn Emitable {
        match self {
            Self::Route(route) => route,
            Self::Neighbour(neighbour) => neighbour,
        }
    }
}

impl NetlinkSerializable for Request {
    fn message_type(&self) -> u16 {
        match self {
            Self::Route(_) => RTM_GETROUTE,
            Self::Neighbour(_) => RTM_GETNEIGH,
        }
    }

    fn buffer_len(&self) -> usize {
        self.body().buffer_len()
    }

    fn serialize(&self, buffer: &mut [u8]) {
        self.body().emit(buffer);
    }
}

impl NetlinkDeserializable for Response {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        match header.message_type {
            RTM_NEWROUTE => RouteMessage::parse(payload).map(Self::Route),
            RTM_NEWNEIGH => NeighbourMessage::parse(payload).map(Self::Neighbour),
            other => Err(format!("unexpected message type {other}").into()),
        }
    }
}

pub(super) fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    }
}
