//! TCP: a probe is one non-blocking `connect()`.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::around::Around;
use super::ports::{PortRange, PortWalk};
use super::setup::SetupError;
use super::socket::{any_port, bind, is_under_way, prepare};
use super::{Begun, ProbeId, Progress, Watch};
use crate::outcome::evidence::{TcpInfo, TcpTestimony};
use crate::outcome::judge::{self, Judgement, tcp};
use crate::outcome::{Ending, Errno, Evidence, Outcome, Rtt, RttClock};
use crate::plan::{Close, Pace, SocketPlan};
use crate::platform::{self, Here, Journey, PeerEnd, Poller, Readiness, errno};
use crate::target::Protocol;

/// Taken ports tried before the kernel is asked to find one.
const PORT_TRIES: usize = 8;

/// TCP probes to many targets, over a poller that they share with other probes.
pub(super) struct TcpProbes {
    options: SocketPlan,
    /// This machine, as probes with these options leave it.
    here: Here,
    hold: bool,
    /// Ask how far away the answer came from, where that can be told; it costs two system calls.
    hear_hops: bool,
    ports: Option<PortRange>,
    targets: Vec<Destination>,
    probes: Vec<Option<TcpProbe>>,
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
    hear_hops: bool,
    /// When the handshake ended and how, once it has.
    connected: Option<(Instant, Ending)>,
}

impl TcpProbes {
    /// Prepares probes with `options`. With a hold time, connections are kept open until released; at full
    /// speed nobody asks how far away the answer came from.
    pub(super) fn new(options: SocketPlan, pace: &Pace) -> Self {
        let chosen = options.source.as_ref().and_then(|s| s.ports.as_ref());
        let ports = match chosen {
            Some(range) => PortRange::exactly(range),
            None => platform::ephemeral_ports().and_then(PortRange::ephemeral),
        };
        let here = Here::from(&options);
        Self {
            here,
            options,
            hold: pace.hold.is_some(),
            hear_hops: !pace.is_closed_loop(),
            ports,
            targets: Vec::new(),
            probes: Vec::new(),
        }
    }

    /// Adds a target; the number it returns names it here.
    pub(super) fn add(&mut self, address: SocketAddr) -> usize {
        self.targets.push(Destination {
            address,
            walk: PortWalk::anywhere(),
        });
        self.targets.len() - 1
    }

    /// The target has another address from now on.
    pub(super) fn redirect(&mut self, target: usize, address: SocketAddr) {
        self.targets[target].address = address;
    }

    /// Opens a socket and starts its handshake.
    fn connect(&mut self, target: usize) -> Result<(Socket, Instant), SetupError> {
        let address = self.targets[target].address;
        let mut taken = SetupError::Socket(io::ErrorKind::AddrInUse.into());
        for _ in 0..self.port_tries() {
            let Some(port) = self.next_port(target) else {
                break;
            };
            match self.connect_from(address, Some(port)) {
                Err(failure) if failure.is_taken() => taken = failure,
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

    fn next_port(&mut self, target: usize) -> Option<u16> {
        let range = self.ports.as_ref()?;
        let destination = &mut self.targets[target];
        let own = destination.address.port();
        destination.walk.next(range, own)
    }

    fn connect_from(
        &self,
        address: SocketAddr,
        port: Option<u16>,
    ) -> Result<(Socket, Instant), SetupError> {
        let socket = platform::tcp_socket(address)?;
        prepare(&socket, address, &self.options)?;
        if self.hear_hops && address.is_ipv6() {
            // Worth nothing but a figure less if it fails.
            let _ = platform::hear_ttl(&socket, true);
        }
        if port.is_some() || self.options.source.is_some() {
            let local = self.local_address(address, port.unwrap_or(0));
            bind(&socket, local).map_err(SetupError::Bind)?;
        }
        let sent_at = Instant::now();
        match socket.connect(&SockAddr::from(address)) {
            Err(error) if !is_under_way(&error) => Err(error.into()),
            _ => Ok((socket, sent_at)),
        }
    }

    fn local_address(&self, target: SocketAddr, port: u16) -> SocketAddr {
        let chosen = self.options.source.as_ref().map(|source| source.address);
        let mut local = any_port(chosen, target);
        local.set_port(port);
        local
    }

    fn keep(&mut self, id: ProbeId, probe: TcpProbe) {
        let slot = id.slot as usize;
        if slot >= self.probes.len() {
            self.probes.resize_with(slot + 1, || None);
        }
        self.probes[slot] = Some(probe);
    }

    fn take(&mut self, poller: &Poller, id: ProbeId) -> Option<TcpProbe> {
        let slot = self.probes.get_mut(id.slot as usize)?;
        let probe = slot.take_if(|probe| probe.id == id)?;
        poller.forget(&probe.socket);
        Some(probe)
    }

    /// Looks at a socket that asked for attention.
    pub(super) fn advance(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        ready: Readiness,
        now: Instant,
        trusted_since: Instant,
    ) -> Option<Progress> {
        let probe = self.probes.get_mut(id.slot as usize)?.as_mut()?;
        if probe.id != id {
            return None;
        }
        let ending = if probe.connected.is_some() {
            let Some(ending) = probe.after_connect(ready, now) else {
                let _ = poller.watch_end(&probe.socket, ready.token);
                return None;
            };
            ending
        } else {
            let Some(ending) = probe.handshake(ready, now, trusted_since, &self.here) else {
                poller.watch_again(&probe.socket, ready.token);
                return None;
            };
            if self.hold && matches!(ending.outcome, Outcome::Connected(_)) {
                probe.connected = Some((now, ending));
                let _ = poller.watch_end(&probe.socket, ready.token);
                return Some(Progress::Connected(id));
            }
            ending
        };
        let probe = self.take(poller, id)?;
        probe.close(&ending, self.options.close);
        Some(Progress::Ended(id, ending))
    }

    /// Starts a handshake with a target.
    pub(super) fn begin(&mut self, poller: &Poller, id: ProbeId, target: usize) -> Begun {
        let called_at = Instant::now();
        let address = self.targets[target].address;
        match self.connect(target) {
            Ok((socket, sent_at)) => {
                let local = socket.local_addr().ok().and_then(|local| local.as_socket());
                // Without a place in the poller the probe would look silent: that is our own failure.
                if let Err(error) = poller.watch_connect(&socket, Watch::Tcp(id).token()) {
                    let ending = judge::failed_at_once(errno(&error)).into();
                    return Begun::Ended { sent_at, ending };
                }
                let probe = TcpProbe {
                    id,
                    socket,
                    target: address,
                    local,
                    sent_at,
                    hear_hops: self.hear_hops,
                    connected: None,
                };
                self.keep(id, probe);
                Begun::UnderWay { sent_at }
            }
            Err(failure) => Begun::Ended {
                sent_at: called_at,
                ending: failure.judge(&self.here, Protocol::Tcp, address).into(),
            },
        }
    }

    /// The deadline of a probe has passed.
    pub(super) fn give_up(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        now: Instant,
        trusted_since: Instant,
    ) -> Ending {
        let Some(Some(probe)) = self.probes.get(id.slot as usize) else {
            return unfinished(None);
        };
        // The answer may be there already, unseen: a signal or a crowd of events came first.
        let unseen = Readiness {
            token: Watch::Tcp(id).token(),
            failed: true,
            closed: false,
        };
        let answered = probe.handshake(unseen, now, trusted_since, &self.here);
        let ending = answered.unwrap_or_else(|| probe.silent(now, trusted_since, &self.here));
        if ending.outcome != Outcome::NoReply
            && let Some(probe) = self.take(poller, id)
        {
            probe.close(&ending, self.options.close);
        }
        ending
    }

    /// The time to hold a connection is over.
    pub(super) fn release(&mut self, poller: &Poller, id: ProbeId) -> Ending {
        let Some(probe) = self.take(poller, id) else {
            return unfinished(None);
        };
        let ending = probe.connected.map(|(_, ending)| ending);
        let ending = ending.unwrap_or_else(|| unfinished(probe.local));
        probe.close(&ending, self.options.close);
        ending
    }

    /// Nobody waits for a probe any more.
    pub(super) fn abandon(&mut self, poller: &Poller, id: ProbeId) -> Ending {
        unfinished(self.take(poller, id).and_then(|probe| probe.local))
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
        let judged = tcp::connecting(&testimony, connect, &around)?;
        let judged = match judged.0 {
            Outcome::Connected(_) => self.second_look(ready, &testimony).unwrap_or(judged),
            _ => judged,
        };
        Some(self.ending(judged, connect, testimony.info))
    }

    /// What makes a connected probe more than that: it reached itself, or the other side has closed already.
    fn second_look(&self, ready: Readiness, testimony: &TcpTestimony) -> Option<Judgement> {
        if self.local == Some(self.target) {
            return Some(tcp::connected_to_itself());
        }
        match platform::peer_end(&self.socket, ready, testimony.errno) {
            PeerEnd::Closed => tcp::ended_after_connect(PeerEnd::Closed),
            PeerEnd::Open | PeerEnd::Reset => None,
        }
    }

    /// A reset or a close of a connection that is held, if this is one.
    fn after_connect(&self, ready: Readiness, now: Instant) -> Option<Ending> {
        let (since, connected) = self.connected?;
        // An ICMP error on a connection that stands is read away here and ends nothing (RFC 1122, 4.2.3.9).
        let testimony = platform::tcp_testimony(&self.socket, ready);
        let end = platform::peer_end(&self.socket, ready, testimony.errno);
        let (outcome, evidence) = tcp::ended_after_connect(end)?;
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
        let judged = tcp::timed_out(info, &self.around(here, waited));
        self.ending(judged, waited, info)
    }

    fn around<'a>(&self, here: &'a Here, waited: Option<Duration>) -> Around<'a> {
        let journey = Journey {
            protocol: Protocol::Tcp,
            target: self.target,
            local: self.local,
        };
        Around {
            here,
            journey,
            waited,
        }
    }

    /// The time since `connect()`, unless this process stood still meanwhile.
    fn time_until(&self, now: Instant, trusted_since: Instant) -> Option<Duration> {
        let trusted = self.sent_at >= trusted_since;
        trusted.then(|| now.saturating_duration_since(self.sent_at))
    }

    /// With how many hops left the SYN-ACK came.
    fn ttl(&self, outcome: Outcome) -> Option<u8> {
        let told = self.hear_hops && self.target.is_ipv6() && outcome.handshake_completed();
        told.then(|| platform::answer_hops(&self.socket)).flatten()
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
            arrived: None,
            ttl: self.ttl(outcome),
            said: None,
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

/// With a retransmission `tcpi_rtt` is coarse, or contains the wait: then there is no exact one.
fn exact_rtt(info: TcpInfo) -> Option<Rtt> {
    let time = info.rtt.filter(|_| info.retransmitted == Some(0))?;
    Some(Rtt {
        time,
        clock: RttClock::Kernel,
    })
}

fn unfinished(local: Option<SocketAddr>) -> Ending {
    Ending {
        local,
        ..(Outcome::Unfinished, Evidence::default()).into()
    }
}
