//! The objects of the contract, field by field as `schema.json` documents them.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Start<'a> {
    pub(super) r#type: &'static str,
    pub(super) schema: u32,
    pub(super) version: &'static str,
    pub(super) command: &'a str,
    pub(super) time: String,
    pub(super) host: Host<'a>,
    pub(super) count: Option<u64>,
    pub(super) interval_us: f64,
    pub(super) timeout_us: f64,
    pub(super) warmup: u64,
    pub(super) histogram_digits: u8,
    pub(super) targets: Vec<StartTarget<'a>>,
    pub(super) unresolved: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Host<'a> {
    pub(super) kernel: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) clock: Clocks,
}

#[derive(Serialize)]
pub(super) struct Clocks {
    pub(super) connect_us: &'static str,
    pub(super) rtt_us: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct StartTarget<'a> {
    pub(super) target: String,
    pub(super) addresses: Vec<String>,
    pub(super) address: String,
    pub(super) port: Option<u16>,
    pub(super) protocol: &'static str,
    pub(super) payload: Option<String>,
    pub(super) dns_us: Option<f64>,
    pub(super) source: Option<String>,
    pub(super) interface: Option<&'a str>,
    pub(super) next_hop: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Probe<'a> {
    pub(super) r#type: &'static str,
    pub(super) target: String,
    pub(super) address: String,
    pub(super) port: Option<u16>,
    pub(super) protocol: &'static str,
    pub(super) seq: u64,
    pub(super) warmup: bool,
    pub(super) time: String,
    pub(super) local: Option<String>,
    pub(super) outcome: &'static str,
    pub(super) reason: Option<String>,
    pub(super) late: bool,
    pub(super) connect_us: Option<f64>,
    pub(super) rtt_us: Option<f64>,
    pub(super) rtt_clock: Option<&'static str>,
    pub(super) syn_sent: Option<u32>,
    pub(super) held_us: Option<f64>,
    pub(super) ttl: Option<u8>,
    pub(super) answer: Option<&'a str>,
    pub(super) evidence: Proof,
}

#[derive(Serialize)]
pub(in crate::report) struct Proof {
    pub(in crate::report) kind: Option<&'static str>,
    pub(in crate::report) icmp: Option<Icmp>,
    pub(in crate::report) errno: Option<String>,
}

#[derive(Serialize)]
pub(in crate::report) struct Icmp {
    pub(in crate::report) r#type: u8,
    pub(in crate::report) code: u8,
    pub(in crate::report) from: Option<String>,
    pub(in crate::report) mtu: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Summary {
    pub(super) r#type: &'static str,
    pub(super) target: String,
    pub(super) address: String,
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
    pub(super) capture_filter: Option<String>,
    pub(super) verdict: Verdict,
}

#[derive(Serialize)]
pub(super) struct Change {
    pub(super) r#type: &'static str,
    pub(super) target: String,
    pub(super) time: String,
    pub(super) now: &'static str,
    pub(super) lasted_us: Option<f64>,
    pub(super) causes: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Moved {
    pub(super) r#type: &'static str,
    pub(super) target: String,
    pub(super) time: String,
    pub(super) from: Option<String>,
    pub(super) address: String,
}

#[derive(Serialize)]
pub(super) struct Check<'a> {
    pub(super) r#type: &'static str,
    pub(super) asked: &'a str,
    pub(super) found: &'a str,
    pub(super) passed: bool,
}

#[derive(Serialize)]
pub(super) struct Cause {
    pub(super) outcome: &'static str,
    pub(super) reason: Option<String>,
    pub(super) from: Option<String>,
    pub(super) count: u64,
    pub(super) first: String,
    pub(super) last: String,
}

#[derive(Serialize)]
pub(super) struct Answer {
    pub(super) said: String,
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

#[derive(Serialize)]
pub(in crate::report) struct Verdict {
    pub(in crate::report) code: String,
    pub(in crate::report) meaning: Vec<String>,
    pub(in crate::report) next: Vec<String>,
}

impl From<&crate::outcome::IcmpError> for Icmp {
    fn from(icmp: &crate::outcome::IcmpError) -> Self {
        Self {
            r#type: icmp.kind,
            code: icmp.code,
            from: icmp.from.map(|from| from.to_string()),
            mtu: icmp.mtu,
        }
    }
}

impl From<&crate::verdict::explain::Verdict> for Verdict {
    fn from(verdict: &crate::verdict::explain::Verdict) -> Self {
        Self {
            code: verdict.code.clone(),
            meaning: verdict.meaning.clone(),
            next: verdict.next.clone(),
        }
    }
}
