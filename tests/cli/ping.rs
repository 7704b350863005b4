//! Ping runs on loopback: counts, schedule, limits, sources.

use std::net::SocketAddr;
use std::process::Command;

use crate::harness::{RunOutput, finish, run, signal, start, synack, wait_until};
use crate::loopback::{full_accept_queue, listener, listener_until_eof, open_port};

#[test]
fn counts_of_20_000_probes_are_exact() {
    let address = listener(drop);
    let output = run(&format!(
        "--json -q -i 0 --in-flight 64 -n 20000 -w 10 {address}"
    ));
    let summary = output.summary();
    assert_eq!(summary["sent"], 20_000, "{summary}");
    assert_eq!(summary["outcomes"]["refused"].as_u64(), None, "{summary}");
    assert_eq!(summary["succeeded"], 20_000, "{summary}");
    assert_eq!(summary["connect_us"]["count"], 20_000);
}

#[test]
fn time_wait_of_earlier_connections_causes_no_refusal() {
    // The server closes first: its sockets are in TIME_WAIT.
    let address = listener(drop);
    let output = run(&format!(
        "--json -q -i 0 --in-flight 64 -n 30000 -w 0 {address}"
    ));
    let summary = output.summary();
    assert_eq!(summary["outcomes"]["refused"].as_u64(), None, "{summary}");
    assert_eq!(summary["outcomes"]["local"].as_u64(), None, "{summary}");
}

#[test]
fn timeouts_do_not_delay_the_schedule() {
    let (_sockets, address) = full_accept_queue();
    let output = run(&format!("--json -n 5 -w 0 -i 100ms -W 800ms {address}"));
    let summary = output.summary();
    assert_eq!(summary["outcomes"]["no-reply"], 5, "{summary}");
    let time = |field: &str| summary[field].as_str().expect("a time").to_owned();
    let span = seconds(&time("ended")) - seconds(&time("started"));
    // Four intervals and one timeout; one probe at a time would take 4 s.
    assert!((1.1..3.0).contains(&span), "{span} s");
}

/// Seconds within the hour of an RFC 3339 time.
fn seconds(time: &str) -> f64 {
    let minutes: f64 = time[14..16].parse().expect("minutes");
    let seconds: f64 = time[17..23].parse().expect("seconds");
    minutes * 60.0 + seconds
}

#[test]
fn low_nofile_limit_reduces_probes_in_flight() {
    let address = listener_until_eof();
    let summary = run_with_nofile(20, "--json", address).summary();
    assert_eq!(
        (&summary["sent"], &summary["succeeded"]),
        (&500.into(), &500.into())
    );
    let text = run_with_nofile(20, "", address).stdout;
    assert!(text.contains("limit of open files"), "{text}");
}

fn run_with_nofile(limit: u32, options: &str, address: SocketAddr) -> RunOutput {
    let script = format!(
        "ulimit -n {limit}; exec {} {options} -q -i 0 --in-flight 64 -n 500 -w 0 {address}",
        env!("CARGO_BIN_EXE_synack")
    );
    finish(start(Command::new("sh").args(["-c", &script])))
}

#[test]
fn memory_is_constant_in_the_length_of_the_run() {
    let mut command = synack();
    let address = listener(drop).to_string();
    command.args([
        "--json",
        "-q",
        "-t",
        "-i",
        "0",
        "--in-flight",
        "16",
        &address,
    ]);
    let child = start(&mut command);
    let id = child.id();
    let cpu = || cpu_ticks(id);
    wait_until("20 ticks of CPU time", || cpu() >= 20);
    let early = resident_kib(id);
    wait_until("60 ticks of CPU time", || cpu() >= 60);
    let late = resident_kib(id);
    signal(id, "INT");
    // A histogram grows with its largest value, up to a bound; stored samples would be megabytes.
    let probes = finish(child).summary()["sent"].as_u64().expect("a count");
    assert!(probes > 1000, "only {probes} probes");
    assert!(
        late <= early + 1024,
        "{early} KiB, then {late} KiB after {probes} probes"
    );
}

/// CPU time in clock ticks (proc(5), stat fields 14 and 15).
fn cpu_ticks(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("a process");
    let after_name = stat.rsplit_once(')').expect("a name").1;
    let fields: Vec<_> = after_name.split_whitespace().collect();
    fields[11..13]
        .iter()
        .map(|ticks| ticks.parse::<u64>().expect("ticks"))
        .sum()
}

fn resident_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let words = line.expect("VmRSS").split_whitespace().nth(1);
    words.expect("a number").parse().expect("KiB")
}

#[test]
fn source_address_and_ports_are_those_requested() {
    let address = open_port();
    let output = run(&format!(
        "--json -n 6 -w 0 -i 10ms -S 127.0.0.9:41000-41002 --dscp 46 --ttl 9 {address}"
    ));
    let probes = output.of_type("probe");
    let mut locals: Vec<_> = probes.iter().map(|probe| probe["local"].clone()).collect();
    locals.sort_by_key(ToString::to_string);
    locals.dedup();
    assert_eq!(
        locals,
        ["127.0.0.9:41000", "127.0.0.9:41001", "127.0.0.9:41002"]
    );
    assert_eq!(output.summary()["succeeded"], 6);
}

#[test]
fn warmup_probes_are_reported_but_not_counted() {
    let output = run(&format!("--json -n 2 -w 3 -i 5ms {}", open_port()));
    let probes = output.of_type("probe");
    let warmup = probes
        .iter()
        .filter(|probe| probe["warmup"] == true)
        .count();
    assert_eq!((warmup, probes.len()), (3, 5));
    assert_eq!(output.summary()["sent"], 2);
    assert_eq!(output.summary()["connect_us"]["count"], 2);
}

#[test]
fn name_is_resolved_with_lookup_time() {
    let port = open_port().port();
    let output = run(&format!("--json -4 -n 1 -w 0 localhost:{port}"));
    let start = &output.of_type("start")[0]["targets"][0];
    assert_eq!(start["target"], format!("localhost:{port}"));
    assert_eq!(start["address"], "127.0.0.1");
    assert!(start["dns_us"].as_f64().expect("a lookup time") > 0.0);
    assert_eq!(output.code, Some(0), "{output:?}");
}

#[test]
fn each_of_many_targets_has_a_row() {
    let addresses: Vec<_> = (0..30).map(|_| open_port().to_string()).collect();
    let output = run(&format!("-q -n 2 -w 0 -i 50ms {}", addresses.join(" ")));
    for address in &addresses {
        let row = output
            .stdout
            .lines()
            .find(|line| line.trim_start().starts_with(address.as_str()));
        let row = row.unwrap_or_else(|| panic!("a row for {address}: {output:?}"));
        let cells: Vec<_> = row.split_whitespace().collect();
        assert_eq!((cells[1], cells[2]), ("2", "2"), "{row}");
    }
    assert_eq!(output.code, Some(0));
}
