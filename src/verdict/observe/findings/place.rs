//! Where the target is, and whether packets get to the next hop.

use std::net::IpAddr;

use super::probed::{address, any_reply, attempts_of};
use crate::checks::{Findings, RouteFindings};
use crate::outcome::LocalCause;
use crate::platform::{Link, NeighbourState, RouteKind, RouteLookup};
use crate::text;
use crate::text::{Text, Value};
use crate::verdict::observation::{Echo, Gateway, Kernel, LocalNet, Observations, Place, Sent};
use crate::verdict::observe::attempts::Attempts;
use crate::verdict::observe::host;

pub(super) fn observe(seen: &mut Observations, findings: &Findings, attempts: &Attempts) {
    if let Some(place) = place(findings) {
        seen.set_with(place, route_figures(findings));
    }
    if let Some(net) = local_net(findings, attempts) {
        seen.set(net);
    }
    observe_route_kind(seen, findings, attempts);
    observe_next_hop(seen, findings, attempts);
}

fn lookup(findings: &Findings) -> Option<&RouteLookup> {
    findings.route.as_ref()?.route.as_ref()
}

/// Whether the target is this machine.
pub(super) fn is_own(findings: &Findings) -> bool {
    let is_local = lookup(findings).is_some_and(|it| it.kind == RouteKind::Local);
    let is_loopback = address(findings).is_some_and(|it| it.is_loopback());
    findings.listeners.is_some() || is_local || is_loopback
}

fn place(findings: &Findings) -> Option<Place> {
    if is_own(findings) {
        return Some(Place::Own);
    }
    let route = findings.route.as_ref()?;
    let found = route.route.as_ref().filter(|it| it.kind.delivers())?;
    let is_tunnel = route.link.as_ref().is_some_and(|it| it.is_point_to_point);
    let on_link = found.on_link || found.next_hop == address(findings);
    Some(match (is_tunnel, on_link) {
        (true, _) => Place::Tunnel,
        (false, true) => Place::OnLink,
        (false, false) => Place::Routed,
    })
}

/// The gateway; absent where the target is this machine or on its subnet.
pub(super) fn gateway(findings: &Findings) -> Option<IpAddr> {
    let route = findings.route.as_ref()?;
    let hop = route.neighbour.as_ref().map(|it| it.next_hop);
    let hop = hop.or_else(|| route.route.as_ref()?.next_hop)?;
    let on_link = route.route.as_ref().is_some_and(|it| it.on_link);
    (!on_link && Some(hop) != address(findings) && !is_own(findings)).then_some(hop)
}

/// `by eth0 from 10.20.9.4 via 10.20.9.1`.
fn route_figures(findings: &Findings) -> Text {
    let Some(route) = lookup(findings) else {
        return Text::default();
    };
    let interface = route.interface.as_deref();
    let interface = interface.map(|it| text!["by ", Value::label(it)]);
    let source = route.source.map(|it| text![" from ", it]);
    let gateway = gateway(findings).map(|it| text![" via ", it]);
    text![interface, source, gateway]
}

fn is_ready(link: &Link) -> bool {
    link.up && link.carrier != Some(false)
}

/// The worst of interfaces and routes. What came back proves that they are fine.
fn local_net(findings: &Findings, attempts: &Attempts) -> Option<LocalNet> {
    if attempts.replied() > 0 || is_own(findings) {
        return Some(LocalNet::Fine);
    }
    let delivers = lookup(findings).is_some_and(|it| it.kind.delivers());
    let links = &findings.local.links;
    let has_uplink = links.iter().any(|(_, link)| link.is_usable_uplink());
    let link = findings.route.as_ref().and_then(|it| it.link.as_ref());
    let link_is_ready = link.is_none_or(is_ready);
    if links.is_empty() && findings.route.is_none() {
        return None;
    }
    Some(
        if !(links.is_empty() || has_uplink || delivers && link_is_ready) {
            LocalNet::NoNetwork
        } else if !link_is_ready {
            LocalNet::LinkDown
        } else if lookup(findings)
            .is_some_and(|it| matches!(it.kind, RouteKind::NoRoute | RouteKind::Throw))
        {
            LocalNet::NoRoute
        } else {
            LocalNet::Fine
        },
    )
}

/// Route types that discard packets, where no probe said so itself.
fn observe_route_kind(seen: &mut Observations, findings: &Findings, attempts: &Attempts) {
    if attempts.local_errors() > 0 || attempts.replied() > 0 {
        return;
    }
    match lookup(findings).map(|it| it.kind) {
        Some(RouteKind::Unreachable) => seen.set(Kernel::RouteUnreachable),
        Some(RouteKind::Prohibit) => seen.set(Kernel::RouteProhibited),
        Some(RouteKind::Blackhole) => seen.set(Kernel::RouteBlackhole),
        _ => {}
    }
}

/// The gateway, or the target itself where it is on-link.
fn observe_next_hop(seen: &mut Observations, findings: &Findings, attempts: &Attempts) {
    let Some(route) = &findings.route else { return };
    let state = route.neighbour.as_ref().map(|it| it.state);
    let is_dead = matches!(
        state,
        Some(NeighbourState::Failed | NeighbourState::Incomplete)
    ) && (attempts.total() > 0 || was_lookup_lost(findings))
        && !any_reply(findings, attempts);
    if is_dead {
        // Some probes end before the kernel gives up.
        seen.set_with(Sent::Queued, neighbour_figures(route));
    }
    if gateway(findings).is_none() {
        return;
    }
    let echo = route.gateway_echo.as_ref().map(attempts_of);
    let value = match echo.as_ref().and_then(host::echo) {
        _ if is_dead => Gateway::NoArp,
        // A router may answer echoes poorly: only where the port loses as well is it loss.
        Some(Echo::Lossy) if attempts.is_lossy() => Gateway::Lossy,
        Some(Echo::Ok | Echo::Lossy) => Gateway::Answers,
        _ if state == Some(NeighbourState::Reachable) => Gateway::Answers,
        Some(Echo::Silent | Echo::Rejected) => Gateway::Silent,
        None => return,
    };
    seen.set(value);
}

/// What stopped a probe. EACCES is what a prohibit route returns, and a security policy: where the route delivers it is the
/// policy. Broadcast and multicast addresses have no connections, whatever the errno.
pub(super) fn actual_cause(findings: &Findings, cause: LocalCause) -> LocalCause {
    match (lookup(findings).map(|it| it.kind), cause) {
        (Some(RouteKind::Broadcast | RouteKind::Multicast), _) => LocalCause::GroupTarget,
        (Some(kind), LocalCause::RouteProhibited) if kind.delivers() => LocalCause::Permission,
        _ => cause,
    }
}

/// Whether name servers were asked and none replied.
fn was_lookup_lost(findings: &Findings) -> bool {
    findings.name.error.is_some() && !findings.name.is_unknown_name()
}

/// `neighbour entry: failed`.
fn neighbour_figures(route: &RouteFindings) -> Text {
    let state = route.neighbour.as_ref().map(|it| it.state.name());
    state.map(|state| text!["neighbour entry: ", state]).into()
}
