//! A filter of pcap-filter(7): a capture with it shows the probes of a run and the replies.

use std::net::SocketAddr;

use crate::hosts::Protocol;
use crate::text;
use crate::text::Text;

/// With more parts than this a filter is no help.
const MAX_PARTS: usize = 4;

/// Probes to be captured.
#[derive(Clone, Copy, Debug)]
pub struct Capture {
    /// Their protocol.
    pub protocol: Protocol,
    /// Their destination.
    pub address: SocketAddr,
    /// Replies come from other ports than the probed one.
    pub replies_from_any_port: bool,
}

/// Matches the probes, their replies, and ICMP errors, which a filter by port would hide. Absent for too many targets.
pub fn capture_filter(captures: impl Iterator<Item = Capture>) -> Option<Text> {
    let (mut parts, mut icmp) = (Vec::new(), Vec::new());
    for capture in captures {
        push_new(&mut parts, service(&capture));
        push_new(&mut icmp, Some(icmp_of(&capture).into()));
        if parts.len() > MAX_PARTS {
            return None;
        }
    }
    parts.append(&mut icmp);
    (!parts.is_empty()).then(|| Text::join(parts, " or "))
}

/// Absent for ICMP echo, which the filter for ICMP matches.
fn service(capture: &Capture) -> Option<Text> {
    let (host, port) = (capture.address.ip(), capture.address.port());
    match capture.protocol {
        Protocol::Icmp => None,
        // TFTP replies from another port (RFC 1350 section 4).
        Protocol::Udp if capture.replies_from_any_port => Some(text!["(host ", host, " and udp)"]),
        protocol => {
            let name = protocol.name();
            Some(text!["(host ", host, " and ", name, " port ", port, ")"])
        }
    }
}

fn icmp_of(capture: &Capture) -> &'static str {
    if capture.address.is_ipv4() {
        "icmp"
    } else {
        "icmp6"
    }
}

fn push_new(list: &mut Vec<Text>, text: Option<Text>) {
    list.extend(text.filter(|text| !list.contains(text)));
}
