//! STUN: a Binding request, which asks for the address that it came from.

use std::net::{IpAddr, SocketAddr};

use super::bytes::Reader;
use super::token::{low32, mixed};
use crate::outcome::ReplySummary;

/// Message type of a Binding request (RFC 8489 sections 5, 18.2).
const REQUEST: u16 = 0x0001;

/// Message type of a success response to Binding (RFC 8489 section 5).
const SUCCESS: u16 = 0x0101;

/// Message type of an error response to Binding (RFC 8489 section 5).
const ERROR: u16 = 0x0111;

/// The magic cookie (RFC 8489 section 5).
const COOKIE: u32 = 0x2112_a442;

/// Attribute types (RFC 8489 section 18.3).
const MAPPED_ADDRESS: u16 = 0x0001;
const ERROR_CODE: u16 = 0x0009;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

/// The cookie and the transaction id: 96 bits, of which 64 are the token (RFC 8489 section 5).
///
/// Both together are also what an address is disguised with (RFC 8489 section 14.2).
fn transaction(token: u64) -> [u8; 16] {
    let filler = low32(mixed(token, 0));
    let all = u128::from(COOKIE) << 96 | u128::from(token) << 32 | u128::from(filler);
    all.to_be_bytes()
}

/// Appends the request. It has no attributes, so its length is 0 (RFC 8489 section 5).
pub(super) fn write(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&REQUEST.to_be_bytes());
    out.extend_from_slice(&0_u16.to_be_bytes());
    out.extend_from_slice(&transaction(token));
}

/// What the answer to this token's request says; nothing if it is none.
pub(super) fn read(token: u64, answer: &[u8]) -> Option<ReplySummary> {
    read_as(transaction(token), answer)
}

fn read_as(transaction: [u8; 16], answer: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(answer);
    let (kind, length) = (reader.u16()?, reader.u16()?);
    let repeated: [u8; 16] = reader.chunk()?;
    let attributes = reader.rest();
    let whole = usize::from(length) == attributes.len();
    match kind {
        _ if !whole || repeated != transaction => None,
        SUCCESS => Some(success(attributes, transaction)),
        ERROR => Some(error(attributes)),
        _ => None,
    }
}

fn success(attributes: &[u8], transaction: [u8; 16]) -> ReplySummary {
    let disguised = find(attributes, XOR_MAPPED_ADDRESS);
    let disguised = disguised.and_then(|value| address(value, transaction));
    // Servers of the protocol's first version know only the plain one (RFC 8489 section 11).
    let plain = || find(attributes, MAPPED_ADDRESS).and_then(|value| address(value, [0; 16]));
    match disguised.or_else(plain) {
        Some(address) => ReplySummary::new(&format!("mapped {address}")),
        None => ReplySummary::new("success without an address"),
    }
}

/// Class (hundreds) and number of an error (RFC 8489 section 14.8).
fn error(attributes: &[u8]) -> ReplySummary {
    match find(attributes, ERROR_CODE) {
        Some([_, _, class, number, ..]) => {
            let code = u16::from(class & 0x07) * 100 + u16::from(*number);
            ReplySummary::new(&format!("error {code}"))
        }
        _ => ReplySummary::new("error without a code"),
    }
}

/// The value of the first attribute of this type (RFC 8489 section 14).
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

/// An address, each of its bytes disguised with the mask (RFC 8489 sections 14.1 and 14.2).
fn address(value: &[u8], mask: [u8; 16]) -> Option<SocketAddr> {
    let mut reader = Reader::new(value);
    let [_, family] = reader.chunk()?;
    let port = u16::from_be_bytes(shown(reader.chunk()?, mask));
    let ip = match family {
        0x01 => IpAddr::from(shown::<4>(reader.chunk()?, mask)),
        0x02 => IpAddr::from(shown::<16>(reader.chunk()?, mask)),
        _ => return None,
    };
    reader
        .rest()
        .is_empty()
        .then_some(SocketAddr::new(ip, port))
}

fn shown<const N: usize>(mut bytes: [u8; N], mask: [u8; 16]) -> [u8; N] {
    for (byte, mask) in bytes.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    bytes
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{Example, hex};
    use super::*;

    /// The cookie and the transaction id of RFC 5769's examples.
    const PUBLISHED: &str = "2112a442 b7e7a701bc34d686fa87dfae";

    fn published() -> [u8; 16] {
        hex(PUBLISHED).try_into().expect("16 bytes")
    }

    fn said(start: &str, attributes: &str) -> Option<String> {
        let answer = hex(&format!("{start} {PUBLISHED} {attributes}"));
        read_as(published(), &answer).map(|said| said.as_str().to_owned())
    }

    /// 192.0.2.1:32853 in disguise, and the same plainly.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let mut bytes = hex("0101 0018");
        bytes.extend(transaction(token));
        bytes.extend(hex("0020 0008 00 01 a147 e112a643"));
        bytes.extend(hex("0001 0008 00 01 8055 c0000201"));
        Example::new(bytes, 4..20)
    }

    #[test]
    fn the_request_is_a_header_alone() {
        let mut out = Vec::new();
        write(0x0123_4567_89ab_cdef, &mut out);
        assert!(out.starts_with(&hex("0001 0000 2112a442 0123456789abcdef")));
        assert_eq!(out.len(), 20);
    }

    #[test]
    fn the_examples_of_rfc_5769_are_understood() {
        // Section 2.2: SOFTWARE, XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY, FINGERPRINT.
        let v4 = said(
            "0101 003c",
            "8022 000b 7465737420766563746f72 20 0020 0008 0001 a147 e112a643
             0008 0014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 8028 0004 c07d4c96",
        );
        assert_eq!(v4.as_deref(), Some("mapped 192.0.2.1:32853"));
        // Section 2.3: the same over IPv6.
        let v6 = said(
            "0101 0048",
            "8022 000b 7465737420766563746f72 20
             0020 0014 0002 a147 0113a9faa5d3f179bc25f4b5bed2b9d9
             0008 0014 a382954e4be67bf11784c97c8292c275bfe3ed41 8028 0004 c8fb0b4c",
        );
        let expected = "mapped [2001:db8:1234:5678:11:2233:4455:6677]:32853";
        assert_eq!(v6.as_deref(), Some(expected));
    }

    #[test]
    fn old_servers_and_errors_are_understood() {
        let old = said("0101 000c", "0001 0008 0001 8055 c0000201");
        assert_eq!(old.as_deref(), Some("mapped 192.0.2.1:32853"));
        let error = said("0111 0014", "0009 0010 0000 04 01 556e617574686f72697a6564");
        assert_eq!(error.as_deref(), Some("error 401"));
        let bare = said("0111 0000", "");
        assert_eq!(bare.as_deref(), Some("error without a code"));
        let empty = said("0101 0000", "");
        assert_eq!(empty.as_deref(), Some("success without an address"));
    }

    #[test]
    fn what_is_cut_or_of_another_kind_is_no_answer() {
        assert_eq!(said("0101 000c", "0001 0008 0001 8055 c00002"), None);
        assert_eq!(said("0101 0000", "00"), None);
        assert_eq!(said("0011 0000", ""), None, "an indication");
        let lying = said("0101 0008", "0020 ffff 0001 a147");
        assert_eq!(lying.as_deref(), Some("success without an address"));
    }
}
