//! UDP and ICMP echo probes: a probe is one request datagram, and succeeds with its reply.

mod ambiguous_errors;
mod codec;
mod destination;
mod icmp_echo;
mod open_socket;
mod probe_socket;
mod receive;
mod request;
mod request_token;
mod socket_pool;
mod timestamping;

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use slotmap::SecondaryMap;
use socket2::Socket;

use super::local_ports::PortRange;
use super::poll_token::SocketId;
use super::setup_error::SetupError;
use super::{ProbeEvent, ProbeId, ProbeOverride, Started, random_u64};
use crate::clock::ClockReading;
use crate::hosts::Protocol;
use crate::outcome::classify::{Classified, datagram};
use crate::outcome::{Evidence, Outcome, ProbeResult, TargetId};
use crate::payload::Transaction;
use crate::plan::{PayloadPlan, SocketPlan};
use crate::platform::{self, CmsgBuffer, EchoSocket, LocalHost, Poller, RecvBatch, errno};
use codec::Codec;
use destination::DatagramDestination;
use icmp_echo::IcmpEcho;
use request::Request;
use request_token::request_token;
use socket_pool::SocketPool;

/// UDP and ICMP probes to many targets. The poller is shared with other probes.
pub(super) struct DatagramProbes {
    options: SocketPlan,
    local_host: LocalHost,
    /// Configured local ports.
    ports: Option<PortRange>,
    /// Request tx timestamps, which cost a tenth of the maximum rate.
    tx_timestamps: bool,
    destinations: Vec<DatagramDestination>,
    sockets: SocketPool,
    /// The socket of each probe in flight, until its result is taken. No entry outlives an engine: the next one starts
    /// with lower ids, which do not replace higher ones.
    socket_ids: SecondaryMap<ProbeId, SocketId>,
    /// Random, so that the tokens of a run are unpredictable.
    token_seed: u64,
    next_seq: u64,
    /// The time of the last poll: exact enough for the age of a socket.
    now: Instant,
    recv_batch: RecvBatch,
    /// The encoded request.
    buffer: Vec<u8>,
    control: CmsgBuffer,
    /// Events not yet taken by the engine.
    events: Vec<ProbeEvent>,
    /// Hosts to which tx timestamps work, so that a missing one shows that a request has not left.
    hosts_with_tx_timestamps: HashSet<IpAddr>,
    /// Keeps receive timestamps enabled from the first target to the end of the run.
    timestamping: Option<Socket>,
    /// The kind of ICMP socket for IPv4 and IPv6.
    echo_sockets: [Option<EchoSocket>; 2],
}

impl DatagramProbes {
    /// Prepares probes. At the maximum rate tx timestamps are not requested.
    pub(super) fn new(options: &SocketPlan, is_maximum_rate: bool) -> Self {
        let ports = options.source.as_ref().and_then(|s| s.ports.as_ref());
        Self {
            local_host: LocalHost::from(options),
            ports: ports.and_then(PortRange::from_range),
            options: options.clone(),
            tx_timestamps: !is_maximum_rate,
            destinations: Vec::new(),
            sockets: SocketPool::default(),
            socket_ids: SecondaryMap::new(),
            token_seed: random_u64(),
            next_seq: 0,
            now: Instant::now(),
            recv_batch: RecvBatch::default(),
            buffer: Vec::new(),
            control: CmsgBuffer::default(),
            events: Vec::new(),
            hosts_with_tx_timestamps: HashSet::new(),
            timestamping: None,
            echo_sockets: [None; 2],
        }
    }

    /// Adds a target and returns its index.
    pub(super) fn add(
        &mut self,
        target: TargetId,
        protocol: Protocol,
        address: SocketAddr,
        payload: &PayloadPlan,
    ) -> usize {
        if self.timestamping.is_none() {
            self.timestamping = timestamping::enable(address, &mut self.recv_batch);
        }
        let codec = if protocol == Protocol::Icmp {
            let socket = self.echo_socket(address);
            Codec::Icmp(IcmpEcho::new(
                address.is_ipv4(),
                payload.echo_size(),
                socket,
            ))
        } else {
            Codec::Udp(payload.for_port(address.port()))
        };
        let destination = DatagramDestination::new(target, protocol, address, codec);
        self.destinations.push(destination);
        self.destinations.len() - 1
    }

    /// Changes the address of a target; sockets to the old one send no further request.
    pub(super) fn set_address(&mut self, destination: usize, address: SocketAddr) {
        self.destinations[destination].set_address(address);
        self.sockets.retire_all(destination);
    }

    /// Sets TTL and local port of a target's further probes; each has a socket of its own.
    pub(super) fn set_override(&mut self, destination: usize, probe_override: ProbeOverride) {
        self.destinations[destination].probe_override = Some(probe_override);
    }

    /// The kind of ICMP socket this process may open. If it may open none, each probe fails.
    fn echo_socket(&mut self, address: SocketAddr) -> EchoSocket {
        let kind = &mut self.echo_sockets[usize::from(address.is_ipv6())];
        *kind.get_or_insert_with(|| {
            platform::echo_socket(address).map_or(EchoSocket::Ping, |(_, kind)| kind)
        })
    }

    /// Sends a probe to a destination.
    pub(super) fn start(&mut self, poller: &Poller, id: ProbeId, destination: usize) -> Started {
        self.close_drained(poller);
        let socket_id = match self.select_socket(poller, destination, self.now) {
            Ok(socket_id) => socket_id,
            Err(error) => {
                let to = &self.destinations[destination];
                let classified = error.classify(&self.local_host, to.protocol, to.address);
                return Started::Ended {
                    sent_at: Instant::now(),
                    result: classified.into(),
                };
            }
        };
        self.socket_ids.insert(id, socket_id);
        let (sent_at, ended) = self.send(id, socket_id);
        self.update_or_close(poller, socket_id);
        match ended {
            None => Started::InProgress { sent_at },
            Some(result) => {
                self.socket_ids.remove(id);
                Started::Ended { sent_at, result }
            }
        }
    }

    /// Sends the request of a probe; a result, if the probe has ended.
    fn send(&mut self, id: ProbeId, socket_id: SocketId) -> (Instant, Option<ProbeResult>) {
        let seq = self.next_seq;
        self.next_seq += 1;
        let Some(socket) = self.sockets.get(socket_id) else {
            return (Instant::now(), Some(unfinished()));
        };
        let destination = &self.destinations[socket.destination];
        let transaction = Transaction {
            token: request_token(self.token_seed, seq),
            local: socket.local,
            target: destination.address,
        };
        let codec = &destination.codec;
        self.buffer.clear();
        codec.encode(&transaction, seq, &mut self.buffer);
        let request = Request {
            probe: id,
            transaction,
            seq,
            tx_index: socket.next_tx_index(),
            sent: ClockReading::now(),
            tx_timestamp: None,
        };
        let sent_at = request.sent.instant;
        let is_unconnected = codec.replies_from_any_port();
        let to = is_unconnected.then_some(destination.address);
        let control = &mut self.control;
        let send_error = socket.send(request, &self.buffer, codec, to, control).err();
        let local = Some(socket.local);
        if send_error.is_some() {
            socket.retired = true;
        } else if self.tx_timestamps {
            // The tx timestamp is on the error queue already, and so is the ICMP error of a local firewall.
            socket.read_error_queue(codec, control);
            if !socket.lacks_tx_timestamp() {
                self.hosts_with_tx_timestamps.insert(socket.peer.ip());
            }
        }
        self.report_failures(socket_id, None, Some(id));
        let ended = send_error.map(|error| ProbeResult {
            local,
            ..self.classify_send_error(socket_id, error).into()
        });
        (sent_at, ended.or_else(|| self.take_result(id)))
    }

    fn classify_send_error(&mut self, socket_id: SocketId, error: io::Error) -> Classified {
        let classified = datagram::send_failed(errno(&error));
        let destination = self.sockets.get(socket_id).map(|socket| socket.destination);
        let to = &self.destinations[destination.unwrap_or_default()];
        let setup = || SetupError::from(error).classify(&self.local_host, to.protocol, to.address);
        classified.unwrap_or_else(setup)
    }

    /// Whether a probe in flight is one of these.
    pub(super) fn has_probe(&self, id: ProbeId) -> bool {
        self.socket_ids.contains_key(id)
    }

    /// The socket of a probe whose request is unanswered.
    fn socket_of(&mut self, id: ProbeId) -> Option<SocketId> {
        let socket_id = *self.socket_ids.get(id)?;
        let socket = self.sockets.get(socket_id)?;
        let is_unanswered = socket.unanswered.iter().any(|request| request.probe == id);
        is_unanswered.then_some(socket_id)
    }

    /// Whether there are events not yet taken.
    pub(super) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Moves the events to `events`. Swaps the two if possible: at the maximum rate a copy is expensive.
    pub(super) fn take_events(&mut self, events: &mut Vec<ProbeEvent>) {
        for event in &self.events {
            if let ProbeEvent::Ended(id, _) = event {
                self.socket_ids.remove(*id);
            }
        }
        if events.is_empty() {
            std::mem::swap(events, &mut self.events);
        } else {
            events.append(&mut self.events);
        }
    }

    /// Sets the time of the last poll.
    pub(super) fn set_now(&mut self, now: Instant) {
        self.now = now;
    }

    /// Ends a probe whose reply is no longer waited for.
    pub(super) fn cancel(&mut self, poller: &Poller, id: ProbeId) -> ProbeResult {
        let socket_id = self.socket_of(id);
        self.socket_ids.remove(id);
        let Some(socket_id) = socket_id else {
            return self.take_result(id).unwrap_or_else(unfinished);
        };
        let local = self.sockets.get(socket_id).map(|socket| {
            socket.retired = true;
            socket.take(id);
            socket.local
        });
        self.update_or_close(poller, socket_id);
        ProbeResult {
            local,
            ..unfinished()
        }
    }

    /// The most unanswered requests per socket to a destination: one, except at the maximum rate.
    fn max_per_socket(&self, destination: usize) -> usize {
        if self.tx_timestamps {
            1
        } else {
            self.destinations[destination].max_per_socket()
        }
    }

    /// Updates the state of a socket whose requests have changed, or closes it. A socket without requests stays open
    /// for duplicates of its last reply, or for a reply after an ICMP error: on a new socket with the same port they
    /// would match the next request. It is closed if none of its requests had a reply or an error.
    fn update_or_close(&mut self, poller: &Poller, socket_id: SocketId) {
        let Some(socket) = self.sockets.get(socket_id) else {
            return;
        };
        let destination = socket.destination;
        let has_override = self.destinations[destination].probe_override.is_some();
        // With an override the next probe may need the same port.
        let close = has_override || socket.retired && !socket.has_ended_request();
        if socket.unanswered.is_empty() && close {
            self.close(poller, socket_id);
        } else {
            let max_per_socket = self.max_per_socket(destination);
            self.sockets.update(socket_id, max_per_socket);
        }
    }

    fn close(&mut self, poller: &Poller, socket_id: SocketId) {
        if let Some(socket) = self.sockets.remove(socket_id) {
            poller.deregister(&socket.socket);
        }
    }

    fn close_drained(&mut self, poller: &Poller) {
        while let Some(drained) = self.sockets.take_drained(self.now) {
            self.close(poller, drained);
        }
    }
}

fn unfinished() -> ProbeResult {
    (Outcome::Unfinished, Evidence::default()).into()
}
