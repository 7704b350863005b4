//! Long watches: what changes is announced, names are looked up again, and the figures so far are told.

use std::fs;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::contract::assert_valid;
use crate::support::{Outcome, closed, finish, holding, run, signal, start, synack};

fn accept_for_ever(listener: TcpListener) {
    thread::spawn(move || {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept() {
            held.push(connection);
        }
    });
}

#[test]
fn a_service_that_comes_up_is_announced_with_how_long_it_was_down() {
    let (guard, shut) = closed();
    let mut command = synack();
    command.args([
        "--json",
        "-n",
        "2s",
        "-w",
        "0",
        "-i",
        "50ms",
        &shut.to_string(),
    ]);
    let watching = start(&mut command);
    thread::sleep(Duration::from_millis(500));
    drop(guard);
    accept_for_ever(TcpListener::bind(shut).expect("the port is free again"));
    let outcome = finish(watching);
    assert_valid(&outcome);
    let changes = outcome.of_type("change");
    let told: Vec<_> = changes
        .iter()
        .map(|change| change["now"].as_str())
        .collect();
    assert_eq!(told, [Some("down"), Some("up")], "{outcome:?}");
    assert!(changes[0]["lasted_us"].is_null(), "never seen up before");
    let down = changes[1]["lasted_us"].as_f64().expect("a time");
    assert!((400e3..2e6).contains(&down), "{down}");
    assert_eq!(changes[1]["causes"][0], "rst");
}

#[test]
fn a_run_with_a_count_announces_nothing() {
    let (_guard, shut) = closed();
    let outcome = run(&format!("-n 3 -w 0 -i 10ms {shut}"));
    assert!(!outcome.stdout.contains("is down"), "{outcome:?}");
    let failures = run(&format!("-n 3 -w 0 -i 10ms --failures-only {shut}"));
    assert!(failures.stdout.contains("is down: refused"), "{failures:?}");
}

#[test]
fn the_figures_so_far_are_told_on_time() {
    let open = holding();
    let outcome = run(&format!(
        "-q -n 1s -w 0 -i 20ms --summary-every 300ms {open}"
    ));
    let summaries = outcome.stdout.matches("\n--- ").count();
    assert!((3..=5).contains(&summaries), "{summaries}: {outcome:?}");
}

/// Runs the tool where `hosts` is /etc/hosts. `None`: this machine does not let us.
fn with_hosts(hosts: &Path, arguments: &[&str]) -> Option<Command> {
    let unshare = ["--user", "--map-root-user", "--mount"];
    let hosts = hosts.to_str().expect("a path in UTF-8");
    let mut trial = Command::new("unshare");
    trial
        .args(unshare)
        .args(["mount", "--bind", hosts, "/etc/hosts"]);
    let mounts = trial.output();
    if !mounts.is_ok_and(|output| output.status.success()) {
        assert!(
            std::env::var("CI").is_err(),
            "CI can mount in a namespace of its own"
        );
        return None;
    }
    let mut command = Command::new("unshare");
    let script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
    command.args(unshare).args(["sh", "-c", script, hosts]);
    command.arg(env!("CARGO_BIN_EXE_synack")).args(arguments);
    command.stdin(std::process::Stdio::null());
    Some(command)
}

/// The lines of a run whose hosts file is changed to `second` in the middle, and to nothing at its end.
fn moved(second: &str, port: u16) -> Option<Outcome> {
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "127.0.0.1 watched.test\n").expect("a hosts file");
    let target = format!("watched.test:{port}");
    let arguments = [
        "--json",
        "-t",
        "-w",
        "0",
        "-i",
        "50ms",
        "--resolve-every",
        "1s",
        &target,
    ];
    let Some(mut command) = with_hosts(&hosts, &arguments) else {
        let _ = writeln!(io::stderr(), "SKIP: no mount namespaces here");
        return None;
    };
    let watching = start(&mut command);
    thread::sleep(Duration::from_millis(400));
    // In place: the mount is of this very file.
    fs::write(&hosts, second).expect("a hosts file");
    thread::sleep(Duration::from_millis(1800));
    signal(watching.id(), "INT");
    Some(finish(watching))
}

#[test]
fn a_name_that_moves_is_followed() {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    accept_for_ever(listener);
    let Some(outcome) = moved("127.0.0.2 watched.test\n", port) else {
        return;
    };
    assert_valid(&outcome);
    let moves = outcome.of_type("moved");
    assert_eq!(moves.len(), 1, "{outcome:?}");
    assert_eq!(
        (&moves[0]["from"], &moves[0]["address"]),
        (&"127.0.0.1".into(), &"127.0.0.2".into())
    );
    let probes = outcome.of_type("probe");
    let last = probes.last().expect("a probe");
    assert_eq!(last["address"], "127.0.0.2");
    assert!(
        probes.iter().all(|probe| probe["outcome"] == "connected"),
        "{outcome:?}"
    );
}

#[test]
fn a_name_that_is_gone_for_a_while_is_probed_on_where_it_was() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    accept_for_ever(listener);
    let Some(outcome) = moved("# nothing\n", port) else {
        return;
    };
    assert!(outcome.of_type("moved").is_empty(), "{outcome:?}");
    assert_eq!(
        outcome.stderr.matches("watched.test").count(),
        1,
        "told once: {outcome:?}"
    );
    assert_eq!(outcome.summary()["failed"], 0, "{outcome:?}");
}

#[test]
fn a_watch_waits_for_a_name_that_does_not_resolve_yet() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    accept_for_ever(listener);
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "# nothing\n").expect("a hosts file");
    let target = format!("watched.test:{port}");
    let arguments = ["--json", "-w", "0", "--until", "connected", &target];
    let Some(mut command) = with_hosts(&hosts, &arguments) else {
        let _ = writeln!(io::stderr(), "SKIP: no mount namespaces here");
        return;
    };
    let watching = start(&mut command);
    thread::sleep(Duration::from_millis(400));
    fs::write(&hosts, "127.0.0.1 watched.test\n").expect("a hosts file");
    let outcome = finish(watching);
    assert_valid(&outcome);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.summary()["succeeded"], 1, "{outcome:?}");
    let told = outcome.stderr.matches("trying again until it resolves");
    assert_eq!(told.count(), 1, "{outcome:?}");
}

#[test]
fn waiting_for_a_name_ends_with_the_time_of_the_run() {
    let outcome = run("-n 1.5s -i 100ms no.such.name.invalid:1");
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stdout.is_empty(), "{outcome:?}");
    assert!(
        outcome.stderr.contains("no.such.name.invalid"),
        "{outcome:?}"
    );
}

/// Runs the tool where the resolver of /etc/resolv.conf never answers: in a network of its own, behind a card that
/// leads nowhere. `None`: this machine does not let us.
fn with_deaf_resolver(arguments: &str) -> Option<(tempfile::TempDir, Command)> {
    let script = "printf 'nameserver 192.0.2.1\\noptions timeout:2 attempts:1\\n' > \"$0\" \
        && printf 'hosts: files dns\\n' > \"$0.nsswitch\" \
        && mount --bind \"$0\" /etc/resolv.conf && mount --bind \"$0.nsswitch\" /etc/nsswitch.conf \
        && ip link set lo up && ip link add lab0 type veth peer name lab1 && ip link set lab1 up \
        && ip link set lab0 arp off up && ip address add 192.0.2.2/24 dev lab0";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("resolv.conf");
    let file = file.to_str().expect("a path in UTF-8");
    let prepared = |then: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "--net", "sh", "-c"]);
        command.args([&format!("{script} && {then}"), file]);
        command.stdin(std::process::Stdio::null());
        command
    };
    let possible = prepared("true").output();
    if !possible.is_ok_and(|output| output.status.success()) {
        assert!(
            std::env::var("CI").is_err(),
            "CI can have a network of its own"
        );
        return None;
    }
    let tool = env!("CARGO_BIN_EXE_synack");
    let command = prepared(&format!("exec {tool} {arguments}"));
    Some((folder, command))
}

#[test]
fn a_slow_lookup_holds_up_no_other_target() {
    let arguments = "--json -n 3 -w 0 -i 100ms 127.0.0.1:1 slow.test:1";
    let Some((_folder, mut command)) = with_deaf_resolver(arguments) else {
        let _ = writeln!(io::stderr(), "SKIP: no networks of one's own here");
        return;
    };
    let outcome = finish(start(&mut command));
    assert_valid(&outcome);
    let time = |line: &serde_json::Value, field: &str| {
        let text = line[field].as_str().expect("a time");
        text.parse::<jiff::Timestamp>().expect("RFC 3339")
    };
    let probes = outcome.of_type("probe");
    assert_eq!(probes.len(), 3, "{outcome:?}");
    // The resolver is given up after 2 s; the probes have ended long before.
    let waited = time(&outcome.summary(), "ended").duration_since(time(&probes[2], "time"));
    assert!(waited.as_secs() >= 1, "{outcome:?}");
    assert!(outcome.stderr.contains("slow.test"), "{outcome:?}");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
}
