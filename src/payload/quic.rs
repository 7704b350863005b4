//! QUIC: a packet of a version that nobody speaks, so that the server lists those that it does.

use std::fmt::Write as _;

use super::bytes::Reader;
use super::token::mixed;
use crate::outcome::ReplySummary;

/// A long header (0x80, RFC 8999 section 5.1) with the fixed bit (0x40, RFC 9000 section 17.2) and the
/// type Initial, without which some servers look no further.
const FIRST_BYTE: u8 = 0xc0;

/// The bit that says "long header" (RFC 8999 section 5.1). The others of this byte mean nothing in a
/// Version Negotiation packet (RFC 9000 section 17.2.1).
const LONG_HEADER: u8 = 0x80;

/// A version reserved to force version negotiation (RFC 9000 section 15).
const NOBODY_S_VERSION: u32 = 0x1a2a_3a4a;

/// What every version reserved for that has in common: 0x?a?a?a?a (RFC 9000 section 15).
const RESERVED: u32 = 0x0a0a_0a0a;

/// The bits that make it so.
const RESERVED_MASK: u32 = 0x0f0f_0f0f;

/// The "version" of a Version Negotiation packet (RFC 8999 section 6).
const NEGOTIATION: u32 = 0;

/// Bytes in each connection id; the first packet's destination has at least 8 (RFC 9000 section 7.2).
const ID_SIZE: u8 = 8;

/// Bytes in the datagram. Servers ignore smaller first datagrams (RFC 9000 sections 6.1, 14.1).
const DATAGRAM_SIZE: usize = 1200;

/// Bytes before the padding: first byte, version, and each id behind its length.
const HEADER_SIZE: usize = 1 + 4 + 2 * (1 + ID_SIZE as usize);

/// The connection id that the packet is sent to.
fn destination(token: u64) -> [u8; 8] {
    token.to_be_bytes()
}

/// The connection id that the packet says to answer to.
fn source(token: u64) -> [u8; 8] {
    mixed(token, 0).to_be_bytes()
}

/// Appends the packet (RFC 8999 section 5.1). What follows the ids depends on the version: here, zeros.
pub(super) fn write(token: u64, out: &mut Vec<u8>) {
    out.push(FIRST_BYTE);
    out.extend_from_slice(&NOBODY_S_VERSION.to_be_bytes());
    out.push(ID_SIZE);
    out.extend_from_slice(&destination(token));
    out.push(ID_SIZE);
    out.extend_from_slice(&source(token));
    out.resize(out.len() + DATAGRAM_SIZE - HEADER_SIZE, 0);
}

/// What the answer to this token's packet says; nothing if it is none.
///
/// A Version Negotiation packet returns both ids in exchanged places (RFC 8999 section 6). One that
/// lists no version, or ends within one, is to be ignored.
pub(super) fn read(token: u64, answer: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(answer);
    let (first, version) = (reader.u8()?, reader.u32()?);
    let to = id(&mut reader)?;
    let from = id(&mut reader)?;
    let (versions, cut) = reader.rest().as_chunks();
    let negotiation = first & LONG_HEADER != 0 && version == NEGOTIATION;
    let own = negotiation && to == source(token) && from == destination(token);
    let listed = !versions.is_empty() && cut.is_empty();
    (own && listed).then(|| said(versions))
}

/// A connection id behind its length (RFC 8999 section 5.1).
fn id<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let size = reader.u8()?;
    reader.take(size.into())
}

/// The versions in the server's order, without those that only keep clients honest (RFC 9000 section 6.3).
fn said(versions: &[[u8; 4]]) -> ReplySummary {
    let versions = versions.iter().map(|version| u32::from_be_bytes(*version));
    let mut real = versions.filter(|version| version & RESERVED_MASK != RESERVED);
    let mut said = "versions".to_owned();
    for version in real.by_ref().take(16) {
        said.push(' ');
        push_name(version, &mut said);
    }
    if said == "versions" {
        said.push_str(" none known");
    }
    ReplySummary::new(&said)
}

/// RFC 9000 section 15, RFC 9369 section 3.1; drafts are 0xff0000 and their number
/// (draft-ietf-quic-transport section 15).
fn push_name(version: u32, said: &mut String) {
    let _ = match version {
        0x0000_0001 => said.write_str("v1"),
        0x6b33_43cf => said.write_str("v2"),
        0xff00_0000..=0xff00_00ff => write!(said, "draft-{}", version & 0xff),
        _ => write!(said, "0x{version:08x}"),
    }; // writing into a String does not fail
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{Example, hex};
    use super::*;

    const TOKEN: u64 = 0x0123_4567_89ab_cdef;

    fn answer(token: u64, first: u8, versions: &str) -> Vec<u8> {
        let mut bytes = vec![first, 0, 0, 0, 0, 8];
        bytes.extend(source(token));
        bytes.push(8);
        bytes.extend(destination(token));
        bytes.extend(hex(versions));
        bytes
    }

    /// A reserved version, then 1 and 2.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let bytes = answer(token, 0xca, "8a9aaaba 00000001 6b3343cf");
        Example::new(bytes, 6..14).and(15..23)
    }

    fn said(versions: &str) -> Option<String> {
        read(TOKEN, &answer(TOKEN, 0x80, versions)).map(|said| said.as_str().to_owned())
    }

    #[test]
    fn the_packet_fills_a_datagram() {
        let mut out = Vec::new();
        write(TOKEN, &mut out);
        assert_eq!(out.len(), DATAGRAM_SIZE);
        assert!(out.starts_with(&hex("c0 1a2a3a4a 08 0123456789abcdef 08")));
        assert_eq!(NOBODY_S_VERSION & RESERVED_MASK, RESERVED);
    }

    #[test]
    fn versions_are_named() {
        let usual = said("8a9aaaba 00000001 6b3343cf ff00001d");
        assert_eq!(usual.as_deref(), Some("versions v1 v2 draft-29"));
        let odd = said("51303530 00000002");
        assert_eq!(odd.as_deref(), Some("versions 0x51303530 0x00000002"));
        assert_eq!(said("1a1a1a1a").as_deref(), Some("versions none known"));
        let long = said(&"51303530".repeat(300)).expect("a long list");
        assert_eq!(long.len(), 56);
    }

    #[test]
    fn a_list_that_is_empty_or_cut_is_ignored() {
        assert_eq!(said(""), None);
        assert_eq!(said("00000001 6b33"), None);
    }

    #[test]
    fn ids_not_exchanged_or_a_short_header_are_no_answer() {
        let mut same = vec![0x80, 0, 0, 0, 0, 8];
        same.extend(destination(TOKEN));
        same.push(8);
        same.extend(source(TOKEN));
        same.extend(hex("00000001"));
        assert_eq!(read(TOKEN, &same), None);
        assert_eq!(read(TOKEN, &answer(TOKEN, 0x40, "00000001")), None);
    }
}
