//! What holds for every protocol, whatever is sent.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A genuine answer.
pub(super) struct Example {
    bytes: Vec<u8>,
    /// Where it repeats what only its question contained.
    proofs: Vec<Range<usize>>,
}

impl Example {
    /// An answer, and where its proof is.
    pub(super) fn new(bytes: Vec<u8>, proof: Range<usize>) -> Self {
        let proofs = Vec::new();
        Self { bytes, proofs }.and(proof)
    }

    /// The same with another proof.
    pub(super) fn and(mut self, proof: Range<usize>) -> Self {
        self.proofs.push(proof);
        self
    }
}

/// Bytes from digits, wherever white space is.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    parse_hex(&digits).expect("hexadecimal")
}

/// A genuine answer to a question, for protocols whose answers prove themselves.
fn example(named: AppProtocol, token: u64) -> Option<Example> {
    Some(match named {
        AppProtocol::Dns => dns::tests::example(token),
        AppProtocol::Ntp => ntp::tests::example(token),
        AppProtocol::Snmp => snmp::tests::example_v3(token),
        AppProtocol::SnmpV2c => snmp::tests::example_v2c(token),
        AppProtocol::Stun => stun::tests::example(token),
        AppProtocol::Quic => quic::tests::example(token),
        AppProtocol::Sip => sip::tests::example(token),
        AppProtocol::Ike => ike::tests::example(token),
        AppProtocol::Memcached => memcached::tests::example(token),
        AppProtocol::Tftp | AppProtocol::Syslog => return None,
        AppProtocol::Echo => {
            let mut echo = Vec::new();
            plain::write(token, DEFAULT_SIZE, &mut echo);
            Example::new(echo, 0..DEFAULT_SIZE)
        }
    })
}

fn question(token: u64) -> Transaction {
    Transaction {
        token,
        local: "192.0.2.9:40000".parse().expect("an address"),
        target: "192.0.2.1:5060".parse().expect("an address"),
    }
}

fn request(payload: &Payload, token: u64) -> Vec<u8> {
    let mut out = Vec::new();
    payload.encode(&question(token), &mut out);
    out
}

fn is_own(named: AppProtocol, token: u64, answer: &[u8]) -> bool {
    let answer = Payload::Protocol(named).match_reply(&question(token), answer);
    matches!(answer, ReplyMatch::Matched(_))
}

/// Every protocol whose answers prove themselves, with a genuine answer.
fn examples(token: u64) -> impl Iterator<Item = (AppProtocol, Example)> {
    let all = AppProtocol::ALL.into_iter();
    all.filter_map(move |named| Some((named, example(named, token)?)))
}

/// Two tokens as two probes have them: their low 16 bits differ.
fn two_tokens() -> impl Strategy<Value = (u64, u64)> {
    (any::<u64>(), any::<u64>(), 1..=u16::MAX)
        .prop_map(|(one, other, low)| (one, (other & !0xffff) | ((one ^ u64::from(low)) & 0xffff)))
}

#[test]
fn every_genuine_answer_is_recognised() {
    let said: Vec<_> = examples(0x0123_4567_89ab_cdef)
        .map(|(named, example)| {
            let token = question(0x0123_4567_89ab_cdef);
            match Payload::Protocol(named).match_reply(&token, &example.bytes) {
                ReplyMatch::Matched(said) => (named.name(), said.as_str().to_owned()),
                other => panic!("{named:?}: {other:?}"),
            }
        })
        .collect();
    let said: Vec<_> = said
        .iter()
        .map(|(name, said)| (*name, said.as_str()))
        .collect();
    let expected = [
        ("dns", "NOERROR, 2 answers"),
        ("ntp", "stratum 3"),
        ("snmp", "engine id 80001f8880e9bd0c1d5c667f51"),
        ("snmp-v2c", "Linux lab 6.8"),
        ("stun", "mapped 192.0.2.1:32853"),
        ("quic", "versions v1 v2"),
        ("sip", "200 OK"),
        ("ike", "IKEv2 wants key group 14"),
        ("memcached", "VERSION 1.6.18"),
        ("echo", "echo"),
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_proves_nothing_is_not_claimed() {
    let judged = |named, answer: &[u8]| Payload::Protocol(named).match_reply(&question(7), answer);
    let error = judged(AppProtocol::Tftp, b"\0\x05\0\x01File not found\0");
    assert_eq!(
        error,
        ReplyMatch::Unverified(ReplySummary::new("error 1: File not found"))
    );
    assert_eq!(
        judged(AppProtocol::Syslog, b"<15>1 - - x - - -"),
        ReplyMatch::Mismatch
    );
    assert_eq!(judged(AppProtocol::Echo, b"hello"), ReplyMatch::Mismatch);
}

#[test]
fn payloads_are_chosen_named_and_told_apart() {
    let own = Payload::Custom(Arc::from(&b"hello"[..]));
    let plain = Payload::for_port(9999);
    assert_eq!(plain, Payload::Pattern(DEFAULT_SIZE));
    assert_eq!(
        (plain.name(), own.name()),
        ("32 bytes".into(), "5 own bytes".into())
    );
    assert_eq!(Payload::for_port(53).name(), "dns");
    assert!(own.expects_reply() && plain.expects_reply());
    let all = || AppProtocol::ALL.into_iter().map(Payload::Protocol);
    let silent: Vec<_> = all().filter(|payload| !payload.expects_reply()).collect();
    assert_eq!(silent, [Payload::Protocol(AppProtocol::Syslog)]);
    let moving: Vec<_> = all().filter(Payload::replies_from_any_port).collect();
    assert_eq!(moving, [Payload::Protocol(AppProtocol::Tftp)]);
    assert_eq!(request(&own, 7), b"hello");
}

#[test]
fn what_is_said_is_appended_and_always_as_long() {
    for payload in AppProtocol::ALL.into_iter().map(Payload::Protocol) {
        let mut out = b"before".to_vec();
        payload.encode(&question(0), &mut out);
        let said = out.strip_prefix(b"before").expect("what was there before");
        assert_eq!(said, request(&payload, 0));
        assert_eq!(said.len(), request(&payload, u64::MAX).len(), "{payload:?}");
        assert!(said.len() <= 1200, "{payload:?} crosses any path");
    }
}

#[test]
fn no_cut_of_a_genuine_answer_does_harm() {
    for (named, example) in examples(0x0123_4567_89ab_cdef) {
        for size in 0..example.bytes.len() {
            let cut = example.bytes.get(..size).expect("shorter");
            let own = is_own(named, 0x0123_4567_89ab_cdef, cut);
            let proofs_end = example.proofs.iter().map(|proof| proof.end).max();
            assert!(!own || Some(size) >= proofs_end, "{named:?} cut to {size}");
        }
    }
}

#[test]
fn largest_datagrams_of_one_byte_are_survived() {
    for named in AppProtocol::ALL {
        for byte in [0x00, 0x04, 0x30, 0xc0, 0xff] {
            assert!(!is_own(
                named,
                0x0123_4567_89ab_cdef,
                &vec![byte; MAX_UDP_PAYLOAD]
            ));
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_the_answer(token: u64, bytes in vec(any::<u8>(), 0..600)) {
        for named in AppProtocol::ALL {
            prop_assert!(!is_own(named, token, &bytes), "{named:?}");
        }
    }

    #[test]
    fn a_genuine_beginning_before_arbitrary_bytes_does_no_harm(
        token: u64,
        kept in 0_usize..200,
        bytes in vec(any::<u8>(), 0..300),
    ) {
        for (named, example) in examples(token) {
            let mut answer = example.bytes;
            answer.truncate(kept);
            answer.extend(&bytes);
            let _ = is_own(named, token, &answer);
        }
    }

    #[test]
    fn the_request_sent_back_is_the_answer_to_echo_alone(token: u64) {
        for named in AppProtocol::ALL {
            let back = request(&Payload::Protocol(named), token);
            prop_assert_eq!(is_own(named, token, &back), named == AppProtocol::Echo, "{:?}", named);
        }
    }

    #[test]
    fn a_changed_byte_does_no_harm_and_a_changed_proof_proves_nothing(
        token: u64,
        place: proptest::sample::Index,
        change in 1..=u8::MAX,
    ) {
        for (named, example) in examples(token) {
            let mut answer = example.bytes;
            let place = place.index(answer.len());
            if let Some(byte) = answer.get_mut(place) {
                *byte ^= change;
            }
            let own = is_own(named, token, &answer);
            let proof = example.proofs.iter().any(|proof| proof.contains(&place));
            prop_assert!(!own || !proof, "{named:?} changed at {place}");
        }
    }

    #[test]
    fn the_answer_to_another_question_is_not_this_one_s((token, other) in two_tokens()) {
        for (named, example) in examples(other) {
            prop_assert!(is_own(named, other, &example.bytes), "{named:?}");
            prop_assert!(!is_own(named, token, &example.bytes), "{named:?}");
        }
    }

    #[test]
    fn a_quote_is_known_by_its_beginning((token, other) in two_tokens(), cut: proptest::sample::Index) {
        let plain = [0, 5, 8, DEFAULT_SIZE].map(Payload::Pattern);
        for payload in AppProtocol::ALL.map(Payload::Protocol).into_iter().chain(plain) {
            let said = request(&payload, token);
            let quoted = said.get(..cut.index(said.len() + 1)).expect("no longer than all");
            prop_assert!(payload.matches_quote(&question(token), quoted), "{payload:?}");
            let tells_apart = !matches!(payload, Payload::Pattern(0..8)); // the whole token is in it
            prop_assert!(!tells_apart || !payload.matches_quote(&question(other), &said), "{payload:?}");
        }
    }

    #[test]
    fn a_quote_of_something_else_was_not_said_and_padding_says_nothing(
        token: u64,
        place: proptest::sample::Index,
        padding in vec(any::<u8>(), 0..40),
    ) {
        for payload in AppProtocol::ALL.map(Payload::Protocol) {
            let mut said = request(&payload, token);
            let place = place.index(said.len());
            let padded = [said.as_slice(), &padding].concat();
            prop_assert!(payload.matches_quote(&question(token), &padded));
            if let Some(byte) = said.get_mut(place) {
                *byte = !*byte;
            }
            prop_assert!(!payload.matches_quote(&question(token), &said));
        }
    }

    #[test]
    fn an_extension_behind_the_quote_changes_nothing(token: u64, other: u64, words in 20_usize..60) {
        prop_assume!(token != other);
        for payload in [Payload::Protocol(AppProtocol::Quic), Payload::Pattern(1400), Payload::Protocol(AppProtocol::Sip)] {
            let said = request(&payload, token);
            let Some(quote) = said.get(..words * 4) else {
                continue;
            };
            let quoted = [quote, &[0x20, 0x00, 0x12, 0x34], &[0, 8, 1, 1, 0, 0, 0x10, 1]].concat();
            prop_assert!(payload.matches_quote(&question(token), &quoted), "{payload:?}");
        }
    }

    #[test]
    fn every_text_is_read_as_bytes_or_refused_in_one_line(text: String, bytes in vec(any::<u8>(), 0..40)) {
        if let Err(message) = parse_hex(&text) {
            prop_assert!(!message.contains(char::is_control), "{message:?}");
        }
        let written: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert_eq!(parse_hex(&written.join(":")), Ok(bytes));
    }
}
