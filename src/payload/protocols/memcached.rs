//! memcached: the `version` command (doc/protocol.txt in memcached).

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::reader::Reader;
use crate::payload::reply_text;
use crate::payload::token::low16;

pub(super) const CODEC: Codec = Codec {
    name: "memcached",
    port: Some(11211),
    encode: |transaction, out| encode(transaction.token, out),
    matcher: Matcher::Verified(|transaction, reply| match_reply(transaction.token, reply)),
    replies_from_any_port: false,
};

/// Frame header after the request id: sequence number 0, one datagram, reserved (protocol.txt, "UDP protocol").
const FRAME: [u8; 6] = [0, 0, 0, 1, 0, 0];

/// Command (protocol.txt, "Other commands").
const COMMAND: &[u8] = b"version\r\n";

/// Prefixes of a response (protocol.txt, "Other commands" and "Error strings").
const PREFIXES: [&[u8]; 4] = [
    b"VERSION ",
    b"ERROR\r\n",
    b"CLIENT_ERROR ",
    b"SERVER_ERROR ",
];

/// Appends the request; its id is the low 16 bits of the token.
fn encode(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&low16(token).to_be_bytes());
    out.extend_from_slice(&FRAME);
    out.extend_from_slice(COMMAND);
}

/// Matches a response by request id.
fn match_reply(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(reply);
    let (id, sequence) = (reader.u16()?, reader.u16()?);
    reader.take(4)?; // number of datagrams, reserved
    let text = reader.rest();
    let has_prefix = PREFIXES.iter().any(|prefix| text.starts_with(prefix));
    let is_reply = id == low16(token) && sequence == 0 && has_prefix;
    is_reply.then(|| reply_text::summary(reply_text::first_line(text)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::payload::fixture::{Example, hex};

    const TOKEN: u64 = 0x1122_3344_5566_beef;

    fn summary(start: &str, text: &[u8]) -> Option<String> {
        let bytes = [&hex(start), text].concat();
        match_reply(TOKEN, &bytes).map(|summary| summary.as_str().to_owned())
    }

    pub(in crate::payload) fn example(token: u64) -> Example {
        let mut bytes = low16(token).to_be_bytes().to_vec();
        bytes.extend(hex("0000 0001 0000"));
        bytes.extend(b"VERSION 1.6.18\r\n");
        Example::new(bytes, 0..2)
    }

    #[test]
    fn the_request_has_an_8_byte_frame_header() {
        let mut out = Vec::new();
        encode(TOKEN, &mut out);
        let expected = [&hex("beef 0000 0001 0000")[..], b"version\r\n"].concat();
        assert_eq!(out, expected);
    }

    #[test]
    fn the_summary_is_version_or_error() {
        let start = "beef 0000 0001 0000";
        let version = summary(start, b"VERSION 1.6.18\r\n");
        assert_eq!(version.as_deref(), Some("VERSION 1.6.18"));
        let error = summary(start, b"ERROR\r\n");
        assert_eq!(error.as_deref(), Some("ERROR"));
        let hostile = summary(start, b"VERSION \x1b[2J\r\nmore");
        assert_eq!(hostile.as_deref(), Some("VERSION ?[2J"));
    }

    #[test]
    fn wrong_id_sequence_or_text_is_no_match() {
        assert_eq!(summary("bee0 0000 0001 0000", b"VERSION 1\r\n"), None);
        assert_eq!(summary("beef 0001 0002 0000", b"VERSION 1\r\n"), None);
        assert_eq!(summary("beef 0000 0001 0000", b"version\r\n"), None);
        assert_eq!(summary("beef 0000 0001", b""), None);
    }
}
