//! Texts filled in with what a run showed.

use std::net::IpAddr;

use super::{Case, code, sender};
use crate::hosts::Protocol;
use crate::outcome::{IcmpError, Outcome, UnreachableBy};
use crate::text::{Value, mark};

/// Fills in what the run showed; `alive` is what else of that address answered.
pub(super) fn fill(text: &str, case: &Case, outcome: &Outcome, alive: &str) -> String {
    let or_unknown = |address: Option<IpAddr>, unknown: &str| {
        address.map_or_else(
            || unknown.to_owned(),
            |it| mark(Value::Address(it)).to_string(),
        )
    };
    each_place(text, |name| {
        Some(match name {
            "target" => mark(case.target.clone()).to_string(),
            "host" => host(case),
            "address" => mark(Value::Address(case.address.ip())).to_string(),
            "port" => case.port.to_string(),
            "service" => case.protocol.service(case.port),
            "probe" => probe(case.protocol).to_owned(),
            "next_hop" => next_hop(case),
            "mtu" => mtu(outcome),
            "icmp" => code(outcome),
            "ttl" => case.ttl.unwrap_or_default().to_string(),
            "from" => or_unknown(sender(outcome), "an unnamed device"),
            "source" => or_unknown(case.source, "this machine"),
            "alive" => alive.to_owned(),
            _ => return None,
        })
    })
}

/// The text with words at its `{places}`; what is no place stays as it is.
fn each_place(text: &str, word: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let place = after.split_once('}');
        rest = after;
        if let Some((word, after)) = place.and_then(|(name, after)| Some((word(name)?, after))) {
            filled += &word;
            rest = after;
        } else {
            filled.push('{');
        }
    }
    filled + rest
}

/// What a probe is.
fn probe(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "SYN",
        Protocol::Udp => "datagram",
        Protocol::Icmp => "echo request",
    }
}

/// Whom packets are handed to first.
fn next_hop(case: &Case) -> String {
    match case.next_hop {
        Some(hop) if hop == case.address.ip() => "the target itself".to_owned(),
        Some(gateway) => format!("the gateway {}", mark(Value::Address(gateway))),
        None => "the gateway, or the target itself".to_owned(),
    }
}

/// The host as it stands before a port.
fn host(case: &Case) -> String {
    match (case.name, case.address.ip()) {
        (Some(name), _) => mark(Value::Host(name.into())).to_string(),
        (None, IpAddr::V4(v4)) => mark(Value::Address(v4.into())).to_string(),
        (None, IpAddr::V6(v6)) => format!("[{}]", mark(Value::Address(v6.into()))),
    }
}

/// How much the next link takes.
fn mtu(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Unreachable(UnreachableBy::Icmp(IcmpError { mtu: Some(mtu), .. })) => {
            format!("its next link takes at most {mtu} bytes")
        }
        _ => "it is too large for its next link".to_owned(),
    }
}

/// A text with words where a run would fill in what it showed.
pub(super) fn plain(text: &str) -> String {
    each_place(text, |name| {
        let word = match name {
            "target" | "address" => "the target",
            "host" => "HOST",
            "next_hop" => "the gateway, or the target itself",
            "port" => "PORT",
            "service" => "the probed service",
            "probe" => "probe",
            "from" => "the sender of the ICMP error",
            "source" => "this machine",
            "ttl" => "N",
            "mtu" => "it is too large for its next link",
            "icmp" => "an error",
            _ => return None,
        };
        Some(word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let word = |name: &str| (name == "target").then(|| "{target}".to_owned());
        assert_eq!(
            each_place("a {target} {else} b{", word),
            "a {target} {else} b{"
        );
        assert_eq!(
            each_place("{target}{target}", |_| Some("x".to_owned())),
            "xx"
        );
    }
}
