//! `--expect`, `--fail-if`, `--until`: what they say, and the exit code of each.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use crate::contract::assert_valid;
use crate::support::{Outcome, closed, finish, holding, run, start, synack};

/// The lines of the checks, in the order in which they were asked for.
fn checks(outcome: &Outcome) -> Vec<&str> {
    let section = outcome.stdout.split_once("\nChecks\n");
    let lines = section.map_or("", |(_, checks)| checks).lines();
    lines.take_while(|line| line.starts_with("  ")).collect()
}

#[test]
fn an_expected_end_is_a_success_whatever_it_is() {
    let (_guard, shut) = closed();
    for (expected, code) in [
        ("refused", 0),
        ("rst", 0),
        ("failure", 0),
        ("ok", 1),
        ("connected", 1),
    ] {
        let outcome = run(&format!("-q -n 2 -w 0 -i 10ms --expect {expected} {shut}"));
        assert_eq!(outcome.code, Some(code), "{expected}: {outcome:?}");
        assert_eq!(checks(&outcome).len(), 1, "{outcome:?}");
    }
}

#[test]
fn a_condition_that_holds_fails_the_run() {
    let open = holding();
    for (condition, code) in [
        ("loss>1%", 0),
        ("failed>0", 0),
        ("connect-max>5s", 0),
        ("connect-min>0us", 1),
        ("sent==3", 1),
        // Three probes have no p99: nothing is cleared by what does not exist.
        ("p99>1s", 1),
    ] {
        let outcome = run(&format!(
            "-q -n 3 -w 0 -i 10ms --fail-if {condition} {open}"
        ));
        assert_eq!(outcome.code, Some(code), "{condition}: {outcome:?}");
    }
}

#[test]
fn every_check_is_told_even_if_one_fails() {
    let open = holding();
    let outcome = run(&format!(
        "-q -n 2 -w 0 -i 10ms --expect refused --fail-if loss>1% --fail-if sent<9 {open}"
    ));
    let told = checks(&outcome);
    assert_eq!(told.len(), 3, "{outcome:?}");
    assert!(told[0].contains("FAILED") && told[1].contains("ok") && told[2].contains("FAILED"));
    assert_eq!(outcome.code, Some(1));
}

#[test]
fn a_target_that_never_answers_fails_beside_a_check_that_passes() {
    let (_guard, shut) = closed();
    let outcome = run(&format!("-q -n 1 -w 0 --fail-if late>0 {shut}"));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
}

#[test]
fn waiting_ends_with_the_service_that_is_waited_for() {
    let (guard, shut) = closed();
    let mut command = synack();
    command.args(["--until", "ok", "-i", "20ms", "--json", &shut.to_string()]);
    let waiting = start(&mut command);
    thread::sleep(Duration::from_millis(200));
    drop(guard);
    let _service = TcpListener::bind(shut).expect("the port is free again");
    let outcome = finish(waiting);
    assert_valid(&outcome);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let found = outcome.of_type("check");
    assert_eq!(found[0]["passed"], true);
    assert!(
        outcome.of_type("probe").len() > 1,
        "it did not answer at first"
    );
}

#[test]
fn waiting_in_vain_fails() {
    let (_guard, shut) = closed();
    let outcome = run(&format!("-q --until ok -n 3 -i 10ms {shut}"));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(checks(&outcome)[0].contains("never did"), "{outcome:?}");
    let gone = run(&format!("-q --until failure -n 3 -i 10ms {shut}"));
    assert_eq!(gone.code, Some(0), "{gone:?}");
}
