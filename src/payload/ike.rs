//! IKE: the first message of a key exchange, made so that the responder answers and keeps nothing.
//!
//! Responders limit how many exchanges one address may leave half done; strongSwan ignores it beyond
//! five (`charon.block_threshold`). A probe each second would soon be left unanswered. So the message
//! offers what servers accept, but its key is of a group that none accepts any more. The responder says
//! which group it wants instead, or that nothing offered suits it, and forgets the matter (RFC 7296
//! sections 1.2, 1.3).

use super::bytes::Reader;
use super::token::mixed;
use crate::outcome::ReplySummary;

/// The header between the responder's SPI, which is 0 in a first message, and the length (RFC 7296 section 3.1).
const HEADER: [u8; 8] = [
    33,        // next payload: SA (RFC 7296 section 3.2)
    0x20,      // version 2.0
    34,        // exchange type: IKE_SA_INIT
    INITIATOR, // flags
    0, 0, 0, 0, // message id
];

/// Bytes in the whole message.
const LENGTH: u32 = 28 + 116 + 104 + 36;

/// The SA payload: one proposal of common algorithms (RFC 7296 sections 3.3, 3.3.1, 3.3.2; RFC 8247).
const PROPOSAL: &[&[u8]] = &[
    &[34, 0, 0, 116],                              // payload header; the next is KE
    &[0, 0, 0, 112, 1, 1, 0, 12], // last proposal, number 1, for IKE, no SPI, 12 transforms
    &[3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 1, 0], // encryption: AES-CBC with 256 bits
    &[3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 0, 128], // AES-CBC with 128 bits
    &[3, 0, 0, 8, 2, 0, 0, 5],    // pseudorandom function: HMAC-SHA2-256
    &[3, 0, 0, 8, 2, 0, 0, 2],    // HMAC-SHA1
    &[3, 0, 0, 8, 3, 0, 0, 12],   // integrity: HMAC-SHA2-256-128
    &[3, 0, 0, 8, 3, 0, 0, 2],    // HMAC-SHA1-96
    &[3, 0, 0, 8, 4, 0, 0, 1],    // key exchange: the group of the key that follows
    &[3, 0, 0, 8, 4, 0, 0, 14],   // 2048-bit MODP
    &[3, 0, 0, 8, 4, 0, 0, 19],   // 256-bit random ECP
    &[3, 0, 0, 8, 4, 0, 0, 20],   // 384-bit random ECP
    &[3, 0, 0, 8, 4, 0, 0, 31],   // Curve25519 (RFC 8031)
    &[0, 0, 0, 8, 4, 0, 0, 2],    // last transform: 1024-bit MODP
];

/// The KE payload's beginning: a key of group 1, 768-bit MODP (RFC 7296 section 3.4, appendix B.1).
///
/// It must not be used any more (RFC 8247 section 2.4).
const KEY: [u8; 8] = [40, 0, 0, 104, 0, 1, 0, 0];

/// How many times 8 bytes such a key has.
const KEY_WORDS: u64 = 768 / 64;

/// The Nonce payload's beginning, the last payload (RFC 7296 section 3.9).
const NONCE: [u8; 4] = [0, 0, 0, 36];

/// How many times 8 bytes the nonce has; it must have at least 16 bytes.
const NONCE_WORDS: u64 = 4;

/// The flag of messages from who began the exchange (RFC 7296 section 3.1).
const INITIATOR: u8 = 0x08;

/// The flag of responses (RFC 7296 section 3.1).
const RESPONSE: u8 = 0x20;

/// Payload type SA (RFC 7296 section 3.2).
const SA: u8 = 33;

/// Payload type Notify (RFC 7296 section 3.2).
const NOTIFY: u8 = 41;

/// Payload type Notification of version 1 (RFC 2408 section 3.1).
const NOTIFICATION_V1: u8 = 11;

/// Exchange type Informational of version 1 (RFC 2408 section 3.1).
const INFORMATIONAL_V1: u8 = 5;

/// Notify types below this one are errors (RFC 7296 section 3.10.1).
const FIRST_STATUS: u16 = 16384;

/// Notify type `INVALID_KE_PAYLOAD`; the group wanted is its data (RFC 7296 section 1.3).
const INVALID_KE_PAYLOAD: u16 = 17;

/// The initiator's SPI is the token; 0 is not allowed (RFC 7296 section 3.1).
fn spi(token: u64) -> u64 {
    if token == 0 { u64::MAX } else { token }
}

/// Appends the message.
pub(super) fn write(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&spi(token).to_be_bytes());
    out.extend_from_slice(&0_u64.to_be_bytes());
    out.extend_from_slice(&HEADER);
    out.extend_from_slice(&LENGTH.to_be_bytes());
    for row in PROPOSAL {
        out.extend_from_slice(row);
    }
    out.extend_from_slice(&KEY);
    // A key is less than the group's prime, whose first bits are all set, so its first bit is not.
    out.extend_from_slice(&(mixed(token, 0) >> 1).to_be_bytes());
    append_mixed(token, 1..KEY_WORDS, out);
    out.extend_from_slice(&NONCE);
    append_mixed(token, KEY_WORDS..KEY_WORDS + NONCE_WORDS, out);
}

fn append_mixed(token: u64, steps: std::ops::Range<u64>, out: &mut Vec<u8>) {
    for step in steps {
        out.extend_from_slice(&mixed(token, step).to_be_bytes());
    }
}

/// What the answer to this token's message says; nothing if it is none.
///
/// Version 1 has no response flag: its servers send an Informational exchange with our SPI, which they
/// call the initiator's cookie (RFC 2408 sections 3.1, 5.2).
pub(super) fn read(token: u64, answer: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(answer);
    let own = reader.u64()? == spi(token);
    reader.take(8)?; // responder's SPI
    let [next, version, exchange, flags] = reader.chunk()?;
    reader.take(4)?; // message id
    let whole = usize::try_from(reader.u32()?).ok()? == answer.len();
    let found = Payloads { next, reader };
    match version >> 4 {
        _ if !own || !whole => None,
        1 if exchange == INFORMATIONAL_V1 => Some(said_v1(found)),
        2.. if flags & (RESPONSE | INITIATOR) == RESPONSE => Some(said_v2(found)),
        _ => None,
    }
}

/// Payloads one after another (RFC 7296 section 3.2, RFC 2408 section 3.2); each names the next one's type.
struct Payloads<'a> {
    next: u8,
    reader: Reader<'a>,
}

impl<'a> Iterator for Payloads<'a> {
    type Item = (u8, &'a [u8]);

    /// Every step takes at least the four bytes of a payload's header, so this ends.
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

fn said_v2(payloads: Payloads) -> ReplySummary {
    let mut accepted = false;
    for (kind, body) in payloads {
        if let Some(said) = (kind == NOTIFY).then(|| notify(body)).flatten() {
            return said;
        }
        accepted |= kind == SA;
    }
    ReplySummary::new(if accepted {
        "IKEv2 proposal accepted"
    } else {
        "IKEv2 response"
    })
}

/// An error, or a status that refuses; nothing for what only accompanies an answer (RFC 7296 section 3.10).
fn notify(body: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(body);
    let [_, spi_size] = reader.chunk()?;
    let kind = reader.u16()?;
    reader.take(spi_size.into())?;
    let said = match (kind, notify_name(kind)) {
        (INVALID_KE_PAYLOAD, _) => match reader.u16() {
            Some(group) => format!("IKEv2 wants key group {group}"),
            None => "IKEv2 INVALID_KE_PAYLOAD".to_owned(),
        },
        (_, Some(name)) => format!("IKEv2 {name}"),
        (..FIRST_STATUS, None) => format!("IKEv2 error {kind}"),
        _ => return None,
    };
    Some(ReplySummary::new(&said))
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

/// A version 1 server's notification (RFC 2408 section 3.14).
fn said_v1(mut payloads: Payloads) -> ReplySummary {
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

/// The notify message type, behind the domain of interpretation, protocol and SPI size (RFC 2408 section 3.14).
fn notification_v1(body: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(body);
    reader.take(6)?;
    reader.u16()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{Example, hex};
    use super::*;

    const TOKEN: u64 = 0x0123_4567_89ab_cdef;

    /// A message with this middle of the header, and these payloads.
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

    /// As strongSwan refuses the key: `INVALID_KE_PAYLOAD`, group 14 wanted.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let payloads = "00 00 000a 00 00 0011 000e";
        let bytes = message(token, "29 20 22 20 00000000", payloads);
        Example::new(bytes, 0..8)
    }

    fn said(header: &str, payloads: &str) -> Option<String> {
        let answer = message(TOKEN, header, payloads);
        read(TOKEN, &answer).map(|said| said.as_str().to_owned())
    }

    #[test]
    fn the_message_is_as_long_as_each_length_says() {
        let mut out = Vec::new();
        write(TOKEN, &mut out);
        assert_eq!(out.len(), 284);
        let start = hex("0123456789abcdef 0000000000000000 21 20 22 08 00000000 0000011c");
        assert!(out.starts_with(&start));
        let mut reader = Reader::new(&out);
        reader.take(28).expect("the header");
        let mut found = Payloads { next: SA, reader };
        let sizes: Vec<_> = found
            .by_ref()
            .map(|(kind, body)| (kind, body.len()))
            .collect();
        assert_eq!(sizes, [(33, 112), (34, 100), (40, 32)]);
        assert!(found.reader.rest().is_empty());
    }

    #[test]
    fn the_proposal_s_transforms_fill_it() {
        let all = PROPOSAL.concat();
        let (mut reader, mut kinds) = (Reader::new(&all), Vec::new());
        reader.take(4 + 8).expect("payload and proposal headers");
        while let Some([more, _]) = reader.chunk() {
            let length = usize::from(reader.u16().expect("a length"));
            let body = reader.take(length - 4).expect("a transform");
            kinds.push(*body.first().expect("a type"));
            assert_eq!(more == 0, reader.rest().is_empty(), "only the last says so");
        }
        assert_eq!(kinds, [1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn a_token_of_zero_is_no_spi() {
        assert_eq!((spi(0), spi(1)), (u64::MAX, 1));
    }

    #[test]
    fn what_version_2_answers_is_named() {
        let header = "29 20 22 20 00000000";
        let said = |payloads| said(header, payloads).expect("ours");
        assert_eq!(
            said("00 00 000a 00 00 0011 000e"),
            "IKEv2 wants key group 14"
        );
        assert_eq!(said("00 00 0008 01 00 0011"), "IKEv2 INVALID_KE_PAYLOAD");
        assert_eq!(said("00 00 0008 00 00 000e"), "IKEv2 NO_PROPOSAL_CHOSEN");
        assert_eq!(said("00 00 0009 00 00 4006 aa"), "IKEv2 COOKIE");
        assert_eq!(said("00 00 0008 00 00 0063"), "IKEv2 error 99");
        assert_eq!(
            said("00 00 0009 00 00 4004 aa"),
            "IKEv2 response",
            "NAT detection"
        );
        assert_eq!(
            said("00 00 0003 00 00 000e"),
            "IKEv2 response",
            "a length that lies"
        );
        assert_eq!(
            said("29 00 0008 00 ff 000e"),
            "IKEv2 response",
            "an SPI that lies"
        );
    }

    #[test]
    fn an_accepted_proposal_and_version_1_are_named() {
        let accepted = said(
            "21 20 22 20 00000000",
            "29 00 0008 00000000 00 00 0008 00 00 4004",
        );
        assert_eq!(accepted.as_deref(), Some("IKEv2 proposal accepted"));
        let old = said("0b 10 05 00 00000000", "00 00 000c 00000001 01 00 0005");
        assert_eq!(old.as_deref(), Some("IKEv1 INVALID-MAJOR-VERSION"));
        let secret = said("08 10 05 01 00000000", "deadbeef");
        assert_eq!(secret.as_deref(), Some("IKEv1 informational"));
    }

    #[test]
    fn requests_and_messages_of_the_wrong_size_are_no_answer() {
        assert_eq!(said("00 20 22 08 00000000", ""), None, "a request");
        assert_eq!(said("00 20 22 28 00000000", ""), None, "from an initiator");
        assert_eq!(
            said("00 10 02 00 00000000", ""),
            None,
            "version 1, main mode"
        );
        let mut longer = message(TOKEN, "00 20 22 20 00000000", "");
        assert!(read(TOKEN, &longer).is_some());
        longer.push(0);
        assert_eq!(read(TOKEN, &longer), None);
    }
}
