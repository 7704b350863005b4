//! DNS: NS query for the root. Recursive and authoritative servers answer or refuse it.

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::reader::Reader;
use crate::payload::reply_text;
use crate::payload::token::low16;

pub(super) const CODEC: Codec = Codec {
    name: "dns",
    port: Some(53),
    encode: |transaction, out| encode(transaction.token, out),
    matcher: Matcher::Verified(|transaction, reply| match_reply(transaction.token, reply)),
    replies_from_any_port: false,
};

/// Header after the id: RD set, one question (RFC 1035 section 4.1.1). Resolvers need RD to resolve; authoritative
/// servers ignore it.
const HEADER: [u8; 10] = [0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];

/// QNAME root, QTYPE NS (2), QCLASS IN (1) (RFC 1035 sections 4.1.2, 3.2.2, 3.2.4).
const QUESTION: [u8; 5] = [0x00, 0x00, 0x02, 0x00, 0x01];

/// QR bit: response (RFC 1035 section 4.1.1).
const RESPONSE: u16 = 0x8000;

/// OPCODE; 0 is a standard query (RFC 1035 section 4.1.1).
const OPCODE: u16 = 0x7800;

/// TC bit: truncated (RFC 1035 section 4.1.1).
const TRUNCATED: u16 = 0x0200;

/// RCODE (RFC 1035 section 4.1.1).
const RCODE: u16 = 0x000f;

/// Appends the query; its ID is the low 16 bits of the token.
fn encode(token: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&low16(token).to_be_bytes());
    out.extend_from_slice(&HEADER);
    out.extend_from_slice(&QUESTION);
}

/// Matches a response by ID and question.
///
/// Nothing after the question is parsed: no compressed names that could loop (RFC 1035 section 4.1.4). A FORMERR
/// response may lack the question.
fn match_reply(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    let mut reader = Reader::new(reply);
    let (id, flags) = (reader.u16()?, reader.u16()?);
    let (questions, answers) = (reader.u16()?, reader.u16()?);
    reader.take(4)?; // NSCOUNT and ARCOUNT
    let same_question = match questions {
        0 => true,
        1 => reader.take(QUESTION.len())? == QUESTION,
        _ => false,
    };
    let is_reply = id == low16(token) && flags & (RESPONSE | OPCODE) == RESPONSE && same_question;
    is_reply.then(|| summary(flags, answers))
}

fn summary(flags: u16, answers: u16) -> ReplySummary {
    let mut summary = match name(flags & RCODE) {
        Some(name) => name.to_owned(),
        None => format!("RCODE {}", flags & RCODE),
    };
    if flags & RCODE == 0 {
        summary.push_str(", ");
        summary.push_str(&reply_text::counted(answers.into(), "answer"));
    }
    if flags & TRUNCATED != 0 {
        summary.push_str(", truncated");
    }
    ReplySummary::new(&summary)
}

/// Name in IANA's registry "DNS RCODEs" (RFC 1035 section 4.1.1, RFC 2136 section 2.2).
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
    use super::*;
    use crate::payload::fixture::{Example, hex};

    const TOKEN: u64 = 0x1122_3344_5566_beef;

    fn summary(text: &str) -> Option<String> {
        match_reply(TOKEN, &hex(text)).map(|summary| summary.as_str().to_owned())
    }

    /// A resolver's response with two records and name compression.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let mut bytes = low16(token).to_be_bytes().to_vec();
        bytes.extend(hex("8180 0001 0002 0000 0000 00 0002 0001"));
        // ". 518400 IN NS a.root-servers.net."
        bytes.extend(hex("00 0002 0001 0007e900 0014"));
        bytes.extend(hex("01 61 0c 726f6f742d73657276657273 03 6e6574 00"));
        // ". 518400 IN NS b.root-servers.net.", compressed
        bytes.extend(hex("00 0002 0001 0007e900 0004 01 62 c01e"));
        Example::new(bytes, 0..2)
    }

    #[test]
    fn the_query_is_ns_for_the_root() {
        let mut out = Vec::new();
        encode(TOKEN, &mut out);
        assert_eq!(out, hex("beef 0100 0001 0000 0000 0000 00 0002 0001"));
    }

    #[test]
    fn the_summary_has_rcode_and_answer_count() {
        let summary_of = |rest| summary(&format!("beef {rest} 00 0002 0001"));
        let noerror = summary_of("8180 0001 000d 0000 000e");
        assert_eq!(noerror.as_deref(), Some("NOERROR, 13 answers"));
        let one = summary_of("8580 0001 0001 0000 0000");
        assert_eq!(one.as_deref(), Some("NOERROR, 1 answer"));
        let refused = summary_of("8105 0001 0000 0000 0000");
        assert_eq!(refused.as_deref(), Some("REFUSED"));
        let nxdomain = summary_of("8183 0001 0000 0001 0000");
        assert_eq!(nxdomain.as_deref(), Some("NXDOMAIN"));
        let truncated = summary_of("8380 0001 0000 0000 0000");
        assert_eq!(truncated.as_deref(), Some("NOERROR, 0 answers, truncated"));
        let unknown = summary_of("810f 0001 0000 0000 0000");
        assert_eq!(unknown.as_deref(), Some("RCODE 15"));
    }

    #[test]
    fn formerr_may_lack_the_question() {
        let formerr = summary("beef 8101 0000 0000 0000 0000");
        assert_eq!(formerr.as_deref(), Some("FORMERR"));
    }

    #[test]
    fn wrong_id_question_opcode_or_a_query_is_no_match() {
        for text in [
            "beef 8180 0001 0001 0000 0000 00 0001 0001",   // type A
            "beef 8180 0002 0001 0000 0000 00 0002 0001",   // two questions
            "beef a180 0001 0001 0000 0000 00 0002 0001",   // opcode NOTIFY
            "beef 0180 0001 0001 0000 0000 00 0002 0001",   // a query
            "bee0 8180 0001 0001 0000 0000 00 0002 0001",   // wrong ID
            "beef 8180 0001 0001 0000 0000 00 0002 00",     // truncated
            "beef 8180 0001 0001 0000 0000 c00c 0002 0001", // compression loop
        ] {
            assert_eq!(summary(text), None, "{text}");
        }
    }

    #[test]
    fn wrong_counts_and_compression_loops_are_not_followed() {
        let mut bytes = hex("beef 8180 0001 ffff ffff ffff 00 0002 0001");
        bytes.extend(hex("c011").repeat(30_000));
        let summary = match_reply(TOKEN, &bytes).expect("ID and question match");
        assert_eq!(summary.as_str(), "NOERROR, 65535 answers");
    }
}
