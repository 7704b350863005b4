//! Texts filled in with what a run showed.

use std::net::IpAddr;

use super::{Case, code, sender};
use crate::outcome::{IcmpError, Outcome, Unreached};
use crate::target::Protocol;

/// Fills in what the run showed.
pub(super) fn fill(text: &str, case: &Case, outcome: &Outcome) -> String {
    let from = sender(outcome);
    let probe = match case.protocol {
        Protocol::Tcp => "SYN",
        Protocol::Udp => "datagram",
        Protocol::Icmp => "echo request",
    };
    let service = case.protocol.service(case.port);
    let or_unknown = |address: Option<IpAddr>, unknown: &str| {
        address.map_or_else(|| unknown.to_owned(), |address| address.to_string())
    };
    text.replace("{target}", case.target)
        .replace("{host}", &host(case))
        .replace("{address}", &case.address.ip().to_string())
        .replace("{port}", &case.port.to_string())
        .replace("{service}", &service)
        .replace("{probe}", probe)
        .replace("{next_hop}", &next_hop(case))
        .replace("{mtu}", &mtu(outcome))
        .replace("{icmp}", &code(outcome))
        .replace("{ttl}", &case.ttl.unwrap_or_default().to_string())
        .replace("{from}", &or_unknown(from, "an unnamed device"))
        .replace("{source}", &or_unknown(case.source, "this machine"))
}

/// Whom packets are handed to first.
fn next_hop(case: &Case) -> String {
    match case.next_hop {
        Some(hop) if hop == case.address.ip() => "the target itself".to_owned(),
        Some(gateway) => format!("the gateway {gateway}"),
        None => "the gateway, or the target itself".to_owned(),
    }
}

/// The host as it stands before a port.
fn host(case: &Case) -> String {
    match (case.name, case.address.ip()) {
        (Some(name), _) => name.to_owned(),
        (None, IpAddr::V4(v4)) => v4.to_string(),
        (None, IpAddr::V6(v6)) => format!("[{v6}]"),
    }
}

/// How much the next link takes.
fn mtu(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Unreachable(Unreached::ByIcmp(IcmpError { mtu: Some(mtu), .. })) => {
            format!("its next link takes at most {mtu} bytes")
        }
        _ => "it is too large for its next link".to_owned(),
    }
}

/// A text with words where a run would fill in what it showed.
pub(super) fn plain(text: &str) -> String {
    let words = [
        ("{target}", "the target"),
        ("{host}", "HOST"),
        ("{address}", "the target"),
        ("{next_hop}", "the gateway, or the target itself"),
        ("{port}", "PORT"),
        ("{service}", "the probed service"),
        ("{probe}", "probe"),
        ("{from}", "the sender of the ICMP error"),
        ("{source}", "this machine"),
        ("{ttl}", "N"),
        ("{mtu}", "it is too large for its next link"),
        ("{icmp}", "an error"),
    ];
    words.iter().fold(text.to_owned(), |text, (name, word)| {
        text.replace(name, word)
    })
}
