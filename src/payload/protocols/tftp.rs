//! TFTP: read request for a file that does not exist.

use std::io::Write as _;

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::reader::Reader;
use crate::payload::reply_text;

pub(super) const CODEC: Codec = Codec {
    name: "tftp",
    port: Some(69),
    encode: |transaction, out| encode(transaction.token, out),
    matcher: Matcher::Unverified(match_reply),
    // Each transfer has a port of its own, its TID (RFC 1350 section 4).
    replies_from_any_port: true,
};

/// Opcode RRQ (RFC 1350 section 5).
const READ_REQUEST: u8 = 1;

/// Opcode DATA (RFC 1350 section 5).
const DATA: u16 = 3;

/// Opcode ERROR (RFC 1350 section 5).
const ERROR: u16 = 5;

/// Maximum block length in bytes (RFC 1350 section 2).
const BLOCK_SIZE: usize = 512;

/// Appends the request: opcode, file name, 0, mode, 0 (RFC 1350 section 5).
///
/// The token is in the file name: no server has that file, and a quote in an ICMP error identifies the request.
fn encode(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, READ_REQUEST]);
    let _ = write!(out, "synack-{token:016x}\0octet\0"); // writing into a Vec does not fail
}

/// Matches ERROR or the first DATA block. Replies repeat nothing of the request.
fn match_reply(reply: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(reply);
    let (opcode, number) = (reader.u16()?, reader.u16()?);
    match opcode {
        ERROR => error(number, reader.rest()),
        DATA => {
            (number == 1 && reader.rest().len() <= BLOCK_SIZE).then(|| ReplySummary::new("data"))
        }
        _ => None,
    }
}

/// Error code and message; some servers omit its zero byte (RFC 1350 section 5).
fn error(code: u16, message: &[u8]) -> Option<ReplySummary> {
    let message = message.split(|byte| *byte == 0).next()?;
    let text = reply_text::lossy(message);
    Some(match text.trim() {
        "" => ReplySummary::new(&format!("error {code}")),
        text => ReplySummary::new(&format!("error {code}: {text}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::fixture::hex;

    fn summary(start: &str, text: &[u8]) -> Option<String> {
        let bytes = [&hex(start), text].concat();
        match_reply(&bytes).map(|summary| summary.as_str().to_owned())
    }

    #[test]
    fn the_request_is_for_a_unique_file_name() {
        let mut out = Vec::new();
        encode(0x0123_4567_89ab_cdef, &mut out);
        assert_eq!(out, b"\0\x01synack-0123456789abcdef\0octet\0");
    }

    #[test]
    fn errors_and_data_are_matched() {
        let missing = summary("0005 0001", b"File not found\0");
        assert_eq!(missing.as_deref(), Some("error 1: File not found"));
        assert_eq!(summary("0005 0002", b"").as_deref(), Some("error 2"));
        assert_eq!(summary("0005 0000", b"\0").as_deref(), Some("error 0"));
        assert_eq!(summary("0003 0001", b"hello").as_deref(), Some("data"));
    }

    #[test]
    fn anything_else_is_no_match() {
        assert_eq!(summary("0003 0002", b""), None);
        assert_eq!(summary("0003 0001", &[0; 513]), None);
        assert_eq!(summary("0004 0001", b""), None, "an acknowledgement");
        assert_eq!(summary("0005 00", b""), None);
    }
}
