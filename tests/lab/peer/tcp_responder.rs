//! The scripted peer's TCP: what it makes of SYNs and of what follows a handshake.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use etherparse::{TcpHeader, TcpOptionElement};

use crate::packet::{self, Segment};
use crate::peer::path::{Fate, Verdict};
use crate::peer::{Note, Sending, last_goes_on};
use crate::script::tcp::{Action, Answer};

/// The peer's first sequence number; any will do.
const SEQUENCE: u32 = 1_000_000;

/// How one target behaves.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    /// The answers to the first, second ... SYN of the first, second ... connection. The last
    /// of either list goes on.
    pub(crate) connections: Vec<Vec<Action>>,
    pub(crate) after_handshake: Option<Action>,
    pub(crate) time_stamps: bool,
}

impl Behaviour {
    /// The same answer to every SYN.
    pub(crate) fn always(action: Action) -> Self {
        Self {
            connections: vec![vec![action]],
            after_handshake: None,
            time_stamps: true,
        }
    }
}

/// What really went over the wire for one connection of the tool.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) syns: u64,
    /// From reading the first SYN to writing the first answer to it.
    pub(crate) first_answer: Option<Duration>,
}

/// Every connection that the tool has begun, and how its target behaves.
pub(crate) struct Handshakes {
    targets: HashMap<SocketAddr, Behaviour>,
    /// How hosts behave on all other ports.
    hosts: HashMap<IpAddr, Behaviour>,
    /// The last one between each two ends.
    connections: HashMap<(SocketAddr, SocketAddr), Connection>,
    /// Connections begun to each target.
    begun: HashMap<SocketAddr, usize>,
    born: Instant,
}

struct Connection {
    /// The how-manieth connection to its target this is, from 0.
    index: usize,
    /// Of its SYNs: another one from the same port begins another connection.
    sequence: u32,
    seen: Seen,
    first_syn_at: Instant,
    /// The time stamp of the first SYN that arrived. A server echoes this one in every SYN-ACK,
    /// however many SYNs follow (Linux: `tcp_check_req()` leaves `ts_recent` alone then), which
    /// is how a client can tell a lost SYN from a lost answer.
    echo: Option<u32>,
    established: bool,
}

impl Handshakes {
    pub(crate) fn new(
        targets: HashMap<SocketAddr, Behaviour>,
        hosts: HashMap<IpAddr, Behaviour>,
    ) -> Self {
        Self {
            targets,
            hosts,
            connections: HashMap::new(),
            begun: HashMap::new(),
            born: Instant::now(),
        }
    }

    /// By the tool's address.
    pub(crate) fn seen(&self) -> HashMap<SocketAddr, Seen> {
        let connections = self.connections.iter();
        connections
            .map(|((from, _), it)| (*from, it.seen))
            .collect()
    }

    /// An answer to the first SYN of a connection is about to be written.
    pub(crate) fn note(&mut self, from: SocketAddr, to: SocketAddr, syn_at: Instant) {
        let connection = self.connections.get_mut(&(from, to));
        if let Some(connection) = connection.filter(|it| it.first_syn_at == syn_at) {
            let taken = || syn_at.elapsed();
            connection.seen.first_answer.get_or_insert_with(taken);
        }
    }

    /// What to send in answer to a segment, if it is for one of the hosts.
    pub(crate) fn meet(&mut self, segment: &Segment, fate: &Fate) -> Vec<Sending> {
        let of_target = self.targets.get(&segment.to);
        let behaviour = of_target.or_else(|| self.hosts.get(&segment.to.ip()));
        let Some(behaviour) = behaviour.cloned() else {
            return Vec::new();
        };
        if segment.header.syn {
            self.meet_syn(segment, &behaviour, fate)
        } else if segment.header.ack && !segment.header.rst {
            self.meet_ack(segment, &behaviour, fate)
        } else {
            Vec::new()
        }
    }

    fn meet_syn(&mut self, segment: &Segment, behaviour: &Behaviour, fate: &Fate) -> Vec<Sending> {
        let connection = self.connection_of(segment);
        connection.seen.syns += 1;
        let script = last_goes_on(&behaviour.connections, connection.index);
        let nth = usize::try_from(connection.seen.syns - 1).expect("few SYNs");
        let mut action = last_goes_on(script, nth).clone();
        match fate.verdict {
            Verdict::Arrives => {}
            Verdict::Lost => action = Action::at_once(Answer::Silence),
            Verdict::Refused(error) => action = Action::at_once(Answer::Icmp(error)),
            Verdict::Forged(answer) => action = Action::at_once(answer),
        }
        if matches!(action.answer, Answer::SynAck) && connection.echo.is_none() {
            connection.echo = segment.time_stamp();
        }
        self.sendings(segment, behaviour, &action, fate)
    }

    /// The one that a SYN belongs to, which may be the first of it.
    fn connection_of(&mut self, segment: &Segment) -> &mut Connection {
        let key = (segment.from, segment.to);
        let sequence = segment.header.sequence_number;
        let known = self.connections.get(&key);
        if known.is_none_or(|it| it.sequence != sequence) {
            let begun = self.begun.entry(segment.to).or_default();
            let connection = Connection::new(*begun, sequence);
            *begun += 1;
            self.connections.insert(key, connection);
        }
        self.connections.get_mut(&key).expect("it was just made")
    }

    fn meet_ack(&mut self, segment: &Segment, behaviour: &Behaviour, fate: &Fate) -> Vec<Sending> {
        let Some(connection) = self.connections.get_mut(&(segment.from, segment.to)) else {
            return Vec::new();
        };
        let is_first = !std::mem::replace(&mut connection.established, true);
        match &behaviour.after_handshake {
            Some(action) if is_first => self.sendings(segment, behaviour, action, fate),
            _ => Vec::new(),
        }
    }

    fn sendings(
        &self,
        segment: &Segment,
        behaviour: &Behaviour,
        action: &Action,
        fate: &Fate,
    ) -> Vec<Sending> {
        let Some(packet) = self.answer(segment, behaviour, action, fate) else {
            return Vec::new();
        };
        let connection = &self.connections[&(segment.from, segment.to)];
        let is_first = connection.seen.syns == 1 && segment.header.syn;
        let note = Note::Handshake(segment.from, segment.to, connection.first_syn_at);
        let sending = Sending {
            after: fate.after + action.after,
            packet,
            note: is_first.then_some(note),
        };
        vec![sending; action.copies]
    }

    fn answer(
        &self,
        to: &Segment,
        behaviour: &Behaviour,
        action: &Action,
        fate: &Fate,
    ) -> Option<Vec<u8>> {
        let ttl = action.ttl.saturating_sub(fate.routers);
        let mut header = match action.answer {
            Answer::Silence => return None,
            Answer::Icmp(error) => {
                let about = packet::with_ttl(&to.packet, fate.ttl);
                return Some(packet::icmp_error(&error, to.from.ip(), ttl, &about));
            }
            Answer::SynAck => self.syn_ack(to, behaviour),
            Answer::Rst => reset(to),
            Answer::Fin => self.fin(to, behaviour),
        };
        if !action.acceptable {
            header.acknowledgment_number = header.acknowledgment_number.wrapping_add(1000);
        }
        let (here, there) = (to.to.ip(), to.from.ip());
        Some(packet::tcp(here, there, ttl, header))
    }

    fn syn_ack(&self, to: &Segment, behaviour: &Behaviour) -> TcpHeader {
        let mut options = vec![TcpOptionElement::MaximumSegmentSize(1400)];
        options.extend(self.time_stamps(to, behaviour));
        TcpHeader {
            syn: true,
            sequence_number: SEQUENCE,
            ..reply(to, &options)
        }
    }

    fn fin(&self, to: &Segment, behaviour: &Behaviour) -> TcpHeader {
        let options: Vec<_> = self.time_stamps(to, behaviour).into_iter().collect();
        TcpHeader {
            fin: true,
            ..reply(to, &options)
        }
    }

    fn time_stamps(&self, to: &Segment, behaviour: &Behaviour) -> Option<TcpOptionElement> {
        let connection = &self.connections[&(to.from, to.to)];
        let offered = if to.header.syn {
            connection.echo
        } else {
            to.time_stamp()
        };
        let echo = offered.filter(|_| behaviour.time_stamps)?;
        let clock = self.born.elapsed().as_millis() + 1;
        let clock = u32::try_from(clock).expect("trials are short");
        Some(TcpOptionElement::Timestamp(clock, echo))
    }
}

impl Connection {
    fn new(index: usize, sequence: u32) -> Self {
        Self {
            index,
            sequence,
            seen: Seen::default(),
            first_syn_at: Instant::now(),
            echo: None,
            established: false,
        }
    }
}

/// An acknowledgement of all that `to` carried.
fn reply(to: &Segment, options: &[TcpOptionElement]) -> TcpHeader {
    let mut header = TcpHeader::new(to.to.port(), to.from.port(), SEQUENCE + 1, 65535);
    let length = u32::from(to.header.syn) + u32::from(to.header.fin);
    header.ack = true;
    header.acknowledgment_number = to.header.sequence_number.wrapping_add(length);
    header.set_options(options).expect("two options fit");
    header
}

/// Answers a SYN as RFC 9293 section 3.10.7.1 says, or ends an open connection.
fn reset(to: &Segment) -> TcpHeader {
    TcpHeader {
        rst: true,
        sequence_number: if to.header.syn { 0 } else { SEQUENCE + 1 },
        ..reply(to, &[])
    }
}
