use super::*;
use crate::outcome::{Handshake, IcmpError, IcmpVersion, LocalCause, Refusal, UnreachableBy};
use crate::stats::fixture::sample;
use std::time::Instant;

const OK: Outcome = Outcome::Connected(Handshake::Clean);

/// A verdict with its texts as they are.
#[derive(Debug)]
struct Plain {
    code: String,
    meaning: Vec<String>,
    next: Vec<String>,
}

impl From<Verdict> for Plain {
    fn from(verdict: Verdict) -> Self {
        Self {
            code: verdict.code,
            meaning: verdict.meaning.iter().map(Text::plain).collect(),
            next: verdict.next.iter().map(Text::plain).collect(),
        }
    }
}

fn recorded(start: Instant, outcomes: &[Outcome]) -> Recorder {
    let mut recorder = Recorder::new(3);
    for (seq, outcome) in (1..).zip(outcomes) {
        recorder.record(&sample(start, seq, *outcome));
    }
    recorder
}

fn classify(outcomes: &[Outcome], pace: Duration) -> Plain {
    let start = Instant::now();
    let recorder = recorded(start, outcomes);
    verdict(&case(&recorder, start, pace), &Among::default()).into()
}

fn case(recorder: &Recorder, start: Instant, pace: Duration) -> Case<'_> {
    Case {
        protocol: Protocol::Tcp,
        never_answers: false,
        answers_from_any_port: false,
        dont_fragment: false,
        target: Value::Service {
            host: "db.example".into(),
            port: Some(5432),
        },
        name: Some("db.example"),
        clock: WallClock::anchored(start, "2026-11-20T12:00:00Z".parse().expect("a time")),
        address: ([10, 20, 0, 7], 5432).into(),
        port: 5432,
        source: None,
        next_hop: Some([10, 20, 9, 1].into()),
        pace,
        timeout: Duration::from_secs(4),
        lasted: Duration::from_secs(2),
        ttl: None,
        recorder,
    }
}

fn rejected() -> Outcome {
    Outcome::Unreachable(UnreachableBy::Icmp(IcmpError {
        version: IcmpVersion::V4,
        kind: 3,
        code: 3,
        from: Some([10, 20, 0, 1].into()),
        mtu: None,
    }))
}

#[test]
fn a_reject_names_the_device_and_the_port() {
    let verdict = classify(&[rejected(); 3], ICMP_PACE);
    assert_eq!(verdict.code, "port-unreachable");
    assert!(verdict.meaning[0].starts_with("10.20.0.1 "), "{verdict:?}");
    assert!(verdict.next[0].contains("tcp/5432"), "{verdict:?}");
    assert!(!verdict.meaning.concat().contains('{'));
}

#[test]
fn silence_between_rejects_is_the_rate_limit_only_at_speed() {
    let mixed = [rejected(), Outcome::NoReply, Outcome::NoReply];
    let limited = |interval| {
        classify(&mixed, interval)
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
        let verdict = classify(outcomes, Duration::from_millis(100));
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
    let verdict = classify(&mixed, Duration::ZERO);
    assert_eq!(verdict.code, "port-unreachable");
    assert!(
        verdict.next[0].contains("owner of 10.20.0.1"),
        "{verdict:?}"
    );
    assert!(!verdict.meaning.concat().contains("Nothing came back"));
}

#[test]
fn success_claims_no_more_than_the_kernels_answer() {
    let verdict = classify(&[OK, OK], ICMP_PACE);
    assert_eq!(verdict.code, "works");
    assert!(verdict.meaning[0].contains("not that the application will"));
    assert_eq!(classify(&[], ICMP_PACE).code, "nothing-measured");
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
    let verdict = classify(&[OK, Outcome::NoReply, OK], ICMP_PACE);
    assert_eq!(verdict.code, "silence");
    assert!(verdict.meaning.concat().contains("2 of 3"), "{verdict:?}");
}

/// What is said of the first of these targets, each a name, an address and how its probes ended.
fn among(targets: &[(Option<&str>, &str, &[Outcome])]) -> Plain {
    let start = Instant::now();
    let recorders: Vec<_> = targets
        .iter()
        .map(|(_, _, outcomes)| recorded(start, outcomes))
        .collect();
    let all = targets.iter().zip(&recorders);
    let witnesses = all.map(|((name, address, _), recorder)| Witness {
        name: *name,
        protocol: Protocol::Tcp,
        address: address.parse().expect("an address"),
        never_answers: false,
        recorder,
    });
    let among = Among::of(witnesses);
    let (name, address, _) = targets[0];
    let address: SocketAddr = address.parse().expect("an address");
    let case = Case {
        name,
        address,
        port: address.port(),
        ..case(&recorders[0], start, ICMP_PACE)
    };
    verdict(&case, &among).into()
}

const SILENT: &[Outcome] = &[Outcome::NoReply; 3];
const FINE: &[Outcome] = &[OK; 3];
const CLOSED: &[Outcome] = &[Outcome::Refused(Refusal::Rst); 3];

#[test]
fn a_silent_port_of_a_host_that_answers_is_about_the_port() {
    let here = (None, "10.20.0.7:5432", SILENT);
    let ssh = (None, "10.20.0.7:22", FINE);
    let text = among(&[here, ssh]).meaning.concat();
    assert!(text.contains("tcp/22 answered at 10.20.0.7"), "{text}");
    assert!(text.contains("drops tcp/5432"), "{text}");
    let text = among(&[here, (None, "10.20.0.7:22", CLOSED)])
        .meaning
        .concat();
    assert!(text.contains("tcp/22 answered with a RST"), "{text}");
    // Who answers at times is not filtered.
    let at_times = (None, "10.20.0.7:5432", [OK, Outcome::NoReply].as_slice());
    let text = among(&[at_times, ssh]).meaning.concat();
    assert!(!text.contains("host is up"), "{text}");
    // Another host proves nothing about this one.
    let text = among(&[here, (None, "10.20.0.8:22", FINE)])
        .meaning
        .concat();
    assert!(!text.contains("host is up"), "{text}");
    assert!(text.contains("own network works"), "{text}");
}

#[test]
fn a_closed_port_of_a_host_that_answers_is_about_the_port() {
    let ports = [
        (None, "10.20.0.7:5432", CLOSED),
        (None, "10.20.0.7:22", FINE),
    ];
    let text = among(&ports).meaning.concat();
    assert!(text.contains("about port 5432"), "{text}");
    let alone = among(&[
        (None, "10.20.0.7:5432", CLOSED),
        (None, "10.20.0.7:22", CLOSED),
    ]);
    assert!(
        !alone.meaning.concat().contains("host is up ("),
        "{alone:?}"
    );
}

#[test]
fn who_is_silent_together_is_said() {
    let one = (None, "10.20.0.7:5432", SILENT);
    let text = among(&[one, (None, "10.20.0.7:22", SILENT)])
        .meaning
        .concat();
    assert!(text.contains("None of the 2 services"), "{text}");
    let text = among(&[one, (None, "10.20.0.8:22", SILENT)])
        .meaning
        .concat();
    assert!(text.contains("what they share"), "{text}");
    assert!(!among(&[one]).meaning.concat().contains("what they share"));
    // A RST is no answer to be glad of, but it came by what they share.
    let refused = (None, "10.20.0.9:5432", CLOSED);
    let text = among(&[one, refused]).meaning.concat();
    assert!(!text.contains("what they share"), "{text}");
}

#[test]
fn a_port_that_refuses_at_times_is_not_called_closed() {
    let sometimes: &[Outcome] = &[OK, Outcome::Refused(Refusal::Rst), OK];
    let text = among(&[(None, "10.20.0.7:5432", sometimes)])
        .meaning
        .concat();
    assert!(text.contains("others connected"), "{text}");
    assert!(!text.contains("Nothing accepts"), "{text}");
}

#[test]
fn one_family_of_a_name_is_told_from_one_address_of_many() {
    let name = Some("db.example");
    let six = (name, "[2001:db8::7]:5432", SILENT);
    let four = (name, "10.20.0.7:5432", FINE);
    let text = among(&[six, four]).meaning.concat();
    assert!(
        text.contains("Over IPv4 the same name and port answered (10.20.0.7)"),
        "{text}"
    );
    // IPv4 proves nothing about this machine's IPv6.
    assert!(!text.contains("own network works"), "{text}");
    let another = (name, "10.20.0.8:5432", CLOSED);
    let text = among(&[another, four, six]).meaning.concat();
    assert!(
        text.contains("1 of the 3 addresses of this name answered here, 10.20.0.8 did not"),
        "{text}"
    );
    let text = among(&[another, six]).meaning.concat();
    assert!(text.contains("None of the 2 addresses"), "{text}");
    // The same addresses under different names are different servers.
    let other = (Some("web.example"), "10.20.0.9:5432", FINE);
    assert!(
        !among(&[another, other])
            .meaning
            .concat()
            .contains("this name")
    );
}

#[test]
fn a_device_that_rejects_many_is_named_once_for_all() {
    let reject = &[rejected(); 3];
    let targets = [
        (None, "10.20.0.7:5432", reject.as_slice()),
        (None, "10.20.0.8:5432", reject),
        (None, "10.20.0.9:5432", FINE),
    ];
    let text = among(&targets).meaning.concat();
    assert!(
        text.contains("10.20.0.1 rejected 2 of the 3 targets of this run; 1 answered"),
        "{text}"
    );
}

#[test]
fn loss_at_one_target_is_told_from_loss_at_all() {
    let lossy: &[Outcome] = &[OK, Outcome::NoReply, OK];
    let here = (None, "10.20.0.7:5432", lossy);
    let text = among(&[here, (None, "10.20.0.8:22", FINE)])
        .meaning
        .concat();
    assert!(
        text.contains("The other target of this run lost nothing"),
        "{text}"
    );
    let text = among(&[here, (None, "10.20.0.8:22", lossy)])
        .meaning
        .concat();
    assert!(
        text.contains("All 2 targets of this run lost probes"),
        "{text}"
    );
    let text = among(&[here, (None, "10.20.0.8:22", SILENT)])
        .meaning
        .concat();
    assert!(!text.contains("of this run lost"), "{text}");
}

#[test]
fn the_verdict_says_since_when() {
    let history = |outcomes: &[Outcome]| classify(outcomes, ICMP_PACE).meaning.concat();
    let lost = Outcome::NoReply;
    let text = history(&[OK, OK, lost, lost]);
    assert!(
        text.contains("worked until 12:00:03Z; from then on all 2 probes failed"),
        "{text}"
    );
    let text = history(&[lost, OK, OK]);
    assert!(
        text.contains("from the first probe until 12:00:01Z and has worked since"),
        "{text}"
    );
    let text = history(&[OK, lost, OK]);
    assert!(
        text.contains("worked except at 12:00:02Z, when one probe failed"),
        "{text}"
    );
    let text = history(&[lost, OK, lost, lost, OK]);
    assert!(
        text.contains("2 separate times, the longest from 12:00:03Z"),
        "{text}"
    );
    assert!(!history(&[lost, lost]).contains("worked"));
}

#[test]
fn a_capture_filter_has_each_part_once_and_an_end() {
    let start = Instant::now();
    let recorder = recorded(start, FINE);
    let to = |address: &str, protocol| Case {
        protocol,
        address: address.parse().expect("an address"),
        ..case(&recorder, start, ICMP_PACE)
    };
    let tcp = || to("10.20.0.7:443", Protocol::Tcp);
    let ping = || to("[2001:db8::7]:0", Protocol::Icmp);
    let filter = |cases: Vec<Case>| capture_filter(cases.into_iter()).map(|filter| filter.plain());
    assert_eq!(
        filter(vec![tcp(), tcp(), ping()]).as_deref(),
        Some("(host 10.20.0.7 and tcp port 443) or icmp or icmp6")
    );
    assert_eq!(filter(vec![ping()]).as_deref(), Some("icmp6"));
    let ports = (1..=9).map(|port| to(&format!("10.20.0.7:{port}"), Protocol::Udp));
    assert_eq!(filter(ports.collect()), None);
    assert_eq!(filter(vec![]), None);
}

#[test]
fn the_next_hop_is_named() {
    let start = Instant::now();
    let recorder = recorded(start, &[Outcome::Local(LocalCause::NoNeighbour)]);
    let said = |next_hop| {
        let case = Case {
            next_hop,
            ..case(&recorder, start, ICMP_PACE)
        };
        Plain::from(verdict(&case, &Among::default()))
            .meaning
            .concat()
    };
    assert!(said(Some([10, 20, 9, 1].into())).contains("which is the gateway 10.20.9.1"));
    assert!(said(Some([10, 20, 0, 7].into())).contains("which is the target itself"));
    assert!(said(None).contains("which is the gateway, or the target itself"));
}
