//! DNS responses, valid and invalid (RFC 1035 section 4).

use std::net::IpAddr;
use std::str::FromStr;

#[derive(Clone, Copy, Debug)]
pub(crate) enum DnsReply {
    /// A valid response with this RCODE and no records.
    Rcode(u8),
    /// A record with this address, if the query is of its type; else NOERROR without records.
    Address(IpAddr),
    WrongId,
    WrongQuestion,
    /// The QR bit is clear.
    NotAResponse,
    /// The name of the record is a compression pointer to itself.
    CompressionLoop,
    /// ANCOUNT is 1, but there is no record.
    MissingRecord,
}

impl FromStr for DnsReply {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(match word {
            "noerror" => Self::Rcode(0),
            "formerr" => Self::Rcode(1),
            "servfail" => Self::Rcode(2),
            "nxdomain" => Self::Rcode(3),
            "notimp" => Self::Rcode(4),
            "refused" => Self::Rcode(5),
            "wrong-id" => Self::WrongId,
            "wrong-question" => Self::WrongQuestion,
            "not-a-response" => Self::NotAResponse,
            "compression-loop" => Self::CompressionLoop,
            "missing-record" => Self::MissingRecord,
            word => match word.parse() {
                Ok(address) => Self::Address(address),
                Err(_) => return Err(format!("unknown DNS reply {word:?}")),
            },
        })
    }
}

const HEADER_LENGTH: usize = 12;

/// Record types, RFC 1035 section 3.2.2 and RFC 3596 section 2.1.
const A: u8 = 1;
const AAAA: u8 = 28;

impl DnsReply {
    /// The message in reply to a query; bytes that are no query are echoed.
    pub(crate) fn message(self, query: &[u8]) -> Vec<u8> {
        let Some(mut message) = header_and_question(query) else {
            return query.to_vec();
        };
        // QR and RA; RD as in the query.
        message[2] |= 0x80;
        message[3] = 0x80;
        match self {
            Self::Rcode(rcode) => message[3] |= rcode,
            Self::Address(address) => push_address(&mut message, address),
            Self::WrongId => message[0] ^= 0xff,
            Self::WrongQuestion => alter_question(&mut message),
            Self::NotAResponse => message[2] &= 0x7f,
            Self::CompressionLoop => push_looping_record(&mut message),
            Self::MissingRecord => message[7] = 1,
        }
        message
    }
}

/// The query without its additional records (EDNS): a server need not repeat them.
fn header_and_question(query: &[u8]) -> Option<Vec<u8>> {
    let mut end = HEADER_LENGTH;
    loop {
        let label = usize::from(*query.get(end)?);
        end += 1 + label;
        if label == 0 {
            break;
        }
    }
    let mut message = query.get(..end + 4)?.to_vec();
    // QDCOUNT 1; ANCOUNT, NSCOUNT and ARCOUNT 0.
    message[4..HEADER_LENGTH].copy_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
    Some(message)
}

/// Changes the first label; the root has none, so its QTYPE changes.
fn alter_question(message: &mut [u8]) {
    let at = if message[HEADER_LENGTH] == 0 {
        HEADER_LENGTH + 2
    } else {
        HEADER_LENGTH + 1
    };
    message[at] ^= 1;
}

fn push_looping_record(message: &mut Vec<u8>) {
    push_record(message, message.len(), A, &[10, 99, 0, 1]);
}

fn push_address(message: &mut Vec<u8>, address: IpAddr) {
    let (record_type, data) = match address {
        IpAddr::V4(v4) => (A, v4.octets().to_vec()),
        IpAddr::V6(v6) => (AAAA, v6.octets().to_vec()),
    };
    // QTYPE and QCLASS are the last four bytes of the question.
    if message[message.len() - 4..][..2] == [0, record_type] {
        push_record(message, HEADER_LENGTH, record_type, &data);
    }
}

/// A record whose name is a compression pointer to this offset.
fn push_record(message: &mut Vec<u8>, name: usize, record_type: u8, data: &[u8]) {
    let name = u16::try_from(name).expect("a query is short");
    let length = u8::try_from(data.len()).expect("an address is short");
    message[7] = 1;
    message.extend((0xc000 | name).to_be_bytes());
    // Class IN, TTL 60 s.
    message.extend([0, record_type, 0, 1, 0, 0, 0, 60, 0, length]);
    message.extend(data);
}
