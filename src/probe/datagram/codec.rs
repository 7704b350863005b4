//! Encodes requests and matches replies, for UDP and ICMP echo.

use super::icmp_echo::IcmpEcho;
use super::request::{DatagramMatch, Request};
use crate::payload::{Payload, ReplyMatch, Transaction};

/// The codec of one target.
#[derive(Clone, Debug)]
pub(super) enum Codec {
    Udp(Payload),
    Icmp(IcmpEcho),
}

impl Codec {
    /// Appends a request to `out`; `seq` counts the datagrams of the run.
    pub(super) fn encode(&self, transaction: &Transaction, seq: u64, out: &mut Vec<u8>) {
        match self {
            Self::Udp(payload) => payload.encode(transaction, out),
            Self::Icmp(echo) => echo.encode(transaction, seq, out),
        }
    }

    /// Matches a received datagram with a request.
    pub(super) fn match_reply(&self, request: &Request, datagram: &[u8]) -> DatagramMatch {
        match self {
            Self::Udp(payload) => match payload.match_reply(&request.transaction, datagram) {
                ReplyMatch::Matched(summary) => DatagramMatch::Matched(Some(summary)),
                ReplyMatch::Unverified(summary) => DatagramMatch::Unverified(summary),
                ReplyMatch::Mismatch => DatagramMatch::Mismatch,
            },
            Self::Icmp(echo) => echo.match_reply(request, datagram),
        }
    }

    /// Whether an ICMP error that quotes these bytes may be about `request`.
    pub(super) fn matches_quote(&self, request: &Request, quoted: &[u8]) -> bool {
        match self {
            Self::Udp(payload) => payload.matches_quote(&request.transaction, quoted),
            Self::Icmp(echo) => echo.matches_quote(request, quoted),
        }
    }

    /// Whether a reply identifies its request.
    pub(super) fn has_verifiable_reply(&self) -> bool {
        match self {
            Self::Udp(payload) => payload.has_verifiable_reply(),
            Self::Icmp(_) => true,
        }
    }

    /// Whether a request fits the minimum MTU of IPv6.
    pub(super) fn fits_minimum_mtu(&self) -> bool {
        match self {
            Self::Udp(payload) => payload.fits_minimum_mtu(),
            Self::Icmp(echo) => echo.fits_minimum_mtu(),
        }
    }

    /// Whether a reply may come from another port than the destination port.
    pub(super) fn replies_from_any_port(&self) -> bool {
        matches!(self, Self::Udp(payload) if payload.replies_from_any_port())
    }

    /// Whether the socket receives datagrams of other hosts, so that the sender is checked. A connected UDP socket
    /// receives from its peer only. A ping socket receives every reply with its identifier (`ping_lookup` in
    /// net/ipv4/ping.c).
    pub(super) fn receives_from_any_host(&self) -> bool {
        matches!(self, Self::Icmp(_)) || self.replies_from_any_port()
    }
}
