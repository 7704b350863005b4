//! The target is this machine: its listeners can be seen.

use super::place;
use super::probed::address;
use crate::checks::Findings;
use crate::hosts::Protocol;
use crate::platform::{Link, Listener};
use crate::text;
use crate::text::{Text, Value};
use crate::verdict::observation::{Listener as Listens, Observations};
use crate::verdict::observe::attempts::Attempts;

/// A backlog that a handful of probes can fill.
const SMALL_BACKLOG: u32 = 8;

pub(super) fn observe(seen: &mut Observations, findings: &Findings, attempts: &Attempts) {
    if !place::is_own(findings) || !findings.protocol.has_ports() {
        return;
    }
    let Some(all) = listeners(findings) else {
        return;
    };
    let reached: Vec<_> = all.iter().filter(|it| is_reached(findings, it)).collect();
    let full = reached.iter().find(|it| is_full(findings, attempts, it));
    let (value, listener) = match (full, reached.first()) {
        (Some(full), _) => (Listens::Full, Some(*full)),
        (None, Some(first)) => (Listens::Here, Some(*first)),
        (None, None) => match all.first() {
            Some(other) => (Listens::Elsewhere, Some(other)),
            None => (Listens::None, None),
        },
    };
    seen.set_with(value, listener.map(figures).into());
}

fn listeners(findings: &Findings) -> Option<&[Listener]> {
    findings.listeners.as_ref()?.sockets.as_deref()
}

/// Whether probes should have reached a listener. A packet of this machine to itself arrives by the interface that has the
/// address, not by lo (`ip_route_output_key_hash_rcu` in net/ipv4/route.c, `ip6_rcv_core` in `net/ipv6/ip6_input.c`).
fn is_reached(findings: &Findings, listener: &Listener) -> bool {
    let Some(address) = address(findings) else {
        return false;
    };
    let has_address = |(name, link): &(String, Link), interface: &str| {
        name == interface && link.addresses.iter().any(|(own, _)| *own == address)
    };
    let interface = listener.interface.as_deref();
    let mut links = findings.local.links.iter();
    let on_interface = interface.is_none_or(|it| links.any(|link| has_address(link, it)));
    listener.matches(address) && on_interface
}

/// Whether its accept queue is full, or was, as the overflow counter of this machine shows: at least two SYNs of each probe
/// without a reply were turned away, and the queue is small or not empty.
fn is_full(findings: &Findings, attempts: &Attempts, listener: &Listener) -> bool {
    let is_troubled = attempts.failed() + attempts.retransmitted() > 0;
    let dropped_syns = attempts.silent * 2 + attempts.retransmitted();
    let overflows = findings
        .counters
        .as_ref()
        .and_then(|it| it.listen_overflows);
    let may_be_full = listener.accept_queue != Some(0)
        || listener
            .backlog
            .is_some_and(|backlog| backlog <= SMALL_BACKLOG);
    let was_full =
        may_be_full && dropped_syns > 0 && overflows.is_some_and(|it| it >= dropped_syns);
    findings.protocol == Protocol::Tcp && is_troubled && (listener.is_full() || was_full)
}

/// `nginx (pid 71) at 127.0.0.1, 3 connections queued, backlog 2`.
fn figures(listener: &Listener) -> Text {
    let process = listener.process.as_ref();
    let process = process.map(|it| text![Value::label(&it.name), " (pid ", it.pid, ") "]);
    let interface = listener.interface.as_deref();
    let interface = interface.map(|it| text![" on ", Value::label(it)]);
    let queue = listener.accept_queue.zip(listener.backlog);
    let queue = queue
        .map(|(queued, backlog)| text![", ", queued, " connections queued, backlog ", backlog]);
    text![process, "at ", listener.address, interface, queue]
}
