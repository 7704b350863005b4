//! TCP probes: a probe is one non-blocking `connect()`.

mod connect;
mod destination;
mod idle_sockets;
mod probe;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use slotmap::SecondaryMap;

use super::poll_token::PollToken;
use super::{ProbeEvent, ProbeId, ProbeOverride, Started};
use crate::clock::ClockReading;
use crate::hosts::Protocol;
use crate::outcome::classify;
use crate::outcome::{Evidence, Handshake, Outcome, ProbeResult, Refusal};
use crate::plan::{CloseMode, ProbePlan};
use crate::platform::{LocalHost, Poller, Readiness, errno};
use connect::{Connecting, Connector};
use destination::TcpDestination;
use probe::{TcpProbe, local_address};

/// TCP probes to many targets. The poller is shared with other probes.
pub(super) struct TcpProbes {
    connector: Connector,
    local_host: LocalHost,
    close: CloseMode,
    hold: bool,
    /// Read the local address of every probe.
    report_local: bool,
    destinations: Vec<TcpDestination>,
    probes: SecondaryMap<ProbeId, TcpProbe>,
}

impl TcpProbes {
    /// Prepares probes. With a hold time, connections stay open until [`Self::end_hold`].
    pub(super) fn new(plan: &ProbePlan) -> Self {
        Self {
            local_host: LocalHost::from(&plan.sockets),
            connector: Connector::new(plan.sockets.clone(), plan.rate),
            close: plan.sockets.close,
            hold: plan.hold,
            report_local: plan.report_local,
            destinations: Vec::new(),
            probes: SecondaryMap::new(),
        }
    }

    /// Adds a target and returns its index.
    pub(super) fn add(&mut self, address: SocketAddr) -> usize {
        self.destinations.push(TcpDestination::new(address));
        self.destinations.len() - 1
    }

    /// Changes the address of a target.
    pub(super) fn set_address(&mut self, destination: usize, address: SocketAddr) {
        self.destinations[destination].set_address(address);
    }

    /// Sets TTL and local port of a target's further probes.
    pub(super) fn set_override(&mut self, destination: usize, probe_override: ProbeOverride) {
        self.destinations[destination].probe_override = Some(probe_override);
    }

    fn remove(&mut self, poller: &Poller, id: ProbeId) -> Option<TcpProbe> {
        let probe = self.probes.remove(id)?;
        poller.deregister(&probe.socket);
        Some(probe)
    }

    /// Closes the connection as configured, or keeps its socket for reuse.
    fn close(&mut self, probe: TcpProbe, result: &ProbeResult) {
        if self.close != CloseMode::Rst {
            return;
        }
        let TcpProbe { target, socket, .. } = probe;
        let not_reused = match result.outcome {
            Outcome::Connected(Handshake::Clean)
            | Outcome::ClosedAfterConnect
            | Outcome::Refused(Refusal::Rst) => self.connector.recycle(target, socket).err(),
            _ => Some(socket),
        };
        if let Some(socket) = not_reused.filter(|_| result.outcome.handshake_completed()) {
            // SO_LINGER with time 0 makes close(2) send a RST (socket(7), RFC 9293 section 3.10.4).
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
    }

    /// Handles a socket that the poller reports.
    pub(super) fn handle_readiness(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        ready: Readiness,
        now: Instant,
        trusted_since: Instant,
    ) -> Option<ProbeEvent> {
        let probe = self.probes.get_mut(id)?;
        let result = if probe.connected.is_some() {
            let Some(result) = probe.after_connect(ready, now) else {
                let _ = poller.rearm_close(&probe.socket, ready.token);
                return None;
            };
            result
        } else {
            let Some(result) = probe.handshake(ready, now, trusted_since, &self.local_host) else {
                let _ = poller.rearm_connect(&probe.socket, ready.token);
                return None;
            };
            if self.hold && matches!(result.outcome, Outcome::Connected(_)) {
                probe.connected = Some((now, result));
                let _ = poller.rearm_close(&probe.socket, ready.token);
                return Some(ProbeEvent::Connected(id));
            }
            result
        };
        let probe = self.remove(poller, id)?;
        self.close(probe, &result);
        Some(ProbeEvent::Ended(id, result))
    }

    /// Starts a handshake with a target.
    pub(super) fn start(&mut self, poller: &Poller, id: ProbeId, destination: usize) -> Started {
        let to = &mut self.destinations[destination];
        match self.connector.connect(to) {
            Ok(connecting) => self.watch(poller, id, destination, connecting),
            Err(error) => Started::Ended {
                sent_at: Instant::now(),
                result: error
                    .classify(&self.local_host, Protocol::Tcp, to.address)
                    .into(),
            },
        }
    }

    /// Watches a handshake in progress.
    fn watch(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        destination: usize,
        connecting: Connecting,
    ) -> Started {
        let local = self.local_address(destination, &connecting);
        let Connecting {
            socket,
            sent_at,
            is_reused,
            ..
        } = connecting;
        let token = PollToken::TcpProbe(id).encode();
        let watched = if is_reused {
            poller.rearm_connect(&socket, token)
        } else {
            poller.register_connect(&socket, token)
        };
        // An unwatched probe would time out: that is a local error, not loss.
        if let Err(error) = watched {
            let result = classify::local_error(errno(&error)).into();
            return Started::Ended { sent_at, result };
        }
        let destination = &self.destinations[destination];
        let sent = destination.probe_override.map(|_| {
            let now = ClockReading::now();
            now.earlier(now.instant.saturating_duration_since(sent_at))
        });
        let probe = TcpProbe {
            socket,
            target: destination.address,
            local,
            sent_at,
            read_ttl: self.connector.read_ttl,
            sent,
            connected: None,
        };
        self.probes.insert(id, probe);
        Started::InProgress { sent_at }
    }

    /// The local address of a probe. getsockname(2) is a good part of a probe's cost at the maximum rate, so unless
    /// every local address is reported, the known port and a recent address of the same target are used.
    fn local_address(&mut self, destination: usize, connecting: &Connecting) -> Option<SocketAddr> {
        let destination = &mut self.destinations[destination];
        let cached = destination.cached_local(connecting.sent_at);
        if let (false, Some(port), Some(address)) = (self.report_local, connecting.port, cached) {
            return Some(SocketAddr::new(address, port));
        }
        let local = local_address(&connecting.socket)?;
        // A link-local address needs its zone (RFC 4007), which the cache does not store.
        if !matches!(local, SocketAddr::V6(v6) if v6.scope_id() != 0) {
            destination.cache_local(connecting.sent_at, local.ip());
        }
        Some(local)
    }

    /// The timeout of a probe has passed.
    pub(super) fn time_out(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        now: Instant,
        trusted_since: Instant,
    ) -> ProbeResult {
        let Some(probe) = self.probes.get(id) else {
            return unfinished(None);
        };
        // The reply may have arrived after the last poll.
        let unpolled = Readiness {
            token: PollToken::TcpProbe(id).encode(),
            failed: true,
            closed: false,
        };
        let replied = probe.handshake(unpolled, now, trusted_since, &self.local_host);
        let result =
            replied.unwrap_or_else(|| probe.timed_out(now, trusted_since, &self.local_host));
        if result.outcome != Outcome::NoReply
            && let Some(probe) = self.remove(poller, id)
        {
            self.close(probe, &result);
        }
        result
    }

    /// The hold time of a connection is over.
    pub(super) fn end_hold(&mut self, poller: &Poller, id: ProbeId) -> ProbeResult {
        let Some(probe) = self.remove(poller, id) else {
            return unfinished(None);
        };
        let result = probe.connected.map(|(_, result)| result);
        let result = result.unwrap_or_else(|| unfinished(probe.local));
        self.close(probe, &result);
        result
    }

    /// Closes a probe whose reply is no longer waited for.
    pub(super) fn cancel(&mut self, poller: &Poller, id: ProbeId) -> ProbeResult {
        unfinished(self.remove(poller, id).and_then(|probe| probe.local))
    }
}

fn unfinished(local: Option<SocketAddr>) -> ProbeResult {
    ProbeResult {
        local,
        ..(Outcome::Unfinished, Evidence::default()).into()
    }
}
