//! Properties of every protocol.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::outcome::ReplySummary;
use crate::payload::fixture::{Example, TOKEN, request, transaction, two_tokens};
use crate::payload::{DEFAULT_SIZE, MAX_UDP_PAYLOAD, Payload, pattern};

/// A sample reply; absent for protocols whose replies repeat nothing.
fn example(protocol: AppProtocol, token: u64) -> Option<Example> {
    Some(match protocol {
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
            pattern::encode(token, DEFAULT_SIZE, &mut echo);
            Example::new(echo, 0..DEFAULT_SIZE)
        }
    })
}

fn examples(token: u64) -> impl Iterator<Item = (AppProtocol, Example)> {
    let all = AppProtocol::ALL.into_iter();
    all.filter_map(move |protocol| Some((protocol, example(protocol, token)?)))
}

fn is_matched(protocol: AppProtocol, token: u64, reply: &[u8]) -> bool {
    let matched = protocol.match_reply(&transaction(token), reply);
    matches!(matched, ReplyMatch::Matched(_))
}

#[test]
fn every_name_is_parsed_back() {
    for protocol in AppProtocol::ALL {
        assert_eq!(AppProtocol::from_name(protocol.name()), Some(protocol));
    }
    assert_eq!(AppProtocol::from_name("DNS"), None);
    assert_eq!(AppProtocol::from_name(""), None);
}

#[test]
fn well_known_ports_select_their_protocol() {
    let port_of = |protocol: AppProtocol| {
        let mut ports =
            (0..=u16::MAX).filter(|port| AppProtocol::for_port(*port) == Some(protocol));
        let first = ports.next();
        assert_eq!(ports.next(), None, "{protocol:?}");
        first
    };
    assert_eq!(port_of(AppProtocol::Dns), Some(53));
    assert_eq!(port_of(AppProtocol::Snmp), Some(161));
    assert_eq!(port_of(AppProtocol::SnmpV2c), None);
    assert_eq!(port_of(AppProtocol::Ike), Some(500));
    assert_eq!(port_of(AppProtocol::Memcached), Some(11211));
    assert_eq!(AppProtocol::for_port(80), None);
}

#[test]
fn every_sample_reply_is_matched() {
    let summaries: Vec<_> = examples(TOKEN)
        .map(|(protocol, example)| {
            match protocol.match_reply(&transaction(TOKEN), &example.bytes) {
                ReplyMatch::Matched(summary) => (protocol.name(), summary.as_str().to_owned()),
                other => panic!("{protocol:?}: {other:?}"),
            }
        })
        .collect();
    let summaries: Vec<_> = summaries
        .iter()
        .map(|(name, summary)| (*name, summary.as_str()))
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
    assert_eq!(summaries, expected);
}

#[test]
fn replies_without_a_token_are_unverified_or_a_mismatch() {
    let matched =
        |protocol: AppProtocol, reply: &[u8]| protocol.match_reply(&transaction(7), reply);
    let error = matched(AppProtocol::Tftp, b"\0\x05\0\x01File not found\0");
    assert_eq!(
        error,
        ReplyMatch::Unverified(ReplySummary::new("error 1: File not found"))
    );
    assert_eq!(
        matched(AppProtocol::Syslog, b"<15>1 - - x - - -"),
        ReplyMatch::Mismatch
    );
    assert_eq!(matched(AppProtocol::Echo, b"hello"), ReplyMatch::Mismatch);
}

#[test]
fn requests_are_appended_with_constant_length() {
    for protocol in AppProtocol::ALL {
        let mut out = b"before".to_vec();
        protocol.encode(&transaction(0), &mut out);
        let encoded = out.strip_prefix(b"before").expect("the existing bytes");
        let payload = Payload::Protocol(protocol);
        assert_eq!(encoded, request(&payload, 0));
        let length = request(&payload, u64::MAX).len();
        assert_eq!(encoded.len(), length, "{protocol:?}");
        assert!(encoded.len() <= 1200, "{protocol:?} fits any path MTU");
    }
}

#[test]
fn truncated_replies_are_matched_only_with_every_proof() {
    for (protocol, example) in examples(TOKEN) {
        for size in 0..example.bytes.len() {
            let truncated = example.bytes.get(..size).expect("shorter");
            let proofs_end = example.proofs.iter().map(|proof| proof.end).max();
            assert!(
                !is_matched(protocol, TOKEN, truncated) || Some(size) >= proofs_end,
                "{protocol:?} truncated to {size}"
            );
        }
    }
}

#[test]
fn maximum_datagrams_of_one_byte_value_are_no_match() {
    for protocol in AppProtocol::ALL {
        for byte in [0x00, 0x04, 0x30, 0xc0, 0xff] {
            assert!(!is_matched(protocol, TOKEN, &vec![byte; MAX_UDP_PAYLOAD]));
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_match(token: u64, bytes in vec(any::<u8>(), 0..600)) {
        for protocol in AppProtocol::ALL {
            prop_assert!(!is_matched(protocol, token, &bytes), "{protocol:?}");
        }
    }

    #[test]
    fn a_valid_beginning_before_arbitrary_bytes_does_not_panic(
        token: u64,
        kept in 0_usize..200,
        bytes in vec(any::<u8>(), 0..300),
    ) {
        for (protocol, example) in examples(token) {
            let mut reply = example.bytes;
            reply.truncate(kept);
            reply.extend(&bytes);
            let _ = is_matched(protocol, token, &reply);
        }
    }

    #[test]
    fn an_echoed_request_is_matched_by_echo_only(token: u64) {
        for protocol in AppProtocol::ALL {
            let echoed = request(&Payload::Protocol(protocol), token);
            let is_matched = is_matched(protocol, token, &echoed);
            prop_assert_eq!(is_matched, protocol == AppProtocol::Echo, "{:?}", protocol);
        }
    }

    #[test]
    fn a_reply_with_a_changed_proof_is_no_match(
        token: u64,
        position: proptest::sample::Index,
        change in 1..=u8::MAX,
    ) {
        for (protocol, example) in examples(token) {
            let mut reply = example.bytes;
            let position = position.index(reply.len());
            if let Some(byte) = reply.get_mut(position) {
                *byte ^= change;
            }
            let is_matched = is_matched(protocol, token, &reply);
            let in_proof = example.proofs.iter().any(|proof| proof.contains(&position));
            prop_assert!(!is_matched || !in_proof, "{protocol:?} changed at {position}");
        }
    }

    #[test]
    fn a_reply_to_another_transaction_is_no_match((token, other) in two_tokens()) {
        for (protocol, example) in examples(other) {
            prop_assert!(is_matched(protocol, other, &example.bytes), "{protocol:?}");
            prop_assert!(!is_matched(protocol, token, &example.bytes), "{protocol:?}");
        }
    }
}
