//! The state kept for one target of datagram probes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::ambiguous_errors::Failure;
use super::codec::Codec;
use super::probe_socket::{DatagramKind, ProbeSocket};
use super::request::Request;
use crate::clock::ClockReading;
use crate::hosts::Protocol;
use crate::outcome::classify::datagram;
use crate::outcome::{ExtraReply, ProbeResult, ReplySummary, Rtt, TargetId};
use crate::platform::{FlowKey, LocalHost, RecvMeta};
use crate::probe::ProbeEvent;
use crate::probe::ProbeOverride;
use crate::probe::context::ProbeContext;
use crate::probe::local_ports::PortCursor;
use crate::probe::rtt;

/// Unanswered requests per socket at the maximum rate. 8 datagrams per recvmmsg(2) cost little more each than 64, and
/// 64 probes in flight still use 8 source ports: a path that fails for some ports still shows (ECMP).
const MAX_SHARED: usize = 8;

/// The destination of datagram probes.
pub(super) struct DatagramDestination {
    pub(super) target: TargetId,
    pub(super) protocol: Protocol,
    pub(super) address: SocketAddr,
    pub(super) codec: Codec,
    pub(super) port_cursor: PortCursor,
    /// If set, each probe has a socket of its own.
    pub(super) probe_override: Option<ProbeOverride>,
    /// A verified reply was received.
    has_verified_reply: bool,
    /// A reply was received that does not identify its request.
    has_unverified_reply: bool,
    /// Something else was received than one reply per request.
    is_irregular: bool,
}

impl DatagramDestination {
    pub(super) fn new(
        target: TargetId,
        protocol: Protocol,
        address: SocketAddr,
        codec: Codec,
    ) -> Self {
        Self {
            target,
            protocol,
            address,
            codec,
            port_cursor: PortCursor::random(),
            probe_override: None,
            has_verified_reply: false,
            has_unverified_reply: false,
            is_irregular: false,
        }
    }

    /// Changes the address; the new host has to reply before requests share a socket.
    pub(super) fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
        self.has_verified_reply = false;
    }

    /// Whether all replies so far identify their requests, so that requests can share a socket.
    pub(super) fn has_verifiable_replies(&self) -> bool {
        self.codec.has_verifiable_reply() && !self.has_unverified_reply
    }

    /// The most unanswered requests per socket at the maximum rate.
    ///
    /// More than one only while nothing but replies was received: an ICMP error may quote too little to identify its
    /// request, and duplicate or long datagrams may fill the receive buffer.
    pub(super) fn max_per_socket(&self) -> usize {
        let is_regular =
            self.has_verified_reply && !self.is_irregular && self.has_verifiable_replies();
        if is_regular && self.codec.fits_minimum_mtu() {
            MAX_SHARED
        } else {
            1
        }
    }

    /// An ICMP error was received.
    pub(super) fn set_irregular(&mut self) {
        self.is_irregular = true;
    }

    /// Handles a datagram received on a socket. `reception`: its metadata, when it was read, and since when
    /// user-clock times are valid.
    pub(super) fn handle_datagram(
        &mut self,
        socket: &mut ProbeSocket,
        datagram: &[u8],
        reception: (&RecvMeta, &ClockReading, Instant),
    ) -> Option<ProbeEvent> {
        if !self.is_from_peer(reception.0, socket) {
            return None;
        }
        match socket.classify_datagram(&self.codec, datagram) {
            DatagramKind::Reply {
                request,
                summary,
                verified,
            } => {
                self.has_unverified_reply |= !verified;
                self.has_verified_reply |= verified;
                let result = replied(&request, socket.local, summary, reception);
                Some(ProbeEvent::Ended(request.probe, result))
            }
            DatagramKind::Duplicate => Some(self.extra_reply(ExtraReply::Duplicate)),
            DatagramKind::Ambiguous => {
                self.has_unverified_reply = true;
                Some(self.extra_reply(ExtraReply::Stray))
            }
            DatagramKind::Stray => Some(self.extra_reply(ExtraReply::Stray)),
            DatagramKind::Foreign => None,
        }
    }

    /// The rtt to the sender of an ICMP error, for path discovery.
    pub(super) fn icmp_error_rtt(&self, request: &Request, failure: &Failure) -> Option<Rtt> {
        self.probe_override?;
        let rx_timestamp = failure.evidence.icmp_at;
        rtt::rtt(
            &request.sent,
            request.tx_timestamp,
            rx_timestamp,
            &ClockReading::now(),
        )
    }

    fn extra_reply(&mut self, extra: ExtraReply) -> ProbeEvent {
        self.is_irregular = true;
        ProbeEvent::ExtraReply(self.target, extra)
    }

    /// Whether a datagram's source address is the peer's. Without a source address it is, if the socket is connected.
    fn is_from_peer(&self, received: &RecvMeta, socket: &ProbeSocket) -> bool {
        let from = received.from.map(|from| from.ip());
        let is_connected = !self.codec.replies_from_any_port();
        from.map_or(is_connected, |from| from == socket.peer.ip())
    }

    pub(super) fn context<'a>(
        &self,
        local_host: &'a LocalHost,
        socket: &ProbeSocket,
        elapsed: Option<Duration>,
    ) -> ProbeContext<'a> {
        let flow_key = FlowKey {
            protocol: self.protocol,
            target: self.address,
            local: Some(socket.local),
        };
        ProbeContext {
            local_host,
            flow_key,
            elapsed,
        }
    }
}

/// The result of a probe with a reply.
fn replied(
    request: &Request,
    local: SocketAddr,
    summary: Option<ReplySummary>,
    (received, now, trusted_since): (&RecvMeta, &ClockReading, Instant),
) -> ProbeResult {
    let is_trusted = request.sent.instant >= trusted_since;
    let elapsed = now.instant.saturating_duration_since(request.sent.instant);
    ProbeResult {
        local: Some(local),
        connect: is_trusted.then_some(elapsed),
        rtt: rtt::rtt(&request.sent, request.tx_timestamp, received.at, now),
        received_at: received.at,
        ttl: received.ttl,
        reply_summary: summary,
        ..datagram::replied().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Payload, Transaction};
    use crate::probe::ProbeId;
    use std::net::UdpSocket;

    /// A destination and a socket with one request, and its payload.
    fn sent(size: usize) -> (DatagramDestination, ProbeSocket, Vec<u8>) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let local = socket.local_addr().expect("an address");
        let codec = Codec::Udp(Payload::Pattern(size));
        let mut socket = ProbeSocket::new(socket.into(), local, local, 0);
        let payload = send(&mut socket, &codec, 1);
        let destination = DatagramDestination::new(TargetId(0), Protocol::Udp, local, codec);
        (destination, socket, payload)
    }

    fn send(socket: &mut ProbeSocket, codec: &Codec, seq: u64) -> Vec<u8> {
        let transaction = Transaction {
            token: seq,
            local: socket.local,
            target: socket.peer,
        };
        let mut payload = Vec::new();
        codec.encode(&transaction, seq, &mut payload);
        socket.unanswered.push_back(Request {
            probe: ProbeId::default(),
            transaction,
            seq,
            tx_index: 0,
            sent: ClockReading::now(),
            tx_timestamp: None,
        });
        payload
    }

    fn receive(destination: &mut DatagramDestination, socket: &mut ProbeSocket, datagram: &[u8]) {
        let received = RecvMeta {
            length: datagram.len(),
            from: Some(socket.peer),
            at: None,
            ttl: None,
        };
        let now = ClockReading::now();
        let event = destination.handle_datagram(socket, datagram, (&received, &now, now.instant));
        assert!(event.is_some());
    }

    #[test]
    fn requests_share_a_socket_only_after_one_reply_per_request() {
        let (mut destination, mut socket, payload) = sent(32);
        assert_eq!(destination.max_per_socket(), 1, "no reply yet");
        receive(&mut destination, &mut socket, &payload);
        assert_eq!(destination.max_per_socket(), MAX_SHARED);
        receive(&mut destination, &mut socket, &payload);
        assert_eq!(destination.max_per_socket(), 1, "a duplicate");
    }

    #[test]
    fn requests_share_no_socket_after_an_icmp_error() {
        let (mut destination, mut socket, payload) = sent(32);
        receive(&mut destination, &mut socket, &payload);
        destination.set_irregular();
        let payload = send(&mut socket, &destination.codec, 2);
        receive(&mut destination, &mut socket, &payload);
        assert_eq!(destination.max_per_socket(), 1, "for the rest of the run");
    }

    #[test]
    fn requests_share_no_socket_before_a_new_address_has_replied() {
        let (mut destination, mut socket, payload) = sent(32);
        receive(&mut destination, &mut socket, &payload);
        destination.set_address(([127, 0, 0, 2], 7).into());
        assert_eq!(destination.max_per_socket(), 1);
    }

    #[test]
    fn long_requests_share_no_socket() {
        let (mut destination, mut socket, payload) = sent(9000);
        receive(&mut destination, &mut socket, &payload);
        assert_eq!(destination.max_per_socket(), 1);
    }
}
