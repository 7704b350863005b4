//! Syslog: a harmless message. Nobody ever answers one (RFC 5424 section 4).

use std::io::Write as _;

/// Appends the message (RFC 5424 section 6; one in each datagram, RFC 5426 section 3.1).
///
/// Priority 15 is the facility "user-level" (1) times 8, and the severity "debug" (7), which is the least
/// (RFC 5424 section 6.2.1). Then version 1, no time, no host name, this program's name, no process
/// id, no message id, and no structured data.
pub(super) fn write(token: u64, out: &mut Vec<u8>) {
    let _ = write!(out, "<15>1 - - synack - - - probe {token:016x}"); // writing into a Vec does not fail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_every_field_of_its_header() {
        let mut out = Vec::new();
        write(0x0123_4567_89ab_cdef, &mut out);
        assert_eq!(out, b"<15>1 - - synack - - - probe 0123456789abcdef");
    }
}
