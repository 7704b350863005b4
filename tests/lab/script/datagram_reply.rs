//! Replies of the scripted peer to a UDP datagram or an ICMP echo request.
//!
//! ```text
//! drop                           no reply
//! echo                           the payload of the request
//! echo truncated 3               its first 3 bytes; `oversized 3`: 3 more bytes; `bit-flipped`: one bit differs
//! echo wrong-id                  ICMP: another identifier; `wrong-sequence`: another sequence number
//! payload hex:00ff               these bytes, or `text:...`
//! garbage 20                     20 pseudo-random bytes
//! dns nxdomain                   a DNS response: packet/dns.rs; `dns 10.99.7.7`: with this address
//! icmp 3/4 from 10.99.1.1        an ICMP error; `mtu 1300`; `quote 8`: bytes quoted after the IP header;
//!                                `misquotes port`: that field of the quoted packet differs
//! ```
//!
//! Options of all but `drop`: `after 20ms`, `twice`, `1000 times`, `ttl 63`, `bad-checksum`. Options of all but ICMP
//! errors: `from ADDRESS`, `port 7` (the source of the reply). `and` joins several replies to one request.

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;

use super::value::{duration, icmp_type_code, number};
use crate::packet::DEFAULT_TTL;
use crate::packet::dns::DnsReply;
use crate::packet::icmp_error::{IcmpError, QuotedField};

/// All replies to one request.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DatagramReplies(pub(crate) Vec<DatagramReply>);

#[derive(Clone, Debug)]
pub(crate) struct DatagramReply {
    pub(crate) content: Content,
    pub(crate) alterations: Vec<Alteration>,
    pub(crate) delay: Duration,
    pub(crate) copies: usize,
    /// At the peer.
    pub(crate) ttl: u8,
    /// Default: the destination of the request.
    pub(crate) source: Option<IpAddr>,
    pub(crate) source_port: Option<u16>,
    pub(crate) has_bad_checksum: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Drop,
    Echo,
    Bytes(Vec<u8>),
    Dns(DnsReply),
    IcmpError(IcmpError),
}

/// How a reply differs from the correct one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alteration {
    Truncated(usize),
    Oversized(usize),
    BitFlipped,
    WrongId,
    WrongSequence,
}

impl DatagramReply {
    /// A correct reply without delay.
    pub(crate) fn new(content: Content) -> Self {
        Self {
            content,
            alterations: Vec::new(),
            delay: Duration::ZERO,
            copies: 1,
            ttl: DEFAULT_TTL,
            source: None,
            source_port: None,
            has_bad_checksum: false,
        }
    }

    pub(crate) fn is_altered(&self, alteration: Alteration) -> bool {
        self.alterations.contains(&alteration)
    }
}

impl TryFrom<String> for DatagramReplies {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let replies = text.split(" and ").map(|reply| {
            let words: Vec<&str> = reply.split_whitespace().collect();
            parse(&words)
        });
        let replies: Result<_, _> = replies.collect();
        replies
            .map(Self)
            .map_err(|error| format!("{text:?}: {error}"))
    }
}

fn parse(words: &[&str]) -> Result<DatagramReply, String> {
    let (content, options) = match words {
        ["drop"] => (Content::Drop, &[][..]),
        ["echo", rest @ ..] => (Content::Echo, rest),
        ["payload", bytes, rest @ ..] => (Content::Bytes(payload(bytes)?), rest),
        ["garbage", length, rest @ ..] => (Content::Bytes(garbage(number(length)?)), rest),
        ["dns", kind, rest @ ..] => (Content::Dns(kind.parse()?), rest),
        ["icmp", code, "from", address, rest @ ..] => {
            let (icmp_type, code) = icmp_type_code(code)?;
            let error = IcmpError::new(icmp_type, code, number(address)?);
            return icmp_error_with_options(error, rest);
        }
        _ => return Err("unknown reply".to_owned()),
    };
    with_options(DatagramReply::new(content), options)
}

fn icmp_error_with_options(
    mut error: IcmpError,
    mut options: &[&str],
) -> Result<DatagramReply, String> {
    loop {
        options = match options {
            ["mtu", mtu, rest @ ..] => {
                error.mtu = number(mtu)?;
                rest
            }
            ["quote", bytes, rest @ ..] => {
                error.quote_bytes = Some(number(bytes)?);
                rest
            }
            ["misquotes", field, rest @ ..] => {
                error.misquoted = Some(quoted_field(field)?);
                rest
            }
            rest => return with_options(DatagramReply::new(Content::IcmpError(error)), rest),
        }
    }
}

fn quoted_field(word: &str) -> Result<QuotedField, String> {
    Ok(match word {
        "address" => QuotedField::Destination,
        "source-port" => QuotedField::SourcePort,
        "port" => QuotedField::DestinationPort,
        "id" => QuotedField::EchoId,
        "sequence" => QuotedField::EchoSequence,
        _ => return Err(format!("unknown field {word:?}")),
    })
}

fn with_options(mut reply: DatagramReply, mut options: &[&str]) -> Result<DatagramReply, String> {
    while !options.is_empty() {
        options = match alteration(options)? {
            Some((alteration, rest)) => {
                reply.alterations.push(alteration);
                rest
            }
            None => set_option(&mut reply, options)?,
        }
    }
    Ok(reply)
}

type Words<'a, 'b> = &'a [&'b str];

fn alteration<'a, 'b>(words: Words<'a, 'b>) -> Result<Option<(Alteration, Words<'a, 'b>)>, String> {
    Ok(Some(match words {
        ["truncated", length, rest @ ..] => (Alteration::Truncated(number(length)?), rest),
        ["oversized", more, rest @ ..] => (Alteration::Oversized(number(more)?), rest),
        ["bit-flipped", rest @ ..] => (Alteration::BitFlipped, rest),
        ["wrong-id", rest @ ..] => (Alteration::WrongId, rest),
        ["wrong-sequence", rest @ ..] => (Alteration::WrongSequence, rest),
        _ => return Ok(None),
    }))
}

fn set_option<'a, 'b>(
    reply: &mut DatagramReply,
    words: Words<'a, 'b>,
) -> Result<Words<'a, 'b>, String> {
    let length = match words[0] {
        "twice" | "bad-checksum" => 1,
        _ => 2,
    };
    let (option, rest) = words.split_at(length.min(words.len()));
    match option {
        ["twice"] => reply.copies = 2,
        ["bad-checksum"] => reply.has_bad_checksum = true,
        [copies, "times"] => reply.copies = number(copies)?,
        ["after", delay] => reply.delay = duration(delay)?,
        ["ttl", ttl] => reply.ttl = number(ttl)?,
        ["from", address] => reply.source = Some(number(address)?),
        ["port", port] => reply.source_port = Some(number(port)?),
        _ => return Err(format!("unknown option {option:?}")),
    }
    Ok(rest)
}

fn payload(text: &str) -> Result<Vec<u8>, String> {
    match text.split_once(':') {
        Some(("text", text)) => Ok(text.as_bytes().to_vec()),
        Some(("hex", digits)) => hex(digits).ok_or(format!("{digits:?} is not hexadecimal")),
        _ => Err(format!("{text:?} is neither text: nor hex:")),
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    bytes.collect()
}

/// Linear congruential: the same bytes in every run.
fn garbage(length: usize) -> Vec<u8> {
    let next = |byte: &u8| Some(byte.wrapping_mul(167).wrapping_add(13));
    std::iter::successors(Some(0xa5), next)
        .take(length)
        .collect()
}
