//! Findings of the checks. Pure data, no conclusions.

use std::net::IpAddr;
use std::time::Duration;

use super::ProbeBatch;
use crate::hosts::Protocol;
use crate::hosts::resolve::{Family, ResolveError};
use crate::outcome::OutcomeKind;
use crate::path::{Path, PathAnalysis, PathNote};
use crate::platform::{Counters, Link, Listener, Neighbour, NeighbourState, RouteLookup};

/// Findings of all checks. What was not checked, or could not be, is absent.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The target as typed.
    pub target: String,
    /// Protocol of its probes.
    pub protocol: Protocol,
    /// Its port; absent for ICMP echo.
    pub port: Option<u16>,
    /// Name resolution.
    pub name: NameFindings,
    /// Local stack.
    pub local: LocalFindings,
    /// Route to the target's first address, and the next hop.
    pub route: Option<RouteFindings>,
    /// ICMP echo to the host. Where ICMP echo is the target, these are its probes.
    pub echo: Option<ProbeBatch>,
    /// The port at the first address; absent for ICMP echo.
    pub port_probes: Option<ProbeBatch>,
    /// Other TCP ports of the host.
    pub other_ports: Vec<ProbeBatch>,
    /// The port at the name's other addresses, IPv4 and IPv6.
    pub other_addresses: Vec<ProbeBatch>,
    /// Path MTU: small and large packets.
    pub sizes: Option<SizeFindings>,
    /// Path of probes to the port.
    pub path: Option<(Path, PathAnalysis)>,
    /// Listeners on the port, where the target is this machine.
    pub listeners: Option<ListenerFindings>,
    /// Growth of this machine's counters during the checks, other programs' packets included.
    pub counters: Option<Counters>,
    /// Their growth while nothing was sent; measured only where packets were dropped on arrival.
    pub baseline: Option<Baseline>,
    /// Probes of all checks that left. A TCP probe is several packets (retransmitted SYN, close); lookups are extra.
    pub sent: u64,
    /// Duration of the checks.
    pub took: Duration,
    /// Stopped by the user.
    pub interrupted: bool,
}

/// Fewest packets of a TCP probe whose replies are dropped here: four SYNs, and two SYN-ACKs to most of them.
const MIN_PACKETS_PER_TCP_PROBE: u64 = 5;

impl Findings {
    /// No findings yet.
    pub fn new(target: String, protocol: Protocol, port: Option<u16>) -> Self {
        Self {
            target,
            protocol,
            port,
            name: NameFindings::default(),
            local: LocalFindings::default(),
            route: None,
            echo: None,
            port_probes: None,
            other_ports: Vec::new(),
            other_addresses: Vec::new(),
            sizes: None,
            path: None,
            listeners: None,
            counters: None,
            baseline: None,
            sent: 0,
            took: Duration::ZERO,
            interrupted: false,
        }
    }

    /// Probes of the target: of its port, or ICMP echoes.
    pub fn target_probes(&self) -> Option<&ProbeBatch> {
        let probes = if self.protocol.has_ports() {
            &self.port_probes
        } else {
            &self.echo
        };
        probes.as_ref()
    }

    /// Packets dropped on arrival, where they are at least as many as the missing replies. TCP retransmits SYN and
    /// SYN-ACK, so one probe has several.
    pub fn dropped_on_arrival(&self) -> Option<u64> {
        let probes = self.target_probes()?;
        let dropped = self
            .counters?
            .dropped_on_arrival(probes.target.address.is_ipv4())?;
        let unanswered = probes.count(OutcomeKind::NoReply);
        let packets_per_probe = match self.protocol {
            Protocol::Tcp => MIN_PACKETS_PER_TCP_PROBE,
            Protocol::Udp | Protocol::Icmp => 1,
        };
        let lost_once = probes.retransmitted() + self.lost_on_path();
        let missing = unanswered * packets_per_probe + lost_once;
        (unanswered + lost_once > 1 && dropped >= missing).then_some(dropped)
    }

    /// Probes of the path trace without a reply from the path end.
    fn lost_on_path(&self) -> u64 {
        let notes = self.path.iter().flat_map(|(_, analysis)| &analysis.notes);
        let lost = notes.filter_map(|note| match note {
            PathNote::Loss { lost, .. } => Some(*lost),
            _ => None,
        });
        lost.sum()
    }

    /// Probes of all checks that left this machine.
    pub(super) fn count_sent(&self) -> u64 {
        let gateway_echo = self.route.iter().filter_map(|it| it.gateway_echo.as_ref());
        let sizes = self.sizes.iter().flat_map(SizeFindings::batches);
        let batches = gateway_echo
            .chain(sizes)
            .chain(&self.local.loopback)
            .chain(&self.local.own_address)
            .chain(&self.echo)
            .chain(&self.port_probes)
            .chain(&self.other_ports)
            .chain(&self.other_addresses);
        let on_path = self.path.as_ref().map_or(0, |(path, _)| path.sent);
        batches.map(ProbeBatch::left).sum::<u64>() + on_path
    }
}

/// An interval in which nothing was sent.
#[derive(Clone, Copy, Debug)]
pub struct Baseline {
    /// Growth of the counters.
    pub counters: Counters,
    /// Duration of the interval.
    pub took: Duration,
}

/// Name resolution.
#[derive(Clone, Debug, Default)]
pub struct NameFindings {
    /// The name; absent where an address was typed.
    pub name: Option<String>,
    /// The family that was chosen.
    pub family: Family,
    /// Its addresses in the resolver's order, of both families unless one was chosen.
    pub addresses: Vec<IpAddr>,
    /// Error of the resolver.
    pub error: Option<ResolveError>,
    /// Duration of the lookup, failed ones included; absent where an address was typed.
    pub took: Option<Duration>,
    /// Its addresses in the hosts file, which usually overrides DNS.
    pub hosts_file: Vec<IpAddr>,
}

/// Local stack.
#[derive(Clone, Debug, Default)]
pub struct LocalFindings {
    /// Connections over loopback to a listener of this process; absent where none could be opened.
    pub loopback: Option<ProbeBatch>,
    /// The same over the source address of packets to the target.
    pub own_address: Option<ProbeBatch>,
    /// All interfaces; empty where the system does not report them.
    pub links: Vec<(String, Link)>,
}

impl NameFindings {
    /// Whether the name does not exist, or has no such address. Otherwise no name server replied.
    pub fn is_unknown_name(&self) -> bool {
        self.error.as_ref().is_some_and(ResolveError::is_negative)
    }
}

/// Route and next hop.
#[derive(Clone, Debug, Default)]
pub struct RouteFindings {
    /// The route; absent where the system does not report it.
    pub route: Option<RouteLookup>,
    /// The route without -S and -I; absent where neither was given.
    pub unbound_route: Option<RouteLookup>,
    /// The outgoing interface.
    pub link: Option<Link>,
    /// Neighbour entry of the next hop after the probes: the gateway, or the target on the same subnet.
    pub neighbour: Option<Neighbour>,
    /// ICMP echo to the gateway, if there is one. A gateway need not reply.
    pub gateway_echo: Option<ProbeBatch>,
}

impl RouteFindings {
    /// Whether the target is resolved by ARP or NDP: on link, and not over a point-to-point interface.
    pub fn target_is_neighbour(&self) -> bool {
        let on_link = self.route.as_ref().is_some_and(|it| it.on_link);
        let uses_arp = self
            .neighbour
            .as_ref()
            .is_none_or(|it| it.state != NeighbourState::NoArp);
        let is_tunnel = self.link.as_ref().is_some_and(|it| it.is_point_to_point);
        on_link && uses_arp && !is_tunnel
    }
}

/// Path MTU: ICMP echoes with DF set. Only checked where small ones are answered.
#[derive(Clone, Debug)]
pub struct SizeFindings {
    /// Size of the small packets in bytes, IP header included.
    pub small_bytes: u32,
    /// Small packets.
    pub small_probes: ProbeBatch,
    /// Size of the large packets in bytes: the MTU of the first link.
    pub large_bytes: u32,
    /// Large packets.
    pub large_probes: ProbeBatch,
}

impl SizeFindings {
    /// Small and large packets.
    pub(super) fn batches(&self) -> [&ProbeBatch; 2] {
        [&self.small_probes, &self.large_probes]
    }
}

/// Listeners on the target port of this machine.
#[derive(Clone, Debug, Default)]
pub struct ListenerFindings {
    /// TCP listeners or UDP sockets on that port, whatever their address; absent where the system does not report them.
    pub sockets: Option<Vec<Listener>>,
}
