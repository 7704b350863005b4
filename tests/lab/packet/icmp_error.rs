//! ICMP errors and the packet that they quote.

use std::net::IpAddr;

use etherparse::{IpNumber, PacketBuilder};

use super::ip_headers;

#[derive(Clone, Copy, Debug)]
pub(crate) struct IcmpError {
    pub(crate) icmp_type: u8,
    pub(crate) code: u8,
    pub(crate) source: IpAddr,
    /// 0: none.
    pub(crate) mtu: u32,
    /// Bytes quoted after the IP header; default: as many as fit.
    pub(crate) quote_bytes: Option<usize>,
    pub(crate) misquoted: Option<QuotedField>,
}

/// Field of the quoted packet that differs from the packet sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum QuotedField {
    Destination,
    SourcePort,
    DestinationPort,
    EchoId,
    EchoSequence,
}

impl IcmpError {
    pub(crate) fn new(icmp_type: u8, code: u8, source: IpAddr) -> Self {
        Self {
            icmp_type,
            code,
            source,
            mtu: 0,
            quote_bytes: None,
            misquoted: None,
        }
    }

    pub(crate) fn port_unreachable(host: IpAddr) -> Self {
        let (icmp_type, code) = if host.is_ipv4() { (3, 3) } else { (1, 4) };
        Self::new(icmp_type, code, host)
    }

    pub(crate) fn time_exceeded(router: IpAddr) -> Self {
        let icmp_type = if router.is_ipv4() { 11 } else { 3 };
        Self::new(icmp_type, 0, router)
    }

    /// The error about `original` as a packet.
    ///
    /// Quotes the IP header and at least eight bytes (RFC 792); by default as much as fits the minimum MTU (RFC 1812
    /// section 4.3.2.3, RFC 4443 section 3.1).
    pub(crate) fn packet(&self, destination: IpAddr, ttl: u8, original: &[u8]) -> Vec<u8> {
        let (ip_header, max_quote) = if destination.is_ipv4() {
            (20, 576 - 20 - 8)
        } else {
            (40, 1280 - 40 - 8)
        };
        let length = self
            .quote_bytes
            .map_or(max_quote, |bytes| ip_header + bytes);
        let mut quote = original[..original.len().min(length)].to_vec();
        if let Some(field) = self.misquoted {
            quote[field.last_byte(ip_header)] ^= 1;
        }
        self.write(destination, ttl, &quote)
    }

    fn write(&self, destination: IpAddr, ttl: u8, quote: &[u8]) -> Vec<u8> {
        // IPv4: the MTU is the lower half of this word, the upper half is unused (RFC 1191).
        let word = self.mtu.to_be_bytes();
        let headers = |protocol| ip_headers(self.source, destination, ttl, protocol);
        let mut packet = Vec::new();
        let written = if destination.is_ipv4() {
            PacketBuilder::ip(headers(IpNumber::ICMP))
                .icmpv4_raw(self.icmp_type, self.code, word)
                .write(&mut packet, quote)
        } else {
            PacketBuilder::ip(headers(IpNumber::IPV6_ICMP))
                .icmpv6_raw(self.icmp_type, self.code, word)
                .write(&mut packet, quote)
        };
        written.expect("an ICMP error fits into a packet");
        packet
    }
}

impl QuotedField {
    /// Offset of the field's last byte, after an IP header of this length without options.
    fn last_byte(self, ip_header: usize) -> usize {
        match self {
            Self::Destination => ip_header - 1,
            Self::SourcePort => ip_header + 1,
            Self::DestinationPort => ip_header + 3,
            Self::EchoId => ip_header + 5,
            Self::EchoSequence => ip_header + 7,
        }
    }
}
