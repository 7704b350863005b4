//! One TCP probe in flight: from its socket's state to a result.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::Socket;

use crate::clock::ClockReading;
use crate::hosts::Protocol;
use crate::outcome::classify::{Classified, tcp};
use crate::outcome::evidence::{TcpInfo, TcpSocketEvidence};
use crate::outcome::{Errno, Outcome, ProbeResult, Rtt, RttClock};
use crate::platform::{self, FlowKey, LocalHost, PeerState, Readiness};
use crate::probe::context::ProbeContext;
use crate::probe::rtt;

/// A probe in flight.
pub(super) struct TcpProbe {
    pub(super) socket: Socket,
    pub(super) target: SocketAddr,
    /// The local address, if it has been read.
    pub(super) local: Option<SocketAddr>,
    pub(super) sent_at: Instant,
    pub(super) read_ttl: bool,
    /// `sent_at` by both clocks, if the rtt of an ICMP error is wanted.
    pub(super) sent: Option<ClockReading>,
    /// End and result of the handshake of a held connection.
    pub(super) connected: Option<(Instant, ProbeResult)>,
}

impl TcpProbe {
    /// The result of the handshake; `None`: it is in progress.
    pub(super) fn handshake(
        &self,
        ready: Readiness,
        now: Instant,
        trusted_since: Instant,
        local_host: &LocalHost,
    ) -> Option<ProbeResult> {
        let evidence = platform::tcp_socket_evidence(&self.socket, ready);
        let connect = self.elapsed(now, trusted_since);
        // Whether an ICMP error is local depends on the source address, so the exact one is needed.
        let exact = evidence.icmp.and_then(|_| local_address(&self.socket));
        let local = exact.or(self.local);
        let context = self.context(local_host, local, connect);
        let classified = tcp::connecting(&evidence, connect, &context)?;
        let classified = match classified.0 {
            Outcome::Connected(_) => self
                .reclassify_connected(ready, &evidence)
                .unwrap_or(classified),
            _ => classified,
        };
        let result = self.result(classified, local, connect, evidence.info);
        Some(ProbeResult {
            rtt: result.rtt.or_else(|| self.icmp_error_rtt(&evidence)),
            ..result
        })
    }

    /// The rtt to the sender of an ICMP error, for path discovery.
    fn icmp_error_rtt(&self, evidence: &TcpSocketEvidence) -> Option<Rtt> {
        let sent_once = evidence
            .info
            .is_none_or(|info| info.total_retrans == Some(0));
        let sent = self.sent.as_ref().filter(|_| sent_once)?;
        rtt::rtt(sent, None, evidence.icmp_at, &ClockReading::now())
    }

    /// A connected probe with another outcome: a self-connect, or closed by the peer already.
    fn reclassify_connected(
        &self,
        ready: Readiness,
        evidence: &TcpSocketEvidence,
    ) -> Option<Classified> {
        if self.local == Some(self.target) {
            return Some(tcp::self_connect());
        }
        match platform::peer_end(&self.socket, ready, evidence.errno) {
            PeerState::Closed => tcp::ended_after_connect(PeerState::Closed),
            PeerState::Open | PeerState::Reset => None,
        }
    }

    /// The result of a held connection that was reset or closed.
    pub(super) fn after_connect(&self, ready: Readiness, now: Instant) -> Option<ProbeResult> {
        let (since, connected) = self.connected?;
        // An ICMP error does not end an established connection (RFC 1122 section 4.2.3.9); it is read and dropped.
        let socket_evidence = platform::tcp_socket_evidence(&self.socket, ready);
        let end = platform::peer_end(&self.socket, ready, socket_evidence.errno);
        let (outcome, evidence) = tcp::ended_after_connect(end)?;
        Some(ProbeResult {
            outcome,
            evidence,
            established_for: Some(now.saturating_duration_since(since)),
            ..connected
        })
    }

    /// The result of a probe whose timeout has passed without an event.
    pub(super) fn timed_out(
        &self,
        now: Instant,
        trusted_since: Instant,
        local_host: &LocalHost,
    ) -> ProbeResult {
        let info = platform::tcp_info(&self.socket);
        let elapsed = self.elapsed(now, trusted_since);
        let local = self.local.or_else(|| local_address(&self.socket));
        let classified = tcp::timed_out(info, &self.context(local_host, local, elapsed));
        self.result(classified, local, elapsed, info)
    }

    fn context<'a>(
        &self,
        local_host: &'a LocalHost,
        local: Option<SocketAddr>,
        elapsed: Option<Duration>,
    ) -> ProbeContext<'a> {
        let flow_key = FlowKey {
            protocol: Protocol::Tcp,
            target: self.target,
            local,
        };
        ProbeContext {
            local_host,
            flow_key,
            elapsed,
        }
    }

    /// The time since `connect()`; `None` after a stall.
    fn elapsed(&self, now: Instant, trusted_since: Instant) -> Option<Duration> {
        let trusted = self.sent_at >= trusted_since;
        trusted.then(|| now.saturating_duration_since(self.sent_at))
    }

    /// The hop limit of the SYN-ACK.
    fn ttl(&self, outcome: Outcome) -> Option<u8> {
        let is_readable = self.read_ttl && self.target.is_ipv6() && outcome.handshake_completed();
        is_readable
            .then(|| platform::syn_ack_hop_limit(&self.socket))
            .flatten()
    }

    fn result(
        &self,
        classified: Classified,
        local: Option<SocketAddr>,
        connect: Option<Duration>,
        info: Option<TcpInfo>,
    ) -> ProbeResult {
        let (outcome, evidence) = classified;
        // After ETIMEDOUT from the kernel its counters do not show how many SYNs left.
        let has_syn_count =
            !matches!(outcome, Outcome::Local(_)) && evidence.errno != Some(Errno::TimedOut);
        ProbeResult {
            outcome,
            evidence,
            local,
            connect,
            rtt: info
                .filter(|_| outcome.handshake_completed())
                .and_then(exact_rtt),
            syn_sent: info
                .filter(|_| has_syn_count)
                .and_then(|info| info.syns_sent()),
            established_for: None,
            received_at: None,
            ttl: self.ttl(outcome),
            reply_summary: None,
        }
    }
}

pub(super) fn local_address(socket: &Socket) -> Option<SocketAddr> {
    socket.local_addr().ok()?.as_socket()
}

/// `tcpi_rtt`, unless a SYN was retransmitted: then it is coarse or includes the retransmission timeout.
fn exact_rtt(info: TcpInfo) -> Option<Rtt> {
    let time = info.rtt.filter(|_| info.total_retrans == Some(0))?;
    Some(Rtt {
        time,
        clock: RttClock::Kernel,
    })
}
