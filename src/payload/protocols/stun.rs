//! STUN: Binding request, to which servers reply with its source address.

use std::net::{IpAddr, SocketAddr};

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::reader::Reader;
use crate::payload::token::{low32, splitmix64};

pub(super) const CODEC: Codec = Codec {
    name: "stun",
    port: Some(3478),
    encode: |transaction, out| encode(transaction.token, out),
    matcher: Matcher::Verified(|transaction, reply| match_reply(transaction.token, reply)),
    replies_from_any_port: false,
};

/// Message type of a Binding request (RFC 8489 sections 5, 18.2).
const REQUEST: u16 = 0x0001;

/// Message type of a Binding success response (RFC 8489 section 5).
const SUCCESS: u16 = 0x0101;

/// Message type of a Binding error response (RFC 8489 section 5).
const ERROR: u16 = 0x0111;

/// Magic cookie (RFC 8489 section 5).
const COOKIE: u32 = 0x2112_a442;

/// Attribute types (RFC 8489 section 18.3).
const MAPPED_ADDRESS: u16 = 0x0001;
const ERROR_CODE: u16 = 0x0009;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

/// Magic cookie and 96-bit transaction id, of which 64 bits are the token (RFC 8489 section 5). An XOR-MAPPED-ADDRESS
/// is masked with both (RFC 8489 section 14.2).
fn cookie_and_id(token: u64) -> [u8; 16] {
    let filler = low32(splitmix64(token, 0));
    let all = u128::from(COOKIE) << 96 | u128::from(token) << 32 | u128::from(filler);
    all.to_be_bytes()
}

/// Appends the request: no attributes, length 0 (RFC 8489 section 5).
fn encode(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&REQUEST.to_be_bytes());
    out.extend_from_slice(&0_u16.to_be_bytes());
    out.extend_from_slice(&cookie_and_id(token));
}

/// Matches a response by transaction id.
fn match_reply(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    match_cookie_and_id(cookie_and_id(token), reply)
}

fn match_cookie_and_id(expected: [u8; 16], reply: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(reply);
    let (kind, length) = (reader.u16()?, reader.u16()?);
    let received: [u8; 16] = reader.chunk()?;
    let attributes = reader.rest();
    let is_whole = usize::from(length) == attributes.len();
    match kind {
        _ if !is_whole || received != expected => None,
        SUCCESS => Some(success(attributes, expected)),
        ERROR => Some(error(attributes)),
        _ => None,
    }
}

fn success(attributes: &[u8], mask: [u8; 16]) -> ReplySummary {
    let xor_mapped = find(attributes, XOR_MAPPED_ADDRESS);
    let xor_mapped = xor_mapped.and_then(|value| address(value, mask));
    // Servers of RFC 3489 send MAPPED-ADDRESS only (RFC 8489 section 11).
    let mapped = || find(attributes, MAPPED_ADDRESS).and_then(|value| address(value, [0; 16]));
    match xor_mapped.or_else(mapped) {
        Some(address) => ReplySummary::new(&format!("mapped {address}")),
        None => ReplySummary::new("success without an address"),
    }
}

/// ERROR-CODE: class (hundreds) and number (RFC 8489 section 14.8).
fn error(attributes: &[u8]) -> ReplySummary {
    match find(attributes, ERROR_CODE) {
        Some([_, _, class, number, ..]) => {
            let code = u16::from(class & 0x07) * 100 + u16::from(*number);
            ReplySummary::new(&format!("error {code}"))
        }
        _ => ReplySummary::new("error without a code"),
    }
}

/// Value of the first attribute of this type (RFC 8489 section 14).
fn find(attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut reader = Reader::new(attributes);
    loop {
        let (kind, length) = (reader.u16()?, usize::from(reader.u16()?));
        let value = reader.take(length)?;
        if kind == wanted {
            return Some(value);
        }
        reader.take(length.next_multiple_of(4) - length)?; // padding
    }
}

/// An address with the mask removed (RFC 8489 sections 14.1 and 14.2).
fn address(value: &[u8], mask: [u8; 16]) -> Option<SocketAddr> {
    let mut reader = Reader::new(value);
    let [_, family] = reader.chunk()?;
    let port = u16::from_be_bytes(xor(reader.chunk()?, mask));
    let ip = match family {
        0x01 => IpAddr::from(xor::<4>(reader.chunk()?, mask)),
        0x02 => IpAddr::from(xor::<16>(reader.chunk()?, mask)),
        _ => return None,
    };
    reader
        .rest()
        .is_empty()
        .then_some(SocketAddr::new(ip, port))
}

fn xor<const N: usize>(mut bytes: [u8; N], mask: [u8; 16]) -> [u8; N] {
    for (byte, mask) in bytes.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    bytes
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::payload::fixture::{Example, hex};

    /// Magic cookie and transaction id of the test vectors in RFC 5769.
    const PUBLISHED: &str = "2112a442 b7e7a701bc34d686fa87dfae";

    fn published() -> [u8; 16] {
        hex(PUBLISHED).try_into().expect("16 bytes")
    }

    fn summary(start: &str, attributes: &str) -> Option<String> {
        let reply = hex(&format!("{start} {PUBLISHED} {attributes}"));
        match_cookie_and_id(published(), &reply).map(|summary| summary.as_str().to_owned())
    }

    /// XOR-MAPPED-ADDRESS and MAPPED-ADDRESS of 192.0.2.1:32853.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let mut bytes = hex("0101 0018");
        bytes.extend(cookie_and_id(token));
        bytes.extend(hex("0020 0008 00 01 a147 e112a643"));
        bytes.extend(hex("0001 0008 00 01 8055 c0000201"));
        Example::new(bytes, 4..20)
    }

    #[test]
    fn the_request_is_a_header_only() {
        let mut out = Vec::new();
        encode(0x0123_4567_89ab_cdef, &mut out);
        assert!(out.starts_with(&hex("0001 0000 2112a442 0123456789abcdef")));
        assert_eq!(out.len(), 20);
    }

    #[test]
    fn rfc_5769_test_vectors_are_matched() {
        // Section 2.2: SOFTWARE, XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY, FINGERPRINT.
        let v4 = summary(
            "0101 003c",
            "8022 000b 7465737420766563746f72 20 0020 0008 0001 a147 e112a643
             0008 0014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 8028 0004 c07d4c96",
        );
        assert_eq!(v4.as_deref(), Some("mapped 192.0.2.1:32853"));
        // Section 2.3: the same for IPv6.
        let v6 = summary(
            "0101 0048",
            "8022 000b 7465737420766563746f72 20
             0020 0014 0002 a147 0113a9faa5d3f179bc25f4b5bed2b9d9
             0008 0014 a382954e4be67bf11784c97c8292c275bfe3ed41 8028 0004 c8fb0b4c",
        );
        let expected = "mapped [2001:db8:1234:5678:11:2233:4455:6677]:32853";
        assert_eq!(v6.as_deref(), Some(expected));
    }

    #[test]
    fn rfc_3489_servers_and_errors_are_matched() {
        let mapped = summary("0101 000c", "0001 0008 0001 8055 c0000201");
        assert_eq!(mapped.as_deref(), Some("mapped 192.0.2.1:32853"));
        let error = summary("0111 0014", "0009 0010 0000 04 01 556e617574686f72697a6564");
        assert_eq!(error.as_deref(), Some("error 401"));
        let no_code = summary("0111 0000", "");
        assert_eq!(no_code.as_deref(), Some("error without a code"));
        let empty = summary("0101 0000", "");
        assert_eq!(empty.as_deref(), Some("success without an address"));
    }

    #[test]
    fn truncated_messages_and_other_types_are_no_match() {
        assert_eq!(summary("0101 000c", "0001 0008 0001 8055 c00002"), None);
        assert_eq!(summary("0101 0000", "00"), None);
        assert_eq!(summary("0011 0000", ""), None, "an indication");
        let wrong_length = summary("0101 0008", "0020 ffff 0001 a147");
        assert_eq!(wrong_length.as_deref(), Some("success without an address"));
    }
}
