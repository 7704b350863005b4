//! UDP and ICMP echo: a probe is one datagram, and its answer another.

mod ambiguous_errors;
mod codec;
mod destination;
mod icmp_echo;
mod open_socket;
mod probe_socket;
mod receive;
mod request_token;
mod socket_pool;
mod timestamping;

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use socket2::Socket;

use super::chance::chance;
use super::local_ports::PortRange;
use super::setup_error::SetupError;
use super::{ProbeEvent, ProbeId, ProbeOverride, Started};
use crate::clock::Moment;
use crate::hosts::Protocol;
use crate::outcome::classify::{Classified, datagram};
use crate::outcome::{Evidence, Outcome, ProbeResult, TargetId};
use crate::payload::Question;
use crate::plan::{PayloadPlan, SocketPlan};
use crate::platform::{self, Control, EchoSocket, LocalHost, Poller, RecvBatch, errno};
use codec::{Asked, Speech};
use destination::Destination;
use icmp_echo::Echo;
use request_token::token;
pub(in crate::probe) use socket_pool::LineId;
use socket_pool::Lines;

/// UDP and ICMP probes to many targets, over a poller that they share with other probes.
pub(super) struct DatagramProbes {
    options: SocketPlan,
    here: LocalHost,
    /// Local ports that the user chose.
    ports: Option<PortRange>,
    /// Ask the kernel when datagrams leave, which costs a tenth of the speed.
    stamp_sending: bool,
    destinations: Vec<Destination>,
    lines: Lines,
    /// Which line carries a probe, by the probe's slot.
    carriers: Vec<Option<LineId>>,
    /// Drawn at random, so that nobody can guess the tokens of a run.
    seed: u64,
    number: u64,
    /// When the engine came round last: exact enough for the age of a line.
    looked_at: Instant,
    inbox: RecvBatch,
    request: Vec<u8>,
    control: Control,
    /// What has become of probes, and is not told of yet.
    progress: Vec<ProbeEvent>,
    /// Hosts towards which the kernel has stamped what left, so that a missing stamp means something.
    stamped: HashSet<IpAddr>,
    /// The kernel stamps datagrams only while some socket wants it, and needs a moment to begin
    /// (`net_enable_timestamp` in net/core/dev.c): this one wants it from the start of the run to its end.
    stamping: Option<Socket>,
    /// For IPv4 and IPv6: which kind of socket echoes are sent with.
    echo_sockets: [Option<EchoSocket>; 2],
}

impl DatagramProbes {
    /// Prepares probes with `options`. At full speed nobody asks when datagrams leave.
    pub(super) fn new(options: &SocketPlan, full_speed: bool) -> Self {
        let chosen = options.source.as_ref().and_then(|s| s.ports.as_ref());
        Self {
            here: LocalHost::from(options),
            ports: chosen.and_then(PortRange::exactly),
            options: options.clone(),
            stamp_sending: !full_speed,
            destinations: Vec::new(),
            lines: Lines::default(),
            carriers: Vec::new(),
            seed: chance(),
            number: 0,
            looked_at: Instant::now(),
            inbox: RecvBatch::default(),
            request: Vec::new(),
            control: Control::default(),
            progress: Vec::new(),
            stamped: HashSet::new(),
            stamping: None,
            echo_sockets: [None; 2],
        }
    }

    /// Adds a target; the number it returns names it here.
    pub(super) fn add(
        &mut self,
        target: TargetId,
        protocol: Protocol,
        address: SocketAddr,
        payload: &PayloadPlan,
    ) -> usize {
        if self.stamping.is_none() {
            self.stamping = timestamping::on(address, &mut self.inbox);
        }
        let speech = if protocol == Protocol::Icmp {
            let socket = self.echo_socket(address);
            Speech::Icmp(Echo::new(address.is_ipv4(), payload.echo_size(), socket))
        } else {
            Speech::Udp(payload.for_port(address.port()))
        };
        let destination = Destination::new(target, protocol, address, speech);
        self.destinations.push(destination);
        self.destinations.len() - 1
    }

    /// The target has another address from now on; lines to the old one carry no more probes.
    pub(super) fn set_address(&mut self, destination: usize, address: SocketAddr) {
        self.destinations[destination].set_address(address);
        self.lines.retire(destination);
    }

    /// From now on probes to this target go so far, from this port, each on a socket of its own.
    pub(super) fn set_override(&mut self, destination: usize, set_override: ProbeOverride) {
        self.destinations[destination].set_override = Some(set_override);
    }

    /// Which kind of socket this process may have; where it may have none, each probe will say so.
    fn echo_socket(&mut self, address: SocketAddr) -> EchoSocket {
        let known = &mut self.echo_sockets[usize::from(address.is_ipv6())];
        *known.get_or_insert_with(|| {
            platform::echo_socket(address).map_or(EchoSocket::Ping, |(_, kind)| kind)
        })
    }

    /// Sends a probe to a destination.
    pub(super) fn start(&mut self, poller: &Poller, id: ProbeId, destination: usize) -> Started {
        let now = self.looked_at;
        self.close_stale(poller, now);
        let line_id = match self.line(poller, destination, now) {
            Ok(line_id) => line_id,
            Err(failure) => {
                let place = &self.destinations[destination];
                let judged = failure.classify(&self.here, place.protocol, place.address);
                return Started::Ended {
                    sent_at: Instant::now(),
                    result: judged.into(),
                };
            }
        };
        self.carry(id, line_id);
        let (sent_at, ended) = self.send(id, line_id);
        self.keep_or_close(poller, line_id);
        match ended {
            None => Started::InProgress { sent_at },
            Some(result) => Started::Ended { sent_at, result },
        }
    }

    /// Sends a probe on a line; an ending if it did not get away.
    fn send(&mut self, id: ProbeId, line_id: LineId) -> (Instant, Option<ProbeResult>) {
        let number = self.number;
        self.number += 1;
        let Some(line) = self.lines.get(line_id) else {
            return (Instant::now(), Some(unfinished()));
        };
        let destination = &self.destinations[line.destination];
        let question = Question {
            token: token(self.seed, number),
            local: line.local,
            target: destination.address,
        };
        let speech = &destination.speech;
        self.request.clear();
        speech.write(&question, number, &mut self.request);
        let asked = Asked {
            probe: id,
            question,
            number,
            nth: line.next(),
            sent: Moment::now(),
            left: None,
        };
        let sent_at = asked.sent.instant;
        let unconnected = speech.answers_from_any_port();
        let to = unconnected.then_some(destination.address);
        let control = &mut self.control;
        let not_sent = line.send(asked, &self.request, speech, to, control).err();
        let local = Some(line.local);
        if not_sent.is_some() {
            line.failed = true;
        } else if self.stamp_sending {
            // The stamp is there already, and so is the answer of a firewall of our own.
            line.note_reports(speech, control);
            if !line.lacks_stamp() {
                self.stamped.insert(line.peer.ip());
            }
        }
        self.tell_failures(line_id, None, Some(id));
        let ended = not_sent.map(|error| ProbeResult {
            local,
            ..self.classify_unsent(line_id, error).into()
        });
        (sent_at, ended.or_else(|| self.take_ended(id)))
    }

    /// Judges a datagram that the system refused to send.
    fn classify_unsent(&mut self, line_id: LineId, error: io::Error) -> Classified {
        let unsent = datagram::not_sent(errno(&error));
        let destination = self.lines.get(line_id).map(|line| line.destination);
        let place = &self.destinations[destination.unwrap_or_default()];
        let setup = || SetupError::from(error).classify(&self.here, place.protocol, place.address);
        unsent.unwrap_or_else(setup)
    }

    fn carry(&mut self, id: ProbeId, line: LineId) {
        let slot = id.slot as usize;
        if slot >= self.carriers.len() {
            self.carriers.resize(slot + 1, None);
        }
        self.carriers[slot] = Some(line);
    }

    /// The line that carries a probe, while it waits.
    fn carrier(&mut self, id: ProbeId) -> Option<LineId> {
        let line_id = (*self.carriers.get(id.slot as usize)?)?;
        let line = self.lines.get(line_id)?;
        let carries = line.asked.iter().any(|asked| asked.probe == id);
        carries.then_some(line_id)
    }

    /// Whether something has become of probes that is not told of yet.
    pub(super) fn has_progress(&self) -> bool {
        !self.progress.is_empty()
    }

    /// Appends what has become of probes since the last time; at full speed that is much to copy.
    pub(super) fn hand_over(&mut self, progress: &mut Vec<ProbeEvent>) {
        if progress.is_empty() {
            std::mem::swap(progress, &mut self.progress);
        } else {
            progress.append(&mut self.progress);
        }
    }

    /// The engine came round at `now`.
    pub(super) fn looked_at(&mut self, now: Instant) {
        self.looked_at = now;
    }

    /// Nobody waits for a probe any more.
    pub(super) fn cancel(&mut self, poller: &Poller, id: ProbeId) -> ProbeResult {
        let Some(line_id) = self.carrier(id) else {
            return self.take_ended(id).unwrap_or_else(unfinished);
        };
        let local = self.lines.get(line_id).map(|line| {
            line.failed = true;
            line.take(id);
            line.local
        });
        self.keep_or_close(poller, line_id);
        ProbeResult {
            local,
            ..unfinished()
        }
    }

    /// How many probes to a destination may wait on one line. At ordinary rates each has its own.
    fn together(&self, destination: usize) -> usize {
        if self.stamp_sending {
            1
        } else {
            self.destinations[destination].together()
        }
    }

    /// A line with room can carry the next probe. One without a probe is kept a while to hear what else comes for its
    /// last: an answer behind an error, or one that would be taken for the next probe's on the same port. Where
    /// nothing was heard there is nothing to wait for.
    fn keep_or_close(&mut self, poller: &Poller, line_id: LineId) {
        let Some(line) = self.lines.get(line_id) else {
            return;
        };
        let destination = line.destination;
        let is_leashed = self.destinations[destination].set_override.is_some();
        // The next probe may want the same port, and none that hears what is meant for it.
        if line.asked.is_empty() && (is_leashed || line.failed && !line.was_heard()) {
            self.close(poller, line_id);
        } else {
            let together = self.together(destination);
            self.lines.park(line_id, together);
        }
    }

    fn close(&mut self, poller: &Poller, line_id: LineId) {
        if let Some(line) = self.lines.remove(line_id) {
            poller.forget(&line.socket);
        }
    }

    fn close_stale(&mut self, poller: &Poller, now: Instant) {
        while let Some(stale) = self.lines.take_stale(now) {
            self.close(poller, stale);
        }
    }
}

fn unfinished() -> ProbeResult {
    (Outcome::Unfinished, Evidence::default()).into()
}
