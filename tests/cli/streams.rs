//! stdout and stderr in every state they can be in.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::{finish, holding, run, start, synack};

#[test]
fn a_reader_who_leaves_early_ends_the_run_quietly() {
    let mut command = synack();
    command.args(["-t", "-i", "10ms", &holding().to_string()]);
    let mut child = start(&mut command);
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    reader.read_line(&mut first).expect("a first line");
    drop(reader);
    let outcome = finish(child);
    assert!(first.starts_with("TCP "), "{first}");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_full_disk_loses_nothing_that_was_measured() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
        assert!(std::env::var_os("CI").is_none(), "there is no /dev/full");
        return;
    };
    let mut command = synack();
    command.args(["-n", "3", "-w", "0", "-i", "10ms", &holding().to_string()]);
    let child = command.stdout(full).stderr(Stdio::piped()).spawn();
    let outcome = finish(child.expect("the command starts"));
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.stderr.contains("cannot write the results"),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("3 probes in"),
        "the summary: {outcome:?}"
    );
}

#[test]
fn results_go_to_stdout_alone_and_are_plain_text_in_a_pipe() {
    let outcome = run(&format!("-n 2 -i 10ms {}", holding()));
    assert_eq!(outcome.stderr, "");
    assert!(!outcome.stdout.contains('\u{1b}'), "{outcome:?}");
    assert!(
        outcome
            .stdout
            .lines()
            .all(|line| line.chars().count() <= 100),
        "{outcome:?}"
    );
}

#[test]
fn quiet_prints_the_summary_without_the_probes() {
    let outcome = run(&format!("-q -n 2 -i 10ms {}", holding()));
    assert!(!outcome.stdout.contains("from :"), "{outcome:?}");
    assert!(outcome.stdout.contains("2 probes in"), "{outcome:?}");
}

#[test]
fn failures_only_prints_no_success() {
    let outcome = run(&format!(
        "--failures-only -n 2 -w 0 -i 10ms {} 224.0.0.1:9",
        holding()
    ));
    let lines = outcome
        .stdout
        .lines()
        .filter(|line| line.contains("from :") || line.contains("local  "));
    assert!(lines.clone().count() >= 2, "{outcome:?}");
    assert!(!outcome.stdout.contains("connected       0"), "{outcome:?}");
}

#[test]
fn a_closed_stdin_or_stderr_does_not_matter() {
    let null = File::open("/dev/null").expect("/dev/null");
    let mut command = synack();
    command.args(["-n", "1", "-w", "0", &holding().to_string()]);
    let child = command.stdout(Stdio::piped()).stderr(null).spawn();
    assert_eq!(finish(child.expect("the command starts")).code, Some(0));
}

#[test]
fn the_histogram_has_psping_s_two_forms() {
    let address = holding();
    let counted = |arguments: &str| -> u64 {
        let outcome = run(&format!("-q -n 30 -w 0 -i 1ms {arguments} {address}"));
        let table = outcome
            .stdout
            .lines()
            .skip_while(|line| !line.contains("from ms"));
        let rows = table.skip(1).take_while(|line| !line.is_empty());
        rows.filter_map(|row| row.split_whitespace().nth(1)?.parse::<u64>().ok())
            .sum()
    };
    assert_eq!(counted("-H"), 30);
    assert_eq!(counted("-H 5"), 30);
    assert_eq!(counted("-H 0.01,0.05,1,5,10"), 30);
}
