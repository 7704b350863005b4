//! `synack diagnose` on loopback, and usage errors of the modes.

use serde_json::Value;

use crate::harness::run;
use crate::json_schema::assert_valid;
use crate::loopback::{closed_port, open_port};

#[test]
fn diagnosis_is_one_json_line() {
    let (_socket, closed) = closed_port();
    for (target, outcome, verdict, code) in [
        (open_port(), "connected", "works", 0),
        (closed, "refused", "nothing-listens", 1),
    ] {
        let output = run(&format!("diagnose --json {target}"));
        assert_valid(&output);
        assert_eq!(output.code, Some(code), "{output:?}");
        let [diagnosis] = &output.json()[..] else {
            panic!("{output:?}");
        };
        let tried = diagnosis["tried"].as_array().expect("a list");
        let port = tried.iter().find(|it| it["step"] == "port");
        let port = port.expect("the target port is tried");
        assert_eq!(port["ends"][0]["outcome"], outcome, "{diagnosis}");
        assert_eq!(port["port"], target.port());
        if cfg!(target_os = "linux") {
            assert_eq!(diagnosis["verdict"]["code"], verdict, "{diagnosis}");
        }
    }
}

#[test]
fn diagnosis_of_an_unresolved_name_is_valid() {
    // RFC 6761 section 6.4: names below .invalid never resolve.
    let output = run("diagnose --json no-such-host.invalid:80");
    assert_valid(&output);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert_eq!(output.json()[0]["addresses"], Value::Array(Vec::new()));
}

#[test]
fn usage_errors_of_modes_are_one_line() {
    for (arguments, part) in [
        ("trace 127.0.0.1:1-5", "5 ports"),
        ("trace", "<TARGET>"),
        ("trace 127.0.0.1:80 127.0.0.1:81", "127.0.0.1:81"),
        ("trace 127.0.0.1:http", "http"),
        ("trace -l 32 127.0.0.1:80", "-l"),
        ("trace --df 127.0.0.1:80", "--df"),
        ("trace --payload dns 127.0.0.1:80", "--payload"),
        ("trace --flows 0 127.0.0.1:80", "--flows"),
        ("trace --flows 257 127.0.0.1:80", "--flows"),
        ("trace --max-hops 0 127.0.0.1:80", "--max-hops"),
        ("trace -n 0 127.0.0.1:80", "--count"),
        ("trace -n 2 -t 127.0.0.1:80", "--forever"),
        ("trace -W 0 127.0.0.1:80", "-W"),
        ("trace -6 127.0.0.1:80", "127.0.0.1"),
        ("trace -o x.csv 127.0.0.1:80", "x.csv"),
        ("trace no-such-host.invalid:80", "no-such-host.invalid"),
        ("trace no-such-host.invalid", "no-such-host.invalid"),
        ("diagnose", "<TARGET>"),
        ("diagnose 127.0.0.1:80,81", "2 ports"),
        ("diagnose -o x.csv 127.0.0.1:80", "x.csv"),
        ("diagnose --flows 3 127.0.0.1:80", "--flows"),
        ("diagnose -S 127.0.0.1:40000 127.0.0.1:80", "-S"),
        (
            "diagnose -S 127.0.0.1:40000-40006 127.0.0.1:80",
            "8 source ports",
        ),
        ("diagnose --json --markdown 127.0.0.1:80", "--markdown"),
    ] {
        let output = run(arguments);
        assert_eq!(output.code, Some(2), "{arguments}: {output:?}");
        assert_eq!(output.stdout, "", "{arguments}");
        let lines: Vec<_> = output.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "{arguments}: {lines:?}");
        assert!(lines[0].contains(part), "{arguments}: {lines:?}");
    }
}
