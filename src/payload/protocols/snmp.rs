//! SNMP: `SNMPv3` engine id discovery, and `SNMPv2c` get of sysDescr.

use std::fmt::Write as _;

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::ber::{Elements, OCTETS};
use crate::payload::reply_text;
use crate::payload::token::low32;

pub(super) const V3_CODEC: Codec = Codec {
    name: "snmp",
    port: Some(161),
    encode: |transaction, out| encode_v3(transaction.token, out),
    matcher: Matcher::Verified(|transaction, reply| match_reply_v3(transaction.token, reply)),
    replies_from_any_port: false,
};

pub(super) const V2C_CODEC: Codec = Codec {
    name: "snmp-v2c",
    port: None, // `SNMPv3` has it: it needs no community
    encode: |transaction, out| encode_v2c(transaction.token, out),
    matcher: Matcher::Verified(|transaction, reply| match_reply_v2c(transaction.token, reply)),
    replies_from_any_port: false,
};

/// `SNMPv3` message before msgID (RFC 3412 section 6).
const V3_START: &[&[u8]] = &[
    &[0x30, 62],   // the message, a SEQUENCE
    &[0x02, 1, 3], // msgVersion
    &[0x30, 17],   // msgGlobalData, a SEQUENCE
    &[0x02, 4],    // msgID, four bytes follow
];

/// `SNMPv3` message between msgID and request-id (RFC 3412 section 6, RFC 3414 section 2.4).
///
/// Empty user, engine id and variable-bindings: engine id discovery (RFC 3414 section 4).
const V3_MIDDLE: &[&[u8]] = &[
    &[0x02, 3, 0x00, 0xff, 0xe3], // msgMaxSize, 65,507: the maximum UDP payload
    &[0x04, 1, 0x04],             // msgFlags: noAuthNoPriv, reportable
    &[0x02, 1, 3],                // msgSecurityModel: USM
    &[0x04, 16, 0x30, 14],        // msgSecurityParameters, a SEQUENCE in an OCTET STRING
    &[0x04, 0],                   // msgAuthoritativeEngineID
    &[0x02, 1, 0],                // msgAuthoritativeEngineBoots
    &[0x02, 1, 0],                // msgAuthoritativeEngineTime
    &[0x04, 0],                   // msgUserName
    &[0x04, 0],                   // msgAuthenticationParameters
    &[0x04, 0],                   // msgPrivacyParameters
    &[0x30, 20],                  // msgData, a plaintext ScopedPDU
    &[0x04, 0],                   // contextEngineID
    &[0x04, 0],                   // contextName
    &[GET_REQUEST, 14],           // data (RFC 3416 section 3)
    &[0x02, 4],                   // request-id, four bytes follow
];

/// `SNMPv3` message after request-id (RFC 3416 section 3).
const V3_END: &[&[u8]] = &[
    &[0x02, 1, 0], // error-status
    &[0x02, 1, 0], // error-index
    &[0x30, 0],    // variable-bindings
];

/// `SNMPv2c` message before request-id (RFC 1901 section 3, RFC 3416 section 3).
const V2C_START: &[&[u8]] = &[
    &[0x30, 41],                                    // the message, a SEQUENCE
    &[0x02, 1, 1],                                  // version: 1 is SNMPv2c
    &[0x04, 6, b'p', b'u', b'b', b'l', b'i', b'c'], // community
    &[GET_REQUEST, 28],                             // data
    &[0x02, 4],                                     // request-id, four bytes follow
];

/// `SNMPv2c` message after request-id: sysDescr.0, 1.3.6.1.2.1.1.1.0 (RFC 3418 section 2).
const V2C_END: &[&[u8]] = &[
    &[0x02, 1, 0],                                              // error-status
    &[0x02, 1, 0],                                              // error-index
    &[0x30, 14],                                                // variable-bindings
    &[0x30, 12],                                                // VarBind
    &[0x06, 8, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x01, 0x01, 0x00], // name
    &[0x05, 0],                                                 // value: unSpecified
];

/// Tag of a GetRequest-PDU, `[0]` (RFC 3416 section 3).
const GET_REQUEST: u8 = 0xa0;

/// Tag of a Response-PDU, `[2]` (RFC 3416 section 3).
const RESPONSE: u8 = 0xa2;

/// Tag of a Report-PDU, `[8]` (RFC 3416 section 3).
const REPORT: u8 = 0xa8;

/// Bytes of an engine id in the summary, of 5 to 32 (RFC 3411 section 5).
const ENGINE_ID_SHOWN: usize = 20;

/// msgID and request-id: bit 30 set, then the low 30 bits of the token.
///
/// Never negative (RFC 3412 section 6), and always four bytes in BER, which omits leading zeros (X.690 section 8.3.2).
fn id(token: u64) -> i32 {
    i32::from_be_bytes((low32(token) & 0x3fff_ffff | 0x4000_0000).to_be_bytes())
}

fn append(rows: &[&[u8]], out: &mut Vec<u8>) {
    for row in rows {
        out.extend_from_slice(row);
    }
}

/// Appends the `SNMPv3` engine id discovery (RFC 3414 section 4).
fn encode_v3(token: u64, out: &mut Vec<u8>) {
    append(V3_START, out);
    out.extend_from_slice(&id(token).to_be_bytes());
    append(V3_MIDDLE, out);
    out.extend_from_slice(&id(token).to_be_bytes());
    append(V3_END, out);
}

/// Appends the `SNMPv2c` get of sysDescr.
fn encode_v2c(token: u64, out: &mut Vec<u8>) {
    append(V2C_START, out);
    out.extend_from_slice(&id(token).to_be_bytes());
    append(V2C_END, out);
}

/// Matches an `SNMPv3` response or report by msgID: the request-id of a report may be 0 (RFC 3412 section 7.1 step 3).
fn match_reply_v3(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    let mut message = Elements::new(reply).sequence()?;
    let version = message.integer()?;
    let msg_id = message.sequence()?.integer()?;
    let security = message.tagged(OCTETS)?;
    let mut scoped = message.sequence()?;
    scoped.tagged(OCTETS)?; // contextEngineID
    scoped.tagged(OCTETS)?; // contextName
    let (kind, _) = scoped.next()?;
    let is_reply = version == 3 && msg_id == id(token) && matches!(kind, RESPONSE | REPORT);
    is_reply.then(|| engine(security))
}

/// msgAuthoritativeEngineID, first of the security parameters (RFC 3414 section 2.4).
fn engine(security: &[u8]) -> ReplySummary {
    let parameters = Elements::new(security).sequence();
    let id = parameters.and_then(|mut parameters| parameters.tagged(OCTETS));
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        return ReplySummary::new("report");
    };
    let mut summary = "engine id ".to_owned();
    for byte in id.iter().take(ENGINE_ID_SHOWN) {
        let _ = write!(summary, "{byte:02x}"); // writing into a String does not fail
    }
    summary.push_str(if id.len() > ENGINE_ID_SHOWN {
        "..."
    } else {
        ""
    });
    ReplySummary::new(&summary)
}

/// Matches an `SNMPv2c` response by request-id.
fn match_reply_v2c(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    let mut message = Elements::new(reply).sequence()?;
    let version = message.integer()?;
    message.tagged(OCTETS)?; // community
    let mut response = Elements::new(message.tagged(RESPONSE)?);
    let is_reply = response.integer()? == id(token) && version == 1;
    let status = response.integer()?;
    response.integer()?; // error-index
    is_reply.then(|| match status {
        0 => value(response).unwrap_or(ReplySummary::new("response without a value")),
        _ => error(status),
    })
}

/// Value of the first variable: text, or an exception of RFC 3416 section 3.
fn value(mut response: Elements) -> Option<ReplySummary> {
    let mut variable = response.sequence()?.sequence()?;
    variable.next()?; // name
    Some(match variable.next()? {
        (OCTETS, []) => ReplySummary::new("empty sysDescr"),
        (OCTETS, text) => reply_text::summary(text),
        (0x80, _) => ReplySummary::new("noSuchObject"),
        (0x81, _) => ReplySummary::new("noSuchInstance"),
        (0x82, _) => ReplySummary::new("endOfMibView"),
        _ => return None,
    })
}

/// error-status; names of RFC 3416 section 3 for those that a `GetRequest` can cause.
fn error(status: i32) -> ReplySummary {
    ReplySummary::new(&match status {
        1 => "error tooBig".to_owned(),
        2 => "error noSuchName".to_owned(),
        5 => "error genErr".to_owned(),
        6 => "error noAccess".to_owned(),
        13 => "error resourceUnavailable".to_owned(),
        16 => "error authorizationError".to_owned(),
        _ => format!("error {status}"),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::payload::fixture::{Example, hex};

    const TOKEN: u64 = 0xffff_ffff_0000_1234;
    const ID: &str = "40001234";

    /// Report of net-snmp: usmStatsUnknownEngineIDs.0 = 3.
    fn report(id: &str) -> Vec<u8> {
        hex(&format!(
            "30 67 02 01 03 30 11 02 04 {id} 02 03 00ffe3 04 01 00 02 01 03
             04 1d 30 1b 04 0d 80001f8880 e9bd0c1d 5c667f51 02 01 05 02 01 21 04 00 04 00 04 00
             30 30 04 0d 80001f8880 e9bd0c1d 5c667f51 04 00 a8 1d 02 04 {id} 02 01 00 02 01 00
             30 0f 30 0d 06 08 2b06010603 0f0101 41 01 03"
        ))
    }

    pub(in crate::payload) fn example_v3(token: u64) -> Example {
        Example::new(report(&format!("{:08x}", id(token))), 9..13)
    }

    /// A response with this error-status and value.
    fn response(id: &str, status: u8, value: &str) -> Vec<u8> {
        let size = hex(value).len();
        let mut bytes = hex(&format!(
            "30 {:02x} 02 01 01 04 06 7075626c6963 a2 {:02x} 02 04 {id} 02 01 {status:02x} 02 01 00
             30 {:02x} 30 {:02x} 06 08 2b06010201010100",
            39 + size,
            26 + size,
            12 + size,
            10 + size,
        ));
        bytes.extend(hex(value));
        bytes
    }

    /// "Linux lab 6.8"
    pub(in crate::payload) fn example_v2c(token: u64) -> Example {
        let id = format!("{:08x}", id(token));
        Example::new(response(&id, 0, "04 0d 4c696e7578206c616220362e38"), 17..21)
    }

    fn v2c(status: u8, value: &str) -> Option<String> {
        match_reply_v2c(TOKEN, &response(ID, status, value))
            .map(|summary| summary.as_str().to_owned())
    }

    #[test]
    fn requests_are_well_formed() {
        let mut out = Vec::new();
        encode_v3(TOKEN, &mut out);
        let mut all = Elements::new(&out);
        let mut message = all.sequence().expect("a message of its length");
        assert_eq!(all.next(), None);
        assert_eq!(message.integer(), Some(3));
        assert_eq!(
            message.sequence().expect("a header").integer(),
            Some(id(TOKEN))
        );
        let security = message.tagged(OCTETS).expect("security parameters");
        let mut security = Elements::new(security).sequence().expect("a sequence");
        assert_eq!(security.tagged(OCTETS), Some(&[][..]));
        let mut scoped = message.sequence().expect("a scoped PDU");
        assert!(scoped.next().is_some() && scoped.next().is_some());
        let mut get = Elements::new(scoped.tagged(GET_REQUEST).expect("a request"));
        assert_eq!(get.integer(), Some(id(TOKEN)));
        assert!(message.next().is_none() && scoped.next().is_none());

        out.clear();
        encode_v2c(TOKEN, &mut out);
        let mut as_reply = out.clone();
        *as_reply.get_mut(13).expect("the tag") = RESPONSE;
        let summary = match_reply_v2c(TOKEN, &as_reply).expect("well-formed");
        assert_eq!(summary.as_str(), "response without a value");
        assert_eq!(
            Elements::new(&out).next().map(|(_, all)| all.len()),
            Some(out.len() - 2)
        );
    }

    #[test]
    fn a_report_has_the_engine_id() {
        let summary = match_reply_v3(TOKEN, &report(ID)).expect("a report");
        assert_eq!(summary.as_str(), "engine id 80001f8880e9bd0c1d5c667f51");
        assert_eq!(match_reply_v3(TOKEN + 1, &report(ID)), None);
        assert_eq!(engine(&[]).as_str(), "report");
        let long = [&[0x30, 34, 0x04, 32][..], &[0xab; 32]].concat();
        let expected = format!("engine id {}...", "ab".repeat(ENGINE_ID_SHOWN));
        assert_eq!(engine(&long).as_str(), expected);
    }

    #[test]
    fn a_response_has_sys_descr_or_an_error() {
        let text = v2c(0, "04 0d 4c696e7578206c616220362e38");
        assert_eq!(text.as_deref(), Some("Linux lab 6.8"));
        assert_eq!(v2c(0, "04 00").as_deref(), Some("empty sysDescr"));
        assert_eq!(v2c(0, "80 00").as_deref(), Some("noSuchObject"));
        assert_eq!(
            v2c(16, "05 00").as_deref(),
            Some("error authorizationError")
        );
        assert_eq!(v2c(77, "05 00").as_deref(), Some("error 77"));
        assert_eq!(v2c(0, "05 00").as_deref(), Some("response without a value"));
        assert_eq!(
            match_reply_v2c(TOKEN, &response("40001235", 0, "05 00")),
            None
        );
    }
}
