//! Properties of every payload.

use proptest::collection::vec;
use proptest::prelude::*;

use super::fixture::{request, transaction, two_tokens};
use super::*;

#[test]
fn payloads_have_names_and_defaults_per_port() {
    let custom = Payload::Custom(Arc::from(&b"hello"[..]));
    let pattern = Payload::for_port(9999);
    assert_eq!(pattern, Payload::Pattern(DEFAULT_SIZE));
    assert_eq!(
        (pattern.name(), custom.name()),
        ("32 bytes".into(), "5 own bytes".into())
    );
    assert_eq!(Payload::for_port(53).name(), "dns");
    assert_eq!(request(&custom, 7), b"hello");
}

#[test]
fn only_syslog_has_no_reply_and_only_tftp_replies_from_any_port() {
    let custom = Payload::Custom(Arc::from(&b"hello"[..]));
    assert!(custom.expects_reply() && Payload::for_port(9999).expects_reply());
    let all = || AppProtocol::ALL.into_iter().map(Payload::Protocol);
    let without_reply: Vec<_> = all().filter(|payload| !payload.expects_reply()).collect();
    assert_eq!(without_reply, [Payload::Protocol(AppProtocol::Syslog)]);
    let from_any_port: Vec<_> = all().filter(Payload::replies_from_any_port).collect();
    assert_eq!(from_any_port, [Payload::Protocol(AppProtocol::Tftp)]);
    let unverifiable: Vec<_> = all()
        .filter(|payload| !payload.has_verifiable_reply())
        .collect();
    assert_eq!(unverifiable, [Payload::Protocol(AppProtocol::Tftp)]);
}

proptest! {
    #[test]
    fn a_quote_matches_the_beginning_of_its_request((token, other) in two_tokens(), length: proptest::sample::Index) {
        let patterns = [0, 5, 8, DEFAULT_SIZE].map(Payload::Pattern);
        for payload in AppProtocol::ALL.map(Payload::Protocol).into_iter().chain(patterns) {
            let request = request(&payload, token);
            let quoted = request.get(..length.index(request.len() + 1)).expect("not longer");
            prop_assert!(payload.matches_quote(&transaction(token), quoted), "{payload:?}");
            let has_token = !matches!(payload, Payload::Pattern(0..8));
            let matches_other = payload.matches_quote(&transaction(other), &request);
            prop_assert!(!has_token || !matches_other, "{payload:?}");
        }
    }

    #[test]
    fn a_changed_quote_does_not_match_and_padding_is_ignored(
        token: u64,
        position: proptest::sample::Index,
        padding in vec(any::<u8>(), 0..40),
    ) {
        for payload in AppProtocol::ALL.map(Payload::Protocol) {
            let mut quoted = request(&payload, token);
            let position = position.index(quoted.len());
            let padded = [quoted.as_slice(), &padding].concat();
            prop_assert!(payload.matches_quote(&transaction(token), &padded));
            if let Some(byte) = quoted.get_mut(position) {
                *byte = !*byte;
            }
            prop_assert!(!payload.matches_quote(&transaction(token), &quoted));
        }
    }

    #[test]
    fn an_extension_after_the_quote_is_ignored(token: u64, other: u64, words in 20_usize..60) {
        prop_assume!(token != other);
        for payload in [
            Payload::Protocol(AppProtocol::Quic),
            Payload::Pattern(1400),
            Payload::Protocol(AppProtocol::Sip),
        ] {
            let request = request(&payload, token);
            let Some(quote) = request.get(..words * 4) else {
                continue;
            };
            let quoted = [quote, &[0x20, 0x00, 0x12, 0x34], &[0, 8, 1, 1, 0, 0, 0x10, 1]].concat();
            prop_assert!(payload.matches_quote(&transaction(token), &quoted), "{payload:?}");
        }
    }

    #[test]
    fn hex_is_parsed_or_rejected_in_one_line(text: String, bytes in vec(any::<u8>(), 0..40)) {
        if let Err(message) = parse_hex(&text) {
            prop_assert!(!message.contains(char::is_control), "{message:?}");
        }
        let written: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert_eq!(parse_hex(&written.join(":")), Ok(bytes));
    }
}
