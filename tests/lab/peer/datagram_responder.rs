//! UDP and ICMP echo of the scripted peer: replies to each request.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use super::capture::RequestRecord;
use super::datagram_packet::reply_packet;
use super::path::{Delivery, DeliveryOutcome};
use super::send_queue::{DelayedPacket, RepliedRequest};
use crate::endpoint::{Endpoint, Protocol};
use crate::packet::request::Request;
use crate::script::datagram_reply::{Content, DatagramReplies, DatagramReply};

/// Replies of one target to the first, second ... request. The last repeats.
#[derive(Clone, Debug)]
pub(crate) struct DatagramScript(pub(crate) Vec<DatagramReplies>);

pub(crate) struct DatagramResponder {
    targets: HashMap<Endpoint, DatagramScript>,
    /// Scripts of all other ports.
    hosts: HashMap<(Protocol, IpAddr), DatagramScript>,
    records: Vec<RequestRecord>,
}

impl DatagramResponder {
    pub(crate) fn new(
        targets: HashMap<Endpoint, DatagramScript>,
        hosts: HashMap<(Protocol, IpAddr), DatagramScript>,
    ) -> Self {
        Self {
            targets,
            hosts,
            records: Vec::new(),
        }
    }

    pub(super) fn into_records(self) -> Vec<RequestRecord> {
        self.records
    }

    /// Call it just before a reply to the request is written.
    pub(super) fn record_reply(&mut self, index: usize) {
        let record = &mut self.records[index];
        let delay = || record.received_at.elapsed();
        record.first_reply_delay.get_or_insert_with(delay);
    }

    /// None for addresses that the peer does not have.
    pub(super) fn replies_to(
        &mut self,
        request: Request,
        delivery: &Delivery,
    ) -> Vec<DelayedPacket> {
        let received_at = Instant::now();
        let endpoint = request.endpoint();
        let of_target = self.targets.get(&endpoint);
        let of_host = || self.hosts.get(&(endpoint.protocol, endpoint.address));
        let Some(script) = of_target.or_else(of_host) else {
            return Vec::new();
        };
        let earlier = self.records.iter().filter(|it| it.endpoint == endpoint);
        let replies = script.replies(earlier.count(), delivery);
        let in_reply_to = RepliedRequest::Datagram(self.records.len());
        let packets = replies
            .iter()
            .flat_map(|reply| delayed_packets(&request, reply, delivery, in_reply_to));
        let packets = packets.collect();
        self.records.push(RequestRecord {
            endpoint,
            request,
            received_at,
            first_reply_delay: None,
        });
        packets
    }
}

impl DatagramScript {
    /// The same reply to every request.
    pub(crate) fn constant(replies: DatagramReplies) -> Self {
        Self(vec![replies])
    }

    fn replies(&self, index: usize, delivery: &Delivery) -> Vec<DatagramReply> {
        match delivery.outcome {
            DeliveryOutcome::Delivered => {
                let replies = self.0.get(index).or_else(|| self.0.last());
                replies.expect("at least one reply").0.clone()
            }
            DeliveryOutcome::Rejected(error) => {
                vec![DatagramReply::new(Content::IcmpError(error))]
            }
            DeliveryOutcome::Dropped | DeliveryOutcome::Spoofed(_) => Vec::new(),
        }
    }
}

fn delayed_packets(
    request: &Request,
    reply: &DatagramReply,
    delivery: &Delivery,
    in_reply_to: RepliedRequest,
) -> Vec<DelayedPacket> {
    let packet = reply_packet(request, reply, delivery).map(|packet| DelayedPacket {
        delay: delivery.rtt + reply.delay,
        packet,
        in_reply_to: Some(in_reply_to),
    });
    packet
        .map(|packet| vec![packet; reply.copies])
        .unwrap_or_default()
}
