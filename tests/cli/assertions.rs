//! `--expect`, `--fail-if`, `--until`: output and exit codes.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use crate::harness::{RunOutput, finish, run, start, synack};
use crate::json_schema::assert_valid;
use crate::loopback::{closed_port, open_port};

/// Lines of the section "Checks".
fn check_lines(output: &RunOutput) -> Vec<&str> {
    let section = output.stdout.split_once("\nChecks\n");
    let lines = section.map_or("", |(_, checks)| checks).lines();
    lines.take_while(|line| line.starts_with("  ")).collect()
}

#[test]
fn expect_sets_the_exit_code() {
    let (_socket, closed) = closed_port();
    for (expected, code) in [
        ("refused", 0),
        ("rst", 0),
        ("failure", 0),
        ("ok", 1),
        ("connected", 1),
    ] {
        let output = run(&format!(
            "-q -n 2 -w 0 -i 10ms --expect {expected} {closed}"
        ));
        assert_eq!(output.code, Some(code), "{expected}: {output:?}");
        assert_eq!(check_lines(&output).len(), 1, "{output:?}");
    }
}

#[test]
fn fail_if_sets_the_exit_code() {
    let open = open_port();
    for (condition, code) in [
        ("loss>1%", 0),
        ("failed>0", 0),
        ("connect-max>5s", 0),
        ("connect-min>0us", 1),
        ("sent==3", 1),
        // Three probes have no p99, and a missing value fails the check.
        ("p99>1s", 1),
    ] {
        let output = run(&format!(
            "-q -n 3 -w 0 -i 10ms --fail-if {condition} {open}"
        ));
        assert_eq!(output.code, Some(code), "{condition}: {output:?}");
    }
}

#[test]
fn all_checks_are_reported_when_one_fails() {
    let open = open_port();
    let output = run(&format!(
        "-q -n 2 -w 0 -i 10ms --expect refused --fail-if loss>1% --fail-if sent<9 {open}"
    ));
    let lines = check_lines(&output);
    assert_eq!(lines.len(), 3, "{output:?}");
    assert!(lines[0].contains("FAILED") && lines[1].contains("ok") && lines[2].contains("FAILED"));
    assert_eq!(output.code, Some(1));
}

#[test]
fn target_without_success_fails_despite_a_passed_check() {
    let (_socket, closed) = closed_port();
    let output = run(&format!("-q -n 1 -w 0 --fail-if late>0 {closed}"));
    assert_eq!(output.code, Some(1), "{output:?}");
}

#[test]
fn until_ends_the_run_when_the_service_starts() {
    let (socket, address) = closed_port();
    let mut command = synack();
    command.args(["--until", "ok", "-i", "20ms", "--json"]);
    let child = start(command.arg(address.to_string()));
    thread::sleep(Duration::from_millis(200));
    drop(socket);
    let _service = TcpListener::bind(address).expect("the port is free again");
    let output = finish(child);
    assert_valid(&output);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.of_type("check")[0]["passed"], true);
    let probes = output.of_type("probe").len();
    assert!(probes > 1, "the first probe is refused: {output:?}");
}

#[test]
fn until_without_a_match_fails() {
    let (_socket, closed) = closed_port();
    let output = run(&format!("-q --until ok -n 3 -i 10ms {closed}"));
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(check_lines(&output)[0].contains("never did"), "{output:?}");
    let output = run(&format!("-q --until failure -n 3 -i 10ms {closed}"));
    assert_eq!(output.code, Some(0), "{output:?}");
}
