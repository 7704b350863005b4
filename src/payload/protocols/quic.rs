//! QUIC: a packet of a reserved version, to which servers reply with a Version Negotiation packet.

use std::fmt::Write as _;

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::reader::Reader;
use crate::payload::token::splitmix64;

pub(super) const CODEC: Codec = Codec {
    name: "quic",
    port: Some(443),
    encode: |transaction, out| encode(transaction.token, out),
    matcher: Matcher::Verified(|transaction, reply| match_reply(transaction.token, reply)),
    replies_from_any_port: false,
};

/// Long header (0x80, RFC 8999 section 5.1), fixed bit (0x40, RFC 9000 section 17.2), type Initial: some servers ignore
/// other types.
const FIRST_BYTE: u8 = 0xc0;

/// Long header bit (RFC 8999 section 5.1). The other bits are unused in a Version Negotiation packet (RFC 9000 section
/// 17.2.1).
const LONG_HEADER: u8 = 0x80;

/// Reserved version that forces version negotiation (RFC 9000 section 15).
const RESERVED_VERSION: u32 = 0x1a2a_3a4a;

/// Common bits of the reserved versions, 0x?a?a?a?a (RFC 9000 section 15).
const RESERVED_BITS: u32 = 0x0a0a_0a0a;

/// Mask of [`RESERVED_BITS`].
const RESERVED_MASK: u32 = 0x0f0f_0f0f;

/// Version field of a Version Negotiation packet (RFC 8999 section 6).
const NEGOTIATION: u32 = 0;

/// Length of each connection ID; the destination of a first packet has at least 8 bytes (RFC 9000 section 7.2).
const ID_SIZE: u8 = 8;

/// Length of the datagram. Servers ignore smaller first datagrams (RFC 9000 sections 6.1, 14.1).
const DATAGRAM_SIZE: usize = 1200;

/// Length before the padding: first byte, version, each connection ID with its length.
const HEADER_SIZE: usize = 1 + 4 + 2 * (1 + ID_SIZE as usize);

/// Destination connection ID.
fn destination(token: u64) -> [u8; 8] {
    token.to_be_bytes()
}

/// Source connection ID.
fn source(token: u64) -> [u8; 8] {
    splitmix64(token, 0).to_be_bytes()
}

/// Appends the packet (RFC 8999 section 5.1). The version-specific part is zero.
fn encode(token: u64, out: &mut Vec<u8>) {
    out.push(FIRST_BYTE);
    out.extend_from_slice(&RESERVED_VERSION.to_be_bytes());
    out.push(ID_SIZE);
    out.extend_from_slice(&destination(token));
    out.push(ID_SIZE);
    out.extend_from_slice(&source(token));
    out.resize(out.len() + DATAGRAM_SIZE - HEADER_SIZE, 0);
}

/// Matches a Version Negotiation packet by its connection IDs, which are swapped (RFC 8999 section 6). One with no
/// version, or a truncated one, must be ignored.
fn match_reply(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(reply);
    let (first, version) = (reader.u8()?, reader.u32()?);
    let destination_id = connection_id(&mut reader)?;
    let source_id = connection_id(&mut reader)?;
    let (versions, remainder) = reader.rest().as_chunks();
    let negotiation = first & LONG_HEADER != 0 && version == NEGOTIATION;
    let is_reply =
        negotiation && destination_id == source(token) && source_id == destination(token);
    let is_whole = !versions.is_empty() && remainder.is_empty();
    (is_reply && is_whole).then(|| summary(versions))
}

/// A connection ID with its length (RFC 8999 section 5.1).
fn connection_id<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let size = reader.u8()?;
    reader.take(size.into())
}

/// The versions in the server's order, without reserved ones (RFC 9000 section 6.3).
fn summary(versions: &[[u8; 4]]) -> ReplySummary {
    let versions = versions.iter().map(|version| u32::from_be_bytes(*version));
    let mut usable = versions.filter(|version| version & RESERVED_MASK != RESERVED_BITS);
    let mut summary = "versions".to_owned();
    for version in usable.by_ref().take(16) {
        summary.push(' ');
        push_name(version, &mut summary);
    }
    if summary == "versions" {
        summary.push_str(" none known");
    }
    ReplySummary::new(&summary)
}

/// Version 1 (RFC 9000 section 15), 2 (RFC 9369 section 3.1), drafts (0xff0000nn, draft-ietf-quic-transport section
/// 15).
fn push_name(version: u32, summary: &mut String) {
    let _ = match version {
        0x0000_0001 => summary.write_str("v1"),
        0x6b33_43cf => summary.write_str("v2"),
        0xff00_0000..=0xff00_00ff => write!(summary, "draft-{}", version & 0xff),
        _ => write!(summary, "0x{version:08x}"),
    }; // writing into a String does not fail
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::payload::fixture::{Example, hex};

    const TOKEN: u64 = 0x0123_4567_89ab_cdef;

    fn reply(token: u64, first: u8, versions: &str) -> Vec<u8> {
        let mut bytes = vec![first, 0, 0, 0, 0, 8];
        bytes.extend(source(token));
        bytes.push(8);
        bytes.extend(destination(token));
        bytes.extend(hex(versions));
        bytes
    }

    /// Versions: a reserved one, 1, 2.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let bytes = reply(token, 0xca, "8a9aaaba 00000001 6b3343cf");
        Example::new(bytes, 6..14).and(15..23)
    }

    fn summary(versions: &str) -> Option<String> {
        match_reply(TOKEN, &reply(TOKEN, 0x80, versions)).map(|summary| summary.as_str().to_owned())
    }

    #[test]
    fn the_packet_has_the_minimum_size() {
        let mut out = Vec::new();
        encode(TOKEN, &mut out);
        assert_eq!(out.len(), DATAGRAM_SIZE);
        assert!(out.starts_with(&hex("c0 1a2a3a4a 08 0123456789abcdef 08")));
        assert_eq!(RESERVED_VERSION & RESERVED_MASK, RESERVED_BITS);
    }

    #[test]
    fn versions_are_named() {
        let known = summary("8a9aaaba 00000001 6b3343cf ff00001d");
        assert_eq!(known.as_deref(), Some("versions v1 v2 draft-29"));
        let unknown = summary("51303530 00000002");
        assert_eq!(unknown.as_deref(), Some("versions 0x51303530 0x00000002"));
        assert_eq!(summary("1a1a1a1a").as_deref(), Some("versions none known"));
        let long = summary(&"51303530".repeat(300)).expect("a long list");
        assert_eq!(long.len(), 56);
    }

    #[test]
    fn an_empty_or_truncated_list_is_no_match() {
        assert_eq!(summary(""), None);
        assert_eq!(summary("00000001 6b33"), None);
    }

    #[test]
    fn unswapped_ids_or_a_short_header_are_no_match() {
        let mut same = vec![0x80, 0, 0, 0, 0, 8];
        same.extend(destination(TOKEN));
        same.push(8);
        same.extend(source(TOKEN));
        same.extend(hex("00000001"));
        assert_eq!(match_reply(TOKEN, &same), None);
        assert_eq!(match_reply(TOKEN, &reply(TOKEN, 0x40, "00000001")), None);
    }
}
