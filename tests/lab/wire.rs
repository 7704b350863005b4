//! The tool's claims against what the scripted peer really saw. No scenario has to ask for this.

use std::collections::HashMap;
use std::net::SocketAddr;

use serde_json::Value;

use crate::responder::{Seen, Wire};
use crate::tool::Run;

/// Every claim that the wire contradicts. The last line of a probe counts: a late answer gives
/// it a second one.
pub(crate) fn contradictions(run: &Run, wire: &Wire) -> Vec<String> {
    let by_local: HashMap<SocketAddr, &Value> = run
        .of_type("probe")
        .filter_map(|line| Some((line["local"].as_str()?.parse().ok()?, line)))
        .collect();
    let mut found = Vec::new();
    for (local, line) in by_local {
        let seen = wire.get(&local).copied().unwrap_or_default();
        let contradicted = [
            check_count(line, seen),
            check_least_time(line, seen),
            check_order(line),
        ];
        let stories = contradicted.into_iter().flatten();
        found.extend(stories.map(|it| format!("{local}: {it}")));
    }
    found
}

/// A probe that nobody answered stays open after its report, to see a late answer, and the kernel goes on
/// sending SYNs for it: the peer may see more of them than were reported, never fewer.
fn check_count(line: &Value, seen: Seen) -> Option<String> {
    let claimed = line["syn_sent"].as_u64()?;
    let syns = seen.syns;
    let agrees = match line["outcome"].as_str() {
        Some("no-reply") => claimed <= syns,
        _ => claimed == syns,
    };
    (!agrees).then(|| format!("syn_sent is {claimed}, the peer saw {syns}"))
}

/// No answer can be measured faster than the peer wrote it. Only where there was one SYN: with
/// more, the round trip is that of another SYN or comes from coarse time stamps.
fn check_least_time(line: &Value, seen: Seen) -> Option<String> {
    let answer = seen.first_answer.filter(|_| seen.syns == 1)?;
    let least = answer.as_secs_f64() * 1e6;
    let times = ["rtt_us", "connect_us"].map(|field| (field, line[field].as_f64()));
    let too_fast = |(_, got): &(_, Option<f64>)| got.is_some_and(|got| got + 1.0 < least);
    let (field, got) = times.into_iter().find(too_fast)?;
    Some(format!("{field} is {got:?}, the peer took {least:.0}"))
}

/// The kernel's clock stops before ours, so it can never show more (but for a rounded microsecond).
fn check_order(line: &Value) -> Option<String> {
    let (rtt, connect) = (line["rtt_us"].as_f64()?, line["connect_us"].as_f64()?);
    (rtt > connect + 1.0).then(|| format!("rtt_us {rtt} is more than connect_us {connect}"))
}
