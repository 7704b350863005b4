//! TCP: a probe is one non-blocking `connect()`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::ports::{PortRange, PortWalk};
use super::socket::{bind, is_taken, is_under_way, open};
use super::{Begun, Network, ProbeId, Progress};
use crate::outcome::evidence::{NextHop, Surroundings, TcpInfo, TcpTestimony};
use crate::outcome::judge::{self, Judgement};
use crate::outcome::{Ending, Errno, Evidence, LocalCause, Outcome, Rtt, RttClock, TargetId};
use crate::plan::{Close, SocketPlan};
use crate::platform::{self, Here, PeerEnd, Poller, Readiness, errno};

/// Taken ports tried before the kernel is asked to find one.
const PORT_TRIES: usize = 8;

/// TCP probes to many targets, over one poller.
pub struct TcpNetwork {
    poller: Poller,
    options: SocketPlan,
    /// This machine, as probes with these options leave it.
    here: Here,
    hold: bool,
    ports: Option<PortRange>,
    targets: Vec<Destination>,
    probes: Vec<Option<TcpProbe>>,
    ready: Vec<Readiness>,
}

struct Destination {
    address: SocketAddr,
    walk: PortWalk,
}

struct TcpProbe {
    id: ProbeId,
    socket: Socket,
    target: SocketAddr,
    local: Option<SocketAddr>,
    sent_at: Instant,
    /// When the handshake ended and how, once it has.
    connected: Option<(Instant, Ending)>,
}

/// A probe that could not be set up: what failed, and whether it was the binding to a local address.
struct SetupError {
    error: io::Error,
    binding: bool,
}

impl TcpNetwork {
    /// Prepares probes to `targets` with `options`. With `hold`, connections are kept open until released.
    pub fn new(poller: Poller, targets: &[SocketAddr], options: SocketPlan, hold: bool) -> Self {
        let chosen = options.source.as_ref().and_then(|s| s.ports.as_ref());
        let ports = match chosen {
            Some(range) => PortRange::exactly(range),
            None => platform::ephemeral_ports().and_then(PortRange::ephemeral),
        };
        let here = Here::from(&options);
        let destination = |&address| Destination {
            address,
            walk: PortWalk::anywhere(),
        };
        Self {
            poller,
            here,
            options,
            hold,
            ports,
            targets: targets.iter().map(destination).collect(),
            probes: Vec::new(),
            ready: Vec::new(),
        }
    }

    /// Opens a socket and starts its handshake.
    fn connect(&mut self, target: TargetId) -> Result<(Socket, Instant), SetupError> {
        let address = self.targets[target.index()].address;
        let mut taken = SetupError {
            error: io::ErrorKind::AddrInUse.into(),
            binding: false,
        };
        for _ in 0..self.port_tries() {
            let Some(port) = self.next_port(target) else {
                break;
            };
            match self.connect_from(address, Some(port)) {
                Err(failure) if is_taken(&failure.error, failure.binding) => taken = failure,
                result => return result,
            }
        }
        if self.ports_are_chosen() {
            return Err(taken);
        }
        // The kernel has the last word on whether a port is free.
        self.connect_from(address, None)
    }

    fn port_tries(&self) -> usize {
        let ports = self.ports.as_ref().map_or(0, PortRange::len);
        if self.ports_are_chosen() {
            ports
        } else {
            ports.min(PORT_TRIES)
        }
    }

    fn ports_are_chosen(&self) -> bool {
        let source = self.options.source.as_ref();
        source.is_some_and(|source| source.ports.is_some())
    }

    fn next_port(&mut self, target: TargetId) -> Option<u16> {
        let range = self.ports.as_ref()?;
        let destination = &mut self.targets[target.index()];
        let own = destination.address.port();
        destination.walk.next(range, own)
    }

    fn connect_from(
        &self,
        address: SocketAddr,
        port: Option<u16>,
    ) -> Result<(Socket, Instant), SetupError> {
        let failed = |binding| move |error| SetupError { error, binding };
        let socket = open(address, &self.options).map_err(failed(false))?;
        if port.is_some() || self.options.source.is_some() {
            let local = self.local_address(address, port.unwrap_or(0));
            bind(&socket, local).map_err(failed(true))?;
        }
        let sent_at = Instant::now();
        match socket.connect(&SockAddr::from(address)) {
            Err(error) if !is_under_way(&error) => Err(failed(false)(error)),
            _ => Ok((socket, sent_at)),
        }
    }

    fn local_address(&self, target: SocketAddr, port: u16) -> SocketAddr {
        let unspecified = match target {
            SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
        };
        let chosen = self.options.source.as_ref().map(|source| source.address);
        SocketAddr::new(chosen.unwrap_or(unspecified), port)
    }

    fn keep(&mut self, id: ProbeId, probe: TcpProbe) {
        let slot = id.slot as usize;
        if slot >= self.probes.len() {
            self.probes.resize_with(slot + 1, || None);
        }
        self.probes[slot] = Some(probe);
    }

    fn take(&mut self, id: ProbeId) -> Option<TcpProbe> {
        let slot = self.probes.get_mut(id.slot as usize)?;
        let probe = slot.take_if(|probe| probe.id == id)?;
        self.poller.forget(&probe.socket);
        Some(probe)
    }

    /// Looks at a socket that asked for attention.
    fn advance(
        &mut self,
        ready: Readiness,
        now: Instant,
        trusted_since: Instant,
    ) -> Option<Progress> {
        let id = ProbeId::from_token(ready.token);
        let probe = self.probes.get_mut(id.slot as usize)?.as_mut()?;
        if probe.id != id {
            return None;
        }
        let ending = if probe.connected.is_some() {
            let Some(ending) = probe.after_connect(ready, now) else {
                let _ = self.poller.watch_end(&probe.socket, ready.token);
                return None;
            };
            ending
        } else {
            let Some(ending) = probe.handshake(ready, now, trusted_since, &self.here) else {
                self.poller.watch_again(&probe.socket, ready.token);
                return None;
            };
            if self.hold && matches!(ending.outcome, Outcome::Connected(_)) {
                probe.connected = Some((now, ending));
                let _ = self.poller.watch_end(&probe.socket, ready.token);
                return Some(Progress::Connected(id));
            }
            ending
        };
        let probe = self.take(id)?;
        probe.close(&ending, self.options.close);
        Some(Progress::Ended(id, ending))
    }
}

impl Network for TcpNetwork {
    fn begin(&mut self, id: ProbeId, target: TargetId) -> Begun {
        let called_at = Instant::now();
        let address = self.targets[target.index()].address;
        match self.connect(target) {
            Ok((socket, sent_at)) => {
                let local = socket.local_addr().ok().and_then(|local| local.as_socket());
                // Without a place in the poller the probe would look silent: that is our own failure.
                if let Err(error) = self.poller.watch_connect(&socket, id.token()) {
                    let ending = ended_at_once(judge::failed_at_once(errno(&error)));
                    return Begun::Ended { sent_at, ending };
                }
                let probe = TcpProbe {
                    id,
                    socket,
                    target: address,
                    local,
                    sent_at,
                    connected: None,
                };
                self.keep(id, probe);
                Begun::UnderWay { sent_at }
            }
            Err(failure) => Begun::Ended {
                sent_at: called_at,
                ending: ended_at_once(failure.judge(address)),
            },
        }
    }

    fn wait(&mut self, until: Option<Instant>) -> io::Result<()> {
        self.poller.wait(until, &mut self.ready)
    }

    fn collect(&mut self, now: Instant, trusted_since: Instant, progress: &mut Vec<Progress>) {
        let mut ready = std::mem::take(&mut self.ready);
        for readiness in ready.drain(..) {
            progress.extend(self.advance(readiness, now, trusted_since));
        }
        self.ready = ready;
    }

    fn give_up(&mut self, id: ProbeId, now: Instant, trusted_since: Instant) -> Ending {
        let Some(Some(probe)) = self.probes.get(id.slot as usize) else {
            return unfinished(None);
        };
        // The answer may be there already, unseen: a signal or a crowd of events came first.
        let unseen = Readiness {
            token: id.token(),
            failed: true,
            closed: false,
        };
        let answered = probe.handshake(unseen, now, trusted_since, &self.here);
        let ending = answered.unwrap_or_else(|| probe.silent(now, trusted_since, &self.here));
        if ending.outcome != Outcome::NoReply
            && let Some(probe) = self.take(id)
        {
            probe.close(&ending, self.options.close);
        }
        ending
    }

    fn release(&mut self, id: ProbeId) -> Ending {
        let Some(probe) = self.take(id) else {
            return unfinished(None);
        };
        let ending = probe.connected.map(|(_, ending)| ending);
        let ending = ending.unwrap_or_else(|| unfinished(probe.local));
        probe.close(&ending, self.options.close);
        ending
    }

    fn abandon(&mut self, id: ProbeId) -> Ending {
        unfinished(self.take(id).and_then(|probe| probe.local))
    }

    fn forget(&mut self, id: ProbeId) {
        self.take(id);
    }
}

impl TcpProbe {
    /// The end of the handshake, if it has ended.
    fn handshake(
        &self,
        ready: Readiness,
        now: Instant,
        trusted_since: Instant,
        here: &Here,
    ) -> Option<Ending> {
        let testimony = platform::tcp_testimony(&self.socket, ready);
        let connect = self.time_until(now, trusted_since);
        let around = self.around(here, connect);
        let judged = judge::connecting(&testimony, connect, &around)?;
        let judged = match judged.0 {
            Outcome::Connected(_) => self.second_look(ready, &testimony).unwrap_or(judged),
            _ => judged,
        };
        Some(self.ending(judged, connect, testimony.info))
    }

    /// What makes a connected probe more than that: it reached itself, or the other side has closed already.
    fn second_look(&self, ready: Readiness, testimony: &TcpTestimony) -> Option<Judgement> {
        if self.local == Some(self.target) {
            return Some(judge::connected_to_itself());
        }
        match platform::peer_end(&self.socket, ready, testimony.errno) {
            PeerEnd::Closed => judge::ended_after_connect(PeerEnd::Closed),
            PeerEnd::Open | PeerEnd::Reset => None,
        }
    }

    /// A reset or a close of a connection that is held, if this is one.
    fn after_connect(&self, ready: Readiness, now: Instant) -> Option<Ending> {
        let (since, connected) = self.connected?;
        // An ICMP error on a connection that stands is read away here and ends nothing (RFC 1122, 4.2.3.9).
        let testimony = platform::tcp_testimony(&self.socket, ready);
        let end = platform::peer_end(&self.socket, ready, testimony.errno);
        let (outcome, evidence) = judge::ended_after_connect(end)?;
        Some(Ending {
            outcome,
            evidence,
            held: Some(now.saturating_duration_since(since)),
            ..connected
        })
    }

    /// The deadline has passed without an answer.
    fn silent(&self, now: Instant, trusted_since: Instant, here: &Here) -> Ending {
        let info = platform::tcp_info(&self.socket);
        let waited = self.time_until(now, trusted_since);
        let judged = judge::timed_out(info, &self.around(here, waited));
        self.ending(judged, waited, info)
    }

    fn around<'a>(&'a self, here: &'a Here, waited: Option<Duration>) -> Around<'a> {
        Around {
            probe: self,
            here,
            waited,
        }
    }

    /// The time since `connect()`, unless this process stood still meanwhile.
    fn time_until(&self, now: Instant, trusted_since: Instant) -> Option<Duration> {
        let trusted = self.sent_at >= trusted_since;
        trusted.then(|| now.saturating_duration_since(self.sent_at))
    }

    fn ending(
        &self,
        judged: Judgement,
        connect: Option<Duration>,
        info: Option<TcpInfo>,
    ) -> Ending {
        let (outcome, evidence) = judged;
        // Of a connection that the system itself gave up the counters no longer tell what left.
        let sent = !matches!(outcome, Outcome::Local(_)) && evidence.errno != Some(Errno::TimedOut);
        Ending {
            outcome,
            evidence,
            local: self.local,
            connect,
            rtt: info
                .filter(|_| outcome.handshake_completed())
                .and_then(exact_rtt),
            syn_sent: info.filter(|_| sent).and_then(|info| info.syns()),
            held: None,
        }
    }

    /// Ends the connection the way the user wants; the descriptor closes with `self`.
    fn close(self, ending: &Ending, close: Close) {
        if close == Close::Rst && ending.outcome.handshake_completed() {
            // SO_LINGER with time 0 makes close(2) send a RST (socket(7), RFC 9293 section 3.10.4).
            let _ = self.socket.set_linger(Some(Duration::ZERO));
        }
    }
}

/// What this machine knows about the surroundings of one probe.
struct Around<'a> {
    probe: &'a TcpProbe,
    here: &'a Here,
    waited: Option<Duration>,
}

impl Surroundings for Around<'_> {
    fn is_own(&self, address: IpAddr) -> bool {
        let source = self.probe.local.map(|local| local.ip());
        source == Some(address) || Here::is_own(address)
    }

    fn next_hop(&self) -> NextHop {
        let probe = self.probe;
        self.here.next_hop(probe.target, probe.local, self.waited)
    }
}

impl SetupError {
    /// Judges why the probe never got under way.
    fn judge(&self, target: SocketAddr) -> Judgement {
        let errno = errno(&self.error);
        let local = |cause| (Outcome::Local(cause), Evidence::errno(errno));
        match errno {
            Errno::AddressNotAvailable | Errno::InvalidArgument if self.binding => {
                local(LocalCause::AddressNotAvailable)
            }
            // A local port below `ip_unprivileged_port_start` (ip(7)).
            Errno::AccessDenied if self.binding => local(LocalCause::Permission),
            // A link-local target whose interface nobody named, as a resolver may give it.
            Errno::InvalidArgument if is_link_local(target) => local(LocalCause::NoRoute),
            Errno::AddressNotAvailable if platform::source_address(target).is_err() => {
                local(LocalCause::AddressNotAvailable)
            }
            // BSD answers a connect() over loopback within the call.
            Errno::ConnectionRefused | Errno::ConnectionReset | Errno::TimedOut => {
                judge::failed(errno, false)
            }
            _ => judge::failed_at_once(errno),
        }
    }
}

fn is_link_local(target: SocketAddr) -> bool {
    matches!(target, SocketAddr::V6(v6) if v6.ip().is_unicast_link_local())
}

/// With a retransmission `tcpi_rtt` is coarse, or contains the wait: then there is no exact one.
fn exact_rtt(info: TcpInfo) -> Option<Rtt> {
    let time = info.rtt.filter(|_| info.retransmitted == Some(0))?;
    Some(Rtt {
        time,
        clock: RttClock::Kernel,
    })
}

fn ended_at_once((outcome, evidence): Judgement) -> Ending {
    Ending {
        outcome,
        evidence,
        connect: None,
        ..unfinished(None)
    }
}

fn unfinished(local: Option<SocketAddr>) -> Ending {
    Ending {
        outcome: Outcome::Unfinished,
        evidence: Evidence::default(),
        local,
        connect: None,
        rtt: None,
        syn_sent: None,
        held: None,
    }
}
