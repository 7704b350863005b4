//! The name.

use super::case::Case;
use super::{Code, Diagnosis, Rule, Who, local, no_reply, texts};
use crate::path::PathEnd;
use crate::text::{Value, mark};

/// What keeps this machine from asking any name server.
const NEAR: &[Rule] = &[
    local::no_network,
    local::link_down,
    local::gateway_dead,
    local::local,
];

/// The name has no address.
pub(super) fn unresolved(case: &Case) -> Option<Diagnosis> {
    let name = &case.found.name;
    let text = mark(Value::Host(name.name.as_deref()?.into()));
    let error = mark(Value::foreign(name.error.as_ref()?));
    // A lookup that somebody stopped says nothing.
    if !name.addresses.is_empty() || case.tried.is_some() || case.found.interrupted {
        return None;
    }
    let fact = format!("The resolver says: {error}.");
    let near = NEAR.iter().find_map(|rule| rule(case));
    if let Some(found) = near.filter(|_| !name.is_unknown_name) {
        return Some(
            found
                .seen(format!("The name {text} could not be looked up."))
                .seen(fact),
        );
    }
    let verdict = if name.is_unknown_name {
        format!("The name {text} has no address here: it does not resolve.")
    } else {
        format!("The name {text} could not be looked up: no name server gave an answer about it.")
    };
    let found = Diagnosis::new(Code::NameUnresolved, verdict)
        .seen(fact)
        .seen_if(
            name.took
                .map(|took| format!("It said so after {}.", texts::time(took))),
        )
        .unknown("The target itself: nothing was sent to it.")
        .unknown("Whether the name is wrong or the resolver is: other resolvers may know it.");
    let ask = format!(
        "is {text} spelled right, with its domain? Ask another server, too: dig +short {text} @SERVER"
    );
    let servers =
        "does the resolver answer at all? cat /etc/resolv.conf; getent ahosts www.example.org";
    Some(if name.is_unknown_name {
        found.next(Who::You, ask).next(Who::AdminHere, servers)
    } else {
        found.next(Who::AdminHere, servers).next(Who::You, ask)
    })
}

/// The address comes from the hosts file, and nobody answers there.
pub(super) fn stale(case: &Case) -> Option<Diagnosis> {
    let (name, address) = (case.found.name.name.as_deref()?, case.address()?);
    let name = mark(Value::Host(name.into()));
    let from_file = case.found.name.hosts_file.contains(&address);
    if !from_file || case.is_own() || !nobody_is_there(case) {
        return None;
    }
    let verdict = format!(
        "{name} has the address {address} from this machine's hosts file, and nobody answers there: the entry is out \
         of date, or the host is down or filtered."
    );
    let found = Diagnosis::new(Code::StaleHostsEntry, verdict)
        .not("A closed port: nothing at that address answers at all.")
        .next(
            Who::AdminHere,
            format!("compare the entry in the hosts file with DNS: dig +short {name}; dig +short AAAA {name}"),
        );
    let found = found.next(
        Who::AdminThere,
        format!("what is the address of {name} today, and is it up?"),
    );
    let found = found.next(Who::Network, no_reply::ask_network(case));
    Some(if case.asked.is_silent() {
        found.unknown(texts::WHICH_WAY)
    } else {
        found
    })
}

/// Whether all that is known fits an address that nobody has: silence, or a router that cannot reach it.
fn nobody_is_there(case: &Case) -> bool {
    let asked = &case.asked;
    let refuted = asked.worked() + asked.refused + asked.reset > 0;
    let absent = super::icmp::usual(case).is_none_or(|icmp| icmp.is_host_unreachable());
    let elsewhere = matches!(
        case.end(),
        Some(PathEnd::Loop(_) | PathEnd::FinalReply { .. } | PathEnd::Local(_))
    );
    // UDP is silent where it works; something else must have been silent, too.
    let meaningful = !case.is_udp() || case.asked_others();
    let tried = asked.silent + asked.unreachable + asked.local > 0;
    tried && !refuted && absent && !elsewhere && meaningful && case.signs_of_life().is_empty()
}
