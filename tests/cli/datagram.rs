//! UDP and ICMP echo on loopback, as an ordinary user: answers, counts, hostile peers, the contract.

use std::collections::HashSet;
use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::thread;

use crate::contract::assert_valid;
use crate::support::{Outcome, run};

/// A UDP server on loopback that does what it is told with each datagram, until the test ends.
fn server(mut answer: impl FnMut(&UdpSocket, &[u8], SocketAddr) + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            answer(&socket, &buffer[..length], from);
        }
    });
    address
}

fn echo(socket: &UdpSocket, datagram: &[u8], from: SocketAddr) {
    let _ = socket.send_to(datagram, from);
}

fn summary(outcome: &Outcome) -> serde_json::Value {
    let summaries = outcome.of_type("summary");
    assert_eq!(summaries.len(), 1, "{outcome:?}");
    summaries[0].clone()
}

#[test]
fn every_one_of_many_datagrams_is_accounted_for() {
    let peer = server(echo);
    let outcome = run(&format!(
        "--json -q -i 0 --in-flight 16 -n 50000 -w 0 udp://{peer}"
    ));
    assert_valid(&outcome);
    let summary = summary(&outcome);
    assert_eq!(summary["sent"], 50_000, "{summary}");
    assert_eq!(summary["succeeded"], 50_000, "{summary}");
    assert_eq!(summary["outcomes"]["reply"], 50_000);
    assert_eq!(summary["connect_us"]["count"], 50_000);
    for none in ["duplicates", "strays", "reordered", "late"] {
        assert_eq!(summary[none], 0, "{none}: {summary}");
    }
}

/// The local ports of the last 1,000 of many probes, 64 at once, to a server that answers so many times.
fn ports_at_speed(answers: usize) -> HashSet<u16> {
    let (told, ports) = mpsc::channel();
    let peer = server(move |socket, datagram, from| {
        for _ in 0..answers {
            echo(socket, datagram, from);
        }
        let _ = told.send(from.port());
    });
    let outcome = run(&format!(
        "--json -q -i 0 --in-flight 64 -n 20000 -w 0 udp://{peer}"
    ));
    let summary = summary(&outcome);
    assert_eq!(summary["succeeded"], 20_000, "{summary}");
    ports.try_iter().skip(19_000).collect()
}

#[test]
fn probes_share_a_port_only_while_each_is_answered_once() {
    let once = ports_at_speed(1).len();
    assert!((8..48).contains(&once), "eight at once on each: {once}");
    let twice = ports_at_speed(2).len();
    assert!(twice >= 64, "each has its own: {twice}");
}

#[test]
fn a_second_answer_is_counted_and_ends_nothing() {
    let peer = server(|socket, datagram, from| {
        echo(socket, datagram, from);
        echo(socket, datagram, from);
    });
    let outcome = run(&format!("--json -n 3 -w 0 -i 50ms -u {peer}"));
    assert_valid(&outcome);
    let summary = summary(&outcome);
    assert_eq!(outcome.of_type("probe").len(), 3);
    assert_eq!(
        (summary["sent"].as_u64(), summary["succeeded"].as_u64()),
        (Some(3), Some(3))
    );
    // The run may end before the last one's second answer.
    let duplicates = summary["duplicates"].as_u64().expect("a count");
    assert!((2..=3).contains(&duplicates), "{summary}");
}

#[test]
fn an_answer_to_something_else_is_no_reply() {
    for damage in [0, 7, 31] {
        let peer = server(move |socket, datagram, from| {
            let mut other = datagram.to_vec();
            other[damage] ^= 1;
            let _ = socket.send_to(&other, from);
        });
        let outcome = run(&format!(
            "--json -n 1 -w 0 -W 300ms --payload echo -u {peer}"
        ));
        assert_valid(&outcome);
        let summary = summary(&outcome);
        assert_eq!(summary["outcomes"]["no-reply"], 1, "{summary}");
        assert_eq!(summary["strays"], 1, "{summary}");
        assert_eq!(outcome.code, Some(1));
    }
}

#[test]
fn an_answer_from_another_port_is_no_reply() {
    let peer = server(|_, datagram, from| {
        let other = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let _ = other.send_to(datagram, from);
    });
    let outcome = run(&format!("--json -n 1 -w 0 -W 300ms -u {peer}"));
    assert_eq!(summary(&outcome)["outcomes"]["no-reply"], 1);
}

#[test]
fn answers_of_any_size_are_taken() {
    let peer = server(|socket, datagram, from| {
        let size = usize::from(datagram.first() == Some(&b'b')) * 65_507;
        let _ = socket.send_to(&vec![b'x'; size], from);
    });
    for (says, said) in [("big", "65507 bytes"), ("none", "0 bytes")] {
        let outcome = run(&format!("--json -n 1 -w 0 --payload text:{says} -u {peer}"));
        assert_valid(&outcome);
        let probes = outcome.of_type("probe");
        assert_eq!(probes[0]["answer"], said, "{outcome:?}");
    }
}

#[test]
fn a_flood_does_not_hide_the_next_answer() {
    let peer = server(|socket, datagram, from| {
        for _ in 0..2000 {
            echo(socket, datagram, from);
        }
    });
    let outcome = run(&format!("--json -n 5 -w 0 -i 100ms -u {peer}"));
    assert_valid(&outcome);
    let summary = summary(&outcome);
    assert_eq!(summary["succeeded"], 5, "{summary}");
    assert!(summary["duplicates"].as_u64() > Some(10), "{summary}");
}

#[test]
fn a_port_where_nothing_listens_says_so_itself() {
    let gone = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr();
    let outcome = run(&format!(
        "--json -n 2 -w 0 -i 50ms -u {}",
        gone.expect("an address")
    ));
    assert_valid(&outcome);
    let summary = summary(&outcome);
    assert_eq!(summary["outcomes"]["unreachable"], 2, "{summary}");
    assert_eq!(summary["causes"][0]["reason"], "port-unreachable");
    assert_eq!(summary["causes"][0]["from"], "127.0.0.1");
    let verdict = summary["verdict"]["meaning"][0].as_str().expect("a text");
    assert!(verdict.contains("nothing listens"), "{verdict}");
}

#[test]
fn one_port_that_the_user_chose_serves_all_probes() {
    let mut asked = 0;
    let peer = server(move |socket, datagram, from| {
        asked += 1;
        // The second probe is not answered, and must not hold the port for ever.
        if asked != 2 {
            echo(socket, datagram, from);
        }
    });
    let free = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr();
    let port = free.expect("an address").port();
    let outcome = run(&format!(
        "--json -n 4 -w 0 -i 300ms -W 200ms -S 127.0.0.1:{port} -u {peer}"
    ));
    let summary = summary(&outcome);
    assert_eq!(summary["local_errors"], 0, "{summary}");
    assert_eq!(
        (summary["succeeded"].as_u64(), summary["failed"].as_u64()),
        (Some(3), Some(1))
    );
}

#[test]
fn an_echo_is_answered_or_the_line_says_what_to_allow() {
    for target in ["icmp://127.0.0.1", "::1"] {
        let outcome = run(&format!("--json -n 2 -w 0 -i 20ms {target}"));
        if outcome.code == Some(2) {
            assert!(outcome.stderr.contains("ping_group_range"), "{outcome:?}");
            continue;
        }
        assert_valid(&outcome);
        let summary = summary(&outcome);
        assert_eq!(summary["outcomes"]["reply"], 2, "{summary}");
        assert!(summary["port"].is_null());
    }
}

#[test]
fn a_datagram_does_not_answer_itself() {
    let free = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr();
    let port = free.expect("an address").port();
    let target = format!("-S 127.0.0.1:{port} -u 127.0.0.1:{port}");
    let outcome = run(&format!("--json -n 2 -w 0 -i 20ms {target}"));
    assert_valid(&outcome);
    assert_eq!(summary(&outcome)["causes"][0]["reason"], "self-connect");
}

#[test]
fn this_machine_s_unspecified_address_hears_its_answer() {
    let peer = server(echo);
    let outcome = run(&format!("--json -n 1 -w 0 -u 0.0.0.0:{}", peer.port()));
    assert_eq!(summary(&outcome)["succeeded"], 1, "{outcome:?}");
}

#[test]
fn an_answer_that_proves_nothing_is_never_given_to_another_probe() {
    let mut first = true;
    let peer = server(move |socket, _, from| {
        // The first probe is answered, and again when the second one waits.
        if std::mem::replace(&mut first, false) {
            let _ = socket.send_to(b"hello", from);
            let socket = socket.try_clone().expect("a socket");
            thread::spawn(move || {
                thread::sleep(std::time::Duration::from_millis(250));
                let _ = socket.send_to(b"hello", from);
            });
        }
    });
    let free = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr();
    let source = free.expect("an address");
    let outcome = run(&format!(
        "--json -n 2 -w 0 -i 200ms -W 300ms --payload text:x -S {source} -u {peer}"
    ));
    let summary = summary(&outcome);
    assert_eq!(summary["succeeded"], 1, "{summary}");
    assert_eq!(
        summary["causes"][0]["reason"], "ports-exhausted",
        "{summary}"
    );
}

#[test]
fn few_ports_serve_many_targets() {
    let peers: Vec<_> = (0..4).map(|_| server(echo).to_string()).collect();
    let free = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr();
    let source = free.expect("an address");
    let peers = peers.join(" ");
    let outcome = run(&format!("--json -n 2 -w 0 -i 50ms -S {source} -u {peers}"));
    for summary in outcome.of_type("summary") {
        assert_eq!(summary["succeeded"], 2, "{summary}");
    }
}
