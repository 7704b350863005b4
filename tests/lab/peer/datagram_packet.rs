//! Replies to UDP datagrams and ICMP echo requests as packets.

use etherparse::{IpNumber, PacketBuilder};

use super::path::Delivery;
use crate::packet::icmp_error::IcmpError;
use crate::packet::request::{Request, RequestIds};
use crate::packet::{self, DEFAULT_TTL, ip_headers};
use crate::script::datagram_reply::{Alteration, Content, DatagramReply};

/// The scripted reply to a request; `None`: no reply.
pub(super) fn reply_packet(
    request: &Request,
    reply: &DatagramReply,
    delivery: &Delivery,
) -> Option<Vec<u8>> {
    let payload = match &reply.content {
        Content::Drop => return None,
        Content::IcmpError(error) => return Some(error_packet(request, error, delivery)),
        Content::Echo => request.payload.clone(),
        Content::Bytes(bytes) => bytes.clone(),
        Content::Dns(dns) => dns.message(&request.payload),
    };
    let ttl = reply.ttl.saturating_sub(delivery.routers_passed);
    let mut packet = write(request, reply, ttl, &altered(payload, &reply.alterations));
    if reply.has_bad_checksum {
        // The last byte is of the payload, which the checksum covers.
        *packet.last_mut()? ^= 1;
    }
    Some(packet)
}

fn error_packet(request: &Request, error: &IcmpError, delivery: &Delivery) -> Vec<u8> {
    let original = packet::with_ttl(&request.packet, delivery.ttl);
    let ttl = DEFAULT_TTL.saturating_sub(delivery.routers_passed);
    error.packet(request.source, ttl, &original)
}

fn write(request: &Request, reply: &DatagramReply, ttl: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let source = reply.source.unwrap_or(request.destination);
    let headers = |protocol| PacketBuilder::ip(ip_headers(source, request.source, ttl, protocol));
    let written = match request.ids {
        RequestIds::Udp {
            source_port,
            destination_port,
        } => headers(IpNumber::UDP)
            .udp(reply.source_port.unwrap_or(destination_port), source_port)
            .write(&mut packet, payload),
        RequestIds::Echo { id, sequence } => {
            let (id, sequence) = echo_reply_ids(id, sequence, reply);
            if source.is_ipv4() {
                headers(IpNumber::ICMP)
                    .icmpv4_echo_reply(id, sequence)
                    .write(&mut packet, payload)
            } else {
                headers(IpNumber::IPV6_ICMP)
                    .icmpv6_echo_reply(id, sequence)
                    .write(&mut packet, payload)
            }
        }
    };
    written.expect("a reply fits into a packet");
    packet
}

/// A wrong number differs in its highest bit: no concurrent probe has it.
fn echo_reply_ids(id: u16, sequence: u16, reply: &DatagramReply) -> (u16, u16) {
    let altered = |number: u16, alteration| {
        if reply.is_altered(alteration) {
            number ^ 0x8000
        } else {
            number
        }
    };
    (
        altered(id, Alteration::WrongId),
        altered(sequence, Alteration::WrongSequence),
    )
}

fn altered(mut payload: Vec<u8>, alterations: &[Alteration]) -> Vec<u8> {
    for alteration in alterations {
        match alteration {
            Alteration::Truncated(length) => payload.truncate(*length),
            Alteration::Oversized(more) => payload.resize(payload.len() + more, 0x2a),
            Alteration::BitFlipped => {
                if let Some(first) = payload.first_mut() {
                    *first ^= 1;
                }
            }
            Alteration::WrongId | Alteration::WrongSequence => {}
        }
    }
    payload
}
