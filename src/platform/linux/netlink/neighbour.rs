//! Neighbour lookup: `RTM_GETNEIGH` of rtnetlink(7).

use std::net::IpAddr;
use std::time::Duration;

use netlink_packet_route::neighbour::{NeighbourAttribute, NeighbourMessage, NeighbourState};

use super::message::family;

/// One entry of the neighbour table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::platform) struct NeighbourEntry {
    /// NUD state.
    pub(in crate::platform) state: NeighbourState,
    /// Time since its last update.
    pub(in crate::platform) age: Duration,
    /// Link-layer address, once resolved.
    pub(in crate::platform) link_address: Option<Vec<u8>>,
}

pub(super) fn request(interface: u32, address: IpAddr) -> NeighbourMessage {
    let mut request = NeighbourMessage::default();
    request.header.family = family(address);
    request.header.ifindex = interface;
    let destination = NeighbourAttribute::Destination(address.into());
    request.attributes.push(destination);
    request
}

impl NeighbourEntry {
    /// Decodes `RTM_NEWNEIGH`.
    pub(super) fn decode(entry: NeighbourMessage) -> Self {
        Self {
            state: entry.header.state,
            age: age(&entry),
            link_address: link_address(entry),
        }
    }
}

/// `ndm_updated` in units of `USER_HZ`, which is 100 on every Linux (time(7)).
fn age(entry: &NeighbourMessage) -> Duration {
    let mut attributes = entry.attributes.iter();
    let updated = attributes.find_map(|attribute| match attribute {
        NeighbourAttribute::CacheInfo(info) => Some(info.updated),
        _ => None,
    });
    Duration::from_millis(u64::from(updated.unwrap_or(0)) * 10)
}

fn link_address(entry: NeighbourMessage) -> Option<Vec<u8>> {
    let mut attributes = entry.attributes.into_iter();
    attributes.find_map(|attribute| match attribute {
        NeighbourAttribute::LinkLayerAddress(address) => Some(address),
        _ => None,
    })
}
