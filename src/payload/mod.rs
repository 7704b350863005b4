//! What is said to a UDP service, and whether what came back is an answer to it. Pure: bytes in, bytes out.
//!
//! An empty datagram proves little: most services answer only what they understand. Nothing here
//! keeps state: what a probe said follows from its [`Transaction`], so an answer, or the packet that an ICMP
//! error quotes, is checked against what must have been said.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::outcome::ReplySummary;

mod ber;
mod bytes;
mod dns;
mod hex;
mod ike;
mod memcached;
mod named;
mod ntp;
mod plain;
mod quic;
mod sip;
mod snmp;
mod stun;
mod syslog;
#[cfg(test)]
mod tests;
mod tftp;
mod token;
mod words;

pub use hex::parse_hex;
pub use named::AppProtocol;

/// The size of a plain payload, unless one is asked for.
pub const DEFAULT_SIZE: usize = 32;

/// The largest payload of a UDP datagram over IPv4: 65,535 less the IP and UDP headers (RFC 768, RFC 791).
pub const MAX_UDP_PAYLOAD: usize = 65_507;

/// A payload that is no longer fits in one packet, with its headers, nearly everywhere: IPv6 works on every link that
/// takes 1,280 bytes (RFC 8200 section 5).
const SHORT: usize = 1232;

/// The part of a payload that is quoted before any extension: 128 bytes less the headers of IPv6 and UDP.
const QUOTED_AT_LEAST: usize = 80;

/// How an extension begins: its version and reserved bits (RFC 4884 section 7).
const EXTENSION: [u8; 2] = [0x20, 0x00];

/// Objects in an extension are no larger than this: a label stack, an interface with its name (RFC 4950, RFC 5837).
const LARGEST_OBJECT: u16 = 128;

/// Quotes before an extension have a whole number of such words, in bytes (RFC 4884 section 4).
const EXTENSION_ALIGNMENT: usize = 4;

/// Whether these bytes are an extension with a first object: behind the header and its checksum the object's length,
/// which covers its own four bytes, and its class (RFC 4884 sections 7 and 8).
fn is_extension(bytes: &[u8]) -> bool {
    match *bytes {
        [a, b, _, _, high, low, class, _, ..] if [a, b] == EXTENSION => {
            let length = u16::from_be_bytes([high, low]);
            (4..=LARGEST_OBJECT).contains(&length)
                && length.is_multiple_of(4)
                && (1..=5).contains(&class)
        }
        _ => false,
    }
}

/// Everything that makes one probe's request its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Differs from probe to probe, and cannot be guessed by whoever does not see the probe.
    ///
    /// Its low 16 bits alone differ among the last 65,536 probes, for protocols with no room for more.
    pub token: u64,
    /// Where it is sent from.
    pub local: SocketAddr,
    /// Where it is sent to.
    pub target: SocketAddr,
}

/// What a datagram from the target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyMatch {
    /// The answer to this very question: it repeats what only this question contained.
    Matched(ReplySummary),
    /// An answer to something: nothing in it can tell to what.
    Unverified(ReplySummary),
    /// No answer to this question.
    Mismatch,
}

/// What a UDP probe says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Bytes that mean nothing, of this size; the question's token first. Whatever comes back counts.
    Pattern(usize),
    /// The user's own bytes. Whatever comes back counts.
    Custom(Arc<[u8]>),
    /// A request that servers of this protocol answer.
    Protocol(AppProtocol),
}

impl Payload {
    /// What to say to a port when the user does not choose: its protocol's request, else plain bytes.
    pub fn for_port(port: u16) -> Self {
        AppProtocol::for_port(port).map_or(Self::Pattern(DEFAULT_SIZE), Self::Protocol)
    }

    /// What is said, in a word or two, for a heading: `dns`, `32 bytes`, `5 own bytes`.
    pub fn name(&self) -> String {
        match self {
            Self::Pattern(size) => words::counted(*size, "byte"),
            Self::Custom(bytes) => words::counted(bytes.len(), "own byte"),
            Self::Protocol(named) => named.name().to_owned(),
        }
    }

    /// Whether a server that works answers this at all. Silence means nothing where it does not.
    pub fn expects_reply(&self) -> bool {
        *self != Self::Protocol(AppProtocol::Syslog)
    }

    /// Whether the answer may come from another port than the one asked.
    ///
    /// Only TFTP does so: each transfer gets a port of its own, its TID (RFC 1350 section 4).
    pub fn replies_from_any_port(&self) -> bool {
        *self == Self::Protocol(AppProtocol::Tftp)
    }

    /// Whether it fits in one packet.
    pub fn fits_minimum_mtu(&self) -> bool {
        match self {
            Self::Pattern(size) => *size <= SHORT,
            Self::Custom(bytes) => bytes.len() <= SHORT,
            Self::Protocol(_) => true,
        }
    }

    /// Appends what is said to `out`.
    pub fn encode(&self, question: &Transaction, out: &mut Vec<u8>) {
        match self {
            Self::Pattern(size) => plain::write(question.token, *size, out),
            Self::Custom(bytes) => out.extend_from_slice(bytes),
            Self::Protocol(named) => named.write(question, out),
        }
    }

    /// Judges a datagram that came from the target.
    pub fn match_reply(&self, question: &Transaction, answer: &[u8]) -> ReplyMatch {
        match self {
            Self::Pattern(size) => plain::classify(question.token, *size, answer),
            Self::Custom(bytes) => plain::judge_own(bytes, answer),
            Self::Protocol(named) => named.classify(question, answer),
        }
    }

    /// Whether an ICMP error that quotes these bytes is about this question.
    ///
    /// An error quotes the beginning of what was sent: at least 8 bytes behind the IP header, which is
    /// the UDP header and no more (RFC 792), usually as much as fits (RFC 1812 section 4.3.2.3, RFC 4443
    /// section 2.4). So a quote of nothing speaks against no question. A quote that is filled up with zeros, or
    /// that an extension follows after 128 bytes of the packet or more (RFC 4884 sections 4 and 5), is one, too.
    pub fn matches_quote(&self, question: &Transaction, quoted: &[u8]) -> bool {
        let mut said = Vec::new();
        self.encode(question, &mut said);
        let same = said.iter().zip(quoted).take_while(|(a, b)| a == b).count();
        let starts = (QUOTED_AT_LEAST..=same).step_by(EXTENSION_ALIGNMENT);
        let extended = || starts.filter_map(|at| quoted.get(at..)).any(is_extension);
        same == said.len() || same == quoted.len() || extended()
    }

    /// Whether an answer can prove to be a probe's own.
    pub fn has_verifiable_reply(&self) -> bool {
        match self {
            Self::Pattern(size) => *size >= size_of::<u64>(),
            Self::Custom(_) | Self::Protocol(AppProtocol::Tftp) => false,
            Self::Protocol(_) => true,
        }
    }
}
