//! Usage errors: one line on stderr that names the wrong value, no stdout, exit code 2.

use crate::harness::{run, synack};
use crate::loopback::{closed_port, open_port};

/// The only line on stderr of a run with wrong arguments.
fn usage_error(arguments: &[&str]) -> String {
    let output = synack().args(arguments).output().expect("the command runs");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed results");
    assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
    assert!(stderr.starts_with("synack: "), "{arguments:?}: {stderr}");
    stderr
}

#[test]
fn wrong_value_is_named_in_one_line() {
    for (arguments, part) in [
        (&[][..], "TARGET"),
        (&["tcp://host"], "no port"),
        (&["-u", "host"], "no port"),
        (&["icmp://host:80"], "has a port"),
        (&["127.0.0.1", "443"], "\"443\" is a number"),
        (&["host:0"], "\"0\""),
        (&["host:65536"], "\"65536\""),
        (&["host:"], "is not a port"),
        (&["host:90-80"], "90-80"),
        (&["host:1-100000"], "100000"),
        (&["2001:db8::1:443"], "brackets"),
        (&["[fe80::1]:443"], "interface"),
        (&["http://host:53"], "http://"),
        (&["--payload", "nonsense", "-u", "h:1"], "'nonsense'"),
        (&["--payload", "hex:123", "-u", "h:1"], "hex:123"),
        (&["--payload", "hex:1g", "-u", "h:1"], "'g'"),
        (
            &["--payload", "file:/no/such/file", "-u", "h:1"],
            "/no/such/file",
        ),
        (&["--payload", "file:/", "-u", "h:1"], "cannot read /"),
        (&["--payload", "file:/dev/zero", "-u", "h:1"], "too many"),
        (&["--payload", "dns", "h:1"], "--payload"),
        (&["--payload", "dns", "-l", "9", "-u", "h:1"], "-l"),
        (&["-l", "65508", "-u", "h:1"], "65507"),
        (&["-l", "-1", "-u", "h:1"], "'-1'"),
        (&["-l", "9", "h:1"], "-l"),
        (&["--df", "h:1"], "--df"),
        (&["--hold", "1s", "-u", "h:1"], "--hold"),
        (&["-n", "0", "host:1"], "'0'"),
        (&["-n", "-1", "host:1"], "'-1'"),
        (&["-n", "1e3", "host:1"], "'1e3'"),
        (&["-i", "-1", "host:1"], "'-1'"),
        (&["-i", "nan", "host:1"], "'nan'"),
        (&["-i", "inf", "host:1"], "'inf'"),
        (&["-i", "99999999999999", "host:1"], "at most 1000000000 s"),
        (&["-i", "5parsecs", "host:1"], "parsecs"),
        (&["-W", "0", "host:1"], "timeout"),
        (&["-w", "-3", "host:1"], "'-3'"),
        (&["--hold", "0", "host:1"], "--hold"),
        (&["--dscp", "64", "host:1"], "'64'"),
        (&["--ttl", "0", "host:1"], "'0'"),
        (&["--close", "now", "host:1"], "'now'"),
        (&["-H", "0", "host:1"], "'0'"),
        (&["-H", "5,1", "host:1"], "'5,1'"),
        (&["--percentiles", "101", "host:1"], "101"),
        (&["--in-flight", "2", "host:1"], "--in-flight"),
        (&["-t", "-n", "3", "host:1"], "--forever"),
        (&["-4", "-6", "host:1"], "-6"),
        (&["-4", "[::1]:1"], "::1"),
        (&["-6", "-S", "127.0.0.1", "host:1"], "-S"),
        (&["-S", "nonsense", "host:1"], "'nonsense'"),
        (&["-S", "192.0.2.1", "127.0.0.1:1"], "192.0.2.1"),
        (&["-I", "no-such-if", "127.0.0.1:1"], "no-such-if"),
        (&["--expect", "nonsense", "h:1"], "'nonsense'"),
        (&["--until", "unfinished", "h:1"], "'unfinished'"),
        (&["--fail-if", "loss", "h:1"], "column 5"),
        (&["--fail-if", "p99>50", "h:1"], "p99>[here]50"),
        (&["--nonsense", "host:1"], "--nonsense"),
        (&["a:1-65535", "b:1-65535"], "131070"),
    ] {
        let line = usage_error(arguments);
        assert!(line.contains(part), "{arguments:?}: {line}");
    }
}

#[test]
fn unresolved_name_reports_the_eai_code() {
    // RFC 6761 section 6.4: names below .invalid never resolve.
    let output = run("no-such-host.invalid:80");
    assert_eq!(output.code, Some(2));
    let line = output.stderr.lines().next().expect("a line");
    assert!(line.contains("\"no-such-host.invalid\""), "{line}");
    assert!(line.contains("(EAI_"), "{line}");
}

#[test]
fn unresolved_name_does_not_stop_other_targets() {
    let output = run(&format!(
        "-n 1 -w 0 no-such-host.invalid:80 {}",
        open_port()
    ));
    assert!(output.stderr.contains("no-such-host.invalid"));
    assert!(output.stdout.contains("connected"), "{output:?}");
    assert_eq!(output.code, Some(1), "one target failed");
}

#[test]
fn control_characters_of_a_name_are_escaped() {
    let line = usage_error(&["evil\u{1b}]0;gotcha\u{7}\u{202e}:80"]);
    let is_harmless = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
    assert!(line.chars().all(is_harmless), "{line:?}");
}

#[test]
fn duplicate_target_is_probed_once_with_a_warning() {
    let address = open_port();
    let output = run(&format!("--json -n 2 -w 0 -i 1ms {address} {address}"));
    assert!(output.stderr.contains("listed twice"), "{output:?}");
    assert_eq!(output.summary()["sent"], 2);
}

#[test]
fn exit_code_is_1_if_a_target_fails() {
    let (_socket, closed) = closed_port();
    let open = open_port();
    assert_eq!(run(&format!("-n 1 -w 0 {open}")).code, Some(0));
    assert_eq!(run(&format!("-n 1 -w 0 {open} {closed}")).code, Some(1));
    assert_eq!(run("--help").code, Some(0));
    assert_eq!(run("--version").code, Some(0));
}
