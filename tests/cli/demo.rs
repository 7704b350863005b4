//! `synack demo` shows every outcome that needs no router, and succeeds.

use crate::support::run;

#[test]
fn the_demonstration_shows_every_outcome_that_needs_no_router() {
    let outcome = run("demo");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    let summary = outcome.stdout.split_once("\n--- ").expect("a summary").1;
    for verdict in [
        "connected",
        "unreachable",
        "reset",
        "closed",
        "refused",
        "no reply",
        "local",
    ] {
        // Beside the figures of a target, or below them.
        let told = |line: &str| {
            line.split("  ")
                .any(|part| part.split(':').next() == Some(verdict))
        };
        let is_told = summary.lines().any(told);
        assert!(is_told, "{verdict}: {}", outcome.stdout);
    }
    // How many SYNs meet the full queue is up to the scheduler.
    assert!(summary.contains(" took several SYNs"), "{summary}");
    assert!(
        outcome.stdout.contains("  3  reply  "),
        "{}",
        outcome.stdout
    );
}

#[test]
fn the_demonstration_fits_a_ticket() {
    let outcome = run("demo");
    let summary = outcome.stdout.split_once("\n--- ").expect("a summary").1;
    let fits = |line: &str| line.chars().count() <= 100;
    assert!(summary.lines().skip(1).all(fits), "{outcome:?}");
    assert!(outcome.stdout.trim_end().ends_with(": synack demo"));
}
