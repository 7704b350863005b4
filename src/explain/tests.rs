use super::*;
use crate::outcome::{Handshake, IcmpError, IcmpVersion, Unreached};
use crate::stats::fixture::sample;
use std::time::Instant;

const OK: Outcome = Outcome::Connected(Handshake::Clean);

fn judge(outcomes: &[Outcome], pace: Duration) -> Verdict {
    let start = Instant::now();
    let mut recorder = Recorder::new(3);
    for (seq, outcome) in (1..).zip(outcomes) {
        recorder.record(&sample(start, seq, *outcome));
    }
    verdict(&Case {
        protocol: Protocol::Tcp,
        never_answers: false,
        answers_from_any_port: false,
        dont_fragment: false,
        target: "db.example:5432",
        address: [10, 20, 0, 7].into(),
        port: 5432,
        source: None,
        pace,
        timeout: Duration::from_secs(4),
        lasted: Duration::from_secs(2),
        ttl: None,
        recorder: &recorder,
    })
}

fn rejected() -> Outcome {
    Outcome::Unreachable(Unreached::ByIcmp(IcmpError {
        version: IcmpVersion::V4,
        kind: 3,
        code: 3,
        from: Some([10, 20, 0, 1].into()),
        mtu: None,
    }))
}

#[test]
fn a_reject_names_the_device_and_the_port() {
    let verdict = judge(&[rejected(); 3], ICMP_PACE);
    assert_eq!(verdict.code, "port-unreachable");
    assert!(verdict.meaning[0].starts_with("10.20.0.1 "), "{verdict:?}");
    assert!(verdict.next[0].contains("tcp/5432"), "{verdict:?}");
    assert!(!verdict.meaning.concat().contains('{'));
}

#[test]
fn silence_between_rejects_is_the_rate_limit_only_at_speed() {
    let mixed = [rejected(), Outcome::NoReply, Outcome::NoReply];
    let limited = |interval| {
        judge(&mixed, interval)
            .meaning
            .concat()
            .contains("rate-limited")
    };
    assert!(limited(Duration::from_millis(100)));
    assert!(!limited(ICMP_PACE));
}

#[test]
fn silence_that_goes_on_or_beside_answers_is_a_cause_of_its_own() {
    let limited = |outcomes: &[Outcome]| {
        let verdict = judge(outcomes, Duration::from_millis(100));
        verdict.meaning.concat().contains("rate-limited")
    };
    let silence = Outcome::NoReply;
    assert!(limited(&[rejected(), silence, rejected(), silence]));
    assert!(!limited(&[rejected(), silence, silence, silence, silence]));
    assert!(!limited(&[OK, rejected(), silence, rejected()]));
}

#[test]
fn rejects_at_speed_are_one_cause_and_their_sender_is_asked_first() {
    let mixed = [rejected(), Outcome::NoReply, Outcome::NoReply];
    let verdict = judge(&mixed, Duration::ZERO);
    assert_eq!(verdict.code, "port-unreachable");
    assert!(
        verdict.next[0].contains("owner of 10.20.0.1"),
        "{verdict:?}"
    );
    assert!(!verdict.meaning.concat().contains("Nothing came back"));
}

#[test]
fn success_claims_no_more_than_the_kernels_answer() {
    let verdict = judge(&[OK, OK], ICMP_PACE);
    assert_eq!(verdict.code, "works");
    assert!(verdict.meaning[0].contains("not that the application will"));
    assert_eq!(judge(&[], ICMP_PACE).code, "nothing-measured");
}

#[test]
fn a_code_is_explained_without_a_run() {
    assert!(!all().contains('{'));
    let silence = about("silence").expect("a code");
    for word in ["silence\n", "silence, UDP", "silence, ICMP", "Next"] {
        assert!(silence.contains(word), "{word}: {silence}");
    }
    assert!(!silence.contains('{'));
    assert_eq!(about("nonsense"), None);
}

#[test]
fn mixed_results_say_so() {
    let verdict = judge(&[OK, Outcome::NoReply, OK], ICMP_PACE);
    assert_eq!(verdict.code, "silence");
    assert!(verdict.meaning.concat().contains("2 of 3"), "{verdict:?}");
}
