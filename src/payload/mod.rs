//! UDP payloads: encoding requests, matching replies. Pure: bytes in, bytes out.
//!
//! Most UDP services reply only to a valid request of their protocol. No state is kept: a request follows from its
//! [`Transaction`], so a reply, or a packet quoted by an ICMP error, is compared with the request encoded again.
//!
//! To add a protocol: a file in `protocols/` with its `CODEC` (name, port, encode, match reply), a line in the list of
//! `protocols/mod.rs`, and a sample reply in `protocols/tests.rs`.

mod ber;
#[cfg(test)]
mod fixture;
mod hex;
mod icmp_quote;
mod pattern;
mod protocols;
mod reader;
mod reply_text;
#[cfg(test)]
mod tests;
mod token;
mod transaction;

use std::sync::Arc;

pub use hex::parse_hex;
pub use pattern::DEFAULT_SIZE;
pub use protocols::AppProtocol;
pub use transaction::{ReplyMatch, Transaction};

/// Maximum UDP payload over IPv4: 65,535 bytes less the IP and UDP headers (RFC 768, RFC 791).
pub const MAX_UDP_PAYLOAD: usize = 65_507;

/// Maximum UDP payload at the minimum IPv6 MTU of 1,280 bytes (RFC 8200 section 5).
const MAX_MINIMUM_MTU_PAYLOAD: usize = 1232;

/// Payload of a UDP probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The token, then a byte pattern, of this size in bytes. Any datagram counts as reply.
    Pattern(usize),
    /// Bytes given by the user. Any datagram counts as reply.
    Custom(Arc<[u8]>),
    /// A request of an application protocol.
    Protocol(AppProtocol),
}

impl Payload {
    /// Default payload of a port: its protocol's request, else a pattern.
    pub fn for_port(port: u16) -> Self {
        AppProtocol::for_port(port).map_or(Self::Pattern(DEFAULT_SIZE), Self::Protocol)
    }

    /// Name for a heading: `dns`, `32 bytes`, `5 own bytes`.
    pub fn name(&self) -> String {
        match self {
            Self::Pattern(size) => reply_text::counted(*size, "byte"),
            Self::Custom(bytes) => reply_text::counted(bytes.len(), "own byte"),
            Self::Protocol(protocol) => protocol.name().to_owned(),
        }
    }

    /// Whether servers reply at all. If not, no reply is no evidence.
    pub fn expects_reply(&self) -> bool {
        self.app_protocol().is_none_or(AppProtocol::expects_reply)
    }

    /// Whether the reply may come from another port.
    pub fn replies_from_any_port(&self) -> bool {
        self.app_protocol()
            .is_some_and(AppProtocol::replies_from_any_port)
    }

    /// Whether the packet fits the minimum IPv6 MTU.
    pub fn fits_minimum_mtu(&self) -> bool {
        match self {
            Self::Pattern(size) => *size <= MAX_MINIMUM_MTU_PAYLOAD,
            Self::Custom(bytes) => bytes.len() <= MAX_MINIMUM_MTU_PAYLOAD,
            Self::Protocol(_) => true,
        }
    }

    /// Appends the request to `out`.
    pub fn encode(&self, transaction: &Transaction, out: &mut Vec<u8>) {
        match self {
            Self::Pattern(size) => pattern::encode(transaction.token, *size, out),
            Self::Custom(bytes) => out.extend_from_slice(bytes),
            Self::Protocol(protocol) => protocol.encode(transaction, out),
        }
    }

    /// Matches a datagram received from the target.
    pub fn match_reply(&self, transaction: &Transaction, reply: &[u8]) -> ReplyMatch {
        match self {
            Self::Pattern(size) => pattern::match_reply(transaction.token, *size, reply),
            Self::Custom(bytes) => pattern::match_custom(bytes, reply),
            Self::Protocol(protocol) => protocol.match_reply(transaction, reply),
        }
    }

    /// Whether `quoted`, the UDP payload quoted by an ICMP error, is of this transaction's request.
    pub fn matches_quote(&self, transaction: &Transaction, quoted: &[u8]) -> bool {
        let mut request = Vec::new();
        self.encode(transaction, &mut request);
        icmp_quote::matches(&request, quoted)
    }

    /// Whether a reply can be [`ReplyMatch::Matched`].
    pub fn has_verifiable_reply(&self) -> bool {
        match self {
            Self::Pattern(size) => *size >= pattern::TOKEN_SIZE,
            Self::Custom(_) => false,
            Self::Protocol(protocol) => protocol.has_verifiable_reply(),
        }
    }

    fn app_protocol(&self) -> Option<AppProtocol> {
        match self {
            Self::Protocol(protocol) => Some(*protocol),
            Self::Pattern(_) | Self::Custom(_) => None,
        }
    }
}
