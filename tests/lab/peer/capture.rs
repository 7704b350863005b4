//! What the scripted peer has seen of the tool's packets.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::path::Delivery;
use crate::endpoint::Endpoint;
use crate::packet::PacketHeader;
use crate::packet::request::Request;

pub(crate) struct Capture {
    /// TCP connections by the tool's address and port.
    pub(crate) connections: HashMap<SocketAddr, ConnectionRecord>,
    /// UDP datagrams and ICMP echo requests, in order of arrival.
    pub(crate) requests: Vec<RequestRecord>,
    /// Every SYN, datagram and echo request.
    pub(crate) packets: Vec<CapturedPacket>,
}

impl Capture {
    pub(crate) fn requests_to(&self, target: Endpoint) -> impl Iterator<Item = &RequestRecord> {
        let requests = self.requests.iter();
        requests.filter(move |record| record.endpoint == target)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectionRecord {
    pub(crate) syns: u64,
    /// From reading the first SYN to writing the first reply to it.
    pub(crate) first_reply_delay: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) struct RequestRecord {
    pub(crate) endpoint: Endpoint,
    pub(crate) request: Request,
    pub(crate) received_at: Instant,
    /// From reading the request to writing the first reply to it.
    pub(crate) first_reply_delay: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) struct CapturedPacket {
    pub(crate) header: PacketHeader,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) delivery: Delivery,
}
