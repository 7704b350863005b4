//! `-o`: results in files, beside what is printed.

use std::fs;
use std::path::Path;

use crate::support::{Outcome, closed, holding, run, synack};

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

fn written(folder: &Path, options: &str) -> (Outcome, Vec<String>) {
    let paths = EXTENSIONS.map(|extension| folder.join(format!("run.{extension}")));
    let outputs: Vec<_> = paths
        .iter()
        .map(|path| format!("-o {}", path.display()))
        .collect();
    let outcome = run(&format!(
        "-q -n 3 -w 0 -i 10ms {} {options}",
        outputs.join(" ")
    ));
    let texts = paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("a result"));
    (outcome, texts.collect())
}

#[test]
fn every_form_is_written_beside_what_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = holding();
    let (outcome, texts) = written(folder.path(), &open.to_string());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stdout.contains("\n--- "),
        "the summary is printed, too"
    );
    let signs = [
        "Verdict: works",
        "| ",
        "connected",
        "verdict",
        "\"type\":\"summary\"",
        "<svg",
        "Percentile",
        "# TYPE synack_",
    ];
    for ((extension, text), sign) in EXTENSIONS.iter().zip(&texts).zip(signs) {
        assert!(text.contains(sign), "{extension} has no {sign:?}: {text}");
    }
    let kept = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(kept, EXTENSIONS.len(), "nothing else is left");
}

#[test]
fn no_form_tells_an_address_that_is_to_be_hidden() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_guard, shut) = closed();
    let (outcome, texts) = written(folder.path(), &format!("--redact {shut}"));
    assert!(outcome.stdout.contains("target-1"), "{outcome:?}");
    for (extension, text) in EXTENSIONS
        .iter()
        .zip(&texts)
        .chain([(&"screen", &outcome.stdout)])
    {
        assert!(!text.contains("127.0.0.1"), "{extension}: {text}");
    }
}

#[test]
fn a_place_that_cannot_be_written_to_is_told_before_the_first_probe() {
    let open = holding();
    for (path, named) in [
        ("/no/such/folder/x.csv", "/no/such/folder/x.csv"),
        ("/proc/x.csv", "/proc/x.csv"),
        ("x.docx", "extension"),
    ] {
        let outcome = run(&format!("-o {path} {open}"));
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(
            outcome.stdout.is_empty() && outcome.stderr.contains(named),
            "{outcome:?}"
        );
        assert_eq!(outcome.stderr.lines().count(), 1);
    }
    let two = run(&format!("-o x.hgrm {open} {}", holding()));
    assert_eq!(two.code, Some(2), "{two:?}");
}

#[test]
fn a_full_disk_costs_the_file_and_nothing_else() {
    let open = holding();
    fs::metadata("/dev/full").expect("Linux has one");
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("full.json");
    std::os::unix::fs::symlink("/dev/full", &link).expect("a link");
    let outcome = run(&format!("-n 2 -w 0 -i 10ms -o {} {open}", link.display()));
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stdout.contains("\n--- "), "{outcome:?}");
    assert!(outcome.stderr.contains("full.json"), "{outcome:?}");
}

#[test]
fn forms_exclude_each_other_on_the_screen() {
    let output = synack().args(["--json", "--markdown", "h:1"]).output();
    assert_eq!(output.expect("a run").status.code(), Some(2));
}
