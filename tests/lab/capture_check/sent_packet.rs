//! Captured packets of traces and diagnoses, with retransmissions of a SYN as one.

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use super::clock_tolerance::upper_bound_us;
use crate::endpoint::{Endpoint, Protocol};
use crate::packet::{DEFAULT_TTL, PacketHeader};
use crate::peer::capture::CapturedPacket;
use crate::peer::path::Delivery;

pub(super) struct SentPacket<'a> {
    pub(super) header: PacketHeader,
    pub(super) source: IpAddr,
    destination: IpAddr,
    /// Of the packet and its retransmissions.
    deliveries: Vec<&'a Delivery>,
    /// `purpose` of the JSON line that reports the packet.
    pub(super) reported_purpose: Option<&'a Value>,
}

/// A retransmitted SYN has the sequence number of the first.
pub(super) fn sent_packets(captured: &[CapturedPacket]) -> Vec<SentPacket<'_>> {
    let mut packets: Vec<SentPacket> = Vec::new();
    for CapturedPacket {
        header,
        source,
        destination,
        delivery,
    } in captured
    {
        let retransmitted = packets.iter_mut().find(|it| {
            let ids = |header: &PacketHeader| (header.flow_id, header.tcp_sequence);
            let is_same = ids(&it.header) == ids(header) && it.destination == *destination;
            header.tcp_sequence.is_some() && is_same
        });
        if let Some(packet) = retransmitted {
            packet.deliveries.push(delivery);
            continue;
        }
        packets.push(SentPacket {
            header: *header,
            source: *source,
            destination: *destination,
            deliveries: vec![delivery],
            reported_purpose: None,
        });
    }
    packets
}

impl SentPacket<'_> {
    /// Whether TTL, source and destination are those of the line.
    pub(super) fn matches(&self, line: &Value, endpoint: Endpoint) -> bool {
        let ttl = line["ttl"].as_u64().unwrap_or(DEFAULT_TTL.into());
        let local = if endpoint.protocol == Protocol::Icmp {
            self.source.to_string()
        } else {
            SocketAddr::new(self.source, self.header.flow_id).to_string()
        };
        self.endpoint() == endpoint && u64::from(self.header.ttl) == ttl && line["local"] == local
    }

    /// Destination.
    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint {
            protocol: self.header.protocol,
            address: self.destination,
            port: self.header.destination_port,
        }
    }

    /// What the line reports of this packet and did not happen.
    pub(super) fn contradiction(&self, line: &Value) -> Option<String> {
        let from = &line["evidence"]["icmp"]["from"];
        let icmp_source = |delivery: &&Delivery| delivery.icmp_source().map(|it| it.to_string());
        let icmp_sources: Vec<_> = self.deliveries.iter().filter_map(icmp_source).collect();
        let reached_responder = self.deliveries.iter().any(|it| it.reached_responder());
        let has_replied = |from: &str| {
            let is_target = from == self.destination.to_string();
            (is_target && reached_responder) || icmp_sources.iter().any(|it| it == from)
        };
        if let Some(from) = from.as_str().filter(|from| !has_replied(from)) {
            return Some(format!(
                "no ICMP error from {from}, but from {icmp_sources:?}"
            ));
        }
        let has_reply = *from == Value::Null && line["outcome"] != "no-reply";
        if has_reply && !reached_responder {
            return Some("a reply is reported, but the packet reached no responder".to_owned());
        }
        let minimum = self.deliveries.iter().map(|it| it.rtt).min()?;
        let minimum = minimum.as_secs_f64() * 1e6;
        let rtt = line["rtt_us"].as_f64();
        let rtt = rtt.filter(|it| upper_bound_us(*it) < minimum)?;
        Some(format!("rtt_us is {rtt}, the path takes {minimum:.0}"))
    }
}
