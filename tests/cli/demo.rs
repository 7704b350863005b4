//! `synack demo`.

use crate::harness::run;

#[test]
fn demo_has_every_outcome_that_needs_no_router() {
    let output = run("demo");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    let summary = output.stdout.split_once("\n--- ").expect("a summary").1;
    for outcome in [
        "connected",
        "unreachable",
        "reset",
        "closed",
        "refused",
        "no reply",
        "local",
    ] {
        // In its own column, or before a colon.
        let has_outcome = |line: &str| {
            line.split("  ")
                .any(|column| column.split(':').next() == Some(outcome))
        };
        let is_reported = summary.lines().any(has_outcome);
        assert!(is_reported, "{outcome}: {}", output.stdout);
    }
    // The number of SYNs that the full accept queue drops depends on the scheduler.
    assert!(summary.contains(" took several SYNs"), "{summary}");
    assert!(output.stdout.contains("  3  reply  "), "{}", output.stdout);
}

#[test]
fn demo_lines_are_at_most_100_columns() {
    let output = run("demo");
    let summary = output.stdout.split_once("\n--- ").expect("a summary").1;
    let fits = |line: &str| line.chars().count() <= 100;
    assert!(summary.lines().skip(1).all(fits), "{output:?}");
    assert!(output.stdout.trim_end().ends_with(": synack demo"));
}
