//! Syslog: a debug message. The protocol has no replies (RFC 5424 section 4).

use std::io::Write as _;

use super::codec::{Codec, Matcher};

pub(super) const CODEC: Codec = Codec {
    name: "syslog",
    port: Some(514),
    encode: |transaction, out| encode(transaction.token, out),
    matcher: Matcher::NoReply,
    replies_from_any_port: false,
};

/// Appends the message (RFC 5424 section 6), one per datagram (RFC 5426 section 3.1).
///
/// PRIVAL 15: facility user (1) * 8 + severity debug (7) (RFC 5424 section 6.2.1). Then VERSION 1, no TIMESTAMP, no
/// HOSTNAME, APP-NAME, no PROCID, no MSGID, no structured data.
fn encode(token: u64, out: &mut Vec<u8>) {
    let _ = write!(out, "<15>1 - - synack - - - probe {token:016x}"); // writing into a Vec does not fail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_every_header_field() {
        let mut out = Vec::new();
        encode(0x0123_4567_89ab_cdef, &mut out);
        assert_eq!(out, b"<15>1 - - synack - - - probe 0123456789abcdef");
    }
}
