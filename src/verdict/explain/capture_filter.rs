//! A ready filter for pcap-filter(7), so that a capture shows the probes of a run and what answers them.

use super::Case;
use crate::hosts::Protocol;
use crate::text;
use crate::text::Text;

/// With more parts than this a filter is no help.
const PARTS: usize = 4;

/// What lets the probes of these targets through, their answers, and ICMP errors, which a filter by port would hide. None
/// for too many targets.
pub fn capture_filter<'a>(cases: impl Iterator<Item = Case<'a>>) -> Option<Text> {
    let (mut services, mut icmp) = (Vec::new(), Vec::new());
    for case in cases {
        push_new(&mut services, service(&case));
        push_new(&mut icmp, Some(icmp_of(&case).into()));
        if services.len() > PARTS {
            return None;
        }
    }
    services.append(&mut icmp);
    (!services.is_empty()).then(|| Text::join(services, " or "))
}

/// A service; an echo has none but ICMP itself.
fn service(case: &Case) -> Option<Text> {
    let (host, port) = (case.address.ip(), case.address.port());
    match case.protocol {
        Protocol::Icmp => None,
        // The answers come from another port than the one asked (RFC 1350 section 4).
        Protocol::Udp if case.answers_from_any_port => Some(text!["(host ", host, " and udp)"]),
        protocol => Some(text![
            "(host ",
            host,
            " and ",
            protocol.name(),
            " port ",
            port,
            ")"
        ]),
    }
}

fn icmp_of(case: &Case) -> &'static str {
    if case.address.is_ipv4() {
        "icmp"
    } else {
        "icmp6"
    }
}

fn push_new(list: &mut Vec<Text>, text: Option<Text>) {
    list.extend(text.filter(|text| !list.contains(text)));
}
