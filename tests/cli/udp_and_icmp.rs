//! UDP and ICMP echo on loopback: replies, counts, hostile servers.

use std::collections::HashSet;
use std::net::UdpSocket;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::harness::run;
use crate::json_schema::assert_valid;
use crate::loopback::{echo, udp_service, unused_udp_port};

#[test]
fn counts_of_50_000_probes_are_exact() {
    let server = udp_service(echo);
    let output = run(&format!(
        "--json -q -i 0 --in-flight 16 -n 50000 -w 0 udp://{server}"
    ));
    assert_valid(&output);
    let summary = output.summary();
    assert_eq!(summary["sent"], 50_000, "{summary}");
    assert_eq!(summary["succeeded"], 50_000, "{summary}");
    assert_eq!(summary["outcomes"]["reply"], 50_000);
    assert_eq!(summary["connect_us"]["count"], 50_000);
    for counter in ["duplicates", "strays", "reordered", "late"] {
        assert_eq!(summary[counter], 0, "{counter}: {summary}");
    }
}

/// Source ports of the last 1,000 of many probes, 64 in flight, with this many replies to each.
fn source_ports_at_full_speed(replies: usize) -> HashSet<u16> {
    let (sender, ports) = mpsc::channel();
    let server = udp_service(move |socket, datagram, source| {
        for _ in 0..replies {
            echo(socket, datagram, source);
        }
        let _ = sender.send(source.port());
    });
    let output = run(&format!(
        "--json -q -i 0 --in-flight 64 -n 20000 -w 0 udp://{server}"
    ));
    let summary = output.summary();
    assert_eq!(summary["succeeded"], 20_000, "{summary}");
    ports.try_iter().skip(19_000).collect()
}

#[test]
fn probes_share_ports_unless_replies_are_duplicated() {
    let single = source_ports_at_full_speed(1).len();
    assert!((8..48).contains(&single), "eight probes per port: {single}");
    let duplicated = source_ports_at_full_speed(2).len();
    assert!(duplicated >= 64, "one probe per port: {duplicated}");
}

#[test]
fn second_reply_is_a_duplicate() {
    let server = udp_service(|socket, datagram, source| {
        echo(socket, datagram, source);
        echo(socket, datagram, source);
    });
    let output = run(&format!("--json -n 3 -w 0 -i 50ms -u {server}"));
    assert_valid(&output);
    let summary = output.summary();
    assert_eq!(output.of_type("probe").len(), 3);
    assert_eq!(
        (summary["sent"].as_u64(), summary["succeeded"].as_u64()),
        (Some(3), Some(3))
    );
    // The run may end before the last duplicate arrives.
    let duplicates = summary["duplicates"].as_u64().expect("a count");
    assert!((2..=3).contains(&duplicates), "{summary}");
}

#[test]
fn altered_echo_is_a_stray() {
    for byte in [0, 7, 31] {
        let server = udp_service(move |socket, datagram, source| {
            let mut altered = datagram.to_vec();
            altered[byte] ^= 1;
            let _ = socket.send_to(&altered, source);
        });
        let output = run(&format!(
            "--json -n 1 -w 0 -W 300ms --payload echo -u {server}"
        ));
        assert_valid(&output);
        let summary = output.summary();
        assert_eq!(summary["outcomes"]["no-reply"], 1, "{summary}");
        assert_eq!(summary["strays"], 1, "{summary}");
        assert_eq!(output.code, Some(1));
    }
}

#[test]
fn datagram_from_another_port_is_no_reply() {
    let server = udp_service(|_, datagram, source| {
        let other = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let _ = other.send_to(datagram, source);
    });
    let output = run(&format!("--json -n 1 -w 0 -W 300ms -u {server}"));
    assert_eq!(output.summary()["outcomes"]["no-reply"], 1);
}

#[test]
fn replies_of_0_and_65507_bytes_are_received() {
    let server = udp_service(|socket, datagram, source| {
        let size = usize::from(datagram.first() == Some(&b'b')) * 65_507;
        let _ = socket.send_to(&vec![b'x'; size], source);
    });
    for (payload, answer) in [("big", "65507 bytes"), ("none", "0 bytes")] {
        let output = run(&format!(
            "--json -n 1 -w 0 --payload text:{payload} -u {server}"
        ));
        assert_valid(&output);
        let probes = output.of_type("probe");
        assert_eq!(probes[0]["answer"], answer, "{output:?}");
    }
}

#[test]
fn reply_after_a_flood_of_duplicates_is_received() {
    let server = udp_service(|socket, datagram, source| {
        for _ in 0..2000 {
            echo(socket, datagram, source);
        }
    });
    let output = run(&format!("--json -n 5 -w 0 -i 100ms -u {server}"));
    assert_valid(&output);
    let summary = output.summary();
    assert_eq!(summary["succeeded"], 5, "{summary}");
    assert!(summary["duplicates"].as_u64() > Some(10), "{summary}");
}

#[test]
fn closed_udp_port_is_port_unreachable() {
    let closed = unused_udp_port();
    let output = run(&format!("--json -n 2 -w 0 -i 50ms -u {closed}"));
    assert_valid(&output);
    let summary = output.summary();
    assert_eq!(summary["outcomes"]["unreachable"], 2, "{summary}");
    assert_eq!(summary["causes"][0]["reason"], "port-unreachable");
    assert_eq!(summary["causes"][0]["from"], "127.0.0.1");
    let verdict = summary["verdict"]["meaning"][0].as_str().expect("a text");
    assert!(verdict.contains("nothing listens"), "{verdict}");
}

#[test]
fn one_source_port_serves_all_probes() {
    let mut requests = 0;
    let server = udp_service(move |socket, datagram, source| {
        requests += 1;
        // The second probe gets no reply and must release the port at its timeout.
        if requests != 2 {
            echo(socket, datagram, source);
        }
    });
    let port = unused_udp_port().port();
    let output = run(&format!(
        "--json -n 4 -w 0 -i 300ms -W 200ms -S 127.0.0.1:{port} -u {server}"
    ));
    let summary = output.summary();
    assert_eq!(summary["local_errors"], 0, "{summary}");
    assert_eq!(
        (summary["succeeded"].as_u64(), summary["failed"].as_u64()),
        (Some(3), Some(1))
    );
}

#[test]
fn icmp_echo_succeeds_or_names_the_missing_permission() {
    for target in ["icmp://127.0.0.1", "::1"] {
        let output = run(&format!("--json -n 2 -w 0 -i 20ms {target}"));
        if output.code == Some(2) {
            assert!(output.stderr.contains("ping_group_range"), "{output:?}");
            continue;
        }
        assert_valid(&output);
        let summary = output.summary();
        assert_eq!(summary["outcomes"]["reply"], 2, "{summary}");
        assert!(summary["port"].is_null());
    }
}

#[test]
fn source_equal_to_target_is_self_connect() {
    let port = unused_udp_port().port();
    let target = format!("-S 127.0.0.1:{port} -u 127.0.0.1:{port}");
    let output = run(&format!("--json -n 2 -w 0 -i 20ms {target}"));
    assert_valid(&output);
    assert_eq!(output.summary()["causes"][0]["reason"], "self-connect");
}

#[test]
fn unspecified_address_is_this_machine() {
    let server = udp_service(echo);
    let output = run(&format!("--json -n 1 -w 0 -u 0.0.0.0:{}", server.port()));
    assert_eq!(output.summary()["succeeded"], 1, "{output:?}");
}

#[test]
fn reply_without_token_never_counts_for_another_probe() {
    let mut is_first = true;
    let server = udp_service(move |socket, _, source| {
        // The first probe gets a reply, and a duplicate while the second is in flight.
        if std::mem::replace(&mut is_first, false) {
            let _ = socket.send_to(b"hello", source);
            let socket = socket.try_clone().expect("a socket");
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(250));
                let _ = socket.send_to(b"hello", source);
            });
        }
    });
    let source = unused_udp_port();
    let output = run(&format!(
        "--json -n 2 -w 0 -i 200ms -W 300ms --payload text:x -S {source} -u {server}"
    ));
    let summary = output.summary();
    assert_eq!(summary["succeeded"], 1, "{summary}");
    let reason = &summary["causes"][0]["reason"];
    assert_eq!(reason, "ports-exhausted", "{summary}");
}

#[test]
fn one_source_port_serves_many_targets() {
    let servers: Vec<_> = (0..4).map(|_| udp_service(echo).to_string()).collect();
    let (source, servers) = (unused_udp_port(), servers.join(" "));
    let output = run(&format!(
        "--json -n 2 -w 0 -i 50ms -S {source} -u {servers}"
    ));
    for summary in output.of_type("summary") {
        assert_eq!(summary["succeeded"], 2, "{summary}");
    }
}
