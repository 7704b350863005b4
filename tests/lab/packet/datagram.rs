//! UDP datagrams and ICMP echoes as values: requests in, answers out.

use std::net::{IpAddr, SocketAddr};

use etherparse::{IpNumber, NetSlice, PacketBuilder, SlicedPacket, TransportSlice};

use crate::endpoint::Place;
use crate::packet::{self, addresses, ip};
use crate::peer::path::Fate;
use crate::script::datagram::{Answer, Change, IcmpError, TTL, What};
use crate::script::router_rule::Traveller;

/// A UDP datagram or an ICMP echo request that the tool sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) ttl: u8,
    pub(crate) dscp: u8,
    /// No router may cut it into pieces; with IPv6 none ever may.
    pub(crate) dont_fragment: bool,
    pub(crate) head: Head,
    pub(crate) payload: Vec<u8>,
    /// The packet as it came, for an ICMP error to quote.
    packet: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Head {
    Udp { from: u16, to: u16 },
    Echo { id: u16, sequence: u16 },
}

impl Request {
    /// Reads a packet; what is neither is somebody else's business, and so are fragments.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let sliced = SlicedPacket::from_ip(packet).ok()?;
        let (from, to, ttl) = addresses(&sliced)?;
        let (dscp, dont_fragment) = marks(&sliced)?;
        let (head, payload) = content(sliced.transport.as_ref()?)?;
        Some(Self {
            from,
            to,
            ttl,
            dscp,
            dont_fragment,
            head,
            payload: payload.to_vec(),
            packet: packet.to_vec(),
        })
    }

    /// Which target it is for.
    pub(crate) fn place(&self) -> Place {
        match self.head {
            Head::Udp { to, .. } => Place::udp(SocketAddr::new(self.to, to)),
            Head::Echo { .. } => Place::icmp(self.to),
        }
    }

    pub(crate) fn traveller(&self) -> Traveller {
        let flow = match self.head {
            Head::Udp { from, .. } => from,
            Head::Echo { id, .. } => id,
        };
        let Place { protocol, port, .. } = self.place();
        Traveller {
            protocol,
            flow,
            port,
            ttl: self.ttl,
            length: self.packet.len(),
            sequence: None,
        }
    }

    /// Its source as the tool has to name it.
    pub(crate) fn local(&self) -> String {
        match self.head {
            Head::Udp { from, .. } => SocketAddr::new(self.from, from).to_string(),
            Head::Echo { .. } => self.from.to_string(),
        }
    }

    /// The answer that the script wants, as a packet.
    pub(crate) fn answered(&self, answer: &Answer, fate: &Fate) -> Option<Vec<u8>> {
        let body = match &answer.what {
            What::Silence => return None,
            What::Icmp(error) => return Some(self.refused(error, fate)),
            What::Echo => self.payload.clone(),
            What::Bytes(bytes) => bytes.clone(),
            What::Dns(dns) => dns.answer(&self.payload),
        };
        let ttl = answer.ttl.saturating_sub(fate.routers);
        let mut packet = self.reply(answer, ttl, &changed(body, &answer.changes));
        if answer.corrupt {
            // The last byte is the payload's: the checksum no longer fits.
            *packet.last_mut()? ^= 1;
        }
        Some(packet)
    }

    fn refused(&self, error: &IcmpError, fate: &Fate) -> Vec<u8> {
        let about = packet::with_ttl(&self.packet, fate.ttl);
        let ttl = TTL.saturating_sub(fate.routers);
        packet::icmp_error(error, self.from, ttl, &about)
    }

    fn reply(&self, answer: &Answer, ttl: u8, body: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        let from = answer.from.unwrap_or(self.to);
        let headers = |protocol| PacketBuilder::ip(ip(from, self.from, ttl, protocol));
        let written = match self.head {
            Head::Udp { from, to } => headers(IpNumber::UDP)
                .udp(answer.port.unwrap_or(to), from)
                .write(&mut packet, body),
            Head::Echo { id, sequence } => {
                let (id, sequence) = numbers(id, sequence, answer);
                if from.is_ipv4() {
                    headers(IpNumber::ICMP)
                        .icmpv4_echo_reply(id, sequence)
                        .write(&mut packet, body)
                } else {
                    headers(IpNumber::IPV6_ICMP)
                        .icmpv6_echo_reply(id, sequence)
                        .write(&mut packet, body)
                }
            }
        };
        written.expect("an answer fits into a packet");
        packet
    }
}

fn marks(sliced: &SlicedPacket) -> Option<(u8, bool)> {
    match sliced.net.as_ref()? {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            Some((header.dcp().value(), header.dont_fragment()))
        }
        NetSlice::Ipv6(ip) => Some((ip.header().dscp().value(), true)),
        NetSlice::Arp(_) => None,
    }
}

/// Echo requests are type 8 (RFC 792) and type 128 (RFC 4443).
fn content<'a>(transport: &TransportSlice<'a>) -> Option<(Head, &'a [u8])> {
    match transport {
        TransportSlice::Udp(udp) => {
            let (from, to) = (udp.source_port(), udp.destination_port());
            Some((Head::Udp { from, to }, udp.payload()))
        }
        TransportSlice::Icmpv4(icmp) if icmp.type_u8() == 8 => {
            Some((echo(icmp.bytes5to8()), icmp.payload()))
        }
        TransportSlice::Icmpv6(icmp) if icmp.type_u8() == 128 => {
            Some((echo(icmp.bytes5to8()), icmp.payload()))
        }
        _ => None,
    }
}

fn echo([a, b, c, d]: [u8; 4]) -> Head {
    Head::Echo {
        id: u16::from_be_bytes([a, b]),
        sequence: u16::from_be_bytes([c, d]),
    }
}

/// Far from any that the tool might have used at the same time.
fn numbers(id: u16, sequence: u16, answer: &Answer) -> (u16, u16) {
    let wrong = |number: u16, change| {
        if answer.has(change) {
            number ^ 0x8000
        } else {
            number
        }
    };
    (
        wrong(id, Change::WrongId),
        wrong(sequence, Change::WrongSequence),
    )
}

fn changed(mut body: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        match change {
            Change::Truncated(length) => body.truncate(*length),
            Change::Oversized(more) => body.resize(body.len() + more, 0x2a),
            Change::Flipped => {
                if let Some(first) = body.first_mut() {
                    *first ^= 1;
                }
            }
            Change::WrongId | Change::WrongSequence => {}
        }
    }
    body
}
