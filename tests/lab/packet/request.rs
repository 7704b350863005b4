//! Requests of the tool: UDP datagrams and ICMP echo requests.

use std::net::{IpAddr, SocketAddr};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use super::{PacketHeader, ip_addresses};
use crate::endpoint::Endpoint;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) ttl: u8,
    pub(crate) dscp: u8,
    /// The DF bit; always true for IPv6, whose routers never fragment.
    pub(crate) dont_fragment: bool,
    pub(crate) ids: RequestIds,
    pub(crate) payload: Vec<u8>,
    /// The whole packet, for ICMP errors to quote.
    pub(crate) packet: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum RequestIds {
    Udp {
        source_port: u16,
        destination_port: u16,
    },
    Echo {
        id: u16,
        sequence: u16,
    },
}

impl Request {
    /// `None` for other packets, fragments included.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let sliced = SlicedPacket::from_ip(packet).ok()?;
        let (source, destination, ttl) = ip_addresses(&sliced)?;
        let (dscp, dont_fragment) = dscp_and_df(&sliced)?;
        let (ids, payload) = ids_and_payload(sliced.transport.as_ref()?)?;
        Some(Self {
            source,
            destination,
            ttl,
            dscp,
            dont_fragment,
            ids,
            payload: payload.to_vec(),
            packet: packet.to_vec(),
        })
    }

    /// Destination of the request.
    pub(crate) fn endpoint(&self) -> Endpoint {
        match self.ids {
            RequestIds::Udp {
                destination_port, ..
            } => Endpoint::udp(SocketAddr::new(self.destination, destination_port)),
            RequestIds::Echo { .. } => Endpoint::icmp(self.destination),
        }
    }

    pub(crate) fn packet_header(&self) -> PacketHeader {
        let flow_id = match self.ids {
            RequestIds::Udp { source_port, .. } => source_port,
            RequestIds::Echo { id, .. } => id,
        };
        let Endpoint { protocol, port, .. } = self.endpoint();
        PacketHeader {
            protocol,
            flow_id,
            destination_port: port,
            ttl: self.ttl,
            length: self.packet.len(),
            tcp_sequence: None,
        }
    }

    /// Source, as the tool's `local` has it.
    pub(crate) fn local(&self) -> String {
        match self.ids {
            RequestIds::Udp { source_port, .. } => {
                SocketAddr::new(self.source, source_port).to_string()
            }
            RequestIds::Echo { .. } => self.source.to_string(),
        }
    }
}

fn dscp_and_df(packet: &SlicedPacket) -> Option<(u8, bool)> {
    match packet.net.as_ref()? {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            Some((header.dcp().value(), header.dont_fragment()))
        }
        NetSlice::Ipv6(ip) => Some((ip.header().dscp().value(), true)),
        NetSlice::Arp(_) => None,
    }
}

/// Echo requests are type 8 (RFC 792) and type 128 (RFC 4443).
fn ids_and_payload<'a>(transport: &TransportSlice<'a>) -> Option<(RequestIds, &'a [u8])> {
    match transport {
        TransportSlice::Udp(udp) => {
            let ids = RequestIds::Udp {
                source_port: udp.source_port(),
                destination_port: udp.destination_port(),
            };
            Some((ids, udp.payload()))
        }
        TransportSlice::Icmpv4(icmp) if icmp.type_u8() == 8 => {
            Some((echo_ids(icmp.bytes5to8()), icmp.payload()))
        }
        TransportSlice::Icmpv6(icmp) if icmp.type_u8() == 128 => {
            Some((echo_ids(icmp.bytes5to8()), icmp.payload()))
        }
        _ => None,
    }
}

fn echo_ids([a, b, c, d]: [u8; 4]) -> RequestIds {
    RequestIds::Echo {
        id: u16::from_be_bytes([a, b]),
        sequence: u16::from_be_bytes([c, d]),
    }
}
