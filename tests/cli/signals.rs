//! Signals at any moment: the summary is printed once, and nothing measured is lost.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::thread;
use std::time::Duration;

use crate::support::{Outcome, finish, holding, patient, signal, start, synack};

/// Starts an endless run and waits until it has probed.
fn running(arguments: &str) -> (Child, Vec<u8>) {
    let mut command = synack();
    command.args(arguments.split_whitespace());
    let mut child = start(&mut command);
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut seen = String::new();
    while !seen.lines().any(|line| line.contains("connected")) {
        assert!(reader.read_line(&mut seen).expect("a line") > 0, "{seen}");
    }
    let rest = reader.buffer().to_vec();
    child.stdout = Some(reader.into_inner());
    ((child), [seen.into_bytes(), rest].concat())
}

fn end(child: Child, seen: Vec<u8>) -> Outcome {
    let outcome = finish(child);
    let seen = String::from_utf8(seen).expect("UTF-8");
    Outcome {
        stdout: seen + &outcome.stdout,
        ..outcome
    }
}

#[test]
fn interrupt_and_terminate_end_the_run_with_its_summary() {
    for name in ["INT", "TERM"] {
        let (child, seen) = running(&format!("-t -w 0 -i 20ms {}", holding()));
        signal(child.id(), name);
        let outcome = end(child, seen);
        assert_eq!(outcome.stdout.matches("\n--- ").count(), 1, "{outcome:?}");
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
    }
}

#[test]
fn two_interrupts_in_a_row_are_one() {
    let (child, seen) = running(&format!("-t -w 0 -i 20ms {}", holding()));
    signal(child.id(), "INT");
    signal(child.id(), "INT");
    let outcome = end(child, seen);
    assert_eq!(outcome.stdout.matches("\n--- ").count(), 1, "{outcome:?}");
    assert_eq!(outcome.code, Some(0));
}

#[test]
fn a_probe_cut_short_is_unfinished_and_not_lost() {
    let (_full, address) = crate::run::overloaded();
    let mut command = synack();
    command.args(["--json", "-t", "-w", "0", &address.to_string()]);
    let child = start(&mut command);
    let id = child.id();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        signal(id, "INT");
    });
    let outcome = finish(child);
    let summary = outcome.summary();
    assert_eq!(
        (&summary["sent"], &summary["unfinished"]),
        (&0.into(), &1.into())
    );
    assert!(summary["loss_percent"].is_null(), "{summary}");
    let probe = &outcome.of_type("probe")[0];
    assert_eq!(probe["outcome"], "unfinished");
    assert!(probe["connect_us"].is_null());
}

#[test]
fn quit_prints_the_statistics_so_far_and_goes_on() {
    let (mut child, mut seen) = running(&format!("-t -w 0 -i 20ms {}", holding()));
    signal(child.id(), "QUIT");
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    while !text.contains("\n--- ") {
        assert!(reader.read_line(&mut text).expect("a line") > 0, "{text}");
    }
    signal(child.id(), "INT");
    reader.read_to_string(&mut text).expect("the rest");
    seen.extend(text.as_bytes());
    let outcome = end(child, seen);
    assert_eq!(outcome.stdout.matches("\n--- ").count(), 2, "{outcome:?}");
}

#[test]
fn being_stopped_is_nobodys_outage() {
    let (child, seen) = running(&format!("-t -w 0 -i 100ms -W 500ms {}", patient()));
    signal(child.id(), "STOP");
    thread::sleep(Duration::from_secs(3));
    signal(child.id(), "CONT");
    thread::sleep(Duration::from_millis(500));
    signal(child.id(), "INT");
    let outcome = end(child, seen);
    assert!(outcome.stdout.contains("100.0 %"), "{outcome:?}");
    assert!(!outcome.stdout.contains("outages"), "{outcome:?}");
    assert!(
        outcome.stdout.contains("was stalled for"),
        "the gap is told: {outcome:?}"
    );
    assert!(!outcome.stdout.contains("no reply"), "{outcome:?}");
}
