//! `synack trace`, and `--trace-on-failure`, on loopback.

use std::fs;
use std::net::{SocketAddr, TcpListener};

use serde_json::Value;

use crate::harness::{RunOutput, run};
use crate::json_schema::assert_valid;
use crate::loopback::{closed_port, echo, open_port, udp_service_at};

/// Runs a trace; returns its summary too.
fn trace(target: &str) -> (RunOutput, Value) {
    let output = run(&format!("trace --json --no-names -n 1 {target}"));
    assert_valid(&output);
    assert_eq!(output.json()[0]["type"], "trace-start", "{output:?}");
    let summary = output.json().pop().expect("a line");
    assert_eq!(summary["type"], "trace-summary", "{output:?}");
    (output, summary)
}

/// The path has one hop and ends with this reply.
fn assert_one_hop(target: &str, reply: &str, code: i32) {
    let (output, summary) = trace(target);
    let end = &summary["end"];
    assert_eq!(
        (&end["kind"], &end["ttl"], &end["how"]),
        (&"reached".into(), &1.into(), &reply.into()),
        "{target}: {summary}"
    );
    let hops = summary["hops"].as_array().expect("a list");
    assert_eq!(hops.len(), 1, "no hop after the end: {summary}");
    assert_eq!(output.code, Some(code), "{target}: {output:?}");
}

#[test]
fn open_tcp_port_is_one_hop_away() {
    assert_one_hop(&open_port().to_string(), "syn-ack", 0);
    let listener = TcpListener::bind("[::1]:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    assert_one_hop(&address.to_string(), "syn-ack", 0);
}

#[test]
fn closed_tcp_port_is_reached_with_exit_code_1() {
    let (_socket, closed) = closed_port();
    assert_one_hop(&closed.to_string(), "rst", 1);
    let socket = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    let any: SocketAddr = "[::1]:0".parse().expect("an address");
    socket.bind(&any.into()).expect("a port on loopback");
    let address = socket.local_addr().expect("its address");
    let address = address.as_socket().expect("an IP address");
    assert_one_hop(&address.to_string(), "rst", 1);
}

#[test]
fn udp_echo_service_is_one_hop_away() {
    for bind in ["127.0.0.1:0", "[::1]:0"] {
        let service = udp_service_at(bind, echo);
        assert_one_hop(&format!("udp://{service}"), "reply", 0);
    }
}

#[test]
fn every_probe_of_every_flow_has_a_line() {
    let output = run(&format!(
        "trace --json --no-names -n 2 -i 20ms --flows 3 {}",
        open_port()
    ));
    assert_valid(&output);
    let summary = output.of_type("trace-summary").remove(0);
    let flows = summary["flows"].as_array().expect("a list");
    assert_eq!(flows.len(), 3, "{summary}");
    let probes = output.of_type("trace-probe");
    for (number, flow) in flows.iter().enumerate() {
        let of_flow = probes.iter().filter(|probe| probe["flow"] == number);
        let port = format!(":{}", flow["port"]);
        let from_its_port =
            of_flow.filter(|it| it["local"].as_str().is_some_and(|it| it.ends_with(&port)));
        assert_eq!(from_its_port.count() as u64, flow["tries"]);
    }
    // Without permission for ICMP echo those probes are local errors.
    let sent = probes.iter().filter(|probe| probe["outcome"] != "local");
    assert_eq!(summary["sent"], sent.count());
}

#[test]
fn trace_on_failure_uses_the_source_port_of_the_failed_probe() {
    let (_socket, closed) = closed_port();
    let output = run(&format!(
        "-n 2 -w 0 -i 1 --trace-on-failure=1 --json {closed}"
    ));
    assert_valid(&output);
    let probes = output.of_type("probe");
    let traces = output.of_type("trace-summary");
    assert_eq!((probes.len(), traces.len()), (2, 1), "{output:?}");
    let port = format!(":{}", traces[0]["flows"][0]["port"]);
    let local = probes[0]["local"].as_str().expect("an address");
    assert!(local.ends_with(&port), "{local} and {port}");
}

#[test]
fn trace_on_failure_is_in_text_and_html() {
    let (_socket, closed) = closed_port();
    let output = run(&format!("-n 1 -w 0 --trace-on-failure=1 {closed}"));
    assert!(output.stdout.contains("--- path to"), "{output:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let html = folder.path().join("page.html");
    run(&format!(
        "-n 1 -w 0 --trace-on-failure=1 -o {} {closed}",
        html.display()
    ));
    let html = fs::read_to_string(html).expect("a page");
    let has_hops = html.contains(">Hops<") && html.contains(">hop</th>");
    assert!(has_hops, "{html}");
    let success = run(&format!("-n 1 -w 0 --trace-on-failure=1 {}", open_port()));
    assert!(!success.stdout.contains("--- path to"), "{success:?}");
}
