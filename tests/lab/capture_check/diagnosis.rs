//! The line of a diagnosis against the packets that the routers saw: how many, to which endpoint.

use serde_json::Value;

use super::sent_packet::{SentPacket, sent_packets};
use crate::peer::capture::Capture;

pub(super) fn contradictions(line: &Value, capture: &Capture) -> Vec<String> {
    let packets = sent_packets(&capture.packets);
    let mut found = Vec::new();
    let mut to_this_machine = 0;
    for tried in line["tried"].as_array().into_iter().flatten() {
        let sent = sent_count(tried);
        let local_steps = ["loopback", "own-address"];
        if local_steps.iter().any(|step| tried["step"] == *step) {
            to_this_machine += sent;
            continue;
        }
        // The path trace has probes to the same endpoint.
        let captured = packets.iter().filter(|it| is_to(it, tried)).count() as u64;
        if captured < sent {
            found.push(format!("{tried}: the routers saw {captured}"));
        }
    }
    let reported = line["sent"].as_u64();
    let captured = packets.len() as u64 + to_this_machine;
    if reported != Some(captured) && line["interrupted"] == false {
        found.push(format!("sent is {reported:?}, {captured} were captured"));
    }
    found
}

/// Probes without a local error.
fn sent_count(tried: &Value) -> u64 {
    let ends = tried["ends"].as_array().into_iter().flatten();
    let sent = ends.filter(|end| end["outcome"] != "local");
    sent.filter_map(|end| end["count"].as_u64()).sum()
}

fn is_to(packet: &SentPacket, tried: &Value) -> bool {
    packet.endpoint().matches(tried)
}
