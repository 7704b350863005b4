//! State changes and interim statistics of long runs.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use crate::harness::{finish, run, start, synack};
use crate::json_schema::assert_valid;
use crate::loopback::{accept_all, closed_port, open_port};

#[test]
fn recovery_is_a_state_change_with_the_downtime() {
    let (socket, address) = closed_port();
    let mut command = synack();
    command.args(["--json", "-n", "2s", "-w", "0", "-i", "50ms"]);
    let child = start(command.arg(address.to_string()));
    thread::sleep(Duration::from_millis(500));
    drop(socket);
    accept_all(TcpListener::bind(address).expect("the port is free again"));
    let output = finish(child);
    assert_valid(&output);
    let changes = output.of_type("change");
    let states = changes.iter().map(|change| change["now"].as_str());
    let states: Vec<_> = states.collect();
    assert_eq!(states, [Some("down"), Some("up")], "{output:?}");
    assert!(changes[0]["lasted_us"].is_null(), "never up before");
    let down = changes[1]["lasted_us"].as_f64().expect("a time");
    assert!((400e3..2e6).contains(&down), "{down}");
    assert_eq!(changes[1]["causes"][0], "rst");
}

#[test]
fn run_with_a_count_reports_no_state_changes() {
    let (_socket, closed) = closed_port();
    let output = run(&format!("-n 3 -w 0 -i 10ms {closed}"));
    assert!(!output.stdout.contains("is down"), "{output:?}");
    let failures = run(&format!("-n 3 -w 0 -i 10ms --failures-only {closed}"));
    assert!(failures.stdout.contains("is down: refused"), "{failures:?}");
}

#[test]
fn summary_every_prints_interim_summaries() {
    let open = open_port();
    let output = run(&format!(
        "-q -n 1s -w 0 -i 20ms --summary-every 300ms {open}"
    ));
    let summaries = output.stdout.matches("\n--- ").count();
    assert!((3..=5).contains(&summaries), "{summaries}: {output:?}");
}
