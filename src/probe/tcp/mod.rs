//! TCP: a probe is one non-blocking `connect()`.

mod connect;
mod idle_sockets;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::context::Around;
use super::{ProbeEvent, ProbeId, ProbeOverride, Started, Watch, rtt};
use crate::clock::Moment;
use crate::hosts::Protocol;
use crate::outcome::classify::{self, Classified, tcp};
use crate::outcome::evidence::{TcpInfo, TcpSocketEvidence};
use crate::outcome::{Errno, Evidence, Handshake, Outcome, ProbeResult, Refusal, Rtt, RttClock};
use crate::plan::{CloseMode, ProbePlan};
use crate::platform::{self, FlowKey, LocalHost, PeerEnd, Poller, Readiness, errno};
use connect::{ConnectStarted, Connector, Destination};

/// TCP probes to many targets, over a poller that they share with other probes.
pub(super) struct TcpProbes {
    connector: Connector,
    /// This machine, as probes with these options leave it.
    here: LocalHost,
    close: CloseMode,
    hold: bool,
    /// Every probe's local address is told to somebody.
    tells_local: bool,
    targets: Vec<Destination>,
    probes: Vec<Option<TcpProbe>>,
}

struct TcpProbe {
    id: ProbeId,
    socket: Socket,
    target: SocketAddr,
    /// Its local address, where it has been asked for.
    local: Option<SocketAddr>,
    sent_at: Instant,
    hear_hops: bool,
    /// When it began by both clocks, where somebody looks at the path.
    begun: Option<Moment>,
    /// When the handshake ended and how, once it has.
    connected: Option<(Instant, ProbeResult)>,
}

impl TcpProbes {
    /// Prepares probes as `plan` wants them. With a hold time, connections are kept open until released.
    pub(super) fn new(plan: &ProbePlan) -> Self {
        Self {
            here: LocalHost::from(&plan.sockets),
            connector: Connector::new(plan.sockets.clone(), plan.rate),
            close: plan.sockets.close,
            hold: plan.hold,
            tells_local: plan.report_local,
            targets: Vec::new(),
            probes: Vec::new(),
        }
    }

    /// Adds a target; the number it returns names it here.
    pub(super) fn add(&mut self, address: SocketAddr) -> usize {
        self.targets.push(Destination::new(address));
        self.targets.len() - 1
    }

    /// The target has another address from now on.
    pub(super) fn set_address(&mut self, target: usize, address: SocketAddr) {
        self.targets[target].set_address(address);
    }

    /// From now on probes to this target go so far, from this port.
    pub(super) fn set_override(&mut self, target: usize, set_override: ProbeOverride) {
        self.targets[target].set_override = Some(set_override);
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

    /// Ends the connection the way the user wants.
    fn close(&mut self, probe: TcpProbe, result: &ProbeResult) {
        if self.close != CloseMode::Rst {
            return;
        }
        let TcpProbe { target, socket, .. } = probe;
        let left = match result.outcome {
            Outcome::Connected(Handshake::Clean)
            | Outcome::ClosedAfterConnect
            | Outcome::Refused(Refusal::Rst) => self.connector.keep(target, socket).err(),
            _ => Some(socket),
        };
        if let Some(socket) = left.filter(|_| result.outcome.handshake_completed()) {
            // SO_LINGER with time 0 makes close(2) send a RST (socket(7), RFC 9293 section 3.10.4).
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
    }

    /// Looks at a socket that asked for attention.
    pub(super) fn advance(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        ready: Readiness,
        now: Instant,
        trusted_since: Instant,
    ) -> Option<ProbeEvent> {
        let probe = self.probes.get_mut(id.slot as usize)?.as_mut()?;
        if probe.id != id {
            return None;
        }
        let result = if probe.connected.is_some() {
            let Some(result) = probe.after_connect(ready, now) else {
                let _ = poller.watch_end(&probe.socket, ready.token);
                return None;
            };
            result
        } else {
            let Some(result) = probe.handshake(ready, now, trusted_since, &self.here) else {
                let _ = poller.watch_again(&probe.socket, ready.token);
                return None;
            };
            if self.hold && matches!(result.outcome, Outcome::Connected(_)) {
                probe.connected = Some((now, result));
                let _ = poller.watch_end(&probe.socket, ready.token);
                return Some(ProbeEvent::Connected(id));
            }
            result
        };
        let probe = self.take(poller, id)?;
        self.close(probe, &result);
        Some(ProbeEvent::Ended(id, result))
    }

    /// Starts a handshake with a target.
    pub(super) fn start(&mut self, poller: &Poller, id: ProbeId, target: usize) -> Started {
        let destination = &mut self.targets[target];
        match self.connector.connect(destination) {
            Ok(started) => self.follow(poller, id, target, started),
            Err(failure) => Started::Ended {
                sent_at: Instant::now(),
                result: failure
                    .classify(&self.here, Protocol::Tcp, destination.address)
                    .into(),
            },
        }
    }

    /// Watches for the end of a handshake.
    fn follow(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        target: usize,
        started: ConnectStarted,
    ) -> Started {
        let local = self.local(target, &started);
        let ConnectStarted {
            socket,
            sent_at,
            is_known,
            ..
        } = started;
        let token = Watch::Tcp(id).token();
        let watched = if is_known {
            poller.watch_again(&socket, token)
        } else {
            poller.watch_connect(&socket, token)
        };
        // Without a place in the poller the probe would look silent: that is our own failure.
        if let Err(error) = watched {
            let result = classify::failed_at_once(errno(&error)).into();
            return Started::Ended { sent_at, result };
        }
        let destination = &self.targets[target];
        let begun = destination.set_override.map(|_| {
            let now = Moment::now();
            now.earlier(now.instant.saturating_duration_since(sent_at))
        });
        let probe = TcpProbe {
            id,
            socket,
            target: destination.address,
            begun,
            local,
            sent_at,
            hear_hops: self.connector.hear_hops,
            connected: None,
        };
        self.keep(id, probe);
        Started::InProgress { sent_at }
    }

    /// The local address. Where every probe's is told to somebody the kernel is asked; at full speed that is a good part
    /// of a probe's cost, and its port with the address of a moment ago will do.
    fn local(&mut self, target: usize, started: &ConnectStarted) -> Option<SocketAddr> {
        let destination = &mut self.targets[target];
        let known = destination.known_local(started.sent_at);
        if let (false, Some(port), Some(address)) = (self.tells_local, started.port, known) {
            return Some(SocketAddr::new(address, port));
        }
        let local = local_address(&started.socket)?;
        // The zone of a link-local address (RFC 4007) is more than an address.
        if !matches!(local, SocketAddr::V6(v6) if v6.scope_id() != 0) {
            destination.learn_local(started.sent_at, local.ip());
        }
        Some(local)
    }

    /// The deadline of a probe has passed.
    pub(super) fn time_out(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        now: Instant,
        trusted_since: Instant,
    ) -> ProbeResult {
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
        let result = answered.unwrap_or_else(|| probe.silent(now, trusted_since, &self.here));
        if result.outcome != Outcome::NoReply
            && let Some(probe) = self.take(poller, id)
        {
            self.close(probe, &result);
        }
        result
    }

    /// The time to hold a connection is over.
    pub(super) fn end_hold(&mut self, poller: &Poller, id: ProbeId) -> ProbeResult {
        let Some(probe) = self.take(poller, id) else {
            return unfinished(None);
        };
        let result = probe.connected.map(|(_, result)| result);
        let result = result.unwrap_or_else(|| unfinished(probe.local));
        self.close(probe, &result);
        result
    }

    /// Nobody waits for a probe any more.
    pub(super) fn cancel(&mut self, poller: &Poller, id: ProbeId) -> ProbeResult {
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
        here: &LocalHost,
    ) -> Option<ProbeResult> {
        let testimony = platform::tcp_socket_evidence(&self.socket, ready);
        let connect = self.time_until(now, trusted_since);
        // Who sent an ICMP error can only be judged by one who knows for sure where the SYN came from.
        let asked = testimony.icmp.and_then(|_| local_address(&self.socket));
        let local = asked.or(self.local);
        let around = self.around(here, local, connect);
        let judged = tcp::connecting(&testimony, connect, &around)?;
        let judged = match judged.0 {
            Outcome::Connected(_) => self.second_look(ready, &testimony).unwrap_or(judged),
            _ => judged,
        };
        let result = self.result(judged, local, connect, testimony.info);
        Some(ProbeResult {
            rtt: result.rtt.or_else(|| self.time_of_error(&testimony)),
            ..result
        })
    }

    /// How long the way to whoever sent an ICMP error took, where somebody looks at the path.
    fn time_of_error(&self, testimony: &TcpSocketEvidence) -> Option<Rtt> {
        let sent_once = testimony
            .info
            .is_none_or(|info| info.retransmitted == Some(0));
        let begun = self.begun.as_ref().filter(|_| sent_once)?;
        rtt::rtt(begun, None, testimony.icmp_at, &Moment::now())
    }

    /// What makes a connected probe more than that: it reached itself, or the other side has closed already.
    fn second_look(&self, ready: Readiness, testimony: &TcpSocketEvidence) -> Option<Classified> {
        if self.local == Some(self.target) {
            return Some(tcp::connected_to_itself());
        }
        match platform::peer_end(&self.socket, ready, testimony.errno) {
            PeerEnd::Closed => tcp::ended_after_connect(PeerEnd::Closed),
            PeerEnd::Open | PeerEnd::Reset => None,
        }
    }

    /// A reset or a close of a connection that is held, if this is one.
    fn after_connect(&self, ready: Readiness, now: Instant) -> Option<ProbeResult> {
        let (since, connected) = self.connected?;
        // An ICMP error on a connection that stands is read away here and ends nothing (RFC 1122, 4.2.3.9).
        let testimony = platform::tcp_socket_evidence(&self.socket, ready);
        let end = platform::peer_end(&self.socket, ready, testimony.errno);
        let (outcome, evidence) = tcp::ended_after_connect(end)?;
        Some(ProbeResult {
            outcome,
            evidence,
            held: Some(now.saturating_duration_since(since)),
            ..connected
        })
    }

    /// The deadline has passed without an answer.
    fn silent(&self, now: Instant, trusted_since: Instant, here: &LocalHost) -> ProbeResult {
        let info = platform::tcp_info(&self.socket);
        let waited = self.time_until(now, trusted_since);
        let local = self.local.or_else(|| local_address(&self.socket));
        let judged = tcp::timed_out(info, &self.around(here, local, waited));
        self.result(judged, local, waited, info)
    }

    fn around<'a>(
        &self,
        here: &'a LocalHost,
        local: Option<SocketAddr>,
        waited: Option<Duration>,
    ) -> Around<'a> {
        let flow_key = FlowKey {
            protocol: Protocol::Tcp,
            target: self.target,
            local,
        };
        Around {
            here,
            flow_key,
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

    fn result(
        &self,
        judged: Classified,
        local: Option<SocketAddr>,
        connect: Option<Duration>,
        info: Option<TcpInfo>,
    ) -> ProbeResult {
        let (outcome, evidence) = judged;
        // Of a connection that the system itself gave up the counters no longer tell what left.
        let sent = !matches!(outcome, Outcome::Local(_)) && evidence.errno != Some(Errno::TimedOut);
        ProbeResult {
            outcome,
            evidence,
            local,
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
}

fn local_address(socket: &Socket) -> Option<SocketAddr> {
    socket.local_addr().ok()?.as_socket()
}

/// With a retransmission `tcpi_rtt` is coarse, or contains the wait: then there is no exact one.
fn exact_rtt(info: TcpInfo) -> Option<Rtt> {
    let time = info.rtt.filter(|_| info.retransmitted == Some(0))?;
    Some(Rtt {
        time,
        clock: RttClock::Kernel,
    })
}

fn unfinished(local: Option<SocketAddr>) -> ProbeResult {
    ProbeResult {
        local,
        ..(Outcome::Unfinished, Evidence::default()).into()
    }
}
