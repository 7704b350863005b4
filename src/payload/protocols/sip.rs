//! SIP: OPTIONS, which queries capabilities without a call (RFC 3261 section 11).

use std::io::Write as _;
use std::net::SocketAddr;

use super::codec::{Codec, Matcher};
use crate::outcome::ReplySummary;
use crate::payload::reply_text;
use crate::payload::transaction::Transaction;

pub(super) const CODEC: Codec = Codec {
    name: "sip",
    port: Some(5060),
    encode,
    matcher: Matcher::Verified(|transaction, reply| match_reply(transaction.token, reply)),
    replies_from_any_port: false,
};

/// Start of a status line (RFC 3261 section 7.2), case-insensitive (section 7.1).
const VERSION: &[u8] = b"SIP/2.0 ";

/// Appends the request with the mandatory header fields (RFC 3261 section 8.1.1).
///
/// The token is Call-ID, tag and branch, which begins with "z9hG4bK" (RFC 3261 section 8.1.1.7). `rport` requests the
/// response to the source port (RFC 3581 section 3). Accept is recommended (RFC 3261 section 11.1).
fn encode(transaction: &Transaction, out: &mut Vec<u8>) {
    let token = transaction.token;
    let (local, target) = (
        without_zone(transaction.local),
        without_zone(transaction.target),
    );
    // Writing into a Vec does not fail.
    let _ = write!(
        out,
        "OPTIONS sip:{target} SIP/2.0\r\n\
         Via: SIP/2.0/UDP {local};rport;branch=z9hG4bK{token:016x}\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:synack@{local}>;tag={token:016x}\r\n\
         To: <sip:{target}>\r\n\
         Call-ID: {token:016x}\r\n\
         CSeq: 1 OPTIONS\r\n\
         Contact: <sip:synack@{local}>\r\n\
         Accept: application/sdp\r\n\
         Content-Length: 0\r\n\
         \r\n"
    );
}

/// A zone is local and not allowed in a SIP URI (RFC 3261 section 25.1).
fn without_zone(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

/// Matches a response by Call-ID (RFC 3261 section 8.2.6.2), case-sensitive (section 20.8).
fn match_reply(token: u64, reply: &[u8]) -> Option<ReplySummary> {
    let status = status(reply_text::first_line(reply))?;
    let lines = reply.split(|byte| *byte == b'\n').skip(1);
    let mut headers = lines
        .map(reply_text::first_line)
        .take_while(|line| !line.is_empty());
    let id = headers.find_map(call_id)?;
    (id == format!("{token:016x}").as_bytes()).then(|| reply_text::summary(status))
}

/// Code and reason of a status line (RFC 3261 section 7.2); absent for provisional responses, 1xx (section 8.1.3.2).
fn status(line: &[u8]) -> Option<&[u8]> {
    let (version, status) = line.split_at_checked(VERSION.len())?;
    let code = match status {
        [a @ b'2'..=b'6', b, c] | [a @ b'2'..=b'6', b, c, b' ', ..] => [*a, *b, *c],
        _ => return None,
    };
    let is_status = version.eq_ignore_ascii_case(VERSION) && code.iter().all(u8::is_ascii_digit);
    is_status.then_some(status.trim_ascii_end())
}

/// Value of a Call-ID header field, also in compact form (RFC 3261 sections 7.3.3, 20.8).
fn call_id(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let name = name.trim_ascii_end();
    let is_call_id = name.eq_ignore_ascii_case(b"Call-ID") || name.eq_ignore_ascii_case(b"i");
    let value = value.strip_prefix(b":").unwrap_or(value);
    is_call_id.then_some(value.trim_ascii())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::payload::fixture::Example;

    const TOKEN: u64 = 0x0123_4567_89ab_cdef;

    fn summary(reply: &str) -> Option<String> {
        match_reply(TOKEN, reply.as_bytes()).map(|summary| summary.as_str().to_owned())
    }

    /// Reply of Asterisk.
    pub(in crate::payload) fn example(token: u64) -> Example {
        let start = format!(
            "SIP/2.0 200 OK\r\n\
             Via: SIP/2.0/UDP 192.0.2.9:40000;rport=40000;received=192.0.2.9;branch=z9hG4bK{token:016x}\r\n\
             Call-ID: "
        );
        let id = start.len()..start.len() + 16;
        let reply = format!(
            "{start}{token:016x}\r\n\
             From: <sip:synack@192.0.2.9>;tag={token:016x}\r\n\
             To: <sip:192.0.2.1>;tag=as5c667f51\r\n\
             CSeq: 1 OPTIONS\r\n\
             Allow: OPTIONS, INVITE, ACK, BYE, CANCEL\r\n\
             Content-Length:  0\r\n\
             \r\n"
        );
        Example::new(reply.into_bytes(), id)
    }

    #[test]
    fn the_request_has_both_addresses() {
        let transaction = Transaction {
            token: TOKEN,
            local: "[fe80::9%3]:40000".parse().expect("an address"),
            target: "[2001:db8::1]:5060".parse().expect("an address"),
        };
        let mut out = Vec::new();
        encode(&transaction, &mut out);
        let text = String::from_utf8(out).expect("text");
        assert!(text.starts_with("OPTIONS sip:[2001:db8::1]:5060 SIP/2.0\r\nVia: "));
        let via = "SIP/2.0/UDP [fe80::9]:40000;rport;branch=z9hG4bK0123456789abcdef\r\n";
        assert!(text.contains(via), "{text}");
        assert!(text.ends_with("\r\nContent-Length: 0\r\n\r\n"));
        assert!(!text.contains("  "), "{text}");
    }

    #[test]
    fn a_status_with_the_call_id_is_matched() {
        let ok = summary("SIP/2.0 200 OK\r\nCall-ID: 0123456789abcdef\r\n\r\n");
        assert_eq!(ok.as_deref(), Some("200 OK"));
        let short = summary("sip/2.0 404 Not Found\r\nI :0123456789abcdef \r\n\r\n");
        assert_eq!(short.as_deref(), Some("404 Not Found"));
        let no_reason = summary("SIP/2.0 503\nCALL-ID: 0123456789abcdef\n\n");
        assert_eq!(no_reason.as_deref(), Some("503"));
    }

    #[test]
    fn anything_else_is_no_match() {
        for reply in [
            "SIP/2.0 200 OK\r\nCall-ID: 0123456789abcdee\r\n\r\n",
            "SIP/2.0 200 OK\r\nCall-ID: 0123456789ABCDEF\r\n\r\n",
            "SIP/2.0 200 OK\r\nCall-ID: other\r\ni: 0123456789abcdef\r\n\r\n",
            "SIP/2.0 200 OK\r\n\r\nCall-ID: 0123456789abcdef\r\n\r\n",
            "SIP/2.0 2000 OK\r\nCall-ID: 0123456789abcdef\r\n\r\n",
            "SIP/2.0 20x OK\r\nCall-ID: 0123456789abcdef\r\n\r\n",
            "SIP/2.0 999 OK\r\nCall-ID: 0123456789abcdef\r\n\r\n",
            "HTTP/1.1 200 OK\r\nCall-ID: 0123456789abcdef\r\n\r\n",
            "OPTIONS sip:a SIP/2.0\r\nCall-ID: 0123456789abcdef\r\n\r\n",
            "SIP/2.0 200 OK\r\nCall-ID",
            "",
        ] {
            assert_eq!(summary(reply), None, "{reply:?}");
        }
    }
}
