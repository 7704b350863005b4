//! Packets as values: TCP segments in, TCP segments and ICMP errors out. Other protocols: datagram.rs.

pub(crate) mod datagram;
pub(crate) mod dns;

use std::net::{IpAddr, SocketAddr};

use etherparse::{
    IpHeaders, IpNumber, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6FlowLabel, Ipv6Header,
    NetSlice, PacketBuilder, SlicedPacket, TcpHeader, TcpOptionElement, TransportSlice,
};

use crate::endpoint::Protocol;
use crate::script::datagram::{Field, IcmpError};
use crate::script::router_rule::Traveller;

/// What the responder needs to know of a segment that the tool's kernel sent.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) ttl: u8,
    pub(crate) header: TcpHeader,
    /// The packet as it came, for an ICMP error to quote.
    pub(crate) packet: Vec<u8>,
}

impl Segment {
    /// Reads a packet; whatever is not TCP (a router solicitation, say) is none of our business.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let sliced = SlicedPacket::from_ip(packet).ok()?;
        let (source, destination, ttl) = addresses(&sliced)?;
        let Some(TransportSlice::Tcp(tcp)) = sliced.transport else {
            return None;
        };
        Some(Self {
            from: SocketAddr::new(source, tcp.source_port()),
            to: SocketAddr::new(destination, tcp.destination_port()),
            ttl,
            header: tcp.to_header(),
            packet: packet.to_vec(),
        })
    }

    pub(crate) fn traveller(&self) -> Traveller {
        Traveller {
            protocol: Protocol::Tcp,
            flow: self.from.port(),
            port: self.to.port(),
            ttl: self.ttl,
            length: self.packet.len(),
            sequence: Some(self.header.sequence_number),
        }
    }

    /// The sender's clock in the time stamps option, RFC 7323 section 3.
    pub(crate) fn time_stamp(&self) -> Option<u32> {
        let mut options = self.header.options_iterator();
        options.find_map(|option| match option {
            Ok(TcpOptionElement::Timestamp(value, _)) => Some(value),
            _ => None,
        })
    }
}

pub(crate) fn addresses(sliced: &SlicedPacket) -> Option<(IpAddr, IpAddr, u8)> {
    match sliced.net.as_ref()? {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            let (from, to) = (header.source_addr(), header.destination_addr());
            Some((from.into(), to.into(), header.ttl()))
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            let (from, to) = (header.source_addr(), header.destination_addr());
            Some((from.into(), to.into(), header.hop_limit()))
        }
        NetSlice::Arp(_) => None,
    }
}

/// A TCP segment without data; ports, sequence numbers and flags are in `header`.
pub(crate) fn tcp(from: IpAddr, to: IpAddr, ttl: u8, header: TcpHeader) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ip(ip(from, to, ttl, IpNumber::TCP))
        .tcp_header(header)
        .write(&mut packet, &[])
        .expect("a segment without data fits into a packet");
    packet
}

/// An ICMP error that quotes the packet it complains about: at least its IP header and eight bytes
/// (RFC 792), as much as fits the least MTU (RFC 1812 section 4.3.2.3, RFC 4443 section 3.1), or what
/// the script says.
pub(crate) fn icmp_error(error: &IcmpError, to: IpAddr, ttl: u8, about: &[u8]) -> Vec<u8> {
    let (header, room) = if to.is_ipv4() {
        (20, 576 - 20 - 8)
    } else {
        (40, 1280 - 40 - 8)
    };
    let room = error.quote.map_or(room, |bytes| header + bytes);
    let mut quote = about[..about.len().min(room)].to_vec();
    if let Some(field) = error.misquoted {
        quote[field.last_byte(header)] ^= 1;
    }
    write_icmp_error(error, to, ttl, &quote)
}

fn write_icmp_error(error: &IcmpError, to: IpAddr, ttl: u8, quote: &[u8]) -> Vec<u8> {
    let IcmpError {
        from, kind, code, ..
    } = *error;
    // With IPv4 the MTU is the lower half of this word and the upper one is unused, RFC 1191.
    let word = error.mtu.to_be_bytes();
    let mut packet = Vec::new();
    let written = if to.is_ipv4() {
        PacketBuilder::ip(ip(from, to, ttl, IpNumber::ICMP))
            .icmpv4_raw(kind, code, word)
            .write(&mut packet, quote)
    } else {
        PacketBuilder::ip(ip(from, to, ttl, IpNumber::IPV6_ICMP))
            .icmpv6_raw(kind, code, word)
            .write(&mut packet, quote)
    };
    written.expect("an ICMP error fits into a packet");
    packet
}

/// The packet as it is when so much of its TTL is left: what a router quotes is what came to it.
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

impl Field {
    /// Where its last byte is, after an IP header of this length without options.
    fn last_byte(self, header: usize) -> usize {
        match self {
            Self::Address => header - 1,
            Self::SourcePort => header + 1,
            Self::Port => header + 3,
            Self::Id => header + 5,
            Self::Sequence => header + 7,
        }
    }
}

pub(crate) fn ip(from: IpAddr, to: IpAddr, ttl: u8, protocol: IpNumber) -> IpHeaders {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let header = Ipv4Header::new(0, ttl, protocol, from.octets(), to.octets())
                .expect("an empty packet is not too long");
            IpHeaders::Ipv4(header, Ipv4Extensions::default())
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let header = Ipv6Header {
                traffic_class: 0,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: 0,
                next_header: protocol,
                hop_limit: ttl,
                source: from.octets(),
                destination: to.octets(),
            };
            IpHeaders::Ipv6(header, Ipv6Extensions::default())
        }
        _ => panic!("{from} and {to} are of different families"),
    }
}
