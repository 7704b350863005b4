//! `-o`: result files.

use std::fs;
use std::path::Path;

use crate::harness::{RunOutput, run, synack};
use crate::loopback::{closed_port, open_port};

const EXTENSIONS: [&str; 8] = [
    "txt",
    "md",
    "csv",
    "summary.csv",
    "json",
    "html",
    "hgrm",
    "prom",
];

/// Runs with one file per format; returns their contents too.
fn run_with_files(folder: &Path, options: &str) -> (RunOutput, Vec<String>) {
    let paths = EXTENSIONS.map(|extension| folder.join(format!("run.{extension}")));
    let outputs: Vec<_> = paths
        .iter()
        .map(|path| format!("-o {}", path.display()))
        .collect();
    let output = run(&format!(
        "-q -n 3 -w 0 -i 10ms {} {options}",
        outputs.join(" ")
    ));
    let texts = paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("a result"));
    (output, texts.collect())
}

#[test]
fn every_format_is_written_and_the_text_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = open_port();
    let (output, texts) = run_with_files(folder.path(), &open.to_string());
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("\n--- "), "the summary is printed");
    let expected_parts = [
        "Verdict: works",
        "| ",
        "connected",
        "verdict",
        "\"type\":\"summary\"",
        "<svg",
        "Percentile",
        "# TYPE synack_",
    ];
    for ((extension, text), part) in EXTENSIONS.iter().zip(&texts).zip(expected_parts) {
        assert!(text.contains(part), "{extension} has no {part:?}: {text}");
    }
    let files = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(files, EXTENSIONS.len(), "no temporary files are left");
}

#[test]
fn redact_hides_addresses_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_socket, closed) = closed_port();
    let (output, texts) = run_with_files(folder.path(), &format!("--redact {closed}"));
    assert!(output.stdout.contains("target-1"), "{output:?}");
    for (extension, text) in EXTENSIONS
        .iter()
        .zip(&texts)
        .chain([(&"stdout", &output.stdout)])
    {
        assert!(!text.contains("127.0.0.1"), "{extension}: {text}");
    }
}

#[test]
fn unwritable_path_is_an_error_before_the_first_probe() {
    let open = open_port();
    for (path, part) in [
        ("/no/such/folder/x.csv", "/no/such/folder/x.csv"),
        ("/proc/x.csv", "/proc/x.csv"),
        ("x.docx", "extension"),
    ] {
        let output = run(&format!("-o {path} {open}"));
        assert_eq!(output.code, Some(2), "{output:?}");
        assert!(
            output.stdout.is_empty() && output.stderr.contains(part),
            "{output:?}"
        );
        assert_eq!(output.stderr.lines().count(), 1);
    }
    let two_targets = run(&format!("-o x.hgrm {open} {}", open_port()));
    assert_eq!(two_targets.code, Some(2), "{two_targets:?}");
}

#[test]
fn full_disk_loses_the_file_only() {
    let open = open_port();
    fs::metadata("/dev/full").expect("/dev/full exists");
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("full.json");
    std::os::unix::fs::symlink("/dev/full", &link).expect("a link");
    let output = run(&format!("-n 2 -w 0 -i 10ms -o {} {open}", link.display()));
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stdout.contains("\n--- "), "{output:?}");
    assert!(output.stderr.contains("full.json"), "{output:?}");
}

#[test]
fn output_formats_on_stdout_exclude_each_other() {
    let output = synack().args(["--json", "--markdown", "h:1"]).output();
    assert_eq!(output.expect("a run").status.code(), Some(2));
}
