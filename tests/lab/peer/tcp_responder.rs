//! TCP of the scripted peer: replies to SYNs, and to the ACK that completes a handshake.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use etherparse::{TcpHeader, TcpOptionElement};

use super::capture::ConnectionRecord;
use super::path::{Delivery, DeliveryOutcome};
use super::send_queue::{DelayedPacket, RepliedRequest};
use crate::packet;
use crate::packet::tcp_segment::{TcpSegment, tcp_packet};
use crate::script::tcp_reply::{TcpReply, TcpReplyKind};

/// Initial sequence number of the peer.
const INITIAL_SEQUENCE: u32 = 1_000_000;

/// Replies of one target.
#[derive(Clone, Debug)]
pub(crate) struct TcpScript {
    /// Replies to the first, second ... SYN of the first, second ... connection. The last of each list repeats.
    pub(crate) connections: Vec<Vec<TcpReply>>,
    pub(crate) after_handshake: Option<TcpReply>,
    pub(crate) has_timestamps: bool,
}

impl TcpScript {
    /// The same reply to every SYN.
    pub(crate) fn constant(reply: TcpReply) -> Self {
        Self {
            connections: vec![vec![reply]],
            after_handshake: None,
            has_timestamps: true,
        }
    }
}

pub(crate) struct TcpResponder {
    targets: HashMap<SocketAddr, TcpScript>,
    /// Scripts of all other ports.
    hosts: HashMap<IpAddr, TcpScript>,
    /// The newest connection of each pair of source and destination.
    connections: HashMap<(SocketAddr, SocketAddr), Connection>,
    /// Connections per target.
    opened: HashMap<SocketAddr, usize>,
    started_at: Instant,
}

struct Connection {
    /// Number of the connection at its target, from 0.
    index: usize,
    /// Sequence number of its SYNs. Another one from the same port is a new connection.
    sequence: u32,
    record: ConnectionRecord,
    first_syn_at: Instant,
    /// `TSval` of the first SYN that arrived, for `TSecr` of every SYN-ACK. Later SYNs do not change it (Linux:
    /// `tcp_check_req()` leaves `ts_recent` alone). It distinguishes a lost SYN from a lost SYN-ACK.
    ts_recent: Option<u32>,
    is_established: bool,
}

impl TcpResponder {
    pub(crate) fn new(
        targets: HashMap<SocketAddr, TcpScript>,
        hosts: HashMap<IpAddr, TcpScript>,
    ) -> Self {
        Self {
            targets,
            hosts,
            connections: HashMap::new(),
            opened: HashMap::new(),
            started_at: Instant::now(),
        }
    }

    /// By the tool's address and port.
    pub(super) fn records(&self) -> HashMap<SocketAddr, ConnectionRecord> {
        let connections = self.connections.iter();
        connections
            .map(|((source, _), connection)| (*source, connection.record))
            .collect()
    }

    /// Call it just before the reply to the first SYN is written.
    pub(super) fn record_reply(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        syn_at: Instant,
    ) {
        let connection = self.connections.get_mut(&(source, destination));
        if let Some(connection) = connection.filter(|it| it.first_syn_at == syn_at) {
            let delay = || syn_at.elapsed();
            connection
                .record
                .first_reply_delay
                .get_or_insert_with(delay);
        }
    }

    /// None for addresses that the peer does not have.
    pub(super) fn replies_to(
        &mut self,
        segment: &TcpSegment,
        delivery: &Delivery,
    ) -> Vec<DelayedPacket> {
        let of_target = self.targets.get(&segment.destination);
        let script = of_target.or_else(|| self.hosts.get(&segment.destination.ip()));
        let Some(script) = script.cloned() else {
            return Vec::new();
        };
        if segment.header.syn {
            self.replies_to_syn(segment, &script, delivery)
        } else if segment.header.ack && !segment.header.rst {
            self.replies_to_ack(segment, &script, delivery)
        } else {
            Vec::new()
        }
    }

    fn replies_to_syn(
        &mut self,
        segment: &TcpSegment,
        script: &TcpScript,
        delivery: &Delivery,
    ) -> Vec<DelayedPacket> {
        let connection = self.connection_of(segment);
        connection.record.syns += 1;
        let replies = nth_or_last(&script.connections, connection.index);
        let index = usize::try_from(connection.record.syns - 1).expect("few SYNs");
        let reply = match delivery.outcome {
            DeliveryOutcome::Delivered => nth_or_last(replies, index).clone(),
            DeliveryOutcome::Dropped => TcpReply::new(TcpReplyKind::Drop),
            DeliveryOutcome::Rejected(error) => TcpReply::new(TcpReplyKind::IcmpError(error)),
            DeliveryOutcome::Spoofed(kind) => TcpReply::new(kind),
        };
        if matches!(reply.kind, TcpReplyKind::SynAck) && connection.ts_recent.is_none() {
            connection.ts_recent = segment.tsval();
        }
        self.delayed_packets(segment, script, &reply, delivery)
    }

    /// The connection of a SYN, new or known.
    fn connection_of(&mut self, segment: &TcpSegment) -> &mut Connection {
        let key = (segment.source, segment.destination);
        let sequence = segment.header.sequence_number;
        let known = self.connections.get(&key);
        if known.is_none_or(|it| it.sequence != sequence) {
            let opened = self.opened.entry(segment.destination).or_default();
            let connection = Connection::new(*opened, sequence);
            *opened += 1;
            self.connections.insert(key, connection);
        }
        self.connections.get_mut(&key).expect("inserted above")
    }

    fn replies_to_ack(
        &mut self,
        segment: &TcpSegment,
        script: &TcpScript,
        delivery: &Delivery,
    ) -> Vec<DelayedPacket> {
        let key = (segment.source, segment.destination);
        let Some(connection) = self.connections.get_mut(&key) else {
            return Vec::new();
        };
        let is_first = !std::mem::replace(&mut connection.is_established, true);
        match &script.after_handshake {
            Some(reply) if is_first => self.delayed_packets(segment, script, reply, delivery),
            _ => Vec::new(),
        }
    }

    fn delayed_packets(
        &self,
        segment: &TcpSegment,
        script: &TcpScript,
        reply: &TcpReply,
        delivery: &Delivery,
    ) -> Vec<DelayedPacket> {
        let Some(packet) = self.reply_packet(segment, script, reply, delivery) else {
            return Vec::new();
        };
        let connection = &self.connections[&(segment.source, segment.destination)];
        let is_to_first_syn = connection.record.syns == 1 && segment.header.syn;
        let syn = RepliedRequest::Syn {
            source: segment.source,
            destination: segment.destination,
            received_at: connection.first_syn_at,
        };
        let packet = DelayedPacket {
            delay: delivery.rtt + reply.delay,
            packet,
            in_reply_to: is_to_first_syn.then_some(syn),
        };
        vec![packet; reply.copies]
    }

    fn reply_packet(
        &self,
        segment: &TcpSegment,
        script: &TcpScript,
        reply: &TcpReply,
        delivery: &Delivery,
    ) -> Option<Vec<u8>> {
        let ttl = reply.ttl.saturating_sub(delivery.routers_passed);
        let (client, server) = (segment.source.ip(), segment.destination.ip());
        let mut header = match reply.kind {
            TcpReplyKind::Drop => return None,
            TcpReplyKind::IcmpError(error) => {
                let original = packet::with_ttl(&segment.packet, delivery.ttl);
                return Some(error.packet(client, ttl, &original));
            }
            TcpReplyKind::SynAck => self.syn_ack(segment, script),
            TcpReplyKind::Rst => rst(segment),
            TcpReplyKind::Fin => self.fin(segment, script),
        };
        if !reply.is_acceptable {
            header.acknowledgment_number = header.acknowledgment_number.wrapping_add(1000);
        }
        Some(tcp_packet(server, client, ttl, header))
    }

    fn syn_ack(&self, segment: &TcpSegment, script: &TcpScript) -> TcpHeader {
        let mut options = vec![TcpOptionElement::MaximumSegmentSize(1400)];
        options.extend(self.timestamps(segment, script));
        TcpHeader {
            syn: true,
            sequence_number: INITIAL_SEQUENCE,
            ..ack(segment, &options)
        }
    }

    fn fin(&self, segment: &TcpSegment, script: &TcpScript) -> TcpHeader {
        let options: Vec<_> = self.timestamps(segment, script).into_iter().collect();
        TcpHeader {
            fin: true,
            ..ack(segment, &options)
        }
    }

    fn timestamps(&self, segment: &TcpSegment, script: &TcpScript) -> Option<TcpOptionElement> {
        let connection = &self.connections[&(segment.source, segment.destination)];
        let received = if segment.header.syn {
            connection.ts_recent
        } else {
            segment.tsval()
        };
        let tsecr = received.filter(|_| script.has_timestamps)?;
        let tsval = self.started_at.elapsed().as_millis() + 1;
        let tsval = u32::try_from(tsval).expect("trials are short");
        Some(TcpOptionElement::Timestamp(tsval, tsecr))
    }
}

impl Connection {
    fn new(index: usize, sequence: u32) -> Self {
        Self {
            index,
            sequence,
            record: ConnectionRecord::default(),
            first_syn_at: Instant::now(),
            ts_recent: None,
            is_established: false,
        }
    }
}

fn nth_or_last<T>(list: &[T], index: usize) -> &T {
    list.get(index)
        .or_else(|| list.last())
        .expect("a script has at least one reply")
}

/// Acknowledges the whole segment.
fn ack(segment: &TcpSegment, options: &[TcpOptionElement]) -> TcpHeader {
    let (source, destination) = (segment.destination.port(), segment.source.port());
    let mut header = TcpHeader::new(source, destination, INITIAL_SEQUENCE + 1, 65535);
    let length = u32::from(segment.header.syn) + u32::from(segment.header.fin);
    header.ack = true;
    header.acknowledgment_number = segment.header.sequence_number.wrapping_add(length);
    header.set_options(options).expect("two options fit");
    header
}

/// To a SYN as in RFC 9293 section 3.10.7.1; else of an established connection.
fn rst(segment: &TcpSegment) -> TcpHeader {
    TcpHeader {
        rst: true,
        sequence_number: if segment.header.syn {
            0
        } else {
            INITIAL_SEQUENCE + 1
        },
        ..ack(segment, &[])
    }
}
