use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::thread;

use super::*;
use crate::outcome::Refusal;

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

fn quick(target: &str) -> Probe {
    Probe::new(target)
        // Windows sends a refused SYN again: that takes two seconds.
        .timeout(Duration::from_secs(3))
        .interval(Duration::from_millis(5))
}

#[test]
fn an_open_port_connects_and_a_closed_one_refuses() {
    let (listener, target) = listener();
    let attempt = quick(&target).once().expect("a probe");
    assert!(
        attempt.succeeded() && attempt.connect.is_some(),
        "{attempt}"
    );
    assert!(
        attempt.to_string().starts_with("connected in "),
        "{attempt}"
    );
    drop(listener);
    let attempt = quick(&target).once().expect("a probe");
    let by_system = matches!(
        attempt.outcome,
        Outcome::Refused(Refusal::Rst | Refusal::Errno)
    );
    assert!(by_system && !attempt.succeeded(), "{attempt}");
    // The time to a RST is no latency.
    assert!(
        attempt.connect.is_none() && attempt.elapsed.is_some(),
        "{attempt:?}"
    );
}

#[test]
fn the_longest_durations_are_no_panic_and_no_timeout_is_an_error() {
    let (_listener, target) = listener();
    let endless = Duration::MAX;
    let probe = Probe::new(&target)
        .timeout(endless)
        .interval(endless)
        .hold(Duration::ZERO);
    assert!(probe.once().expect("a probe").succeeded());
    let error = Probe::new(&target).timeout(Duration::ZERO).once();
    assert!(matches!(error, Err(Error::ZeroTimeout)), "{error:?}");
}

#[test]
fn the_source_chooses_the_ip_version() {
    let error = quick("[::1]:9").source(IpAddr::from([127, 0, 0, 1])).once();
    assert!(matches!(error, Err(Error::OtherFamily(_))), "{error:?}");
    let error = quick("127.0.0.1:9").ipv6_only().once();
    assert!(matches!(error, Err(Error::OtherFamily(_))), "{error:?}");
}

#[test]
fn watching_ends_when_the_caller_breaks() {
    let (_listener, target) = listener();
    let mut numbers = Vec::new();
    let watched = quick(&target).watch(|attempt| {
        numbers.push(attempt.number);
        if numbers.len() < 4 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    watched.expect("probes");
    numbers.sort_unstable();
    assert_eq!(numbers.len(), 4);
    assert_eq!(numbers[0], 1);
}

#[test]
fn a_datagram_is_answered_with_its_own_bytes() {
    let service = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let target = format!("udp://{}", service.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let mut buffer = [0; 64];
        let (length, from) = service.recv_from(&mut buffer).expect("a datagram");
        service.send_to(&buffer[..length], from).expect("a reply");
        buffer[..length].to_vec()
    });
    let attempt = quick(&target).payload(*b"hello").once().expect("a probe");
    assert_eq!(attempt.outcome, Outcome::Reply);
    assert_eq!(server.join().expect("a thread"), b"hello");
}

#[test]
fn wrong_targets_are_named() {
    let message = |target: &str| Probe::new(target).once().expect_err(target).to_string();
    assert!(message("host:0x").contains("0x"));
    assert!(message("127.0.0.1:22,80").contains("several ports"));
}

#[test]
fn a_source_that_is_not_here_is_an_outcome() {
    let probe = quick("127.0.0.1:9").source(IpAddr::from([192, 0, 2, 1]));
    let attempt = probe.once().expect("a probe");
    assert!(matches!(attempt.outcome, Outcome::Local(_)), "{attempt}");
}
