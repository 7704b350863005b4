//! IKE: an `IKE_SA_INIT` request that leaves no half-open exchange at the responder.
//!
//! Responders limit half-open exchanges per address; strongSwan drops further requests beyond five
//! (`charon.block_threshold`). So the proposal is acceptable, but the key is of a group that no server accepts: the
//! responder replies `INVALID_KE_PAYLOAD` with its group, or `NO_PROPOSAL_CHOSEN`, and keeps no state (RFC 7296
//! sections 1.2, 1.3).

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::reader::Reader;
use crate::payload::token::splitmix64;

pub(super) const CODEC: Codec = Codec {
    name: "ike",
    port: Some(500),
    encode: |transaction, out| encode(transaction.token, out),
    matcher: Matcher::Verified(|transaction, reply| match_reply(transaction.token, reply)),
    replies_from_any_port: false,
};

/// Header between responder SPI and length (RFC 7296 section 3.1).
const HEADER: [u8; 8] = [
    33,        // next payload: SA (RFC 7296 section 3.2)
    0x20,      // version 2.0
    34,        // exchange type: IKE_SA_INIT
    INITIATOR, // flags
    0, 0, 0, 0, // message id
];

/// Length of the message in bytes.
const LENGTH: u32 = 28 + 116 + 104 + 36;

/// SA payload: one proposal of common algorithms (RFC 7296 sections 3.3, 3.3.1, 3.3.2; RFC 8247).
const PROPOSAL: &[&[u8]] = &[
    &[34, 0, 0, 116],                              // payload header, next payload: KE
    &[0, 0, 0, 112, 1, 1, 0, 12], // last proposal, number 1, protocol IKE, no SPI, 12 transforms
    &[3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 1, 0], // encryption: AES-CBC with 256 bits
    &[3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 0, 128], // AES-CBC with 128 bits
    &[3, 0, 0, 8, 2, 0, 0, 5],    // pseudorandom function: HMAC-SHA2-256
    &[3, 0, 0, 8, 2, 0, 0, 2],    // HMAC-SHA1
    &[3, 0, 0, 8, 3, 0, 0, 12],   // integrity: HMAC-SHA2-256-128
    &[3, 0, 0, 8, 3, 0, 0, 2],    // HMAC-SHA1-96
    &[3, 0, 0, 8, 4, 0, 0, 1],    // key exchange group of the KE payload
    &[3, 0, 0, 8, 4, 0, 0, 14],   // 2048-bit MODP
    &[3, 0, 0, 8, 4, 0, 0, 19],   // 256-bit random ECP
    &[3, 0, 0, 8, 4, 0, 0, 20],   // 384-bit random ECP
    &[3, 0, 0, 8, 4, 0, 0, 31],   // Curve25519 (RFC 8031)
    &[0, 0, 0, 8, 4, 0, 0, 2],    // last transform: 1024-bit MODP
];

/// Start of the KE payload: group 1, 768-bit MODP (RFC 7296 section 3.4, appendix B.1), which must not be used any more
/// (RFC 8247 section 2.4).
const KEY: [u8; 8] = [40, 0, 0, 104, 0, 1, 0, 0];

/// Length of the key in 8-byte words.
const KEY_WORDS: u64 = 768 / 64;

/// Start of the Nonce payload, the last one (RFC 7296 section 3.9).
const NONCE: [u8; 4] = [0, 0, 0, 36];

/// Length of the nonce in 8-byte words; at least 16 bytes are required.
const NONCE_WORDS: u64 = 4;

/// Flag: sent by the original initiator (RFC 7296 section 3.1).
const INITIATOR: u8 = 0x08;

/// Flag: response (RFC 7296 section 3.1).
const RESPONSE: u8 = 0x20;

/// Payload type SA (RFC 7296 section 3.2).
const SA: u8 = 33;

/// Payload type Notify (RFC 7296 section 3.2).
const NOTIFY: u8 = 41;

/// `IKEv1` payload type Notification (RFC 2408 section 3.1).
const NOTIFICATION_V1: u8 = 11;

/// `IKEv1` exchange type Informational (RFC 2408 section 3.1).
const INFORMATIONAL_V1: u8 = 5;

/// Notify types below this are errors (RFC 7296 section 3.10.1).
const FIRST_STATUS: u16 = 16384;

/// Notify type `INVALID_KE_PAYLOAD`; its data is the group wanted (RFC 7296 section 1.3).
const INVALID_KE_PAYLOAD: u16 = 17;

/// Initiator SPI: the token; 0 is invalid (RFC 7296 section 3.1).
fn spi(token: u64) -> u64 {
    if token == 0 { u64::MAX } else { token }
}

/// Appends the request.
fn encode(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&spi(token).to_be_bytes());
    out.extend_from_slice(&0_u64.to_be_bytes());
    out.extend_from_slice(&HEADER);
    out.extend_from_slice(&LENGTH.to_be_bytes());
    for row in PROPOSAL {
        out.extend_from_slice(row);
    }
    out.extend_from_slice(&KEY);
    // Top bit clear: a public key is below the prime, which begins with one bits.
    out.extend_from_slice(&(splitmix64(token, 0) >> 1).to_be_bytes());
    append_random(token, 1..KEY_WORDS, out);
    out.extend_from_slice(&NONCE);
    append_random(token, KEY_WORDS..KEY_WORDS + NONCE_WORDS, out);
}

fn append_random(token: u64, steps: std::ops::Range<u64>, out: &mut Vec<u8>) {
    for step in steps {
        out.extend_from_slice(&splitmix64(token, step).to_be_bytes());
    }
}

/// Matches a response by initiator SPI and length.
///
/// `IKEv1` has no response flag: servers send an Informational exchange with the same SPI, called initiator cookie (RFC
/// 2408 sections 3.1, 5.2).
fn match_reply(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(reply);
    let same_spi = reader.u64()? == spi(token);
    reader.take(8)?; // responder SPI
    let [next, version, exchange, flags] = reader.chunk()?;
    reader.take(4)?; // message id
    let is_whole = usize::try_from(reader.u32()?).ok()? == reply.len();
    let payloads = Payloads { next, reader };
    match version >> 4 {
        _ if !same_spi || !is_whole => None,
        1 if exchange == INFORMATIONAL_V1 => Some(summary_v1(payloads)),
        2.. if flags & (RESPONSE | INITIATOR) == RESPONSE => Some(summary_v2(payloads)),
        _ => None,
    }
}

/// Chain of payloads (RFC 7296 section 3.2, RFC 2408 section 3.2); each header has the type of the next.
struct Payloads<'a> {
    next: u8,
    reader: Reader<'a>,
}

impl<'a> Iterator for Payloads<'a> {
    type Item = (u8, &'a [u8]);

    /// Terminates: each step consumes at least the 4 bytes of a payload header.
    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.next;
        if kind == 0 {
            return None;
        }
        let [next, _] = self.reader.chunk()?;
        let length = usize::from(self.reader.u16()?);
        let body = self.reader.take(length.checked_sub(4)?)?;
        self.next = next;
        Some((kind, body))
    }
}

fn summary_v2(payloads: Payloads) -> ReplySummary {
    let mut accepted = false;
    for (kind, body) in payloads {
        if let Some(summary) = (kind == NOTIFY).then(|| notify(body)).flatten() {
            return summary;
        }
        accepted |= kind == SA;
    }
    ReplySummary::new(if accepted {
        "IKEv2 proposal accepted"
    } else {
        "IKEv2 response"
    })
}

/// Summary of an error, COOKIE or REDIRECT; absent for other status types (RFC 7296 section 3.10).
fn notify(body: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(body);
    let [_, spi_size] = reader.chunk()?;
    let kind = reader.u16()?;
    reader.take(spi_size.into())?;
    let summary = match (kind, notify_name(kind)) {
        (INVALID_KE_PAYLOAD, _) => match reader.u16() {
            Some(group) => format!("IKEv2 wants key group {group}"),
            None => "IKEv2 INVALID_KE_PAYLOAD".to_owned(),
        },
        (_, Some(name)) => format!("IKEv2 {name}"),
        (..FIRST_STATUS, None) => format!("IKEv2 error {kind}"),
        _ => return None,
    };
    Some(ReplySummary::new(&summary))
}

/// RFC 7296 section 3.10.1; REDIRECT is RFC 5685 section 9.
fn notify_name(kind: u16) -> Option<&'static str> {
    Some(match kind {
        1 => "UNSUPPORTED_CRITICAL_PAYLOAD",
        4 => "INVALID_IKE_SPI",
        5 => "INVALID_MAJOR_VERSION",
        7 => "INVALID_SYNTAX",
        9 => "INVALID_MESSAGE_ID",
        14 => "NO_PROPOSAL_CHOSEN",
        24 => "AUTHENTICATION_FAILED",
        43 => "TEMPORARY_FAILURE",
        16390 => "COOKIE",
        16407 => "REDIRECT",
        _ => return None,
    })
}

/// Summary of an `IKEv1` notification (RFC 2408 section 3.14).
fn summary_v1(mut payloads: Payloads) -> ReplySummary {
    let body = payloads.find(|(kind, _)| *kind == NOTIFICATION_V1);
    let kind = body.and_then(|(_, body)| notification_v1(body));
    ReplySummary::new(&match kind {
        Some(5) => "IKEv1 INVALID-MAJOR-VERSION".to_owned(),
        Some(7) => "IKEv1 INVALID-EXCHANGE-TYPE".to_owned(),
        Some(14) => "IKEv1 NO-PROPOSAL-CHOSEN".to_owned(),
        Some(16) => "IKEv1 PAYLOAD-MALFORMED".to_owned(),
        Some(kind) => format!("IKEv1 notification {kind}"),
        None => "IKEv1 informational".to_owned(),
    })
}

/// Notify message type, after DOI, protocol id and SPI size (RFC 2408 section 3.14).
fn notification_v1(body: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(body);
    reader.take(6)?;
    reader.u16()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::payload::fixture::{Example, hex};

    const TOKEN: u64 = 0x0123_4567_89ab_cdef;

    /// A message; `header` is the part between responder SPI and length.
    fn message(token: u64, header: &str, payloads: &str) -> Vec<u8> {
        let payloads = hex(payloads);
        let mut bytes = spi(token).to_be_bytes().to_vec();
        bytes.extend(hex("c0ffee00c0ffee00"));
        bytes.extend(hex(header));
        let length = u32::try_from(28 + payloads.len()).expect("short");
        bytes.extend(length.to_be_bytes());
        bytes.extend(payloads);
        bytes
    }

    /// Reply of strongSwan: `INVALID_KE_PAYLOAD` with group 14.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let payloads = "00 00 000a 00 00 0011 000e";
        let bytes = message(token, "29 20 22 20 00000000", payloads);
        Example::new(bytes, 0..8)
    }

    fn summary(header: &str, payloads: &str) -> Option<String> {
        let reply = message(TOKEN, header, payloads);
        match_reply(TOKEN, &reply).map(|summary| summary.as_str().to_owned())
    }

    #[test]
    fn lengths_are_consistent() {
        let mut out = Vec::new();
        encode(TOKEN, &mut out);
        assert_eq!(out.len(), 284);
        let start = hex("0123456789abcdef 0000000000000000 21 20 22 08 00000000 0000011c");
        assert!(out.starts_with(&start));
        let mut reader = Reader::new(&out);
        reader.take(28).expect("the header");
        let mut payloads = Payloads { next: SA, reader };
        let sizes: Vec<_> = payloads
            .by_ref()
            .map(|(kind, body)| (kind, body.len()))
            .collect();
        assert_eq!(sizes, [(33, 112), (34, 100), (40, 32)]);
        assert!(payloads.reader.rest().is_empty());
    }

    #[test]
    fn transforms_fill_the_proposal() {
        let all = PROPOSAL.concat();
        let (mut reader, mut kinds) = (Reader::new(&all), Vec::new());
        reader.take(4 + 8).expect("payload and proposal headers");
        while let Some([more, _]) = reader.chunk() {
            let length = usize::from(reader.u16().expect("a length"));
            let body = reader.take(length - 4).expect("a transform");
            kinds.push(*body.first().expect("a type"));
            assert_eq!(more == 0, reader.rest().is_empty(), "last transform");
        }
        assert_eq!(kinds, [1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn token_zero_is_replaced() {
        assert_eq!((spi(0), spi(1)), (u64::MAX, 1));
    }

    #[test]
    fn ikev2_notifications_are_named() {
        let header = "29 20 22 20 00000000";
        let summary = |payloads| summary(header, payloads).expect("a match");
        assert_eq!(
            summary("00 00 000a 00 00 0011 000e"),
            "IKEv2 wants key group 14"
        );
        assert_eq!(summary("00 00 0008 01 00 0011"), "IKEv2 INVALID_KE_PAYLOAD");
        assert_eq!(summary("00 00 0008 00 00 000e"), "IKEv2 NO_PROPOSAL_CHOSEN");
        assert_eq!(summary("00 00 0009 00 00 4006 aa"), "IKEv2 COOKIE");
        assert_eq!(summary("00 00 0008 00 00 0063"), "IKEv2 error 99");
        assert_eq!(
            summary("00 00 0009 00 00 4004 aa"),
            "IKEv2 response",
            "NAT detection"
        );
        assert_eq!(
            summary("00 00 0003 00 00 000e"),
            "IKEv2 response",
            "wrong payload length"
        );
        assert_eq!(
            summary("29 00 0008 00 ff 000e"),
            "IKEv2 response",
            "wrong SPI size"
        );
    }

    #[test]
    fn accepted_proposals_and_ikev1_are_named() {
        let accepted = summary(
            "21 20 22 20 00000000",
            "29 00 0008 00000000 00 00 0008 00 00 4004",
        );
        assert_eq!(accepted.as_deref(), Some("IKEv2 proposal accepted"));
        let ikev1 = summary("0b 10 05 00 00000000", "00 00 000c 00000001 01 00 0005");
        assert_eq!(ikev1.as_deref(), Some("IKEv1 INVALID-MAJOR-VERSION"));
        let encrypted = summary("08 10 05 01 00000000", "deadbeef");
        assert_eq!(encrypted.as_deref(), Some("IKEv1 informational"));
    }

    #[test]
    fn requests_and_wrong_lengths_are_no_match() {
        assert_eq!(summary("00 20 22 08 00000000", ""), None, "a request");
        assert_eq!(summary("00 20 22 28 00000000", ""), None, "initiator flag");
        assert_eq!(
            summary("00 10 02 00 00000000", ""),
            None,
            "version 1, main mode"
        );
        let mut longer = message(TOKEN, "00 20 22 20 00000000", "");
        assert!(match_reply(TOKEN, &longer).is_some());
        longer.push(0);
        assert_eq!(match_reply(TOKEN, &longer), None);
    }
}
