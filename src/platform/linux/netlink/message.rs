//! The messages of rtnetlink(7) that are asked and answered here: routes and neighbours.
//!
//! `RouteNetlinkMessage` knows every other one, too: half a megabyte of code for links and queues that nobody here
//! asks for.

use libc::{RTM_GETNEIGH, RTM_GETROUTE, RTM_NEWNEIGH, RTM_NEWROUTE};
use netlink_packet_core::{
    DecodeError, Emitable, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable, Parseable,
};
use netlink_packet_route::neighbour::NeighbourMessage;
use netlink_packet_route::route::RouteMessage;

/// What is asked.
#[derive(Debug)]
pub(super) enum Question {
    Route(RouteMessage),
    Neighbour(NeighbourMessage),
}

/// What the kernel answers.
#[derive(Debug)]
pub(super) enum Answer {
    Route(RouteMessage),
    Neighbour(NeighbourMessage),
}

impl Question {
    fn body(&self) -> &dyn Emitable {
        match self {
            Self::Route(route) => route,
            Self::Neighbour(neighbour) => neighbour,
        }
    }
}

impl NetlinkSerializable for Question {
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

impl NetlinkDeserializable for Answer {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        match header.message_type {
            RTM_NEWROUTE => RouteMessage::parse(payload).map(Self::Route),
            RTM_NEWNEIGH => NeighbourMessage::parse(payload).map(Self::Neighbour),
            other => Err(format!("message of type {other}, which nobody asked for").into()),
        }
    }
}
