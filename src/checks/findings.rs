//! What the steps of the walk found. Pure data; nothing here judges.

use std::net::IpAddr;
use std::time::Duration;

use crate::hosts::{Protocol, Target};
use crate::outcome::{Handshake, Outcome, OutcomeClass, OutcomeKind, UnreachableBy};
use crate::path::{Path, PathAnalysis, PathNote};
use crate::platform::{Counters, Link, Listener, Neighbour, NeighbourState, RouteLookup};

/// Everything that was found. What was not looked at, or could not be, is absent.
#[derive(Clone, Debug)]
pub struct Findings {
    /// What was asked about, as it was typed.
    pub asked: String,
    /// What it is probed with.
    pub protocol: Protocol,
    /// Its port; absent for ICMP echo.
    pub port: Option<u16>,
    /// Step 1: the name.
    pub name: NameFindings,
    /// Step 2: this machine's own stack.
    pub local: LocalFindings,
    /// Steps 3 and 4: the way to the target's first address, and who is next on it.
    pub way: Option<RouteFindings>,
    /// Step 5: does the host answer ICMP echo? Where that was asked about, these are the probes to it.
    pub echo: Option<ProbeBatch>,
    /// Step 6: the port itself, at the first address; absent for ICMP echo.
    pub port_batch: Option<ProbeBatch>,
    /// Step 6: other usual ports of that host.
    pub other_ports: Vec<ProbeBatch>,
    /// Step 6: the same port at the name's other addresses, of both families.
    pub other_addresses: Vec<ProbeBatch>,
    /// Step 6: do large packets get through?
    pub sizes: Option<SizeFindings>,
    /// Step 7: where on the way probes to that very port end.
    pub path: Option<(Path, PathAnalysis)>,
    /// Step 8: the target is this machine.
    pub own: Option<SelfFindings>,
    /// This machine's counters: how much each grew meanwhile. Other programs count, too.
    pub counters: Option<Counters>,
    /// How much they grew in a while in which nothing was sent; only where that tells noise from answers that were
    /// dropped.
    pub baseline: Option<Baseline>,
    /// Probes that all steps sent. Each is one packet or, of TCP, a few: a SYN that is sent again, and what ends a
    /// connection, come on top, as lookups do.
    pub sent: u64,
    /// How long it took.
    pub took: Duration,
    /// Somebody stopped it.
    pub interrupted: bool,
}

impl Findings {
    /// Of what was asked about, nothing is known yet.
    pub fn new(asked: String, protocol: Protocol, port: Option<u16>) -> Self {
        Self {
            asked,
            protocol,
            port,
            name: NameFindings::default(),
            local: LocalFindings::default(),
            way: None,
            echo: None,
            port_batch: None,
            other_ports: Vec::new(),
            other_addresses: Vec::new(),
            sizes: None,
            path: None,
            own: None,
            counters: None,
            baseline: None,
            sent: 0,
            took: Duration::ZERO,
            interrupted: false,
        }
    }

    /// The probes to what was asked about: to the port, or the echoes.
    pub fn target_batch(&self) -> Option<&ProbeBatch> {
        let has_ports = self.protocol.has_ports();
        let tried = if has_ports {
            &self.port_batch
        } else {
            &self.echo
        };
        tried.as_ref()
    }

    /// Packets that arrived and were handed to nobody, where these are as many as the answers that are missing: of SYNs that
    /// nobody answers, and of the answers to them, each is sent again and again.
    pub fn dropped_on_arrival(&self) -> Option<u64> {
        let tried = self.target_batch()?;
        let dropped = self
            .counters?
            .dropped_on_arrival(tried.target.address.is_ipv4())?;
        let silent = tried.count(OutcomeKind::NoReply);
        let again = match self.protocol {
            Protocol::Tcp => AGAIN,
            Protocol::Udp | Protocol::Icmp => 1,
        };
        let once = tried.resent() + self.lost_on_path();
        (silent + once > 1 && dropped >= silent * again + once).then_some(dropped)
    }

    /// Probes of the path that the end of the way did not answer, though it did others.
    fn lost_on_path(&self) -> u64 {
        let notes = self.path.iter().flat_map(|(_, found)| &found.notes);
        let lost = notes.filter_map(|note| match note {
            PathNote::Loss { lost, .. } => Some(*lost),
            _ => None,
        });
        lost.sum()
    }
}

/// How often an answer that is dropped here comes, at least: with four SYNs a probe, and two answers to most of them.
const AGAIN: u64 = 5;

/// A while in which nothing was sent.
#[derive(Clone, Copy, Debug)]
pub struct Baseline {
    /// How much the counters grew.
    pub counters: Counters,
    /// How long it was.
    pub took: Duration,
}

/// What is known of the name.
#[derive(Clone, Debug, Default)]
pub struct NameFindings {
    /// The name; absent where an address was typed.
    pub name: Option<String>,
    /// Its addresses in the resolver's order, of both families unless one was asked for.
    pub addresses: Vec<IpAddr>,
    /// Why there are none, in the resolver's words.
    pub error: Option<String>,
    /// Whether a name server said so: else none answered, and the name may have some.
    pub is_unknown_name: bool,
    /// How long the lookup took, also one that failed; absent where an address was typed.
    pub took: Option<Duration>,
    /// Addresses that this machine's hosts file has for it: they usually win over DNS, and nobody updates them.
    pub hosts_file: Vec<IpAddr>,
}

/// What is known of this machine's own stack.
#[derive(Clone, Debug, Default)]
pub struct LocalFindings {
    /// A connection over loopback to a listener of our own; absent where none could be opened.
    pub loopback: Option<ProbeBatch>,
    /// The same over the address that packets to the target come from.
    pub own_address: Option<ProbeBatch>,
    /// All interfaces; empty where the system does not tell.
    pub links: Vec<(String, Link)>,
}

/// What is known of the way and of the next hop on it.
#[derive(Clone, Debug, Default)]
pub struct RouteFindings {
    /// The route; absent where the system does not tell.
    pub route: Option<RouteLookup>,
    /// The route without the source and the interface that were asked for; absent where none was.
    pub unforced: Option<RouteLookup>,
    /// The interface that the route leaves by.
    pub link: Option<Link>,
    /// The entry of the next hop after the probes: the gateway's, or the target's own on the same subnet.
    pub neighbour: Option<Neighbour>,
    /// ICMP echo to the gateway, where there is one. A gateway need not answer.
    pub gateway_echo: Option<ProbeBatch>,
}

impl RouteFindings {
    /// Whether the target is in this machine's own network, where it has to be searched for: behind a tunnel or a modem
    /// it is not, though no gateway leads there.
    pub fn is_to_neighbour(&self) -> bool {
        let on_link = self.route.as_ref().is_some_and(|it| it.on_link);
        let searched = self
            .neighbour
            .as_ref()
            .is_none_or(|it| it.state != NeighbourState::NoArp);
        let tunnel = self.link.as_ref().is_some_and(|it| it.is_point_to_point);
        on_link && searched && !tunnel
    }
}

/// Whether large packets get through, by ICMP echoes that no router may fragment. Only asked where small ones do.
#[derive(Clone, Debug)]
pub struct SizeFindings {
    /// Bytes of the small packets, IP header and all.
    pub small: u32,
    /// How they did.
    pub small_batch: ProbeBatch,
    /// Bytes of the large packets: as much as the first link takes.
    pub large: u32,
    /// How they did.
    pub large_batch: ProbeBatch,
}

/// What is known where the target is this machine.
#[derive(Clone, Debug, Default)]
pub struct SelfFindings {
    /// Sockets that wait for connections or datagrams on that port, on whatever address; absent where the system does
    /// not tell.
    pub listeners: Option<Vec<Listener>>,
}

/// How a few probes to one address and port ended.
#[derive(Clone, Debug)]
pub struct ProbeBatch {
    /// Whom they went to.
    pub target: Target,
    /// How many ended, those that never left this machine included.
    pub sent: u64,
    /// The different ways in which they ended.
    pub ends: Vec<(Outcome, u64)>,
    /// Datagrams that came from there and answered no probe.
    pub strays: u64,
    /// Answers, as a success has them, that came after the timeout; their probes are among those without a reply.
    pub late: u64,
    /// The median time that an application waited for an answer.
    pub connect: Option<Duration>,
    /// The median round-trip time by the kernel's clock, without lost SYNs and this machine's own waits.
    pub rtt: Option<Duration>,
}

impl ProbeBatch {
    /// Takes in more probes to the same target.
    pub(super) fn add(&mut self, more: Self) {
        self.sent += more.sent;
        self.strays += more.strays;
        self.late += more.late;
        for (outcome, count) in more.ends {
            add_to(&mut self.ends, outcome, count);
        }
    }

    /// How many probes ended so.
    pub fn count(&self, kind: OutcomeKind) -> u64 {
        self.sum(|outcome| outcome.kind() == kind)
    }

    /// How many probes succeeded.
    pub fn succeeded(&self) -> u64 {
        self.sum(|outcome| outcome.kind().class() == OutcomeClass::Succeeded)
    }

    /// How many probes got any answer from the target itself, as far as one probe can tell: also a refusal.
    pub fn answered_by_target(&self) -> u64 {
        self.sum(|outcome| self.is_the_targets_word(outcome))
    }

    /// How many probes connected with more than one SYN.
    pub fn resent(&self) -> u64 {
        self.sum(|it| matches!(it, Outcome::Connected(shake) if *shake != Handshake::Clean))
    }

    /// Whether no probe got any answer at all.
    pub fn is_silent(&self) -> bool {
        self.sent > 0 && self.count(OutcomeKind::NoReply) == self.sent
    }

    fn is_the_targets_word(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Refused(_) => true,
            Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => {
                // Of UDP the host itself says so; of TCP only a firewall would.
                let own = icmp.from == Some(self.target.address.ip());
                own && icmp.is_port_unreachable() && self.target.protocol == Protocol::Udp
            }
            outcome => outcome.is_answered() || *outcome == Outcome::ResetAfterConnect,
        }
    }

    fn sum(&self, is: impl Fn(&Outcome) -> bool) -> u64 {
        let ends = self.ends.iter().filter(|(outcome, _)| is(outcome));
        ends.map(|(_, count)| count).sum()
    }
}

/// Adds so many that ended so.
pub(super) fn add_to(ends: &mut Vec<(Outcome, u64)>, outcome: Outcome, count: u64) {
    match ends.iter_mut().find(|(it, _)| *it == outcome) {
        Some((_, known)) => *known += count,
        None => ends.push((outcome, count)),
    }
}
