//! Receives replies and ICMP errors, and times probes out.

use std::io;
use std::time::{Duration, Instant};

use super::request::Request;
use super::{DatagramProbes, unfinished};
use crate::clock::ClockReading;
use crate::outcome::classify::{Classified, datagram};
use crate::outcome::{Outcome, ProbeResult};
use crate::platform::Poller;
use crate::probe::context::ProbeContext;
use crate::probe::poll_token::{PollToken, SocketId};
use crate::probe::{ProbeEvent, ProbeId};

/// Receive calls on one socket before the others are handled; the poller reports it again.
const MAX_RECEIVES: usize = 64;

impl DatagramProbes {
    /// Handles a socket that the poller reports; `failed`: it has an error.
    pub(in crate::probe) fn handle_readiness(
        &mut self,
        poller: &Poller,
        socket_id: SocketId,
        failed: bool,
        trusted_since: Instant,
    ) {
        self.receive(socket_id, failed, trusted_since);
        self.update_or_close(poller, socket_id);
        if let Some(socket) = self.sockets.get(socket_id) {
            let token = PollToken::DatagramSocket(socket_id).encode();
            poller.rearm_recv(&socket.socket, token);
        }
    }

    /// Receives what has arrived on a socket. Calls that cannot return anything are left out, as each is a system
    /// call; what arrives meanwhile is reported by the poller.
    fn receive(&mut self, socket_id: SocketId, failed: bool, trusted_since: Instant) {
        let Some(socket) = self.sockets.get(socket_id) else {
            return;
        };
        let destination = &mut self.destinations[socket.destination];
        for _ in 0..MAX_RECEIVES {
            let more = match socket.receive(&mut self.recv_batch, &destination.codec) {
                Ok(more) => more,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A pending socket error is returned once; datagrams may follow.
                Err(_) => continue,
            };
            let now = ClockReading::now();
            if self.tx_timestamps && socket.lacks_tx_timestamp() {
                socket.read_error_queue(&destination.codec, &mut self.control);
            }
            for (received, datagram) in self.recv_batch.datagrams() {
                let reception = (received, &now, trusted_since);
                let event = destination.handle_datagram(socket, datagram, reception);
                self.events.extend(event);
            }
            // A pending error can interrupt a batch: then only a further call shows that no datagram follows.
            if socket.unanswered.is_empty() || !more && !failed {
                break;
            }
        }
        if failed || socket.has_pending_error() {
            socket.read_error_queue(&destination.codec, &mut self.control);
        }
        self.report_failures(socket_id, Some(trusted_since), None);
    }

    /// Reports the failed probes of a socket. `just_sent`: the probe whose `send()` has just returned.
    pub(super) fn report_failures(
        &mut self,
        socket_id: SocketId,
        trusted_since: Option<Instant>,
        just_sent: Option<ProbeId>,
    ) {
        let Some(socket) = self.sockets.get(socket_id) else {
            return;
        };
        let destination = &mut self.destinations[socket.destination];
        if socket.has_icmp_error {
            destination.set_irregular();
        }
        while let Some((request, failure)) = socket.take_failure(&destination.codec) {
            let elapsed = elapsed(&request, trusted_since, failure.at);
            let context = destination.context(&self.local_host, socket, elapsed);
            let within_call = just_sent == Some(request.probe);
            let target = socket.peer.ip();
            let evidence = &failure.evidence;
            let classified = datagram::failed(evidence, target, elapsed, within_call, &context);
            let result = classified.map(|classified| without_reply(&context, classified));
            let result = result.map(|result| ProbeResult {
                rtt: destination.icmp_error_rtt(&request, &failure),
                ..result
            });
            self.events
                .extend(result.map(|result| ProbeEvent::Ended(request.probe, result)));
        }
    }

    /// Takes the result of a probe, if its end is among the events not yet taken.
    pub(super) fn take_result(&mut self, id: ProbeId) -> Option<ProbeResult> {
        let is_its_end =
            |event: &ProbeEvent| matches!(event, ProbeEvent::Ended(ended, _) if *ended == id);
        let index = self.events.iter().position(is_its_end)?;
        match self.events.remove(index) {
            ProbeEvent::Ended(_, result) => Some(result),
            _ => None,
        }
    }

    /// The timeout of a probe has passed.
    pub(in crate::probe) fn time_out(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        trusted_since: Instant,
    ) -> ProbeResult {
        let result = match self.socket_of(id) {
            Some(socket_id) => self.result_at_timeout(poller, socket_id, id, trusted_since),
            None => self.take_result(id).unwrap_or_else(unfinished),
        };
        if result.outcome != Outcome::NoReply {
            self.socket_ids.remove(id);
        }
        result
    }

    fn result_at_timeout(
        &mut self,
        poller: &Poller,
        socket_id: SocketId,
        id: ProbeId,
        trusted_since: Instant,
    ) -> ProbeResult {
        // The reply may have arrived after the last poll.
        self.receive(socket_id, true, trusted_since);
        let result = self.take_result(id);
        let result = result.or_else(|| self.resolve_timed_out(socket_id, id, trusted_since));
        let result = result.unwrap_or_else(|| self.timed_out(socket_id, id, trusted_since));
        self.update_or_close(poller, socket_id);
        result
    }

    /// The result of a timed-out probe that an ambiguous ICMP error may be about.
    fn resolve_timed_out(
        &mut self,
        socket_id: SocketId,
        id: ProbeId,
        trusted_since: Instant,
    ) -> Option<ProbeResult> {
        let socket = self.sockets.get(socket_id)?;
        socket.resolve_timed_out(id, &self.destinations[socket.destination].codec);
        self.report_failures(socket_id, Some(trusted_since), None);
        self.take_result(id)
    }

    /// The result of a probe without reply and without error.
    fn timed_out(
        &mut self,
        socket_id: SocketId,
        id: ProbeId,
        trusted_since: Instant,
    ) -> ProbeResult {
        let Some(socket) = self.sockets.get(socket_id) else {
            return unfinished();
        };
        socket.retired = true;
        let now = Instant::now();
        let request = socket.unanswered.iter().find(|request| request.probe == id);
        let elapsed = request.and_then(|request| elapsed(request, Some(trusted_since), now));
        let may_have_left = !self.hosts_with_tx_timestamps.contains(&socket.peer.ip())
            || request.is_none_or(|request| request.tx_timestamp.is_some());
        let destination = &self.destinations[socket.destination];
        let context = destination.context(&self.local_host, socket, elapsed);
        let result = without_reply(&context, datagram::timed_out(may_have_left, &context));
        if result.outcome != Outcome::NoReply {
            socket.take(id);
        }
        result
    }
}

/// The time from `send()` to `at`; `None` after a stall.
fn elapsed(request: &Request, trusted_since: Option<Instant>, at: Instant) -> Option<Duration> {
    let sent_at = request.sent.instant;
    let is_trusted = trusted_since.is_none_or(|since| sent_at >= since);
    is_trusted.then(|| at.saturating_duration_since(sent_at))
}

/// The result of a probe without reply.
fn without_reply(context: &ProbeContext, classified: Classified) -> ProbeResult {
    ProbeResult {
        local: context.flow_key.local,
        connect: context.elapsed,
        ..classified.into()
    }
}
