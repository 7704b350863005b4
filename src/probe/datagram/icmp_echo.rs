//! ICMP echo request, reply, and the request quoted by an ICMP error. Pure.
//!
//! RFC 792 ("Echo or Echo Reply Message") and RFC 4443 section 4: type, code, checksum, identifier,
//! sequence number, data; the reply repeats the last three.

use super::request::{DatagramMatch, Request, icmp_sequence};
use crate::payload::{Payload, Transaction};
use crate::platform::EchoSocket;

/// Bytes before the data.
const HEADER: usize = 8;

/// The version of an IPv4 header, which a raw socket delivers before the ICMP message (raw(7)). No type of a handled
/// ICMP message starts with these bits.
const IPV4: u8 = 0x4;

/// Echo requests to one target.
#[derive(Clone, Debug)]
pub(super) struct IcmpEcho {
    is_v4: bool,
    data: Payload,
    socket: EchoSocket,
}

impl IcmpEcho {
    /// Echo requests with `size` bytes of data.
    pub(super) fn new(is_v4: bool, size: usize, socket: EchoSocket) -> Self {
        Self {
            is_v4,
            data: Payload::Pattern(size),
            socket,
        }
    }

    fn request_type(&self) -> u8 {
        if self.is_v4 { 8 } else { 128 }
    }

    fn reply_type(&self) -> u8 {
        if self.is_v4 { 0 } else { 129 }
    }

    /// Appends the request to `out`.
    pub(super) fn encode(&self, transaction: &Transaction, seq: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([self.request_type(), 0, 0, 0]);
        out.extend(transaction.local.port().to_be_bytes());
        out.extend(icmp_sequence(seq).to_be_bytes());
        self.data.encode(transaction, out);
        // For ICMPv6 the kernel computes it, because it covers the addresses (RFC 3542 section 3.1).
        let sum = checksum(&out[start..]);
        out[start + 2..start + 4].copy_from_slice(&sum.to_be_bytes());
    }

    pub(super) fn fits_minimum_mtu(&self) -> bool {
        self.data.fits_minimum_mtu()
    }

    /// Matches a received packet with a request.
    pub(super) fn match_reply(&self, request: &Request, packet: &[u8]) -> DatagramMatch {
        let message = self.strip_ip_header(packet);
        let Some((header, data)) = message.split_first_chunk::<HEADER>() else {
            return DatagramMatch::Foreign;
        };
        let [kind, code, _, _, id_high, id_low, seq_high, seq_low] = *header;
        let is_reply = (kind, code) == (self.reply_type(), 0);
        if !is_reply || u16::from_be_bytes([id_high, id_low]) != request.icmp_identifier() {
            return DatagramMatch::Foreign;
        }
        if u16::from_be_bytes([seq_high, seq_low]) != request.icmp_sequence() {
            return DatagramMatch::Mismatch;
        }
        let mut expected = Vec::with_capacity(data.len());
        self.data.encode(&request.transaction, &mut expected);
        if data == expected {
            DatagramMatch::Matched(None)
        } else {
            DatagramMatch::Mismatch
        }
    }

    /// Whether an ICMP error that quotes these bytes is about `request`.
    ///
    /// For a ping socket the kernel writes identifier and checksum, and delivers only errors with its identifier. So
    /// the sequence number has to match, and on a raw socket the identifier as well.
    pub(super) fn matches_quote(&self, request: &Request, quoted: &[u8]) -> bool {
        let Some(header) = quoted.first_chunk::<HEADER>() else {
            return false;
        };
        let [kind, _, _, _, id_high, id_low, seq_high, seq_low] = *header;
        let has_own_identifier = self.socket == EchoSocket::Ping
            || u16::from_be_bytes([id_high, id_low]) == request.icmp_identifier();
        kind == self.request_type()
            && has_own_identifier
            && u16::from_be_bytes([seq_high, seq_low]) == request.icmp_sequence()
    }

    /// Removes the IPv4 header that a raw socket delivers.
    fn strip_ip_header<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        match packet.first() {
            Some(first) if self.is_v4 && first >> 4 == IPV4 => {
                packet.get(usize::from(first & 0xf) * 4..).unwrap_or(&[])
            }
            _ => packet,
        }
    }
}

/// The Internet checksum (RFC 1071) of a message whose checksum field is 0.
fn checksum(message: &[u8]) -> u16 {
    let words = message.chunks(2).map(|pair| match *pair {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        [last] => u32::from(last) << 8,
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockReading;
    use crate::payload::Transaction;
    use crate::probe::ProbeId;
    use proptest::prelude::*;

    const RAW: EchoSocket = EchoSocket::Raw;

    fn request(number: u64) -> Request {
        Request {
            probe: ProbeId::default(),
            transaction: Transaction {
                token: number | 0x0102_0304_0506_0000,
                local: ([127, 0, 0, 1], 4711).into(),
                target: ([127, 0, 0, 1], 0).into(),
            },
            seq: number,
            tx_index: 0,
            sent: ClockReading::now(),
            tx_timestamp: None,
        }
    }

    fn reply(is_v4: bool, number: u64) -> Vec<u8> {
        let mut packet = Vec::new();
        IcmpEcho::new(is_v4, 56, RAW).encode(&request(number).transaction, number, &mut packet);
        packet[0] = if is_v4 { 0 } else { 129 };
        packet
    }

    #[test]
    fn a_message_with_its_checksum_sums_to_zero() {
        let mut packet = Vec::new();
        IcmpEcho::new(true, 55, RAW).encode(&request(7).transaction, 7, &mut packet);
        assert_eq!(packet.len(), 8 + 55);
        assert_eq!(checksum(&packet), 0);
        // RFC 1071 section 3's example.
        assert_eq!(
            !checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]),
            0xddf2
        );
    }

    #[test]
    fn only_the_reply_to_the_request_matches() {
        for is_v4 in [true, false] {
            let echo = IcmpEcho::new(is_v4, 56, RAW);
            assert_eq!(
                echo.match_reply(&request(1), &reply(is_v4, 1)),
                DatagramMatch::Matched(None)
            );
            assert_eq!(
                echo.match_reply(&request(1), &reply(is_v4, 2)),
                DatagramMatch::Mismatch
            );
            let mut encoded = Vec::new();
            echo.encode(&request(1).transaction, 1, &mut encoded);
            assert_eq!(
                echo.match_reply(&request(1), &encoded),
                DatagramMatch::Foreign,
                "an echo request"
            );
            let mut other = reply(is_v4, 1);
            other[5] ^= 1;
            assert_eq!(
                echo.match_reply(&request(1), &other),
                DatagramMatch::Foreign,
                "identifier"
            );
            let mut damaged = reply(is_v4, 1);
            damaged[20] ^= 1;
            assert_eq!(
                echo.match_reply(&request(1), &damaged),
                DatagramMatch::Mismatch,
                "data"
            );
        }
    }

    #[test]
    fn the_ip_header_of_a_raw_socket_is_removed() {
        let mut packet = vec![0x46; 24];
        packet.extend(reply(true, 1));
        let echo = IcmpEcho::new(true, 56, RAW);
        assert_eq!(
            echo.match_reply(&request(1), &packet),
            DatagramMatch::Matched(None)
        );
    }

    #[test]
    fn an_error_matches_the_request_it_quotes() {
        let echo = IcmpEcho::new(true, 56, RAW);
        let mut encoded = Vec::new();
        echo.encode(&request(1).transaction, 1, &mut encoded);
        assert!(echo.matches_quote(&request(1), &encoded[..8]));
        assert!(!echo.matches_quote(&request(2), &encoded[..8]));
        assert!(!echo.matches_quote(&request(1), &encoded[..7]), "truncated");
        let ping = IcmpEcho::new(true, 56, EchoSocket::Ping);
        encoded[4] ^= 0xff;
        assert!(
            ping.matches_quote(&request(1), &encoded),
            "identifier written by the kernel"
        );
        assert!(!echo.matches_quote(&request(1), &encoded));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_match_and_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            is_v4: bool,
        ) {
            let echo = IcmpEcho::new(is_v4, 56, RAW);
            prop_assert!(!matches!(echo.match_reply(&request(1), &bytes), DatagramMatch::Matched(_)));
            echo.matches_quote(&request(1), &bytes);
        }

        #[test]
        fn a_damaged_or_truncated_reply_never_matches(at in 0_usize..64, flip in 1_u8.., is_v4: bool) {
            let echo = IcmpEcho::new(is_v4, 56, RAW);
            let mut packet = reply(is_v4, 1);
            prop_assert!(!matches!(echo.match_reply(&request(1), &packet[..at]), DatagramMatch::Matched(_)));
            packet[at] ^= flip;
            let is_checksum = (2..4).contains(&at);
            let found = echo.match_reply(&request(1), &packet);
            prop_assert_eq!(matches!(found, DatagramMatch::Matched(_)), is_checksum, "the kernel verifies the checksum");
        }
    }
}
