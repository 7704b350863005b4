//! The findings as the rules look at them.

use std::net::IpAddr;

use super::Who;
use super::tally::Tally;
use crate::checks::{Findings, ProbeBatch, RouteFindings};
use crate::hosts::Protocol;
use crate::path::{Hop, LossCount, Path, PathAnalysis, PathEnd, PathNote, Responder};
use crate::platform::{Link, Listener, Neighbour, RouteKind, RouteLookup};
use crate::text::{Value, mark, service};

/// The findings, and how the asked port did.
pub(super) struct Case<'a> {
    pub(super) found: &'a Findings,
    /// The probes to the asked port; the echoes where these were asked for.
    pub(super) tried: Option<&'a ProbeBatch>,
    /// How they ended; all zeros where none was sent.
    pub(super) asked: Tally,
}

/// The machine that packets are handed to first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextHop {
    /// A router.
    Gateway(IpAddr),
    /// The target itself.
    Target(IpAddr),
}

impl<'a> Case<'a> {
    pub(super) fn new(found: &'a Findings) -> Self {
        let tried = found.target_probes();
        Self {
            found,
            tried,
            asked: tried.map(Tally::of).unwrap_or_default(),
        }
    }

    /// The address that was asked.
    pub(super) fn address(&self) -> Option<IpAddr> {
        let tried = self.tried.map(|tried| tried.target.address.ip());
        tried.or_else(|| self.found.name.addresses.first().copied())
    }

    /// The target with its address: `db.example:5432 (192.0.2.10)`.
    pub(super) fn who(&self) -> String {
        let label = self.tried.map(|tried| Value::service(&tried.target));
        let label = mark(label.unwrap_or_else(|| service(&self.found.target)));
        match (&self.found.name.name, self.address()) {
            (Some(_), Some(address)) => format!("{label} ({address})"),
            _ => label.to_string(),
        }
    }

    /// The address of the target, or what was typed.
    pub(super) fn host(&self) -> String {
        self.address().map_or_else(
            || mark(service(&self.found.target)).to_string(),
            |it| it.to_string(),
        )
    }

    /// The target as an argument of this tool: `192.0.2.10:5432`, `udp://192.0.2.10:53`.
    pub(super) fn argument(&self) -> String {
        let address = self.tried.map(|tried| tried.target.address);
        match (self.found.protocol, address) {
            (Protocol::Tcp, Some(address)) => address.to_string(),
            (Protocol::Udp, Some(address)) => format!("udp://{address}"),
            _ => format!("icmp://{}", self.host()),
        }
    }

    /// `tcp/5432`, `ICMP echo`.
    pub(super) fn service(&self) -> String {
        let port = self.found.port.unwrap_or_default();
        self.found.protocol.service(port)
    }

    /// Where probes come from: the source address, or words for it.
    pub(super) fn source(&self) -> String {
        let source = self.route().and_then(|route| route.source);
        source.map_or_else(|| "this machine".to_owned(), |it| it.to_string())
    }

    pub(super) fn is_tcp(&self) -> bool {
        self.found.protocol == Protocol::Tcp
    }

    pub(super) fn is_udp(&self) -> bool {
        self.found.protocol == Protocol::Udp
    }

    pub(super) fn route(&self) -> Option<&'a RouteLookup> {
        self.found.route.as_ref()?.route.as_ref()
    }

    pub(super) fn neighbour(&self) -> Option<&'a Neighbour> {
        self.found.route.as_ref()?.neighbour.as_ref()
    }

    /// Who is next on the way, where that is known.
    pub(super) fn next_hop(&self) -> Option<NextHop> {
        let route = self.route();
        let known = self.neighbour().map(|neighbour| neighbour.next_hop);
        let hop = known.or_else(|| route?.next_hop)?;
        let on_link = route.is_some_and(|route| route.on_link) || Some(hop) == self.address();
        Some(if on_link {
            NextHop::Target(hop)
        } else {
            NextHop::Gateway(hop)
        })
    }

    /// Whether the target is in this machine's own network.
    pub(super) fn is_neighbour(&self) -> bool {
        self.found
            .route
            .as_ref()
            .is_some_and(RouteFindings::target_is_neighbour)
    }

    /// Whether the target is this very machine.
    pub(super) fn is_own(&self) -> bool {
        let route = self.route().is_some_and(|it| it.kind == RouteKind::Local);
        let loopback = self.address().is_some_and(|it| it.is_loopback());
        self.found.listeners.is_some() || route || loopback
    }

    /// Who looks after the target.
    pub(super) fn admin(&self) -> Who {
        if self.is_own() {
            Who::AdminHere
        } else {
            Who::AdminThere
        }
    }

    /// Sockets of this machine that wait on the port, where the target is this machine and the system tells.
    pub(super) fn listeners(&self) -> Option<&'a [Listener]> {
        self.found.listeners.as_ref()?.sockets.as_deref()
    }

    /// One of them that probes should have met, if any: a full one first, for several may share the port.
    pub(super) fn listener(&self) -> Option<&'a Listener> {
        let hearing = || self.hearing().into_iter().flatten();
        hearing()
            .find(|it| it.is_full())
            .or_else(|| hearing().next())
    }

    /// Those that probes should have met.
    fn hearing(&self) -> Option<impl Iterator<Item = &'a Listener>> {
        let address = self.address()?;
        // A packet to itself comes in by the interface that has the address, not by lo (`ip_route_output_key_hash_rcu` in
        // net/ipv4/route.c, `ip6_rcv_core` in net/ipv6/ip6_input.c).
        let has = move |(name, link): &(String, Link), interface: &str| {
            name == interface && link.addresses.iter().any(|(own, _)| *own == address)
        };
        let links = self.found.local.links.iter();
        let all = self.listeners()?.iter();
        Some(all.filter(move |it| {
            let by = it.interface.as_deref();
            it.matches(address) && by.is_none_or(|by| links.clone().any(|link| has(link, by)))
        }))
    }

    /// Whether this machine's listeners turned connections away meanwhile.
    pub(super) fn overflows(&self) -> Option<u64> {
        let grown = self.found.counters.as_ref()?.listen_overflows;
        grown.filter(|grown| *grown > 0)
    }

    pub(super) fn path(&self) -> Option<&'a Path> {
        self.found.path.as_ref().map(|(path, _)| path)
    }

    pub(super) fn analysis(&self) -> Option<&'a PathAnalysis> {
        self.found.path.as_ref().map(|(_, analysis)| analysis)
    }

    pub(super) fn end(&self) -> Option<&'a PathEnd> {
        self.analysis().map(|analysis| &analysis.end)
    }

    /// The smallest TTL that whoever answers for the target answers.
    pub(super) fn end_ttl(&self) -> Option<u8> {
        match self.end()? {
            PathEnd::FinalReply { ttl, .. } => *ttl,
            _ => None,
        }
    }

    pub(super) fn speaker(&self) -> Option<Responder> {
        self.analysis()?.responder
    }

    pub(super) fn notes(&self) -> &'a [PathNote] {
        self.analysis().map_or(&[], |it| it.notes.as_slice())
    }

    /// Everything that was heard on the way, hop by hop: on the walk, of each flow, and of the first look.
    pub(super) fn hops(&self) -> impl Iterator<Item = &'a Hop> {
        let path = self.path().into_iter();
        path.flat_map(|path| {
            let flows = path.flows.iter().flat_map(|flow| &flow.hops);
            path.hops.iter().chain(flows).chain(&path.discovery_hops)
        })
    }

    /// The router at that hop.
    pub(super) fn router_at(&self, ttl: u8) -> Option<IpAddr> {
        let mut hops = self.hops().filter(|hop| hop.ttl == Some(ttl));
        hops.find_map(Hop::router)
    }

    /// The hop at which that router is, also where only echoes met it.
    pub(super) fn hop_of(&self, router: IpAddr) -> Option<u8> {
        let echoed = self.path().into_iter().flat_map(|path| &path.host_hops);
        let at = self.hops().chain(echoed);
        let at = at.filter(|hop| hop.router() == Some(router));
        at.filter_map(|hop| hop.ttl).min()
    }

    /// `hop 3 (192.0.2.1)`, or `hop 3`.
    pub(super) fn hop_text(&self, ttl: u8) -> String {
        match self.router_at(ttl) {
            Some(router) => format!("hop {ttl} ({router})"),
            None => format!("hop {ttl}"),
        }
    }

    /// The survey's probes with the usual TTL; absent where there was none.
    pub(super) fn surveyed(&self) -> Option<LossCount> {
        let survey = self.path()?.survey.as_ref()?;
        Some(LossCount::of(&survey.full_ttl)).filter(|it| it.sent > 0)
    }

    /// Whether no packet at all came back on that way.
    pub(super) fn heard_nothing(&self) -> bool {
        let gateway = self
            .found
            .route
            .iter()
            .filter_map(|it| it.gateway_echo.as_ref());
        let mut tried = self.others().chain(gateway);
        self.asked.answers() == 0
            && tried.all(|tried| Tally::of(tried).answers() == 0)
            && self.hops().all(Hop::is_unanswered)
            && !self.path_heard_the_host()
    }

    /// The gateway, where it answers and nothing behind it does.
    pub(super) fn last_sign(&self) -> Option<IpAddr> {
        let NextHop::Gateway(gateway) = self.next_hop()? else {
            return None;
        };
        let way = self.found.route.as_ref()?;
        let echo = way.gateway_echo.as_ref().map(Tally::of);
        let mut others = self.others();
        let silent = self.asked.answers() == 0
            && others.all(|tried| Tally::of(tried).answers() == 0)
            && self
                .hops()
                .all(|hop| hop.is_unanswered() || hop.ttl == Some(1))
            && !self.path_heard_the_host();
        (silent && echo.is_some_and(|it| it.worked() > 0)).then_some(gateway)
    }

    /// Whether anything but the asked port itself was tried at that address.
    pub(super) fn asked_others(&self) -> bool {
        self.others().any(|tried| Tally::of(tried).total() > 0)
    }

    /// Signs that the host is up, apart from the asked port: `ICMP echo`, `tcp/22`.
    pub(super) fn signs_of_life(&self) -> Vec<String> {
        let answered = self.others().filter(|it| it.answered_by_target() > 0);
        let mut signs: Vec<_> = answered.map(service_of).collect();
        if signs.is_empty() && self.path_heard_the_host() {
            signs.push("the path's probes for its distance".to_owned());
        }
        signs
    }

    fn path_heard_the_host(&self) -> bool {
        self.path().is_some_and(|path| path.host_distance.is_some())
    }

    /// Probes to the same address that are not to the asked service: of other ports, echoes, and large ones.
    pub(super) fn other_probes(&self) -> impl Iterator<Item = &'a ProbeBatch> {
        self.others().chain(self.sizes())
    }

    /// Echoes of two sizes, where these were not asked for.
    pub(super) fn sizes(&self) -> impl Iterator<Item = &'a ProbeBatch> {
        let is_asked = self.found.protocol == Protocol::Icmp;
        let sizes = self.found.sizes.iter().filter(move |_| !is_asked);
        sizes.flat_map(|sizes| [&sizes.small_probes, &sizes.large_probes])
    }

    /// Probes to the same address and another service.
    pub(super) fn others(&self) -> impl Iterator<Item = &'a ProbeBatch> {
        let is_asked = self.found.protocol == Protocol::Icmp;
        let echo = self.found.echo.iter().filter(move |_| !is_asked);
        echo.chain(&self.found.other_ports)
    }
}

/// `tcp/22`, `ICMP echo`.
pub(super) fn service_of(tried: &ProbeBatch) -> String {
    let target = &tried.target;
    target.protocol.service(target.address.port())
}
