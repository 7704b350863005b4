//! What is said to a UDP service, and whether what came back is an answer to it. Pure: bytes in, bytes out.
//!
//! An empty datagram proves little: most services answer only what they understand. Nothing here
//! keeps state: what a probe said follows from its [`Question`], so an answer, or the packet that an ICMP
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
pub use named::Named;

/// The size of a plain payload, unless one is asked for.
pub const PLAIN_SIZE: usize = 32;

/// The largest payload of a UDP datagram over IPv4: 65,535 less the IP and UDP headers (RFC 768, RFC 791).
pub const LARGEST: usize = 65_507;

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
pub struct Question {
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
pub enum Answer {
    /// The answer to this very question: it repeats what only this question contained.
    Own(ReplySummary),
    /// An answer to something: nothing in it can tell to what.
    Unproven(ReplySummary),
    /// No answer to this question.
    Alien,
}

/// What a UDP probe says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Bytes that mean nothing, of this size; the question's token first. Whatever comes back counts.
    Plain(usize),
    /// The user's own bytes. Whatever comes back counts.
    Own(Arc<[u8]>),
    /// A request that servers of this protocol answer.
    Named(Named),
}

impl Payload {
    /// What to say to a port when the user does not choose: its protocol's request, else plain bytes.
    pub fn for_port(port: u16) -> Self {
        Named::for_port(port).map_or(Self::Plain(PLAIN_SIZE), Self::Named)
    }

    /// What is said, in a word or two, for a heading: `dns`, `32 bytes`, `5 own bytes`.
    pub fn name(&self) -> String {
        match self {
            Self::Plain(size) => words::counted(*size, "byte"),
            Self::Own(bytes) => words::counted(bytes.len(), "own byte"),
            Self::Named(named) => named.name().to_owned(),
        }
    }

    /// Whether a server that works answers this at all. Silence means nothing where it does not.
    pub fn is_ever_answered(&self) -> bool {
        *self != Self::Named(Named::Syslog)
    }

    /// Whether the answer may come from another port than the one asked.
    ///
    /// Only TFTP does so: each transfer gets a port of its own, its TID (RFC 1350 section 4).
    pub fn answers_from_any_port(&self) -> bool {
        *self == Self::Named(Named::Tftp)
    }

    /// Whether it fits in one packet.
    pub fn is_short(&self) -> bool {
        match self {
            Self::Plain(size) => *size <= SHORT,
            Self::Own(bytes) => bytes.len() <= SHORT,
            Self::Named(_) => true,
        }
    }

    /// Appends what is said to `out`.
    pub fn write(&self, question: &Question, out: &mut Vec<u8>) {
        match self {
            Self::Plain(size) => plain::write(question.token, *size, out),
            Self::Own(bytes) => out.extend_from_slice(bytes),
            Self::Named(named) => named.write(question, out),
        }
    }

    /// Judges a datagram that came from the target.
    pub fn classify(&self, question: &Question, answer: &[u8]) -> Answer {
        match self {
            Self::Plain(size) => plain::classify(question.token, *size, answer),
            Self::Own(bytes) => plain::judge_own(bytes, answer),
            Self::Named(named) => named.classify(question, answer),
        }
    }

    /// Whether an ICMP error that quotes these bytes is about this question.
    ///
    /// An error quotes the beginning of what was sent: at least 8 bytes behind the IP header, which is
    /// the UDP header and no more (RFC 792), usually as much as fits (RFC 1812 section 4.3.2.3, RFC 4443
    /// section 2.4). So a quote of nothing speaks against no question. A quote that is filled up with zeros, or
    /// that an extension follows after 128 bytes of the packet or more (RFC 4884 sections 4 and 5), is one, too.
    pub fn was_said(&self, question: &Question, quoted: &[u8]) -> bool {
        let mut said = Vec::new();
        self.write(question, &mut said);
        let same = said.iter().zip(quoted).take_while(|(a, b)| a == b).count();
        let starts = (QUOTED_AT_LEAST..=same).step_by(EXTENSION_ALIGNMENT);
        let extended = || starts.filter_map(|at| quoted.get(at..)).any(is_extension);
        same == said.len() || same == quoted.len() || extended()
    }

    /// Whether an answer can prove to be a probe's own.
    pub fn proves_itself(&self) -> bool {
        match self {
            Self::Plain(size) => *size >= size_of::<u64>(),
            Self::Own(_) | Self::Named(Named::Tftp) => false,
            Self::Named(_) => true,
        }
    }
}
