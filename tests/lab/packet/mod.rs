//! Packets as values: parsed requests of the tool, built replies of the scripted peer.

pub(crate) mod dns;
pub(crate) mod icmp_error;
pub(crate) mod request;
pub(crate) mod tcp_segment;

use std::net::IpAddr;

use etherparse::{
    IpHeaders, IpNumber, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6FlowLabel, Ipv6Header,
    NetSlice, SlicedPacket,
};

use crate::endpoint::Protocol;

/// Linux: `net.ipv4.ip_default_ttl` and `net.ipv6.conf.*.hop_limit`.
pub(crate) const DEFAULT_TTL: u8 = 64;

/// Header fields that routers and checks look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketHeader {
    pub(crate) protocol: Protocol,
    /// Source port; ICMP echo: identifier.
    pub(crate) flow_id: u16,
    /// 0 for ICMP.
    pub(crate) destination_port: u16,
    /// As sent.
    pub(crate) ttl: u8,
    /// Bytes, with the IP header.
    pub(crate) length: usize,
    /// TCP sequence number; `None` for other protocols.
    pub(crate) tcp_sequence: Option<u32>,
}

/// Source, destination, TTL.
fn ip_addresses(packet: &SlicedPacket) -> Option<(IpAddr, IpAddr, u8)> {
    match packet.net.as_ref()? {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            let (source, destination) = (header.source_addr(), header.destination_addr());
            Some((source.into(), destination.into(), header.ttl()))
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            let (source, destination) = (header.source_addr(), header.destination_addr());
            Some((source.into(), destination.into(), header.hop_limit()))
        }
        NetSlice::Arp(_) => None,
    }
}

/// The packet with this TTL: a router quotes what it received.
pub(crate) fn with_ttl(packet: &[u8], ttl: u8) -> Vec<u8> {
    let mut packet = packet.to_vec();
    if let Ok((mut header, _)) = Ipv4Header::from_slice(&packet) {
        header.time_to_live = ttl;
        header.header_checksum = header.calc_header_checksum();
        let bytes = header.to_bytes();
        packet[..bytes.len()].copy_from_slice(&bytes);
    } else if let Some(hop_limit) = packet.get_mut(7) {
        *hop_limit = ttl;
    }
    packet
}

pub(crate) fn ip_headers(
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    protocol: IpNumber,
) -> IpHeaders {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let header = Ipv4Header::new(0, ttl, protocol, source.octets(), destination.octets());
            let header = header.expect("an empty packet is not too long");
            IpHeaders::Ipv4(header, Ipv4Extensions::default())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let header = Ipv6Header {
                traffic_class: 0,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: 0,
                next_header: protocol,
                hop_limit: ttl,
                source: source.octets(),
                destination: destination.octets(),
            };
            IpHeaders::Ipv6(header, Ipv6Extensions::default())
        }
        _ => panic!("{source} and {destination} are of different families"),
    }
}
