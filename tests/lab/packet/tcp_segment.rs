//! TCP segments.

use std::net::{IpAddr, SocketAddr};

use etherparse::{
    IpNumber, PacketBuilder, SlicedPacket, TcpHeader, TcpOptionElement, TransportSlice,
};

use super::{PacketHeader, ip_addresses, ip_headers};
use crate::endpoint::Protocol;

/// A segment from the tool's kernel.
#[derive(Debug)]
pub(crate) struct TcpSegment {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) ttl: u8,
    pub(crate) header: TcpHeader,
    /// The whole packet, for ICMP errors to quote.
    pub(crate) packet: Vec<u8>,
}

impl TcpSegment {
    /// `None` for other protocols.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let sliced = SlicedPacket::from_ip(packet).ok()?;
        let (source, destination, ttl) = ip_addresses(&sliced)?;
        let Some(TransportSlice::Tcp(tcp)) = sliced.transport else {
            return None;
        };
        Some(Self {
            source: SocketAddr::new(source, tcp.source_port()),
            destination: SocketAddr::new(destination, tcp.destination_port()),
            ttl,
            header: tcp.to_header(),
            packet: packet.to_vec(),
        })
    }

    pub(crate) fn packet_header(&self) -> PacketHeader {
        PacketHeader {
            protocol: Protocol::Tcp,
            flow_id: self.source.port(),
            destination_port: self.destination.port(),
            ttl: self.ttl,
            length: self.packet.len(),
            tcp_sequence: Some(self.header.sequence_number),
        }
    }

    /// `TSval` of the timestamps option, RFC 7323 section 3.
    pub(crate) fn tsval(&self) -> Option<u32> {
        let mut options = self.header.options_iterator();
        options.find_map(|option| match option {
            Ok(TcpOptionElement::Timestamp(tsval, _)) => Some(tsval),
            _ => None,
        })
    }
}

/// A segment without data; ports, sequence numbers and flags are those of `header`.
pub(crate) fn tcp_packet(
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    header: TcpHeader,
) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ip(ip_headers(source, destination, ttl, IpNumber::TCP))
        .tcp_header(header)
        .write(&mut packet, &[])
        .expect("a segment without data fits into a packet");
    packet
}
