//! Name resolution during a run: changed addresses, missing names, slow lookups.

use std::fs;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{RunOutput, finish, run, signal, start};
use crate::json_schema::assert_valid;
use crate::loopback::accept_all;
use crate::namespaces::{with_hosts_file, with_unreachable_name_server};

/// The port of a listener that keeps its connections open.
fn listener_at(bind: &str) -> u16 {
    let listener = TcpListener::bind(bind).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    accept_all(listener);
    port
}

/// Probes `watched.test`, and replaces its hosts file by `second` after 400 ms.
fn run_with_changed_hosts(second: &str, port: u16) -> Option<RunOutput> {
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "127.0.0.1 watched.test\n").expect("a hosts file");
    let target = format!("watched.test:{port}");
    let options = ["--json", "-t", "-w", "0", "-i", "50ms"];
    let arguments = [&options[..], &["--resolve-every", "1s", &target]].concat();
    let mut command = with_hosts_file(&hosts, &arguments)?;
    let child = start(&mut command);
    thread::sleep(Duration::from_millis(400));
    // In place: the bind mount is of the inode.
    fs::write(&hosts, second).expect("a hosts file");
    thread::sleep(Duration::from_millis(1800));
    signal(child.id(), "INT");
    Some(finish(child))
}

#[test]
fn changed_address_is_probed_after_reresolution() {
    let port = listener_at("0.0.0.0:0");
    let Some(output) = run_with_changed_hosts("127.0.0.2 watched.test\n", port) else {
        return;
    };
    assert_valid(&output);
    let changes = output.of_type("moved");
    assert_eq!(changes.len(), 1, "{output:?}");
    assert_eq!(
        (&changes[0]["from"], &changes[0]["address"]),
        (&"127.0.0.1".into(), &"127.0.0.2".into())
    );
    let probes = output.of_type("probe");
    let last = probes.last().expect("a probe");
    assert_eq!(last["address"], "127.0.0.2");
    let is_connected = |probe: &Value| probe["outcome"] == "connected";
    assert!(probes.iter().all(is_connected), "{output:?}");
}

#[test]
fn old_address_is_probed_while_the_name_is_missing() {
    let port = listener_at("127.0.0.1:0");
    let Some(output) = run_with_changed_hosts("# nothing\n", port) else {
        return;
    };
    assert!(output.of_type("moved").is_empty(), "{output:?}");
    let warnings = output.stderr.matches("watched.test").count();
    assert_eq!(warnings, 1, "{output:?}");
    assert_eq!(output.summary()["failed"], 0, "{output:?}");
}

#[test]
fn until_waits_for_a_name_that_does_not_resolve_yet() {
    let port = listener_at("127.0.0.1:0");
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "# nothing\n").expect("a hosts file");
    let target = format!("watched.test:{port}");
    let arguments = ["--json", "-w", "0", "--until", "connected", &target];
    let Some(mut command) = with_hosts_file(&hosts, &arguments) else {
        return;
    };
    let child = start(&mut command);
    thread::sleep(Duration::from_millis(400));
    fs::write(&hosts, "127.0.0.1 watched.test\n").expect("a hosts file");
    let output = finish(child);
    assert_valid(&output);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.summary()["succeeded"], 1, "{output:?}");
    let warnings = output.stderr.matches("trying again until it resolves");
    assert_eq!(warnings.count(), 1, "{output:?}");
}

#[test]
fn waiting_for_a_name_ends_with_the_duration_of_the_run() {
    let output = run("-n 1.5s -i 100ms no.such.name.invalid:1");
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(output.stderr.contains("no.such.name.invalid"), "{output:?}");
}

#[test]
fn slow_lookup_does_not_delay_other_targets() {
    let arguments = "--json -n 3 -w 0 -i 100ms 127.0.0.1:1 slow.test:1";
    let Some((_folder, mut command)) = with_unreachable_name_server(arguments) else {
        return;
    };
    let output = finish(start(&mut command));
    assert_valid(&output);
    let time = |line: &Value, field: &str| {
        let text = line[field].as_str().expect("a time");
        text.parse::<jiff::Timestamp>().expect("RFC 3339")
    };
    let probes = output.of_type("probe");
    assert_eq!(probes.len(), 3, "{output:?}");
    // The lookup times out after 2 s; the probes have ended long before.
    let ended = time(&output.summary(), "ended");
    let waited = ended.duration_since(time(&probes[2], "time"));
    assert!(waited.as_secs() >= 1, "{output:?}");
    assert!(output.stderr.contains("slow.test"), "{output:?}");
    let unresolved = output.of_type("unresolved");
    assert_eq!(unresolved.len(), 1, "{output:?}");
    assert_eq!(unresolved[0]["name"], "slow.test");
    assert_eq!(output.code, Some(1), "{output:?}");
}
