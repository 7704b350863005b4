//! Signals: SIGINT and SIGTERM end the run with one summary, SIGQUIT prints interim statistics, SIGSTOP is no outage.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::thread;
use std::time::Duration;

use crate::harness::{RunOutput, finish, signal, start, synack};
use crate::loopback::{full_accept_queue, listener_until_eof, open_port};

/// Starts a run and reads its output up to the first success.
fn start_and_connect(arguments: &str) -> (Child, Vec<u8>) {
    let mut command = synack();
    command.args(arguments.split_whitespace());
    let mut child = start(&mut command);
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut already_read = String::new();
    while !already_read.lines().any(|line| line.contains("connected")) {
        assert!(
            reader.read_line(&mut already_read).expect("a line") > 0,
            "{already_read}"
        );
    }
    let rest = reader.buffer().to_vec();
    child.stdout = Some(reader.into_inner());
    (child, [already_read.into_bytes(), rest].concat())
}

/// The whole output, with what was read before.
fn finish_after(child: Child, already_read: Vec<u8>) -> RunOutput {
    let output = finish(child);
    let already_read = String::from_utf8(already_read).expect("UTF-8");
    RunOutput {
        stdout: already_read + &output.stdout,
        ..output
    }
}

#[test]
fn sigint_and_sigterm_end_the_run_with_one_summary() {
    for name in ["INT", "TERM"] {
        let (child, already_read) = start_and_connect(&format!("-t -w 0 -i 20ms {}", open_port()));
        signal(child.id(), name);
        let output = finish_after(child, already_read);
        assert_eq!(output.stdout.matches("\n--- ").count(), 1, "{output:?}");
        assert_eq!(output.code, Some(0), "{name}: {output:?}");
    }
}

#[test]
fn second_sigint_prints_no_second_summary() {
    let (child, already_read) = start_and_connect(&format!("-t -w 0 -i 20ms {}", open_port()));
    signal(child.id(), "INT");
    signal(child.id(), "INT");
    let output = finish_after(child, already_read);
    assert_eq!(output.stdout.matches("\n--- ").count(), 1, "{output:?}");
    assert_eq!(output.code, Some(0));
}

#[test]
fn probe_in_flight_at_sigint_is_unfinished() {
    let (_sockets, address) = full_accept_queue();
    let mut command = synack();
    command.args(["--json", "-t", "-w", "0", &address.to_string()]);
    let child = start(&mut command);
    let id = child.id();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        signal(id, "INT");
    });
    let output = finish(child);
    let summary = output.summary();
    assert_eq!(
        (&summary["sent"], &summary["unfinished"]),
        (&0.into(), &1.into())
    );
    assert!(summary["loss_percent"].is_null(), "{summary}");
    let probe = &output.of_type("probe")[0];
    assert_eq!(probe["outcome"], "unfinished");
    assert!(probe["connect_us"].is_null());
}

#[test]
fn sigquit_prints_interim_statistics() {
    let (mut child, mut already_read) =
        start_and_connect(&format!("-t -w 0 -i 20ms {}", open_port()));
    signal(child.id(), "QUIT");
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    while !text.contains("\n--- ") {
        assert!(reader.read_line(&mut text).expect("a line") > 0, "{text}");
    }
    signal(child.id(), "INT");
    reader.read_to_string(&mut text).expect("the rest");
    already_read.extend(text.as_bytes());
    let output = finish_after(child, already_read);
    assert_eq!(output.stdout.matches("\n--- ").count(), 2, "{output:?}");
}

#[test]
fn sigstop_is_a_stall_and_no_outage() {
    let (child, already_read) = start_and_connect(&format!(
        "-t -w 0 -i 100ms -W 500ms {}",
        listener_until_eof()
    ));
    signal(child.id(), "STOP");
    thread::sleep(Duration::from_secs(3));
    signal(child.id(), "CONT");
    thread::sleep(Duration::from_millis(500));
    signal(child.id(), "INT");
    let output = finish_after(child, already_read);
    assert!(output.stdout.contains("100.0 %"), "{output:?}");
    assert!(!output.stdout.contains("outages"), "{output:?}");
    assert!(
        output.stdout.contains("was stalled for"),
        "the stall is reported: {output:?}"
    );
    assert!(!output.stdout.contains("no reply"), "{output:?}");
}
