//! The objects of the contract, field by field as `schema.json` documents them.

use serde::Serialize;

use crate::report::Redacted;
use crate::report::json::{EvidenceObject, VerdictObject};

#[derive(Serialize)]
pub(super) struct Start<'a> {
    pub(super) r#type: &'static str,
    pub(super) schema: u32,
    pub(super) version: &'static str,
    pub(super) command: Redacted,
    pub(super) time: String,
    pub(super) host: Host<'a>,
    pub(super) count: Option<u64>,
    pub(super) interval_us: f64,
    pub(super) timeout_us: f64,
    pub(super) warmup: u64,
    pub(super) histogram_digits: u8,
    pub(super) targets: Vec<StartTarget<'a>>,
    pub(super) unresolved: Vec<Redacted>,
}

#[derive(Serialize)]
pub(super) struct Host<'a> {
    pub(super) kernel: &'a str,
    pub(super) name: Option<Redacted>,
    pub(super) clock: Clocks,
}

#[derive(Serialize)]
pub(super) struct Clocks {
    pub(super) connect_us: &'static str,
    pub(super) rtt_us: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct StartTarget<'a> {
    pub(super) target: Redacted,
    pub(super) addresses: Vec<Redacted>,
    pub(super) address: Redacted,
    pub(super) port: Option<u16>,
    pub(super) protocol: &'static str,
    pub(super) payload: Option<String>,
    pub(super) dns_us: Option<f64>,
    pub(super) source: Option<Redacted>,
    pub(super) interface: Option<&'a str>,
    pub(super) next_hop: Option<Redacted>,
}

#[derive(Serialize)]
pub(super) struct Probe {
    pub(super) r#type: &'static str,
    pub(super) target: Redacted,
    pub(super) address: Redacted,
    pub(super) port: Option<u16>,
    pub(super) protocol: &'static str,
    pub(super) seq: u64,
    pub(super) warmup: bool,
    pub(super) time: String,
    pub(super) local: Option<Redacted>,
    pub(super) outcome: &'static str,
    pub(super) reason: Option<String>,
    pub(super) late: bool,
    pub(super) connect_us: Option<f64>,
    pub(super) rtt_us: Option<f64>,
    pub(super) rtt_clock: Option<&'static str>,
    pub(super) syn_sent: Option<u32>,
    pub(super) held_us: Option<f64>,
    pub(super) ttl: Option<u8>,
    pub(super) answer: Option<Redacted>,
    pub(super) evidence: EvidenceObject,
}

#[derive(Serialize)]
pub(super) struct Summary {
    pub(super) r#type: &'static str,
    pub(super) target: Redacted,
    pub(super) address: Redacted,
    pub(super) port: Option<u16>,
    pub(super) protocol: &'static str,
    pub(super) local_ports: Option<[u16; 2]>,
    pub(super) started: String,
    pub(super) ended: String,
    pub(super) sent: u64,
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) local_errors: u64,
    pub(super) late: u64,
    pub(super) unfinished: u64,
    pub(super) duplicates: u64,
    pub(super) strays: u64,
    pub(super) reordered: u64,
    pub(super) loss_percent: Option<f64>,
    pub(super) loss_interval_percent: Option<[f64; 2]>,
    pub(super) outcomes: serde_json::Map<String, serde_json::Value>,
    pub(super) causes: Vec<Cause>,
    pub(super) other_causes: u64,
    pub(super) answers: Vec<Answer>,
    pub(super) other_answers: u64,
    pub(super) ttl: Vec<TtlSince>,
    pub(super) ttl_changes: u64,
    pub(super) connect_us: Latency,
    pub(super) rtt_us: Latency,
    pub(super) refused_us: Latency,
    pub(super) jitter_us: Option<f64>,
    pub(super) schedule_lag_us: Lag,
    pub(super) skipped: u64,
    pub(super) run: Run,
    pub(super) outages: Vec<OutageLine>,
    pub(super) outages_total: u64,
    pub(super) longest_outage: Option<OutageLine>,
    pub(super) histogram: Histograms,
    pub(super) capture_filter: Option<Redacted>,
    pub(super) verdict: VerdictObject,
}

#[derive(Serialize)]
pub(super) struct Change {
    pub(super) r#type: &'static str,
    pub(super) target: Redacted,
    pub(super) time: String,
    pub(super) now: &'static str,
    pub(super) lasted_us: Option<f64>,
    pub(super) causes: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Moved {
    pub(super) r#type: &'static str,
    pub(super) target: Redacted,
    pub(super) time: String,
    pub(super) from: Option<Redacted>,
    pub(super) address: Redacted,
}

#[derive(Serialize)]
pub(super) struct Unresolved {
    pub(super) r#type: &'static str,
    pub(super) time: String,
    pub(super) name: Redacted,
    pub(super) error: Redacted,
}

#[derive(Serialize)]
pub(super) struct Check {
    pub(super) r#type: &'static str,
    pub(super) asked: String,
    pub(super) found: Redacted,
    pub(super) passed: bool,
}

#[derive(Serialize)]
pub(super) struct Cause {
    pub(super) outcome: &'static str,
    pub(super) reason: Option<String>,
    pub(super) from: Option<Redacted>,
    pub(super) count: u64,
    pub(super) first: String,
    pub(super) last: String,
}

#[derive(Serialize)]
pub(super) struct Answer {
    pub(super) said: Redacted,
    pub(super) count: u64,
}

#[derive(Serialize)]
pub(super) struct TtlSince {
    pub(super) ttl: u8,
    pub(super) since: String,
}

#[derive(Serialize)]
pub(super) struct Latency {
    pub(super) count: u64,
    pub(super) min: Option<f64>,
    pub(super) mean: Option<f64>,
    pub(super) stddev: Option<f64>,
    pub(super) p50: Option<f64>,
    pub(super) p90: Option<f64>,
    pub(super) p95: Option<f64>,
    pub(super) p99: Option<f64>,
    pub(super) p999: Option<f64>,
    pub(super) max: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct Lag {
    pub(super) p99: Option<f64>,
    pub(super) max: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct Run {
    pub(super) interrupted: bool,
    pub(super) standstill_us: f64,
    pub(super) behind_us: f64,
    pub(super) descriptor_cap: Option<usize>,
    pub(super) wall_clock_moved_us: f64,
}

#[derive(Serialize)]
pub(super) struct OutageLine {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) probes: u64,
    pub(super) causes: Vec<String>,
    pub(super) ongoing: bool,
}

#[derive(Serialize)]
#[allow(clippy::struct_field_names)] // the names of the contract
pub(super) struct Histograms {
    pub(super) connect_us: Option<String>,
    pub(super) rtt_us: Option<String>,
    pub(super) refused_us: Option<String>,
}
