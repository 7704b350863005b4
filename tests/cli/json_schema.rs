//! `--json` against its schema.

#[path = "../../src/report/schema.rs"]
mod schema;

use std::time::Duration;

use crate::harness::{RunOutput, run};
use crate::loopback::{closed_port, listener, open_port};
use schema::violation;

/// Every line of the output is valid.
pub(crate) fn assert_valid(output: &RunOutput) {
    let objects = output.json();
    assert!(!objects.is_empty(), "{output:?}");
    let violations: Vec<_> = objects.iter().filter_map(violation).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn mixed_outcomes_are_valid_and_add_up() {
    let (open, (_socket, closed)) = (open_port(), closed_port());
    let resetting = listener(|stream| {
        let _ = socket2::Socket::from(stream).set_linger(Some(Duration::ZERO));
    });
    let closing = listener(drop);
    let output = run(&format!(
        "--json -n 3 -i 20ms --hold 50ms {open} {closed} {resetting} {closing} 224.0.0.1:80"
    ));
    assert_valid(&output);
    let summaries = output.of_type("summary");
    assert_eq!(summaries.len(), 5);
    for summary in &summaries {
        let number = |field: &str| summary[field].as_u64().expect("a count");
        let sum = number("succeeded") + number("failed") + number("local_errors");
        assert_eq!((number("sent"), sum), (3, 3), "{summary}");
    }
    assert_eq!(output.code, Some(1));
}

#[test]
fn missing_measurements_are_null() {
    let output = run("--json -n 1 -w 0 224.0.0.1:80");
    assert_valid(&output);
    let summary = output.summary();
    assert!(
        summary["loss_percent"].is_null(),
        "a local error is no loss"
    );
    assert!(summary["connect_us"]["min"].is_null());
    assert!(summary["histogram"]["connect_us"].is_null());
    assert_eq!(summary["connect_us"]["count"], 0);
}

#[test]
fn schema_rejects_an_unknown_outcome() {
    let output = run(&format!("--json -n 1 -w 0 {}", open_port()));
    let mut probe = output.of_type("probe").remove(0);
    assert_eq!(violation(&probe), None);
    probe["outcome"] = "maybe".into();
    assert!(violation(&probe).is_some());
}

#[test]
fn percentiles_beyond_the_sample_size_are_null() {
    let summary = run(&format!("--json -n 20 -w 0 -i 1ms {}", open_port())).summary();
    let connect = &summary["connect_us"];
    assert!(connect["p50"].is_number() && connect["p90"].is_number());
    assert!(connect["p99"].is_null() && connect["p999"].is_null());
}

#[test]
fn histogram_is_hdr_v2_with_every_value() {
    use base64::Engine as _;
    let summary = run(&format!("--json -n 50 -w 0 -i 1ms {}", open_port())).summary();
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
