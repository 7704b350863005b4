//! `synack trace` and `synack diagnose` on loopback, as an ordinary user: what they print and how they end.

use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;

use serde_json::Value;

use crate::contract::assert_valid;
use crate::support::{Outcome, closed, holding, run};

/// A UDP port on loopback that sends every datagram back.
fn echo(at: &str) -> SocketAddr {
    let socket = UdpSocket::bind(at).expect("a port");
    let address = socket.local_addr().expect("an address");
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&buffer[..length], from);
        }
    });
    address
}

/// The last line of a trace, which has to be valid as a whole.
fn traced(target: &str) -> (Outcome, Value) {
    let outcome = run(&format!("trace --json --no-names -n 1 {target}"));
    assert_valid(&outcome);
    assert_eq!(outcome.json()[0]["type"], "trace-start", "{outcome:?}");
    let summary = outcome.json().pop().expect("a line");
    assert_eq!(summary["type"], "trace-summary", "{outcome:?}");
    (outcome, summary)
}

/// Checks that the path to `target` is one hop long, and how it ends there.
fn assert_one_hop(target: &str, how: &str, code: i32) {
    let (outcome, summary) = traced(target);
    let end = &summary["end"];
    assert_eq!(
        (&end["kind"], &end["ttl"], &end["how"]),
        (&"reached".into(), &1.into(), &how.into()),
        "{target}: {summary}"
    );
    let hops = summary["hops"].as_array().expect("a list");
    assert_eq!(hops.len(), 1, "none behind the end: {summary}");
    assert_eq!(outcome.code, Some(code), "{target}: {outcome:?}");
}

#[test]
fn an_open_port_on_loopback_is_one_hop_away() {
    assert_one_hop(&holding().to_string(), "syn-ack", 0);
    let open = TcpListener::bind("[::1]:0").expect("a port");
    let address = open.local_addr().expect("an address");
    assert_one_hop(&address.to_string(), "syn-ack", 0);
}

#[test]
fn a_closed_port_is_reached_and_is_a_failure() {
    let (_guard, shut) = closed();
    assert_one_hop(&shut.to_string(), "rst", 1);
    let socket = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    let any: SocketAddr = "[::1]:0".parse().expect("an address");
    socket.bind(&any.into()).expect("a port on loopback");
    let address = socket.local_addr().expect("its address");
    let address = address.as_socket().expect("an IP address");
    assert_one_hop(&address.to_string(), "rst", 1);
}

#[test]
fn a_service_that_answers_datagrams_is_reached() {
    for at in ["127.0.0.1:0", "[::1]:0"] {
        assert_one_hop(&format!("udp://{}", echo(at)), "reply", 0);
    }
}

#[test]
fn every_probe_of_every_flow_has_its_line() {
    let outcome = run(&format!(
        "trace --json --no-names -n 2 -i 20ms --flows 3 {}",
        holding()
    ));
    assert_valid(&outcome);
    let summary = outcome.of_type("trace-summary").remove(0);
    let flows = summary["flows"].as_array().expect("a list");
    assert_eq!(flows.len(), 3, "{summary}");
    let probes = outcome.of_type("trace-probe");
    for (number, flow) in flows.iter().enumerate() {
        let of_flow = probes.iter().filter(|probe| probe["flow"] == number);
        let port = format!(":{}", flow["port"]);
        let from_its_port =
            of_flow.filter(|it| it["local"].as_str().is_some_and(|it| it.ends_with(&port)));
        assert_eq!(from_its_port.count() as u64, flow["tries"]);
    }
    // Whoever may not send echoes learns no distance by them.
    let left = probes.iter().filter(|probe| probe["outcome"] != "local");
    assert_eq!(summary["sent"], left.count());
}

#[test]
fn a_diagnosis_is_one_line_of_json() {
    let (_guard, shut) = closed();
    for (target, end, verdict, code) in [
        (holding(), "connected", "works", 0),
        (shut, "refused", "nothing-listens", 1),
    ] {
        let outcome = run(&format!("diagnose --json {target}"));
        assert_valid(&outcome);
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        let [diagnosis] = &outcome.json()[..] else {
            panic!("{outcome:?}");
        };
        let tried = diagnosis["tried"].as_array().expect("a list");
        let port = tried.iter().find(|it| it["step"] == "port");
        let port = port.expect("the port itself is tried");
        assert_eq!(port["ends"][0]["outcome"], end, "{diagnosis}");
        assert_eq!(port["port"], target.port());
        if cfg!(target_os = "linux") {
            assert_eq!(diagnosis["verdict"]["code"], verdict, "{diagnosis}");
        }
    }
}

#[test]
fn a_failed_probe_brings_the_path_from_its_port() {
    let (_guard, shut) = closed();
    let outcome = run(&format!(
        "-n 2 -w 0 -i 1 --trace-on-failure=1 --json {shut}"
    ));
    assert_valid(&outcome);
    let probes = outcome.of_type("probe");
    let paths = outcome.of_type("trace-summary");
    assert_eq!((probes.len(), paths.len()), (2, 1), "{outcome:?}");
    let port = format!(":{}", paths[0]["flows"][0]["port"]);
    let local = probes[0]["local"].as_str().expect("an address");
    assert!(local.ends_with(&port), "{local} and {port}");
    let text = run(&format!("-n 1 -w 0 --trace-on-failure=1 {shut}"));
    assert!(text.stdout.contains("--- path to"), "{text:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    run(&format!(
        "-n 1 -w 0 --trace-on-failure=1 -o {} {shut}",
        page.display()
    ));
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(
        page.contains(">Hops<") && page.contains(">hop</th>"),
        "{page}"
    );
    let fine = run(&format!("-n 1 -w 0 --trace-on-failure=1 {}", holding()));
    assert!(!fine.stdout.contains("--- path to"), "{fine:?}");
}

#[test]
fn a_diagnosis_of_a_name_that_is_unknown_is_valid() {
    // RFC 6761 section 6.4: names below .invalid never resolve.
    let outcome = run("diagnose --json no-such-host.invalid:80");
    assert_valid(&outcome);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.json()[0]["addresses"], Value::Array(Vec::new()));
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    for (arguments, says) in [
        ("trace 127.0.0.1:1-5", "5 ports"),
        ("trace", "<TARGET>"),
        ("trace 127.0.0.1:80 127.0.0.1:81", "127.0.0.1:81"),
        ("trace 127.0.0.1:http", "http"),
        ("trace -l 32 127.0.0.1:80", "-l"),
        ("trace --df 127.0.0.1:80", "--df"),
        ("trace --payload dns 127.0.0.1:80", "--payload"),
        ("trace --flows 0 127.0.0.1:80", "--flows"),
        ("trace --flows 257 127.0.0.1:80", "--flows"),
        ("trace --max-hops 0 127.0.0.1:80", "--max-hops"),
        ("trace -n 0 127.0.0.1:80", "--count"),
        ("trace -n 2 -t 127.0.0.1:80", "--forever"),
        ("trace -W 0 127.0.0.1:80", "-W"),
        ("trace -6 127.0.0.1:80", "127.0.0.1"),
        ("trace -o x.csv 127.0.0.1:80", "x.csv"),
        ("trace no-such-host.invalid:80", "no-such-host.invalid"),
        ("trace no-such-host.invalid", "no-such-host.invalid"),
        ("diagnose", "<TARGET>"),
        ("diagnose 127.0.0.1:80,81", "2 ports"),
        ("diagnose -o x.csv 127.0.0.1:80", "x.csv"),
        ("diagnose --flows 3 127.0.0.1:80", "--flows"),
        ("diagnose -S 127.0.0.1:40000 127.0.0.1:80", "-S"),
        (
            "diagnose -S 127.0.0.1:40000-40006 127.0.0.1:80",
            "8 source ports",
        ),
        ("diagnose --json --markdown 127.0.0.1:80", "--markdown"),
    ] {
        let outcome = run(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments}: {outcome:?}");
        assert_eq!(outcome.stdout, "", "{arguments}");
        let lines: Vec<_> = outcome.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "{arguments}: {lines:?}");
        assert!(lines[0].contains(says), "{arguments}: {lines:?}");
    }
}

/// Runs a mode with every form of its results, about a name; gives them with the ending of each.
fn redacted(mode: &str, endings: &[&str]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |ending: &str| folder.path().join(format!("result.{ending}"));
    let files: Vec<_> = endings
        .iter()
        .map(|ending| format!("-o {}", path(ending).display()))
        .collect();
    let port = holding().port();
    let outcome = run(&format!(
        "{mode} -4 --redact {} localhost:{port}",
        files.join(" ")
    ));
    let written = endings.iter().map(|ending| {
        let text = fs::read_to_string(path(ending)).expect("a result");
        ((*ending).to_owned(), text)
    });
    let mut all: Vec<_> = written.collect();
    all.push(("screen".to_owned(), outcome.stdout));
    all
}

#[test]
fn a_redacted_result_has_neither_name_nor_address() {
    let paths = redacted("trace -n 1", &["txt", "md", "json", "html"]);
    let diagnoses = redacted("diagnose", &["txt", "md", "json"]);
    for (form, text) in paths.into_iter().chain(diagnoses) {
        assert!(text.contains("target-1"), "{form}: {text}");
        for secret in ["localhost", "127.0.0.1", "127.0.0.53"] {
            assert!(!text.contains(secret), "{form} tells {secret}: {text}");
        }
    }
}
