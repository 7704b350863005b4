//! NTP: a client's request for the time, with nothing in it about this machine.

use super::bytes::Reader;
use super::words;
use crate::outcome::ReplySummary;

/// Leap indicator 0, version 4, mode 3 (client), in the first byte (RFC 5905 section 7.3).
const CLIENT: u8 = 0x23;

/// What stands between the first byte and the transmit timestamp (RFC 5905 section 7.3).
///
/// All zero, as a client's request may be (RFC 4330 section 5) and should be: a server needs none of
/// it (draft-ietf-ntp-data-minimization).
const UNSAID: [u8; 39] = [0; 39];

/// The mode's bits in the first byte; servers answer in mode 4 (RFC 5905 sections 7.3, 3).
const MODE: u8 = 0x07;

/// Mode 4, server.
const SERVER: u8 = 4;

/// A leap indicator of 3: the clock is not synchronised (RFC 5905 section 7.3).
const UNSYNCHRONISED: u8 = 0xc0;

/// Appends the request. Its transmit timestamp is the token and no time.
///
/// The server repeats it as the origin timestamp, whatever it is (RFC 5905 section 8). Being random, it
/// cannot be guessed and tells nothing of this clock (draft-ietf-ntp-data-minimization).
pub(super) fn write(token: u64, out: &mut Vec<u8>) {
    out.push(CLIENT);
    out.extend_from_slice(&UNSAID);
    out.extend_from_slice(&token.to_be_bytes());
}

/// What the answer to this token's request says; nothing if it is none (RFC 4330 section 5).
///
/// More than 48 bytes may come: extension fields and a message authentication code (RFC 5905 section 7.3).
pub(super) fn read(token: u64, answer: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(answer);
    let (first, stratum) = (reader.u8()?, reader.u8()?);
    reader.take(10)?; // poll, precision, root delay, root dispersion
    let reference: [u8; 4] = reader.chunk()?;
    reader.take(8)?; // reference timestamp
    let origin = reader.u64()?;
    reader.take(16)?; // receive timestamp, transmit timestamp
    let own = first & MODE == SERVER && origin == token;
    own.then(|| said(first, stratum, reference))
}

/// Stratum 0 brings a kiss code, such as RATE or DENY, as its reference id (RFC 5905 section 7.4).
///
/// Its leap indicator is 3 as well, so it is looked at first.
fn said(first: u8, stratum: u8, reference: [u8; 4]) -> ReplySummary {
    let kiss = stratum == 0 && reference.iter().all(u8::is_ascii_graphic);
    if kiss {
        ReplySummary::new(&format!("kiss {}", words::text(&reference)))
    } else if first & UNSYNCHRONISED == UNSYNCHRONISED {
        ReplySummary::new("unsynchronised")
    } else {
        ReplySummary::new(&format!("stratum {stratum}"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{Example, hex};
    use super::*;

    const TOKEN: u64 = 0x0123_4567_89ab_cdef;

    /// A server's answer with these first 16 bytes.
    fn answer(start: &str, token: u64) -> Vec<u8> {
        let mut bytes = hex(start);
        bytes.extend(hex("e8f1c2a0 5d3b1c00")); // reference timestamp
        bytes.extend(token.to_be_bytes());
        bytes.extend(hex("e8f1c4d1 10a3b000 e8f1c4d1 10a5c000")); // receive, transmit
        bytes
    }

    /// Stratum 3, precision -24, synchronised to 192.0.2.1.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let bytes = answer("24 03 00 e8 00000123 00000456 c0000201", token);
        Example::new(bytes, 24..32)
    }

    fn said(start: &str) -> Option<String> {
        read(TOKEN, &answer(start, TOKEN)).map(|said| said.as_str().to_owned())
    }

    #[test]
    fn the_request_tells_nothing_but_the_token() {
        let mut out = Vec::new();
        write(TOKEN, &mut out);
        let mut expected = vec![0x23];
        expected.resize(40, 0);
        expected.extend(TOKEN.to_be_bytes());
        assert_eq!(out, expected);
    }

    #[test]
    fn stratum_kiss_code_and_a_clock_that_is_not_synchronised() {
        let stratum = said("24 03 00 e8 00000123 00000456 c0000201");
        assert_eq!(stratum.as_deref(), Some("stratum 3"));
        let kiss = said("e4 00 06 e8 00000000 00000000 52415445");
        assert_eq!(kiss.as_deref(), Some("kiss RATE"));
        let lost = said("e4 10 03 e8 00000000 00000000 00000000");
        assert_eq!(lost.as_deref(), Some("unsynchronised"));
        let starting = said("e4 00 03 e8 00000000 00000000 00000000");
        assert_eq!(starting.as_deref(), Some("unsynchronised"));
    }

    #[test]
    fn another_mode_or_another_origin_is_no_answer() {
        let start = "25 03 00 e8 00000123 00000456 c0000201"; // broadcast
        assert_eq!(said(start), None);
        let start = "24 03 00 e8 00000123 00000456 c0000201";
        assert_eq!(read(TOKEN, &answer(start, TOKEN + 1)), None);
        let mut signed = answer(start, TOKEN);
        signed.extend([0; 20]);
        assert!(read(TOKEN, &signed).is_some(), "with a MAC");
    }
}
