//! `--json` against its schema.

#[path = "../../src/report/schema.rs"]
mod schema;

use crate::support::{Outcome, closed, holding, listener, run};
use schema::violation;

pub(crate) fn assert_valid(outcome: &Outcome) {
    let objects = outcome.json();
    assert!(!objects.is_empty(), "{outcome:?}");
    let violations: Vec<_> = objects.iter().filter_map(violation).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn every_line_of_a_mixed_run_is_valid() {
    let (open, (_guard, shut)) = (holding(), closed());
    let resets = listener(|stream| {
        let _ = socket2::Socket::from(stream).set_linger(Some(std::time::Duration::ZERO));
    });
    let closes = listener(drop);
    let outcome = run(&format!(
        "--json -n 3 -i 20ms --hold 50ms {open} {shut} {resets} {closes} 224.0.0.1:80"
    ));
    assert_valid(&outcome);
    let summaries = outcome.of_type("summary");
    assert_eq!(summaries.len(), 5);
    for summary in &summaries {
        let number = |field: &str| summary[field].as_u64().expect("a count");
        let parts = number("succeeded") + number("failed") + number("local_errors");
        assert_eq!((number("sent"), parts), (3, 3), "{summary}");
    }
    assert_eq!(outcome.code, Some(1));
}

#[test]
fn a_run_with_nothing_measured_is_valid_and_all_null() {
    let outcome = run("--json -n 1 -w 0 224.0.0.1:80");
    assert_valid(&outcome);
    let summary = outcome.summary();
    assert!(
        summary["loss_percent"].is_null(),
        "local trouble is not loss"
    );
    assert!(summary["connect_us"]["min"].is_null());
    assert!(summary["histogram"]["connect_us"].is_null());
    assert_eq!(summary["connect_us"]["count"], 0);
}

#[test]
fn the_schema_refuses_what_the_contract_does_not_know() {
    let outcome = run(&format!("--json -n 1 -w 0 {}", holding()));
    let mut probe = outcome.of_type("probe").remove(0);
    assert_eq!(violation(&probe), None);
    probe["outcome"] = "maybe".into();
    assert!(violation(&probe).is_some());
}

#[test]
fn percentiles_that_the_sample_cannot_support_are_null() {
    let summary = run(&format!("--json -n 20 -w 0 -i 1ms {}", holding())).summary();
    let connect = &summary["connect_us"];
    assert!(connect["p50"].is_number() && connect["p90"].is_number());
    assert!(connect["p99"].is_null() && connect["p999"].is_null());
}

#[test]
fn the_histogram_can_be_read_back_with_its_values() {
    use base64::Engine as _;
    let summary = run(&format!("--json -n 50 -w 0 -i 1ms {}", holding())).summary();
    let text = summary["histogram"]["connect_us"].as_str().expect("base64");
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    let bytes = bytes.expect("valid base64");
    let histogram: hdrhistogram::Histogram<u64> = hdrhistogram::serialization::Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .expect("a V2 histogram");
    assert_eq!(histogram.len(), 50);
    let max = summary["connect_us"]["max"].as_f64().expect("a maximum");
    assert!((histogram.max() as f64 - max).abs() <= max * 0.001 + 1.0);
}
