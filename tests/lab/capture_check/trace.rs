//! Trace lines against the packets that the routers saw.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sent_packet::{SentPacket, sent_packets};
use crate::endpoint::Endpoint;
use crate::packet::PacketHeader;
use crate::peer::capture::Capture;
use crate::run_output::RunOutput;

pub(super) fn contradictions(
    output: &RunOutput,
    capture: &Capture,
    target: Endpoint,
) -> Vec<String> {
    let mut packets = sent_packets(&capture.packets);
    let mut found = check_rounds(output);
    for line in sent_probes(output) {
        let name = format!("{} ttl {}", line["purpose"], line["ttl"]);
        let flow_id = flow_id(output, line);
        let messages = check_probe(line, target, flow_id, &mut packets);
        found.extend(messages.into_iter().map(|it| format!("{name}: {it}")));
    }
    for summary in output.of_type("trace-summary") {
        found.extend(check_unreported(summary, target, &packets));
        found.extend(check_sent(summary, &packets));
    }
    found
}

/// Lines of probes that were sent. Those with the fewest candidate packets come first.
fn sent_probes(output: &RunOutput) -> Vec<&Value> {
    let is_sent = |line: &&Value| line["outcome"] != "local" && line["late"] != true;
    let mut lines: Vec<_> = output.of_type("trace-probe").filter(is_sent).collect();
    lines.sort_by_key(|line| (line["purpose"] != "walk", line["outcome"] == "no-reply"));
    lines
}

/// Each line needs a packet of its own, with the reported source, destination, TTL and reply.
fn check_probe<'a>(
    line: &'a Value,
    target: Endpoint,
    flow_id: Option<&Value>,
    packets: &mut [SentPacket<'a>],
) -> Vec<String> {
    let endpoint = probed_endpoint(line, target);
    let is_of_flow = |packet: &SentPacket| flow_id.is_none_or(|it| *it == packet.header.flow_id);
    let is_candidate = |packet: &&mut SentPacket| {
        let is_unreported = packet.reported_purpose.is_none();
        is_unreported && is_of_flow(packet) && packet.matches(line, endpoint)
    };
    // Without a port in the line there may be several candidates: one without contradiction is enough. Prefer the last:
    // discovery, whose last probes are not reported, comes first.
    let mut candidates: Vec<_> = packets.iter_mut().filter(is_candidate).collect();
    let consistent = candidates
        .iter()
        .rposition(|it| it.contradiction(line).is_none());
    let Some(packet) = candidates.get_mut(consistent.unwrap_or(0)) else {
        return vec![format!("no such packet from {} captured", line["local"])];
    };
    packet.reported_purpose = Some(&line["purpose"]);
    packet.contradiction(line).into_iter().collect()
}

/// Source port of the probe's flow, from the summary; for ICMP the identifier.
fn flow_id<'a>(output: &'a RunOutput, line: &Value) -> Option<&'a Value> {
    let summary = output.of_type("trace-summary").next()?;
    let flow = usize::try_from(line["flow"].as_u64()?).ok()?;
    Some(&summary["flows"][flow]["port"])
}

/// Probes for the distance of the host have another protocol or port than the target.
fn probed_endpoint(line: &Value, target: Endpoint) -> Endpoint {
    let protocol = serde_json::from_value(line["protocol"].clone());
    let port = line["port"]
        .as_u64()
        .and_then(|port| u16::try_from(port).ok());
    Endpoint {
        protocol: protocol.unwrap_or(target.protocol),
        port: port.unwrap_or(0),
        ..target
    }
}

/// The TTLs of a round are 1, 2, 3 ..., then perhaps the default TTL.
fn check_rounds(output: &RunOutput) -> Vec<String> {
    let mut rounds: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for line in output.of_type("trace-probe") {
        if line["purpose"] == "walk" && line["late"] != true {
            let round = (line["flow"].as_u64(), line["round"].as_u64());
            let ttl = line["ttl"].as_u64().unwrap_or(u64::MAX);
            rounds.entry(round).or_default().push(ttl);
        }
    }
    let wrong = rounds.into_iter().filter(|(_, ttls)| {
        let hops = ttls.strip_suffix(&[u64::MAX]).unwrap_or(ttls);
        !hops.iter().zip(1..).all(|(ttl, hop)| *ttl == hop)
    });
    wrong
        .map(|((flow, round), ttls)| format!("flow {flow:?} round {round:?} has TTLs {ttls:?}"))
        .collect()
}

/// Only discovery leaves probes unreported: those in flight when it has found the end.
fn check_unreported(summary: &Value, target: Endpoint, packets: &[SentPacket]) -> Vec<String> {
    if summary["interrupted"] == true {
        return Vec::new();
    }
    let flows = summary["flows"].as_array().into_iter().flatten();
    let flow_ids: Vec<_> = flows.map(|flow| &flow["port"]).collect();
    let is_of_flow = |packet: &&SentPacket| {
        let flow_id = packet.header.flow_id;
        packet.endpoint() == target && flow_ids.iter().any(|it| **it == flow_id)
    };
    let is_of_round = |packet: &&SentPacket| packet.reported_purpose.is_some_and(|it| it == "walk");
    let rounds = packets.iter().skip_while(|packet| !is_of_round(packet));
    let unreported = rounds.filter(|packet| packet.reported_purpose.is_none());
    let message = |packet: &SentPacket| {
        let PacketHeader { flow_id, ttl, .. } = packet.header;
        format!("the packet from {flow_id} with TTL {ttl} is not reported")
    };
    unreported.filter(is_of_flow).map(message).collect()
}

fn check_sent(summary: &Value, packets: &[SentPacket]) -> Option<String> {
    let (reported, captured) = (summary["sent"].as_u64()?, packets.len() as u64);
    (reported != captured).then(|| format!("sent is {reported}, the routers saw {captured}"))
}
