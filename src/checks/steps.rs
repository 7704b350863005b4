//! The steps of the walk. Each asks this machine or sends a few probes, and returns what it found.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener};
use std::time::{Duration, Instant};

use super::batch::{BatchTiming, run_batch};
use super::source_ports::SourcePortSplit;
use super::{LocalFindings, NameFindings, ProbeBatch, RouteFindings, SelfFindings, SizeFindings};
use crate::hosts::resolve::{Family, ResolveError, resolve_all};
use crate::hosts::{Host, Protocol, Target, TargetSpec};
use crate::path::{Path, PathAnalysis, PathEnd, Tracer, analyze};
use crate::plan::{CheckPlan, CloseMode, PathPlan, PayloadPlan, SocketPlan};
use crate::platform::{self, Link, LocalHost, Poller, RouteKind, SignalState, is_link_local};

/// What only stands beside the port is not waited for that long: a target that works would wait for its own firewall.
const BRIEFLY: Duration = Duration::from_millis(1200);

/// Longer than a failed neighbour lookup takes (3.06 s), so that it is not mistaken for silence.
const PATIENCE: Duration = Duration::from_millis(3500);

/// Source ports of the probes of the port itself.
pub(super) const PORTS: u16 = 6;

/// The port itself. Each probe has a source port of its own, so that one bad link of several shows.
const PORT: BatchTiming = BatchTiming {
    count: PORTS as u64,
    interval: Duration::from_millis(150),
    timeout: PATIENCE,
    hold: Some(Duration::from_millis(300)),
};

/// Whatever else is asked of the network.
const BESIDE: BatchTiming = BatchTiming {
    count: 3,
    interval: Duration::from_millis(150),
    timeout: BRIEFLY,
    hold: None,
};

/// This machine answers at once, or not at all.
const HERE: BatchTiming = BatchTiming {
    count: 2,
    interval: Duration::from_millis(20),
    timeout: Duration::from_secs(1),
    hold: None,
};

/// Other ports: a sign of life is enough.
const OTHER: BatchTiming = BatchTiming {
    count: 1,
    interval: Duration::from_millis(100),
    timeout: BRIEFLY,
    hold: None,
};

/// Ports on which many hosts answer: SSH, HTTP, HTTPS, SMB, RDP, and HTTP's second one.
const USUAL_PORTS: [u16; 6] = [22, 80, 443, 445, 3389, 8080];

/// Other addresses of a name that are tried; a name rarely has more.
const MOST_ADDRESSES: usize = 7;

/// The smallest MTU that every IPv6 link has (RFC 8200 section 5); almost every IPv4 link takes as much.
const SMALL: u32 = 1280;

/// How much a link takes where the system does not say.
const USUAL_MTU: u32 = 1500;

/// Addresses that no host has (RFC 5737, RFC 3849): what leads to them is the default route.
const ANYWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// A lookup that takes longer has failed: the whole walk takes ten seconds.
const LOOKUP: Duration = Duration::from_secs(8);

/// Where name servers are asked (RFC 1035 section 4.2.1).
const DNS: u16 = 53;

/// What every step needs.
#[derive(Clone, Copy)]
pub(super) struct CheckContext<'a> {
    pub(super) plan: &'a CheckPlan,
    pub(super) signals: &'a (dyn SignalState + Sync),
}

/// Step 1: what the name stands for, and its addresses as sockets want them.
pub(super) fn name(
    wanted: &TargetSpec,
    family: Family,
    stopped: &dyn Fn() -> bool,
) -> (NameFindings, Vec<SocketAddr>) {
    let name = match &wanted.host {
        Host::Address { address, .. } => {
            let found = NameFindings {
                addresses: vec![address.ip()],
                ..NameFindings::default()
            };
            return (found, vec![*address]);
        }
        Host::Name(name) => name.clone(),
    };
    let mut addresses = Vec::new();
    let mut found = NameFindings {
        hosts_file: platform::hosts_file_entries(&name).unwrap_or_default(),
        ..NameFindings::default()
    };
    let began = Instant::now();
    let enough = || stopped() || began.elapsed() > LOOKUP;
    match resolve_all(std::slice::from_ref(&name), family, &enough).pop() {
        Some(Ok(lookup)) => {
            addresses.clone_from(&lookup.addresses);
            found.addresses = addresses.iter().map(SocketAddr::ip).collect();
            found.took = Some(lookup.took);
        }
        Some(Err(error)) => {
            let error = match error {
                ResolveError::Stopped { name } if !stopped() => {
                    let after = LOOKUP;
                    ResolveError::Deadline { name, after }
                }
                error => error,
            };
            found.took = Some(began.elapsed());
            found.is_unknown_name = error.is_final();
            found.error = Some(error.to_string());
        }
        None => {}
    }
    found.name = Some(name);
    (found, addresses)
}

impl CheckContext<'_> {
    fn run_batch(&self, targets: Vec<Target>, timing: BatchTiming) -> io::Result<Vec<ProbeBatch>> {
        run_batch(
            targets,
            &self.plan.sockets,
            &self.plan.payload,
            timing,
            self.signals,
        )
    }

    fn batch(
        &self,
        target: Target,
        sockets: &SocketPlan,
        payload: &PayloadPlan,
        timing: BatchTiming,
    ) -> Option<ProbeBatch> {
        run_batch(vec![target], sockets, payload, timing, self.signals)
            .ok()?
            .pop()
    }

    pub(super) fn one(&self, target: Target, timing: BatchTiming) -> Option<ProbeBatch> {
        self.run_batch(vec![target], timing).ok()?.pop()
    }

    /// Step 2: loopback, the address that packets to the target come from, and all interfaces.
    pub(super) fn local(&self, target: &Target) -> LocalFindings {
        let v4 = target.address.is_ipv4();
        let loopback: IpAddr = if v4 {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        };
        let own = self
            .source(target)
            .filter(|own| *own != loopback && !is_link_local(*own));
        LocalFindings {
            loopback: self.listener_at(loopback),
            own_address: own.and_then(|own| self.listener_at(own)),
            links: platform::links(),
        }
    }

    /// The address that packets to the target come from. Where the system tells no routes, the one without -S and -I.
    fn source(&self, target: &Target) -> Option<IpAddr> {
        let here = LocalHost::from(&self.plan.sockets);
        match here.route_lookup(target.protocol, target.address) {
            Some(route) => route.source,
            None => platform::source_address(target.address).ok(),
        }
    }

    /// Connects to a listener of our own, which never accepts: the kernel completes the handshake.
    fn listener_at(&self, address: IpAddr) -> Option<ProbeBatch> {
        let listener = TcpListener::bind((address, 0)).ok()?;
        let address = listener.local_addr().ok()?;
        // It need not go out the way that probes to the target do.
        let sockets = SocketPlan {
            close: CloseMode::Rst,
            ..SocketPlan::default()
        };
        let target = plain(Protocol::Tcp, address);
        self.batch(target, &sockets, &self.plan.payload, HERE)
    }

    /// Steps 3 and 4: the route, the link, the next hop, and whether a gateway answers.
    pub(super) fn way(&self, target: &Target) -> RouteFindings {
        let here = LocalHost::from(&self.plan.sockets);
        let route = here.route_lookup(target.protocol, target.address);
        let interface = route.as_ref().and_then(|route| route.interface.clone());
        let link = interface.and_then(|interface| platform::link(&interface));
        let leads_out = route
            .as_ref()
            .is_some_and(|route| route.kind == RouteKind::Unicast);
        let gateway = route
            .as_ref()
            .filter(|route| leads_out && !route.on_link)
            .and_then(|route| route.next_hop);
        let of_family = gateway.filter(|it| it.is_ipv4() == target.address.is_ipv4());
        let gateway_echo = of_family
            .and_then(|it| on_link(it, link.as_ref()))
            .and_then(|it| self.one(plain(Protocol::Icmp, it), BESIDE));
        let sockets = &self.plan.sockets;
        let is_forced = sockets.source.is_some() || sockets.interface.is_some();
        let free = || LocalHost::default().route_lookup(target.protocol, target.address);
        RouteFindings {
            route,
            unforced: is_forced.then(free).flatten(),
            link,
            neighbour: None,
            gateway_echo: gateway_echo.filter(could_be_sent),
        }
    }

    /// The way to a name server that did not answer, or where this machine asks itself, to anywhere; nothing is sent to
    /// either.
    pub(super) fn way_to_name_server(&self) -> RouteFindings {
        let here = LocalHost::from(&self.plan.sockets);
        let kind = |server: SocketAddr| here.route_lookup(Protocol::Udp, server).map(|it| it.kind);
        let servers = platform::name_servers().into_iter();
        let others = servers.filter(|server| !LocalHost::is_local_address(*server));
        let candidates = others.chain(ANYWHERE).map(|it| SocketAddr::new(it, DNS));
        let candidates: Vec<_> = candidates.collect();
        let mut reached = candidates
            .iter()
            .filter(|it| kind(**it) == Some(RouteKind::Unicast));
        let server = reached.next().unwrap_or(&candidates[0]);
        let server = plain(Protocol::Udp, *server);
        let mut way = self.way(&server);
        self.look_at_neighbour(&server, &mut way);
        way
    }

    /// The next hop's entry, once probes have made this machine ask for it.
    pub(super) fn look_at_neighbour(&self, target: &Target, way: &mut RouteFindings) {
        let here = LocalHost::from(&self.plan.sockets);
        way.neighbour = here.neighbour(target.protocol, target.address);
    }

    /// Step 5, and whether large packets get through where small ones do. Where echoes were asked for, they are the port.
    pub(super) fn echo(&self, target: &Target) -> (Option<ProbeBatch>, Option<SizeFindings>) {
        let echo = Target {
            protocol: Protocol::Icmp,
            address: at_port(target.address, 0),
            ..target.clone()
        };
        let is_asked = target.protocol == Protocol::Icmp;
        let timing = if is_asked { PORT } else { BESIDE };
        let tried = self.one(echo.clone(), timing);
        let tried = tried.filter(|tried| is_asked || could_be_sent(tried));
        let answers = tried.as_ref().is_some_and(|tried| tried.succeeded() > 0);
        let sizes = answers.then(|| self.sizes(&echo)).flatten();
        (tried, sizes)
    }

    fn sizes(&self, echo: &Target) -> Option<SizeFindings> {
        let here = LocalHost::from(&self.plan.sockets);
        let route = here.route_lookup(echo.protocol, echo.address)?;
        if route.kind != RouteKind::Unicast {
            return None;
        }
        let link = route
            .interface
            .as_deref()
            .and_then(platform::link)
            .and_then(|link| link.mtu);
        let large = link.unwrap_or(USUAL_MTU);
        if large <= SMALL || !platform::CAN_FORBID_FRAGMENTS {
            return None;
        }
        let (small_batch, large_batch) = std::thread::scope(|scope| {
            let small = scope.spawn(|| self.echo_of_size(echo, SMALL));
            let large = self.echo_of_size(echo, large);
            (small.join().ok().flatten(), large)
        });
        Some(SizeFindings {
            small: SMALL,
            small_batch: small_batch?,
            large,
            large_batch: large_batch?,
        })
    }

    /// Echoes whose packets have this size, headers and all (RFC 791: 20 bytes, RFC 8200: 40; 8 for ICMP).
    fn echo_of_size(&self, echo: &Target, size: u32) -> Option<ProbeBatch> {
        let headers = if echo.address.is_ipv4() { 28 } else { 48 };
        let payload = PayloadPlan {
            size: usize::try_from(size.saturating_sub(headers)).ok(),
            ..self.plan.payload.clone()
        };
        let sockets = SocketPlan {
            dont_fragment: true,
            ..self.plan.sockets.clone()
        };
        let timing = BatchTiming {
            timeout: Duration::from_secs(1),
            ..BESIDE
        };
        self.batch(echo.clone(), &sockets, &payload, timing)
    }

    /// Step 6: the port itself, where there is one.
    pub(super) fn port(&self, target: &Target) -> Option<ProbeBatch> {
        target.port()?;
        let sockets = SourcePortSplit::Port.of(&self.plan.sockets);
        self.batch(target.clone(), &sockets, &self.plan.payload, PORT)
    }

    /// Step 6: other usual ports of the host.
    pub(super) fn other_ports(&self, target: &Target) -> Vec<ProbeBatch> {
        let asked = target.port().filter(|_| target.protocol == Protocol::Tcp);
        let others = USUAL_PORTS.iter().filter(|port| Some(**port) != asked);
        let targets = others.map(|port| Target {
            protocol: Protocol::Tcp,
            address: at_port(target.address, *port),
            ..target.clone()
        });
        self.run_batch(targets.collect(), OTHER).unwrap_or_default()
    }

    /// Step 6: the same port at the name's other addresses.
    pub(super) fn other_addresses(
        &self,
        target: &Target,
        others: &[SocketAddr],
    ) -> Vec<ProbeBatch> {
        let targets = others.iter().take(MOST_ADDRESSES).map(|address| {
            let mut address = *address;
            address.set_port(target.address.port());
            Target {
                address,
                ..target.clone()
            }
        });
        let targets: Vec<_> = targets.collect();
        if targets.is_empty() {
            return Vec::new();
        }
        let timing = BatchTiming { hold: None, ..PORT };
        self.run_batch(targets, timing).unwrap_or_default()
    }

    /// Step 7: where on the way probes to that very port end.
    pub(super) fn path(&self, target: &Target) -> Option<(Path, PathAnalysis)> {
        let plan = PathPlan {
            rounds: Some(1),
            timeout: PATIENCE,
            ..self.path_plan(SourcePortSplit::Path)
        };
        self.trace(target, plan)
    }

    /// A trace from these of the chosen source ports.
    pub(super) fn path_plan(&self, ports: SourcePortSplit) -> PathPlan {
        PathPlan::new(ports.of(&self.plan.sockets), self.plan.payload.clone())
    }

    pub(super) fn tracer(&self, target: &Target, plan: PathPlan) -> Option<Tracer<'_>> {
        let poller = Poller::new().ok()?;
        Some(Tracer::new(target.clone(), plan, poller, self.signals))
    }

    pub(super) fn trace(&self, target: &Target, plan: PathPlan) -> Option<(Path, PathAnalysis)> {
        let (path, _) = self.tracer(target, plan)?.run(&mut ());
        let analysis = analyze(&path);
        // Silence says nothing where the system keeps it to itself who answered.
        let is_told = platform::reports_ttl_exceeded(target.protocol);
        let says_something = is_told || !matches!(analysis.end, PathEnd::Silent { .. });
        says_something.then_some((path, analysis))
    }
}

/// Step 8: who listens on this machine.
pub(super) fn own(target: &Target) -> Option<SelfFindings> {
    let port = target.port()?;
    LocalHost::is_local_address(target.address.ip()).then(|| SelfFindings {
        listeners: platform::listeners(target.protocol, port),
    })
}

/// Whether this user may send such probes at all.
fn could_be_sent(tried: &ProbeBatch) -> bool {
    use crate::outcome::{LocalCause, Outcome};
    let forbidden =
        |(outcome, _): &(Outcome, u64)| *outcome == Outcome::Local(LocalCause::Permission);
    !tried.ends.iter().all(forbidden)
}

/// The same address, with its zone, and another port.
fn at_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    address.set_port(port);
    address
}

/// A neighbour as sockets want it: `fe80::/10` is on every link, and needs to be told which (RFC 4007).
fn on_link(neighbour: IpAddr, link: Option<&Link>) -> Option<SocketAddr> {
    Some(match neighbour {
        IpAddr::V6(v6) if is_link_local(neighbour) => {
            SocketAddrV6::new(v6, 0, 0, link?.index).into()
        }
        other => SocketAddr::new(other, 0),
    })
}

/// A target that nobody named.
fn plain(protocol: Protocol, address: SocketAddr) -> Target {
    Target {
        protocol,
        host: address.ip().to_string().into(),
        address,
        lookup: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_that_failed_took_its_time_too() {
        let wanted = TargetSpec {
            protocol: Protocol::Tcp,
            // A label longer than any (RFC 1035 section 2.3.4): nobody is asked for it.
            host: Host::Name("x".repeat(64)),
            ports: vec![80..=80],
        };
        let (found, addresses) = name(&wanted, Family::Any, &|| false);
        assert!(found.error.is_some() && addresses.is_empty());
        assert!(found.took.is_some());
    }
}
