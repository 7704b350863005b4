//! ICMP echo: the message, its reply, and what an error quotes of it. Pure.
//!
//! RFC 792 ("Echo or Echo Reply Message") and RFC 4443 section 4: type, code, checksum, identifier,
//! sequence number, data; the reply repeats the last three.

use super::codec::{Asked, Heard, sequence};
use crate::payload::{Payload, Question};
use crate::platform::EchoSocket;

/// Bytes before the data.
const HEADER: usize = 8;

/// The version field of an IPv4 header, which some systems put before the ICMP message (raw(7)); no ICMP
/// message that is of interest has a type that begins so.
const IPV4: u8 = 0x4;

/// How the echoes of one target are made.
#[derive(Clone, Debug)]
pub(super) struct Echo {
    is_v4: bool,
    data: Payload,
    socket: EchoSocket,
}

impl Echo {
    /// Echoes with `size` bytes of data.
    pub(super) fn new(is_v4: bool, size: usize, socket: EchoSocket) -> Self {
        Self {
            is_v4,
            data: Payload::Plain(size),
            socket,
        }
    }

    fn request(&self) -> u8 {
        if self.is_v4 { 8 } else { 128 }
    }

    fn reply(&self) -> u8 {
        if self.is_v4 { 0 } else { 129 }
    }

    /// Appends the request to `out`.
    pub(super) fn write(&self, question: &Question, number: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([self.request(), 0, 0, 0]);
        out.extend(question.local.port().to_be_bytes());
        out.extend(sequence(number).to_be_bytes());
        self.data.write(question, out);
        // Over IPv6 the kernel fills it in itself, because it covers the addresses (RFC 3542 section 3.1).
        let sum = checksum(&out[start..]);
        out[start + 2..start + 4].copy_from_slice(&sum.to_be_bytes());
    }

    /// Whether it fits in one packet.
    pub(super) fn is_short(&self) -> bool {
        self.data.is_short()
    }

    /// Judges what came in on the socket.
    pub(super) fn classify(&self, asked: &Asked, packet: &[u8]) -> Heard {
        let message = self.strip(packet);
        let Some((header, data)) = message.split_first_chunk::<HEADER>() else {
            return Heard::Foreign;
        };
        let [kind, code, _, _, id_high, id_low, seq_high, seq_low] = *header;
        let is_reply = (kind, code) == (self.reply(), 0);
        if !is_reply || u16::from_be_bytes([id_high, id_low]) != asked.identifier() {
            return Heard::Foreign;
        }
        if u16::from_be_bytes([seq_high, seq_low]) != asked.sequence() {
            return Heard::Alien;
        }
        let mut expected = Vec::with_capacity(data.len());
        self.data.write(&asked.question, &mut expected);
        if data == expected {
            Heard::Own(None)
        } else {
            Heard::Alien
        }
    }

    /// Whether an ICMP error that quotes this is about `asked`.
    ///
    /// The kernel writes identifier and checksum of a ping socket's echoes itself, and hands over errors about
    /// its own only; so the sequence number has to match, and on a raw socket the identifier too.
    pub(super) fn was_said(&self, asked: &Asked, quoted: &[u8]) -> bool {
        let Some(header) = quoted.first_chunk::<HEADER>() else {
            return false;
        };
        let [kind, _, _, _, id_high, id_low, seq_high, seq_low] = *header;
        let own = self.socket == EchoSocket::Ping
            || u16::from_be_bytes([id_high, id_low]) == asked.identifier();
        kind == self.request() && own && u16::from_be_bytes([seq_high, seq_low]) == asked.sequence()
    }

    /// Takes off the IPv4 header that a raw socket delivers.
    fn strip<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        match packet.first() {
            Some(first) if self.is_v4 && first >> 4 == IPV4 => {
                packet.get(usize::from(first & 0xf) * 4..).unwrap_or(&[])
            }
            _ => packet,
        }
    }
}

/// The Internet checksum (RFC 1071) of a message whose own checksum is 0.
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
    use crate::clock::Moment;
    use crate::payload::Question;
    use crate::probe::ProbeId;
    use proptest::prelude::*;

    const RAW: EchoSocket = EchoSocket::Raw;

    fn asked(number: u64) -> Asked {
        Asked {
            probe: ProbeId {
                slot: 0,
                generation: 0,
            },
            question: Question {
                token: number | 0x0102_0304_0506_0000,
                local: ([127, 0, 0, 1], 4711).into(),
                target: ([127, 0, 0, 1], 0).into(),
            },
            number,
            nth: 0,
            sent: Moment::now(),
            left: None,
        }
    }

    fn answer(is_v4: bool, number: u64) -> Vec<u8> {
        let mut packet = Vec::new();
        Echo::new(is_v4, 56, RAW).write(&asked(number).question, number, &mut packet);
        packet[0] = if is_v4 { 0 } else { 129 };
        packet
    }

    #[test]
    fn a_message_with_its_checksum_sums_to_nothing() {
        let mut packet = Vec::new();
        Echo::new(true, 55, RAW).write(&asked(7).question, 7, &mut packet);
        assert_eq!(packet.len(), 8 + 55);
        assert_eq!(checksum(&packet), 0);
        // RFC 1071 section 3's example.
        assert_eq!(
            !checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]),
            0xddf2
        );
    }

    #[test]
    fn only_the_very_reply_is_ours() {
        for is_v4 in [true, false] {
            let echo = Echo::new(is_v4, 56, RAW);
            assert_eq!(
                echo.classify(&asked(1), &answer(is_v4, 1)),
                Heard::Own(None)
            );
            assert_eq!(echo.classify(&asked(1), &answer(is_v4, 2)), Heard::Alien);
            let mut request = Vec::new();
            echo.write(&asked(1).question, 1, &mut request);
            assert_eq!(
                echo.classify(&asked(1), &request),
                Heard::Foreign,
                "a request"
            );
            let mut other = answer(is_v4, 1);
            other[5] ^= 1;
            assert_eq!(
                echo.classify(&asked(1), &other),
                Heard::Foreign,
                "identifier"
            );
            let mut damaged = answer(is_v4, 1);
            damaged[20] ^= 1;
            assert_eq!(echo.classify(&asked(1), &damaged), Heard::Alien, "data");
        }
    }

    #[test]
    fn a_raw_socket_s_header_is_taken_off() {
        let mut packet = vec![0x46; 24];
        packet.extend(answer(true, 1));
        let echo = Echo::new(true, 56, RAW);
        assert_eq!(echo.classify(&asked(1), &packet), Heard::Own(None));
    }

    #[test]
    fn an_error_is_tied_by_what_it_quotes() {
        let echo = Echo::new(true, 56, RAW);
        let mut request = Vec::new();
        echo.write(&asked(1).question, 1, &mut request);
        assert!(echo.was_said(&asked(1), &request[..8]));
        assert!(!echo.was_said(&asked(2), &request[..8]));
        assert!(!echo.was_said(&asked(1), &request[..7]), "cut short");
        let ping = Echo::new(true, 56, EchoSocket::Ping);
        request[4] ^= 0xff;
        assert!(
            ping.was_said(&asked(1), &request),
            "the kernel's identifier"
        );
        assert!(!echo.was_said(&asked(1), &request));
    }

    proptest! {
        #[test]
        fn bytes_from_anywhere_are_never_ours_and_never_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            is_v4: bool,
        ) {
            let echo = Echo::new(is_v4, 56, RAW);
            prop_assert!(!matches!(echo.classify(&asked(1), &bytes), Heard::Own(_)));
            echo.was_said(&asked(1), &bytes);
        }

        #[test]
        fn a_damaged_or_cut_reply_is_never_ours(at in 0_usize..64, flip in 1_u8.., is_v4: bool) {
            let echo = Echo::new(is_v4, 56, RAW);
            let mut packet = answer(is_v4, 1);
            prop_assert!(!matches!(echo.classify(&asked(1), &packet[..at]), Heard::Own(_)));
            packet[at] ^= flip;
            let is_checksum = (2..4).contains(&at);
            let heard = echo.classify(&asked(1), &packet);
            prop_assert_eq!(matches!(heard, Heard::Own(_)), is_checksum, "the kernel checks that one");
        }
    }
}
