//! Bad input: one line on stderr that names what was wrong, nothing on stdout, exit code 2.

use crate::support::{closed, holding, run, synack};

/// Runs a command that cannot work and returns its one line.
fn refused(arguments: &[&str]) -> String {
    let output = synack().args(arguments).output().expect("the command runs");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed results");
    assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
    assert!(stderr.starts_with("synack: "), "{arguments:?}: {stderr}");
    stderr
}

#[test]
fn each_mistake_is_named_in_one_line() {
    for (arguments, named) in [
        (&[][..], "TARGET"),
        (&["tcp://host"], "no port"),
        (&["-u", "host"], "no port"),
        (&["icmp://host:80"], "has a port"),
        (&["127.0.0.1", "443"], "\"443\" is a number"),
        (&["host:0"], "\"0\""),
        (&["host:65536"], "\"65536\""),
        (&["host:"], "is no port"),
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
        (&["-i", "99999999999999", "host:1"], "longer than any run"),
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
        let line = refused(arguments);
        assert!(line.contains(named), "{arguments:?}: {line}");
    }
}

#[test]
fn an_unknown_name_gives_the_resolvers_own_reason() {
    // RFC 6761 section 6.4: names below .invalid never resolve.
    let outcome = run("no-such-host.invalid:80");
    assert_eq!(outcome.code, Some(2));
    let line = outcome.stderr.lines().next().expect("a reason");
    assert!(line.contains("\"no-such-host.invalid\""), "{line}");
    assert!(line.contains("(EAI_"), "{line}");
}

#[test]
fn one_bad_name_does_not_stop_the_others() {
    let outcome = run(&format!("-n 1 -w 0 no-such-host.invalid:80 {}", holding()));
    assert!(outcome.stderr.contains("no-such-host.invalid"));
    assert!(outcome.stdout.contains("connected"), "{outcome:?}");
    assert_eq!(outcome.code, Some(1), "some target did not answer");
}

#[test]
fn a_name_cannot_drive_the_terminal() {
    let line = refused(&["evil\u{1b}]0;gotcha\u{7}\u{202e}:80"]);
    let harmless = |c: char| c == '\n' || (!c.is_control() && c != '\u{202e}');
    assert!(line.chars().all(harmless), "{line:?}");
}

#[test]
fn the_same_target_twice_is_probed_once_and_said_so() {
    let address = holding();
    let outcome = run(&format!("--json -n 2 -w 0 -i 1ms {address} {address}"));
    assert!(outcome.stderr.contains("given twice"), "{outcome:?}");
    assert_eq!(outcome.summary()["sent"], 2);
}

#[test]
fn the_exit_code_follows_the_targets() {
    let (_guard, shut) = closed();
    let open = holding();
    assert_eq!(run(&format!("-n 1 -w 0 {open}")).code, Some(0));
    assert_eq!(run(&format!("-n 1 -w 0 {open} {shut}")).code, Some(1));
    assert_eq!(run("--help").code, Some(0));
    assert_eq!(run("--version").code, Some(0));
}
