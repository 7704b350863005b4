//! Probe lines against the capture: number of packets, local address, times.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::clock_tolerance::upper_bound_us;
use crate::endpoint::{Endpoint, Protocol};
use crate::peer::capture::{Capture, ConnectionRecord, RequestRecord};
use crate::run_output::RunOutput;

/// The last line of each probe is checked: a late reply adds a second one.
pub(super) fn contradictions(
    output: &RunOutput,
    capture: &Capture,
    targets: &[Endpoint],
) -> Vec<String> {
    let mut found = check_connections(output, &capture.connections);
    for target in targets {
        if target.protocol != Protocol::Tcp {
            found.extend(check_requests(output, capture, *target));
        }
    }
    found
}

fn check_connections(
    output: &RunOutput,
    connections: &HashMap<SocketAddr, ConnectionRecord>,
) -> Vec<String> {
    let by_local: HashMap<SocketAddr, &Value> = output
        .of_type("probe")
        .filter(|line| line["protocol"] == "tcp")
        .filter_map(|line| Some((line["local"].as_str()?.parse().ok()?, line)))
        .collect();
    let mut found = Vec::new();
    for (local, line) in by_local {
        let record = connections.get(&local).copied().unwrap_or_default();
        let checks = [
            check_syn_count(line, record),
            check_handshake_time(line, record),
            check_clock_order(line),
        ];
        let messages = checks.into_iter().flatten();
        found.extend(messages.map(|it| format!("{local}: {it}")));
    }
    found
}

/// The socket of a probe without reply stays open for a late one, and the kernel goes on retransmitting: the peer may see
/// more SYNs than reported, never fewer.
fn check_syn_count(line: &Value, record: ConnectionRecord) -> Option<String> {
    let reported = line["syn_sent"].as_u64()?;
    let captured = record.syns;
    let is_equal = match line["outcome"].as_str() {
        Some("no-reply") => reported <= captured,
        _ => reported == captured,
    };
    (!is_equal).then(|| format!("syn_sent is {reported}, the peer captured {captured}"))
}

/// Only after one SYN: with more, the RTT is that of another SYN, or of coarse TCP timestamps.
fn check_handshake_time(line: &Value, record: ConnectionRecord) -> Option<String> {
    let delay = record.first_reply_delay.filter(|_| record.syns == 1)?;
    check_minimum_time(line, delay)
}

/// No time is shorter than the delay of the peer's reply.
fn check_minimum_time(line: &Value, delay: Duration) -> Option<String> {
    let minimum = delay.as_secs_f64() * 1e6;
    let times = ["rtt_us", "connect_us"].map(|field| (field, line[field].as_f64()));
    let is_too_short =
        |(_, time): &(_, Option<f64>)| time.is_some_and(|it| upper_bound_us(it) < minimum);
    let (field, time) = times.into_iter().find(is_too_short)?;
    Some(format!("{field} is {time:?}, the peer took {minimum:.0}"))
}

/// The kernel's interval lies within the user's: its RTT cannot be longer.
fn check_clock_order(line: &Value) -> Option<String> {
    let (rtt, connect) = (line["rtt_us"].as_f64()?, line["connect_us"].as_f64()?);
    (rtt > upper_bound_us(connect)).then(|| format!("rtt_us {rtt} is over connect_us {connect}"))
}

/// Requests to a target are in the order of its probes. Probes with a local error sent none.
fn check_requests(output: &RunOutput, capture: &Capture, target: Endpoint) -> Vec<String> {
    let requests: Vec<&RequestRecord> = capture.requests_to(target).collect();
    let lines = sent_probes(output, target);
    if lines.len() != requests.len() {
        let (reported, captured) = (lines.len(), requests.len());
        return vec![format!(
            "{target}: {reported} probes sent, the peer captured {captured}"
        )];
    }
    let pairs = lines.iter().zip(requests);
    let messages = pairs.flat_map(|(line, record)| {
        let delay = record.first_reply_delay;
        [
            check_local(line, record),
            delay.and_then(|delay| check_minimum_time(line, delay)),
            check_clock_order(line),
        ]
    });
    let messages = messages.flatten();
    messages.map(|it| format!("{target}: {it}")).collect()
}

/// The last line of each probe, warm-up first.
fn sent_probes(output: &RunOutput, target: Endpoint) -> Vec<&Value> {
    let mut by_number = BTreeMap::new();
    for line in output.of_type("probe").filter(|line| target.matches(line)) {
        by_number.insert((line["warmup"] != true, line["seq"].as_u64()), line);
    }
    by_number.retain(|_, line| line["outcome"] != "local");
    by_number.into_values().collect()
}

fn check_local(line: &Value, record: &RequestRecord) -> Option<String> {
    let (reported, captured) = (&line["local"], record.request.local());
    (*reported != captured).then(|| format!("local is {reported}, the peer captured {captured}"))
}
