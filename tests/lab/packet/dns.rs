//! DNS answers, right and wrong (RFC 1035 section 4).

use std::net::IpAddr;
use std::str::FromStr;

/// What the answer to a query is like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dns {
    /// A proper answer without records, with this RCODE.
    Code(u8),
    /// This address, where its type was asked for; nothing where the other family's was.
    Address(IpAddr),
    /// The identifier of another query.
    WrongId,
    /// Another name was asked for.
    WrongQuestion,
    /// A query, not a response: what a mirror sends back.
    NoResponse,
    /// The name of the answer is a compression pointer to itself.
    Loop,
    /// One record is announced, and the message ends.
    Short,
}

impl FromStr for Dns {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(match word {
            "noerror" => Self::Code(0),
            "formerr" => Self::Code(1),
            "servfail" => Self::Code(2),
            "nxdomain" => Self::Code(3),
            "notimp" => Self::Code(4),
            "refused" => Self::Code(5),
            "wrong-id" => Self::WrongId,
            "wrong-question" => Self::WrongQuestion,
            "no-response" => Self::NoResponse,
            "loop" => Self::Loop,
            "short" => Self::Short,
            word => match word.parse() {
                Ok(address) => Self::Address(address),
                Err(_) => return Err(format!("{word:?} is no DNS answer")),
            },
        })
    }
}

/// The header before the question.
const HEADER: usize = 12;

/// Types of records, RFC 1035 section 3.2.2 and RFC 3596 section 2.1.
const A: u8 = 1;
const AAAA: u8 = 28;

impl Dns {
    /// Answers a query. What is no query comes back as it is: the scenario will notice.
    pub(crate) fn answer(self, query: &[u8]) -> Vec<u8> {
        let Some(mut message) = question_only(query) else {
            return query.to_vec();
        };
        // QR and RA; RD as it was asked.
        message[2] |= 0x80;
        message[3] = 0x80;
        match self {
            Self::Code(code) => message[3] |= code,
            Self::Address(address) => add_address(&mut message, address),
            Self::WrongId => message[0] ^= 0xff,
            Self::WrongQuestion => spoil_first_label(&mut message),
            Self::NoResponse => message[2] &= 0x7f,
            Self::Loop => add_looping_record(&mut message),
            Self::Short => message[7] = 1,
        }
        message
    }
}

/// The query without what follows its question (EDNS), which a server need not repeat.
fn question_only(query: &[u8]) -> Option<Vec<u8>> {
    let mut end = HEADER;
    loop {
        let label = usize::from(*query.get(end)?);
        end += 1 + label;
        if label == 0 {
            break;
        }
    }
    let mut message = query.get(..end + 4)?.to_vec();
    // One question, and no record in any of the three sections.
    message[4..HEADER].copy_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
    Some(message)
}

/// The root has no label to spoil: there the type changes.
fn spoil_first_label(message: &mut [u8]) {
    let at = if message[HEADER] == 0 {
        HEADER + 2
    } else {
        HEADER + 1
    };
    message[at] ^= 1;
}

fn add_looping_record(message: &mut Vec<u8>) {
    add_record(message, message.len(), A, &[10, 99, 0, 1]);
}

fn add_address(message: &mut Vec<u8>, address: IpAddr) {
    let (kind, bytes) = match address {
        IpAddr::V4(v4) => (A, v4.octets().to_vec()),
        IpAddr::V6(v6) => (AAAA, v6.octets().to_vec()),
    };
    // The question ends with its type and its class.
    if message[message.len() - 4..][..2] == [0, kind] {
        add_record(message, HEADER, kind, &bytes);
    }
}

/// A record whose name is at that place of the message.
fn add_record(message: &mut Vec<u8>, name: usize, kind: u8, bytes: &[u8]) {
    let name = u16::try_from(name).expect("a query is short");
    let length = u8::try_from(bytes.len()).expect("an address is short");
    message[7] = 1;
    message.extend((0xc000 | name).to_be_bytes());
    // Class IN, a minute.
    message.extend([0, kind, 0, 1, 0, 0, 0, 60, 0, length]);
    message.extend(bytes);
}
