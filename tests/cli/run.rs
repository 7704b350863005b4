//! Runs on loopback: counts, schedule, limits.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use crate::support::{
    closed, finish, holding, listener, patient, run, signal, start, synack, until,
};

/// A listener that never accepts and whose queue is full, with what keeps it so.
pub(crate) fn overloaded() -> (Vec<socket2::Socket>, SocketAddr) {
    let (socket, address) = closed();
    socket.listen(0).expect("a listener");
    let patience = Duration::from_millis(100);
    let fill = (0..16).map(|_| TcpStream::connect_timeout(&address, patience));
    let mut kept: Vec<_> = fill.map_while(Result::ok).map(Into::into).collect();
    kept.push(socket);
    (kept, address)
}

#[test]
fn counts_are_exact_at_full_speed() {
    let address = listener(drop);
    let outcome = run(&format!(
        "--json -q -i 0 --in-flight 64 -n 20000 -w 10 {address}"
    ));
    let summary = outcome.summary();
    assert_eq!(summary["sent"], 20_000, "{summary}");
    assert_eq!(summary["outcomes"]["refused"].as_u64(), None, "{summary}");
    assert_eq!(summary["succeeded"], 20_000, "{summary}");
    assert_eq!(summary["connect_us"]["count"], 20_000);
}

#[test]
fn an_old_connection_s_reset_is_never_charged_to_a_new_probe() {
    // The server closes first, so its side keeps the memory of each connection.
    let address = listener(drop);
    let outcome = run(&format!(
        "--json -q -i 0 --in-flight 64 -n 30000 -w 0 {address}"
    ));
    let summary = outcome.summary();
    assert_eq!(summary["outcomes"]["refused"].as_u64(), None, "{summary}");
    assert_eq!(summary["outcomes"]["local"].as_u64(), None, "{summary}");
}

#[test]
fn a_slow_probe_never_delays_the_schedule() {
    let (_full, address) = overloaded();
    let outcome = run(&format!("--json -n 5 -w 0 -i 100ms -W 800ms {address}"));
    let summary = outcome.summary();
    assert_eq!(summary["outcomes"]["no-reply"], 5, "{summary}");
    let time = |field: &str| summary[field].as_str().expect("a time").to_owned();
    let span = seconds(&time("ended")) - seconds(&time("started"));
    // 4 intervals and one timeout; one after the other would take 4 s.
    assert!((1.1..3.0).contains(&span), "{span} s");
}

/// Seconds of the minute of an RFC 3339 time, good for spans under a minute.
fn seconds(time: &str) -> f64 {
    let minutes: f64 = time[14..16].parse().expect("minutes");
    let seconds: f64 = time[17..23].parse().expect("seconds");
    minutes * 60.0 + seconds
}

#[test]
fn few_descriptors_mean_fewer_probes_at_once_and_no_failure() {
    let address = patient();
    let mut command = Command::new("sh");
    let line = format!(
        "ulimit -n 20; exec {} --json -q -i 0 --in-flight 64 -n 500 -w 0 {address}",
        env!("CARGO_BIN_EXE_synack")
    );
    let outcome = finish(start(command.args(["-c", &line])));
    let summary = outcome.summary();
    assert_eq!(
        (&summary["sent"], &summary["succeeded"]),
        (&500.into(), &500.into())
    );
    let text = run_text_with_few_descriptors(&address);
    assert!(text.contains("limit of open files"), "{text}");
}

fn run_text_with_few_descriptors(address: &SocketAddr) -> String {
    let line = format!(
        "ulimit -n 20; exec {} -q -i 0 --in-flight 64 -n 500 -w 0 {address}",
        env!("CARGO_BIN_EXE_synack")
    );
    finish(start(Command::new("sh").args(["-c", &line]))).stdout
}

#[test]
fn memory_does_not_grow_with_the_length_of_the_run() {
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
    until("the run warms up", || cpu() >= 20);
    let early = resident_kib(id);
    until("the run goes on", || cpu() >= 60);
    let late = resident_kib(id);
    signal(id, "INT");
    // A histogram grows with its largest value, up to a bound; at this pace samples would be megabytes.
    let probes = finish(child).summary()["sent"].as_u64().expect("a count");
    assert!(probes > 1000, "only {probes} probes");
    assert!(
        late <= early + 1024,
        "{early} KiB, then {late} KiB after {probes} probes"
    );
}

/// Processor time used so far, in clock ticks (proc(5), stat fields 14 and 15).
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
fn source_address_and_ports_are_used_as_given() {
    let address = holding();
    let outcome = run(&format!(
        "--json -n 6 -w 0 -i 10ms -S 127.0.0.9:41000-41002 --dscp 46 --ttl 9 {address}"
    ));
    let probes = outcome.of_type("probe");
    let mut locals: Vec<_> = probes.iter().map(|probe| probe["local"].clone()).collect();
    locals.sort_by_key(ToString::to_string);
    locals.dedup();
    assert_eq!(
        locals,
        ["127.0.0.9:41000", "127.0.0.9:41001", "127.0.0.9:41002"]
    );
    assert_eq!(outcome.summary()["succeeded"], 6);
}

#[test]
fn warm_up_probes_are_shown_and_counted_nowhere() {
    let outcome = run(&format!("--json -n 2 -w 3 -i 5ms {}", holding()));
    let probes = outcome.of_type("probe");
    let warm = probes
        .iter()
        .filter(|probe| probe["warmup"] == true)
        .count();
    assert_eq!((warm, probes.len()), (3, 5));
    assert_eq!(outcome.summary()["sent"], 2);
    assert_eq!(outcome.summary()["connect_us"]["count"], 2);
}

#[test]
fn names_are_resolved_and_every_address_is_listed() {
    let port = holding().port();
    let outcome = run(&format!("--json -4 -n 1 -w 0 localhost:{port}"));
    let start = &outcome.of_type("start")[0]["targets"][0];
    assert_eq!(start["target"], format!("localhost:{port}"));
    assert_eq!(start["address"], "127.0.0.1");
    assert!(start["dns_us"].as_f64().expect("a lookup time") > 0.0);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn many_targets_get_a_row_each() {
    let addresses: Vec<_> = (0..30).map(|_| holding().to_string()).collect();
    let outcome = run(&format!("-q -n 2 -w 0 -i 50ms {}", addresses.join(" ")));
    for address in &addresses {
        let row = outcome
            .stdout
            .lines()
            .find(|line| line.trim_start().starts_with(address.as_str()));
        let row = row.unwrap_or_else(|| panic!("a row for {address}: {outcome:?}"));
        let cells: Vec<_> = row.split_whitespace().collect();
        assert_eq!((cells[1], cells[2]), ("2", "2"), "{row}");
    }
    assert_eq!(outcome.code, Some(0));
}
