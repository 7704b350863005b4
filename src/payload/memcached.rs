//! memcached: which version runs. The protocol is described in memcached's doc/protocol.txt.

use super::bytes::Reader;
use super::token::low16;
use super::words;
use crate::outcome::ReplySummary;

/// The frame header behind the request id: sequence number 0, one datagram in all, and two bytes
/// reserved (protocol.txt, "UDP protocol").
const FRAME: [u8; 6] = [0, 0, 0, 1, 0, 0];

/// The command (protocol.txt, "Other commands").
const COMMAND: &[u8] = b"version\r\n";

/// How a server's answer to it can begin (protocol.txt, "Other commands" and "Error strings").
const BEGINNINGS: [&[u8]; 4] = [
    b"VERSION ",
    b"ERROR\r\n",
    b"CLIENT_ERROR ",
    b"SERVER_ERROR ",
];

/// Appends the request; its id is the token's low bits.
pub(super) fn write(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&low16(token).to_be_bytes());
    out.extend_from_slice(&FRAME);
    out.extend_from_slice(COMMAND);
}

/// What the answer to this token's request says; nothing if it is none.
pub(super) fn read(token: u64, answer: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(answer);
    let (id, sequence) = (reader.u16()?, reader.u16()?);
    reader.take(4)?; // number of datagrams, reserved
    let text = reader.rest();
    let known = BEGINNINGS.iter().any(|known| text.starts_with(known));
    let own = id == low16(token) && sequence == 0 && known;
    own.then(|| words::said(words::line(text)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{Example, hex};
    use super::*;

    const TOKEN: u64 = 0x1122_3344_5566_beef;

    fn answer(start: &str, text: &[u8]) -> Option<String> {
        let bytes = [&hex(start), text].concat();
        read(TOKEN, &bytes).map(|said| said.as_str().to_owned())
    }

    pub(in crate::payload) fn example(token: u64) -> Example {
        let mut bytes = low16(token).to_be_bytes().to_vec();
        bytes.extend(hex("0000 0001 0000"));
        bytes.extend(b"VERSION 1.6.18\r\n");
        Example::new(bytes, 0..2)
    }

    #[test]
    fn the_request_has_a_frame_of_eight_bytes() {
        let mut out = Vec::new();
        write(TOKEN, &mut out);
        let expected = [&hex("beef 0000 0001 0000")[..], b"version\r\n"].concat();
        assert_eq!(out, expected);
    }

    #[test]
    fn the_version_or_an_error_is_said() {
        let start = "beef 0000 0001 0000";
        let version = answer(start, b"VERSION 1.6.18\r\n");
        assert_eq!(version.as_deref(), Some("VERSION 1.6.18"));
        let error = answer(start, b"ERROR\r\n");
        assert_eq!(error.as_deref(), Some("ERROR"));
        let hostile = answer(start, b"VERSION \x1b[2J\r\nmore");
        assert_eq!(hostile.as_deref(), Some("VERSION ?[2J"));
    }

    #[test]
    fn another_id_a_later_datagram_or_other_words_are_no_answer() {
        assert_eq!(answer("bee0 0000 0001 0000", b"VERSION 1\r\n"), None);
        assert_eq!(answer("beef 0001 0002 0000", b"VERSION 1\r\n"), None);
        assert_eq!(answer("beef 0000 0001 0000", b"version\r\n"), None);
        assert_eq!(answer("beef 0000 0001", b""), None);
    }
}
