//! NTP: client request without data about this machine.

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::reader::Reader;
use crate::payload::reply_text;

pub(super) const CODEC: Codec = Codec {
    name: "ntp",
    port: Some(123),
    encode: |transaction, out| encode(transaction.token, out),
    matcher: Matcher::Verified(|transaction, reply| match_reply(transaction.token, reply)),
    replies_from_any_port: false,
};

/// First byte: leap indicator 0, version 4, mode 3 (client) (RFC 5905 section 7.3).
const CLIENT: u8 = 0x23;

/// Fields between the first byte and the transmit timestamp (RFC 5905 section 7.3): zero, as allowed by RFC 4330
/// section 5 and recommended by draft-ietf-ntp-data-minimization.
const ZERO_FIELDS: [u8; 39] = [0; 39];

/// Mode bits of the first byte (RFC 5905 section 7.3).
const MODE: u8 = 0x07;

/// Mode 4: server (RFC 5905 section 3).
const SERVER: u8 = 4;

/// Leap indicator 3: clock not synchronised (RFC 5905 section 7.3).
const UNSYNCHRONISED: u8 = 0xc0;

/// Appends the request. Its transmit timestamp is the token.
///
/// The server copies it to the origin timestamp (RFC 5905 section 8). A random value is unpredictable and does not
/// disclose this clock (draft-ietf-ntp-data-minimization).
fn encode(token: u64, out: &mut Vec<u8>) {
    out.push(CLIENT);
    out.extend_from_slice(&ZERO_FIELDS);
    out.extend_from_slice(&token.to_be_bytes());
}

/// Matches a reply by mode and origin timestamp (RFC 4330 section 5).
///
/// Extension fields and a MAC may follow the 48 bytes (RFC 5905 section 7.3).
fn match_reply(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(reply);
    let (first, stratum) = (reader.u8()?, reader.u8()?);
    reader.take(10)?; // poll, precision, root delay, root dispersion
    let reference: [u8; 4] = reader.chunk()?;
    reader.take(8)?; // reference timestamp
    let origin = reader.u64()?;
    reader.take(16)?; // receive timestamp, transmit timestamp
    let is_reply = first & MODE == SERVER && origin == token;
    is_reply.then(|| summary(first, stratum, reference))
}

/// Stratum 0 has a kiss code, such as RATE or DENY, as reference id (RFC 5905 section 7.4). Its leap indicator is 3
/// too: it is checked first.
fn summary(first: u8, stratum: u8, reference: [u8; 4]) -> ReplySummary {
    let kiss = stratum == 0 && reference.iter().all(u8::is_ascii_graphic);
    if kiss {
        ReplySummary::new(&format!("kiss {}", reply_text::lossy(&reference)))
    } else if first & UNSYNCHRONISED == UNSYNCHRONISED {
        ReplySummary::new("unsynchronised")
    } else {
        ReplySummary::new(&format!("stratum {stratum}"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::payload::fixture::{Example, hex};

    const TOKEN: u64 = 0x0123_4567_89ab_cdef;

    /// A reply that begins with these 16 bytes.
    fn reply(start: &str, token: u64) -> Vec<u8> {
        let mut bytes = hex(start);
        bytes.extend(hex("e8f1c2a0 5d3b1c00")); // reference timestamp
        bytes.extend(token.to_be_bytes());
        bytes.extend(hex("e8f1c4d1 10a3b000 e8f1c4d1 10a5c000")); // receive, transmit
        bytes
    }

    /// Stratum 3, precision -24, synchronised to 192.0.2.1.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let bytes = reply("24 03 00 e8 00000123 00000456 c0000201", token);
        Example::new(bytes, 24..32)
    }

    fn summary(start: &str) -> Option<String> {
        match_reply(TOKEN, &reply(start, TOKEN)).map(|summary| summary.as_str().to_owned())
    }

    #[test]
    fn the_request_has_no_data_but_the_token() {
        let mut out = Vec::new();
        encode(TOKEN, &mut out);
        let mut expected = vec![0x23];
        expected.resize(40, 0);
        expected.extend(TOKEN.to_be_bytes());
        assert_eq!(out, expected);
    }

    #[test]
    fn the_summary_is_stratum_kiss_code_or_unsynchronised() {
        let stratum = summary("24 03 00 e8 00000123 00000456 c0000201");
        assert_eq!(stratum.as_deref(), Some("stratum 3"));
        let kiss = summary("e4 00 06 e8 00000000 00000000 52415445");
        assert_eq!(kiss.as_deref(), Some("kiss RATE"));
        let unsynchronised = summary("e4 10 03 e8 00000000 00000000 00000000");
        assert_eq!(unsynchronised.as_deref(), Some("unsynchronised"));
        let stratum_0 = summary("e4 00 03 e8 00000000 00000000 00000000");
        assert_eq!(stratum_0.as_deref(), Some("unsynchronised"));
    }

    #[test]
    fn wrong_mode_or_origin_is_no_match() {
        let start = "25 03 00 e8 00000123 00000456 c0000201"; // broadcast
        assert_eq!(summary(start), None);
        let start = "24 03 00 e8 00000123 00000456 c0000201";
        assert_eq!(match_reply(TOKEN, &reply(start, TOKEN + 1)), None);
        let mut authenticated = reply(start, TOKEN);
        authenticated.extend([0; 20]);
        assert!(match_reply(TOKEN, &authenticated).is_some(), "with a MAC");
    }
}
