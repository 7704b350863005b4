//! The target is this machine: its listeners can be seen.

use super::case::Case;
use super::{Code, Diagnosis, Who, texts};
use crate::platform::Listener;

/// A backlog that a handful of probes can fill.
const SMALL: u32 = 8;

/// The accept queue is full, which only the machine itself can see.
pub(super) fn queue_full(case: &Case) -> Option<Diagnosis> {
    let troubled = case.asked.failed() + case.asked.resent() > 0;
    let listener = case.listener().or_else(|| full_elsewhere(case))?;
    let full = listener.is_full();
    if !case.is_tcp() || !troubled || !(full || overflows(case, listener)) {
        return None;
    }
    let (place, service) = (texts::listener(listener), case.service());
    let verdict = if full {
        format!(
            "The accept queue of {place} for {service} is full: it does not accept them, or not fast enough."
        )
    } else {
        format!(
            "The accept queue of {place} for {service} was most likely full: this machine turned connections away meanwhile."
        )
    };
    let mut found = Diagnosis::new(Code::AcceptQueueFull, verdict)
        .seen_if(queue(listener))
        .seen_if(case.overflows().map(|grown| {
            format!(
                "Connections turned away by full queues meanwhile (TcpExtListenOverflows): {grown}."
            )
        }))
        .not("The network: the target is this machine.")
        .not("A closed port: something listens.");
    if !full {
        found = found.unknown("Whether all of these were turned away by this listener: the counter is for all of them.");
    }
    Some(
        found
            .next(
                Who::AdminHere,
                format!("why does it not accept? {} (Recv-Q above Send-Q is a full queue); the service's log, its threads, its CPU", texts::ask_listeners(case)),
            )
            .next(Who::AdminHere, "if bursts are usual: a larger backlog in the service, and sysctl net.core.somaxconn"),
    )
}

/// A full one on that port at another address of the name: nothing worked there either.
fn full_elsewhere<'a>(case: &Case<'a>) -> Option<&'a Listener> {
    let mut all = case.listeners()?.iter();
    all.find(|it| failed(case) && it.is_full())
}

/// Whether this listener, not full now, may have turned away what failed. The counter is for all listeners, and
/// counts each SYN; of a probe without an answer there were at least two.
fn overflows(case: &Case, listener: &Listener) -> bool {
    let turned_away = case.asked.silent * 2 + case.asked.resent();
    let grown = case.overflows();
    // One that is empty now and has little room may have been full.
    let was_full =
        listener.accept_queue != Some(0) || listener.backlog.is_some_and(|room| room <= SMALL);
    was_full && turned_away > 0 && grown.is_some_and(|it| it >= turned_away)
}

fn queue(listener: &Listener) -> Option<String> {
    let (waiting, room) = listener.accept_queue.zip(listener.backlog)?;
    Some(format!(
        "{waiting} connections wait to be accepted; the backlog is {room}."
    ))
}

/// Nothing listens where the probes went.
pub(super) fn unheard(case: &Case) -> Option<Diagnosis> {
    let listeners = case.listeners()?;
    if !case.found.protocol.has_ports() || !failed(case) || case.listener().is_some() {
        return None;
    }
    let (address, service) = (case.host(), case.service());
    let found = if listeners.is_empty() {
        let verdict = format!("Nothing on this machine listens on {service}.");
        Diagnosis::new(Code::NothingListens, verdict)
            .seen(format!("No socket of this machine waits on {service}."))
            .next(
                Who::AdminHere,
                "is the service running, and on which port? systemctl status; ss -ltunp",
            )
    } else {
        let places: Vec<_> = listeners.iter().map(texts::listener).collect();
        let verdict = format!(
            "On this machine {service} is heard by {}, but not at {address}.",
            texts::list(&places)
        );
        let ask = format!(
            "let the service listen on {address} too, or use an address that it hears: {}",
            texts::ask_listeners(case)
        );
        Diagnosis::new(Code::ListensElsewhere, verdict)
            .seen(format!("None of the sockets on {service} hears {address}."))
            .next(Who::AdminHere, ask)
    };
    let found = found
        .not("The network: the target is this machine.")
        .unknown("Whether a rule forwards the port elsewhere, to a container for instance: what waits there does not show here.");
    Some(if case.asked.is_silent() && case.is_tcp() {
        found.unknown("Why it is silent: a port where nobody listens is refused, unless a firewall or a forwarding rule takes the SYN.")
    } else {
        found
    })
}

/// Something listens, and yet probes fail.
pub(super) fn unanswered(case: &Case) -> Option<Diagnosis> {
    let listener = texts::listener(case.listener()?);
    // A service is free to leave a datagram unanswered.
    let natural = case.is_udp() && case.asked.is_silent();
    if !failed(case) || case.asked.reset > 0 || natural {
        return None;
    }
    let tried = case.tried.map(texts::ends).unwrap_or_default();
    Some(
        Diagnosis::new(
            Code::ListensUnanswered,
            format!(
                "{} listens on {} of this machine, and probes fail all the same.",
                texts::capitalised(&listener),
                case.service()
            ),
        )
        .seen(format!("Listening: {listener}. {tried}."))
        .not("The network: the target is this machine.")
        .not("A closed port: something listens.")
        .unknown("Why: a firewall rule of this machine, a rule that forwards the port, or a listener that came or went meanwhile.")
        .next(
            Who::AdminHere,
            format!("as root: nft list ruleset (or iptables-save, ip6tables-save): which rule of INPUT or PREROUTING matches {}?", case.service()),
        ),
    )
}

/// Whether probes left and none got through.
fn failed(case: &Case) -> bool {
    case.is_own() && case.asked.worked() == 0 && case.asked.failed() > 0
}
