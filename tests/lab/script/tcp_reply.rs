//! Replies of the scripted peer to TCP segments.
//!
//! ```text
//! drop                            the SYN is lost on the forward path
//! syn-ack [after 20ms] [twice]    the SYN is answered
//! syn-ack lost                    the SYN is answered, and the SYN-ACK is lost on the return path
//! rst [after 20ms] [ttl 63]       the SYN is refused
//! rst unacceptable                a RST that acknowledges data never sent
//! icmp 3/13 from 10.99.1.1        a router rejects the SYN
//! fin [after 200ms]               after the handshake only
//! ```

use std::time::Duration;

use serde::Deserialize;

use super::value::{duration, icmp_type_code, number};
use crate::packet::DEFAULT_TTL;
use crate::packet::icmp_error::IcmpError;

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct TcpReply {
    pub(crate) kind: TcpReplyKind,
    pub(crate) delay: Duration,
    /// 0: lost on the return path; 2: duplicated.
    pub(crate) copies: usize,
    /// At the peer.
    pub(crate) ttl: u8,
    /// Whether the acknowledgement number is acceptable (RFC 9293 section 3.10.7.3).
    pub(crate) is_acceptable: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum TcpReplyKind {
    Drop,
    SynAck,
    Rst,
    Fin,
    IcmpError(IcmpError),
}

impl TcpReply {
    /// An acceptable reply without delay.
    pub(crate) fn new(kind: TcpReplyKind) -> Self {
        Self {
            kind,
            delay: Duration::ZERO,
            copies: 1,
            ttl: DEFAULT_TTL,
            is_acceptable: true,
        }
    }
}

impl TryFrom<String> for TcpReply {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        parse(&words).map_err(|error| format!("{text:?}: {error}"))
    }
}

fn parse(words: &[&str]) -> Result<TcpReply, String> {
    match words {
        ["drop"] => with_options(TcpReplyKind::Drop, &[]),
        ["syn-ack", options @ ..] => with_options(TcpReplyKind::SynAck, options),
        ["rst", options @ ..] => with_options(TcpReplyKind::Rst, options),
        ["fin", options @ ..] => with_options(TcpReplyKind::Fin, options),
        ["icmp", code, "from", address, options @ ..] => {
            let (icmp_type, code) = icmp_type_code(code)?;
            let error = IcmpError::new(icmp_type, code, number(address)?);
            with_options(TcpReplyKind::IcmpError(error), options)
        }
        _ => Err("unknown reply".to_owned()),
    }
}

fn with_options(kind: TcpReplyKind, mut options: &[&str]) -> Result<TcpReply, String> {
    let mut reply = TcpReply::new(kind);
    loop {
        options = match options {
            [] => return Ok(reply),
            ["lost", rest @ ..] => {
                reply.copies = 0;
                rest
            }
            ["unacceptable", rest @ ..] => {
                reply.is_acceptable = false;
                rest
            }
            ["twice", rest @ ..] => {
                reply.copies = 2;
                rest
            }
            ["after", delay, rest @ ..] => {
                reply.delay = duration(delay)?;
                rest
            }
            ["ttl", ttl, rest @ ..] => {
                reply.ttl = number(ttl)?;
                rest
            }
            [word, ..] => return Err(format!("unknown option {word:?}")),
        }
    }
}
