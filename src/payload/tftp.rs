//! TFTP: a request for a file that does not exist, so that nothing is transferred.

use std::io::Write as _;

use super::bytes::Reader;
use super::words;
use crate::outcome::ReplySummary;

/// Opcode of a read request (RFC 1350 section 5).
const READ_REQUEST: u8 = 1;

/// Opcode of a block of the file (RFC 1350 section 5).
const DATA: u16 = 3;

/// Opcode of an error (RFC 1350 section 5).
const ERROR: u16 = 5;

/// The most bytes a block has (RFC 1350 section 2).
const BLOCK_SIZE: usize = 512;

/// Appends the request: opcode, file name, 0, mode, 0 (RFC 1350 section 5).
///
/// The token is in the file name, so that no server has such a file, and that the request can be told
/// from others where an ICMP error quotes it.
pub(super) fn write(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, READ_REQUEST]);
    let _ = write!(out, "synack-{token:016x}\0octet\0"); // writing into a Vec does not fail
}

/// What an answer says; nothing if it is none. No answer repeats anything of its request.
pub(super) fn read(answer: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(answer);
    let (opcode, number) = (reader.u16()?, reader.u16()?);
    match opcode {
        ERROR => error(number, reader.rest()),
        DATA => {
            (number == 1 && reader.rest().len() <= BLOCK_SIZE).then(|| ReplySummary::new("data"))
        }
        _ => None,
    }
}

/// Code and message, which ends with a zero byte (RFC 1350 section 5). Some servers leave that out.
fn error(code: u16, message: &[u8]) -> Option<ReplySummary> {
    let message = message.split(|byte| *byte == 0).next()?;
    let words = words::text(message);
    Some(match words.trim() {
        "" => ReplySummary::new(&format!("error {code}")),
        words => ReplySummary::new(&format!("error {code}: {words}")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::hex;
    use super::*;

    fn said(start: &str, text: &[u8]) -> Option<String> {
        let bytes = [&hex(start), text].concat();
        read(&bytes).map(|said| said.as_str().to_owned())
    }

    #[test]
    fn the_request_is_for_a_file_that_nobody_has() {
        let mut out = Vec::new();
        write(0x0123_4567_89ab_cdef, &mut out);
        assert_eq!(out, b"\0\x01synack-0123456789abcdef\0octet\0");
    }

    #[test]
    fn errors_and_data_are_said() {
        let missing = said("0005 0001", b"File not found\0");
        assert_eq!(missing.as_deref(), Some("error 1: File not found"));
        assert_eq!(said("0005 0002", b"").as_deref(), Some("error 2"));
        assert_eq!(said("0005 0000", b"\0").as_deref(), Some("error 0"));
        assert_eq!(said("0003 0001", b"hello").as_deref(), Some("data"));
    }

    #[test]
    fn anything_else_is_no_answer() {
        assert_eq!(said("0003 0002", b""), None);
        assert_eq!(said("0003 0001", &[0; 513]), None);
        assert_eq!(said("0004 0001", b""), None, "an acknowledgement");
        assert_eq!(said("0005 00", b""), None);
    }
}
