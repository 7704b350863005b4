//! `--redact` in every mode and format.

use std::fs;

use crate::harness::run;
use crate::loopback::open_port;

/// Runs a mode with a result file per format; returns each format with its text, stdout included.
fn redacted(mode: &str, formats: &[&str]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |format: &str| folder.path().join(format!("localhost.{format}"));
    let outputs: Vec<_> = formats
        .iter()
        .map(|format| format!("-o {}", path(format).display()))
        .collect();
    let port = open_port().port();
    let output = run(&format!(
        "{mode} -4 --redact {} localhost:{port}",
        outputs.join(" ")
    ));
    let files = formats.iter().map(|format| {
        let text = fs::read_to_string(path(format)).expect("a result");
        ((*format).to_owned(), text)
    });
    let mut texts: Vec<_> = files.collect();
    texts.push(("stdout".to_owned(), output.stdout));
    texts
}

#[test]
fn redacted_result_has_neither_name_nor_address() {
    let traces = redacted("trace -n 1", &["txt", "md", "json", "html"]);
    let diagnoses = redacted("diagnose", &["txt", "md", "json"]);
    let runs = redacted(
        "-n 1 -w 0 -S 127.0.0.1",
        &["txt", "md", "json", "html", "csv", "summary.csv", "prom"],
    );
    for (format, text) in traces.into_iter().chain(diagnoses).chain(runs) {
        assert!(text.contains("target-1"), "{format}: {text}");
        for secret in ["localhost", "127.0.0.1", "127.0.0.53"] {
            assert!(!text.contains(secret), "{format} has {secret}: {text}");
        }
    }
}

#[test]
fn pseudonyms_replace_hosts_and_no_other_word() {
    let port = open_port().port();
    let output = run(&format!(
        "-4 -n 1 -w 0 --redact localhost:{port} service.invalid:1 127.0.0.1:{port}"
    ));
    let words: Vec<_> = output.stdout.split_whitespace().collect();
    let text = words.join(" ");
    for part in [
        "cannot resolve \"target-3\": ",
        &format!("synack -4 -n 1 -w 0 --redact target-1:{port} target-3:1 target-2:{port}"),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("invalid"), "{text}");
}
