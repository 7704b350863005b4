//! stdout, stderr and stdin: pipes, closed readers, a full disk.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::harness::{finish, run, start, synack};
use crate::loopback::open_port;

#[test]
fn broken_pipe_on_stdout_is_success() {
    let mut command = synack();
    command.args(["-t", "-i", "10ms", &open_port().to_string()]);
    let mut child = start(&mut command);
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    reader.read_line(&mut first).expect("a first line");
    drop(reader);
    let output = finish(child);
    assert!(first.starts_with("TCP "), "{first}");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
}

#[test]
fn summary_goes_to_stderr_when_the_disk_is_full() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
        assert!(std::env::var_os("CI").is_none(), "no /dev/full");
        return;
    };
    let mut command = synack();
    command.args(["-n", "3", "-w", "0", "-i", "10ms", &open_port().to_string()]);
    let child = command.stdout(full).stderr(Stdio::piped()).spawn();
    let output = finish(child.expect("the command starts"));
    assert_eq!(output.code, Some(2));
    assert!(
        output.stderr.contains("cannot write the results"),
        "{output:?}"
    );
    assert!(
        output.stderr.contains("3 probes in"),
        "no summary: {output:?}"
    );
}

#[test]
fn results_in_a_pipe_are_plain_text_on_stdout() {
    let output = run(&format!("-n 2 -i 10ms {}", open_port()));
    assert_eq!(output.stderr, "");
    assert!(!output.stdout.contains('\u{1b}'), "{output:?}");
    assert!(
        output
            .stdout
            .lines()
            .all(|line| line.chars().count() <= 100),
        "{output:?}"
    );
}

#[test]
fn quiet_prints_the_summary_only() {
    let output = run(&format!("-q -n 2 -i 10ms {}", open_port()));
    assert!(!output.stdout.contains("from :"), "{output:?}");
    assert!(output.stdout.contains("2 probes in"), "{output:?}");
}

#[test]
fn failures_only_hides_successes() {
    let output = run(&format!(
        "--failures-only -n 2 -w 0 -i 10ms {} 224.0.0.1:9",
        open_port()
    ));
    let lines = output
        .stdout
        .lines()
        .filter(|line| line.contains("from :") || line.contains("local  "));
    assert!(lines.clone().count() >= 2, "{output:?}");
    assert!(!output.stdout.contains("connected       0"), "{output:?}");
}

#[test]
fn read_only_stderr_is_ignored() {
    let null = File::open("/dev/null").expect("/dev/null");
    let mut command = synack();
    command.args(["-n", "1", "-w", "0", &open_port().to_string()]);
    let child = command.stdout(Stdio::piped()).stderr(null).spawn();
    assert_eq!(finish(child.expect("the command starts")).code, Some(0));
}

#[test]
fn histogram_has_equal_buckets_or_given_edges() {
    let address = open_port();
    let total = |arguments: &str| -> u64 {
        let output = run(&format!("-q -n 30 -w 0 -i 1ms {arguments} {address}"));
        let table = output
            .stdout
            .lines()
            .skip_while(|line| !line.contains("from ms"));
        let rows = table.skip(1).take_while(|line| !line.is_empty());
        rows.filter_map(|row| row.split_whitespace().nth(1)?.parse::<u64>().ok())
            .sum()
    };
    assert_eq!(total("-H"), 30);
    assert_eq!(total("-H 5"), 30);
    assert_eq!(total("-H 0.01,0.05,1,5,10"), 30);
}
