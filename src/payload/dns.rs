//! DNS: which name servers the root has, a question that resolvers and name servers alike answer or refuse.

use super::bytes::Reader;
use super::token::low16;
use super::words;
use crate::outcome::ReplySummary;

/// The header behind the id: only "recursion desired" is set, and there is one question (RFC 1035 section 4.1.1).
///
/// Resolvers answer a name that they do not hold only with recursion; others ignore the bit.
const HEADER: [u8; 10] = [0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];

/// The root as QNAME, type NS (2), class IN (1) (RFC 1035 sections 4.1.2, 3.2.2, 3.2.4).
const QUESTION: [u8; 5] = [0x00, 0x00, 0x02, 0x00, 0x01];

/// QR, a response (RFC 1035 section 4.1.1).
const RESPONSE: u16 = 0x8000;

/// OPCODE; 0 is a standard query, and what was asked (RFC 1035 section 4.1.1).
const OPCODE: u16 = 0x7800;

/// TC, the answer did not fit (RFC 1035 section 4.1.1).
const TRUNCATED: u16 = 0x0200;

/// RCODE (RFC 1035 section 4.1.1).
const RCODE: u16 = 0x000f;

/// Appends the query; its id is the token's low bits.
pub(super) fn write(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&low16(token).to_be_bytes());
    out.extend_from_slice(&HEADER);
    out.extend_from_slice(&QUESTION);
}

/// What the answer to this token's query says; nothing if it is none.
///
/// Nothing behind the question is read, so there are no names whose compression could loop
/// (RFC 1035 section 4.1.4). A server that could not read the query may leave the question out.
pub(super) fn read(token: u64, answer: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(answer);
    let (id, flags) = (reader.u16()?, reader.u16()?);
    let (questions, answers) = (reader.u16()?, reader.u16()?);
    reader.take(4)?; // NSCOUNT and ARCOUNT
    let asked = match questions {
        0 => true,
        1 => reader.take(QUESTION.len())? == QUESTION,
        _ => false,
    };
    let own = id == low16(token) && flags & (RESPONSE | OPCODE) == RESPONSE && asked;
    own.then(|| said(flags, answers))
}

fn said(flags: u16, answers: u16) -> ReplySummary {
    let mut said = match name(flags & RCODE) {
        Some(name) => name.to_owned(),
        None => format!("RCODE {}", flags & RCODE),
    };
    if flags & RCODE == 0 {
        said.push_str(", ");
        said.push_str(&words::counted(answers.into(), "answer"));
    }
    if flags & TRUNCATED != 0 {
        said.push_str(", truncated");
    }
    ReplySummary::new(&said)
}

/// RFC 1035 section 4.1.1, RFC 2136 section 2.2; the names are those of IANA's "DNS RCODEs".
fn name(rcode: u16) -> Option<&'static str> {
    Some(match rcode {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        6 => "YXDOMAIN",
        7 => "YXRRSET",
        8 => "NXRRSET",
        9 => "NOTAUTH",
        10 => "NOTZONE",
        _ => return None,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{Example, hex};
    use super::*;

    const TOKEN: u64 = 0x1122_3344_5566_beef;

    fn said(text: &str) -> Option<String> {
        read(TOKEN, &hex(text)).map(|said| said.as_str().to_owned())
    }

    /// A resolver's answer: two of the thirteen records, with names compressed as usual.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let mut bytes = low16(token).to_be_bytes().to_vec();
        bytes.extend(hex("8180 0001 0002 0000 0000 00 0002 0001"));
        // ". 518400 IN NS a.root-servers.net."
        bytes.extend(hex("00 0002 0001 0007e900 0014"));
        bytes.extend(hex("01 61 0c 726f6f742d73657276657273 03 6e6574 00"));
        // ". 518400 IN NS b.root-servers.net.", its end a pointer
        bytes.extend(hex("00 0002 0001 0007e900 0004 01 62 c01e"));
        Example::new(bytes, 0..2)
    }

    #[test]
    fn the_query_asks_for_the_root_s_name_servers() {
        let mut out = Vec::new();
        write(TOKEN, &mut out);
        assert_eq!(out, hex("beef 0100 0001 0000 0000 0000 00 0002 0001"));
    }

    #[test]
    fn the_response_code_and_the_number_of_answers_are_said() {
        let answer = |rest| said(&format!("beef {rest} 00 0002 0001"));
        let noerror = answer("8180 0001 000d 0000 000e");
        assert_eq!(noerror.as_deref(), Some("NOERROR, 13 answers"));
        let one = answer("8580 0001 0001 0000 0000");
        assert_eq!(one.as_deref(), Some("NOERROR, 1 answer"));
        let refused = answer("8105 0001 0000 0000 0000");
        assert_eq!(refused.as_deref(), Some("REFUSED"));
        let nxdomain = answer("8183 0001 0000 0001 0000");
        assert_eq!(nxdomain.as_deref(), Some("NXDOMAIN"));
        let truncated = answer("8380 0001 0000 0000 0000");
        assert_eq!(truncated.as_deref(), Some("NOERROR, 0 answers, truncated"));
        let unknown = answer("810f 0001 0000 0000 0000");
        assert_eq!(unknown.as_deref(), Some("RCODE 15"));
    }

    #[test]
    fn a_format_error_may_come_without_the_question() {
        let formerr = said("beef 8101 0000 0000 0000 0000");
        assert_eq!(formerr.as_deref(), Some("FORMERR"));
    }

    #[test]
    fn another_question_another_opcode_or_no_response_is_no_answer() {
        for text in [
            "beef 8180 0001 0001 0000 0000 00 0001 0001",   // type A
            "beef 8180 0002 0001 0000 0000 00 0002 0001",   // two questions
            "beef a180 0001 0001 0000 0000 00 0002 0001",   // opcode NOTIFY
            "beef 0180 0001 0001 0000 0000 00 0002 0001",   // a query
            "bee0 8180 0001 0001 0000 0000 00 0002 0001",   // another id
            "beef 8180 0001 0001 0000 0000 00 0002 00",     // cut
            "beef 8180 0001 0001 0000 0000 c00c 0002 0001", // a name that points at itself
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn counts_that_lie_and_pointers_that_loop_are_not_followed() {
        let mut bytes = hex("beef 8180 0001 ffff ffff ffff 00 0002 0001");
        bytes.extend(hex("c011").repeat(30_000));
        let said = read(TOKEN, &bytes).expect("the id and the question are right");
        assert_eq!(said.as_str(), "NOERROR, 65535 answers");
    }
}
