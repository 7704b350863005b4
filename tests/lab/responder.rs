//! The scripted peer: everything beyond the TUN device, routers and targets alike.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use etherparse::{TcpHeader, TcpOptionElement};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::packet::{self, Segment};
use crate::script::{Action, Answer};
use crate::trouble::{Context, Result};

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
    /// The routers on the way, nearest first.
    pub(crate) hops: Vec<IpAddr>,
}

/// What really went over the wire for one connection of the tool, by its local address.
pub(crate) type Wire = HashMap<SocketAddr, Seen>;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) syns: u64,
    /// From reading the first SYN to writing the first answer to it.
    pub(crate) first_answer: Option<Duration>,
}

/// The peer's thread; it ends, and tells what it saw, when asked.
pub(crate) struct Responder {
    thread: JoinHandle<Result<Wire>>,
    lifeline: UnixStream,
}

impl Responder {
    pub(crate) fn start(device: File, targets: HashMap<SocketAddr, Behaviour>) -> Result<Self> {
        let (lifeline, end) = UnixStream::pair().context("making a socket pair")?;
        let peer = Peer::new(device, targets);
        Ok(Self {
            thread: thread::spawn(move || peer.serve(&end)),
            lifeline,
        })
    }

    pub(crate) fn stop(self) -> Result<Wire> {
        drop(self.lifeline);
        let ended = self.thread.join();
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

struct Peer {
    device: File,
    targets: HashMap<SocketAddr, Behaviour>,
    connections: HashMap<(SocketAddr, SocketAddr), Connection>,
    outbox: BinaryHeap<Reverse<Due>>,
    born: Instant,
}

/// A packet to be sent; earliest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    packet: Vec<u8>,
    /// The connection whose first SYN this answers, and when that came.
    answers: Option<(SocketAddr, SocketAddr, Instant)>,
}

struct Connection {
    /// The how-manieth connection to its target this is, from 0.
    index: usize,
    seen: Seen,
    first_syn_at: Instant,
    /// The time stamp of the first SYN that arrived. A server echoes this one in every SYN-ACK,
    /// however many SYNs follow (Linux: `tcp_check_req()` leaves `ts_recent` alone then), which
    /// is how a client can tell a lost SYN from a lost answer.
    echo: Option<u32>,
    established: bool,
}

impl Peer {
    fn new(device: File, targets: HashMap<SocketAddr, Behaviour>) -> Self {
        Self {
            device,
            targets,
            connections: HashMap::new(),
            outbox: BinaryHeap::new(),
            born: Instant::now(),
        }
    }

    fn serve(mut self, end: &UnixStream) -> Result<Wire> {
        let mut ended = false;
        while !ended {
            // Whatever came before the end is looked at too.
            ended = self.wait(end)?;
            self.send_what_is_due()?;
            self.receive()?;
        }
        let seen = self.connections.iter();
        Ok(seen.map(|((from, _), it)| (*from, it.seen)).collect())
    }

    /// Until a packet comes or is due; true when told to end.
    fn wait(&self, end: &UnixStream) -> Result<bool> {
        let mut files = [
            PollFd::new(self.device.as_fd(), PollFlags::POLLIN),
            PollFd::new(end.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut files, self.patience()).context("waiting for packets")?;
        Ok(files[1].any().unwrap_or(true))
    }

    /// Rounded up to the next millisecond, so that nothing is sent too early or waited for twice.
    fn patience(&self) -> PollTimeout {
        let Some(Reverse(next)) = self.outbox.peek() else {
            return PollTimeout::NONE;
        };
        let left = next.at.saturating_duration_since(Instant::now());
        let millis = left.as_nanos().div_ceil(1_000_000);
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
    }

    fn send_what_is_due(&mut self) -> Result<()> {
        while let Some(Reverse(next)) = self.outbox.peek() {
            if next.at > Instant::now() {
                break;
            }
            let Some(Reverse(due)) = self.outbox.pop() else {
                break;
            };
            self.note_answer(&due);
            send(&mut self.device, &due.packet)?;
        }
        Ok(())
    }

    fn note_answer(&mut self, due: &Due) {
        if let Some((from, to, syn_at)) = due.answers
            && let Some(connection) = self.connections.get_mut(&(from, to))
        {
            let taken = || syn_at.elapsed();
            connection.seen.first_answer.get_or_insert_with(taken);
        }
    }

    fn receive(&mut self) -> Result<()> {
        let mut buffer = [0; 2048];
        loop {
            match self.device.read(&mut buffer) {
                Ok(length) => self.meet(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // The device is down, which a scenario may well want.
                Err(error) if error.raw_os_error() == Some(libc::EIO) => return Ok(()),
                Err(error) => return Err(error).context("reading from the TUN device"),
            }
        }
    }

    fn meet(&mut self, packet: &[u8]) {
        let Some(segment) = Segment::parse(packet) else {
            return;
        };
        let Some(behaviour) = self.targets.get(&segment.to).cloned() else {
            return;
        };
        if segment.header.syn {
            self.meet_syn(&segment, &behaviour);
        } else if segment.header.ack && !segment.header.rst {
            self.meet_ack(&segment, &behaviour);
        }
    }

    fn meet_syn(&mut self, segment: &Segment, behaviour: &Behaviour) {
        let key = (segment.from, segment.to);
        let index = self.count_connections_to(segment.to);
        let connection = self
            .connections
            .entry(key)
            .or_insert_with(|| Connection::new(index));
        connection.seen.syns += 1;
        let script = last_goes_on(&behaviour.connections, connection.index);
        let nth = usize::try_from(connection.seen.syns - 1).expect("few SYNs");
        let mut action = last_goes_on(script, nth).clone();
        if let Some(&router) = behaviour
            .hops
            .get(usize::from(segment.ttl.saturating_sub(1)))
        {
            action = time_exceeded(router);
        }
        if matches!(action.answer, Answer::SynAck) && connection.echo.is_none() {
            connection.echo = segment.time_stamp();
        }
        self.schedule(segment, behaviour, &action);
    }

    fn meet_ack(&mut self, segment: &Segment, behaviour: &Behaviour) {
        let Some(connection) = self.connections.get_mut(&(segment.from, segment.to)) else {
            return;
        };
        let is_first = !std::mem::replace(&mut connection.established, true);
        if let (true, Some(action)) = (is_first, &behaviour.after_handshake) {
            self.schedule(segment, behaviour, action);
        }
    }

    fn count_connections_to(&self, target: SocketAddr) -> usize {
        let mine = self.connections.keys().filter(|(_, to)| *to == target);
        mine.count()
    }

    fn schedule(&mut self, segment: &Segment, behaviour: &Behaviour, action: &Action) {
        let Some(packet) = self.answer(segment, behaviour, action) else {
            return;
        };
        let connection = &self.connections[&(segment.from, segment.to)];
        let is_first = connection.seen.syns == 1 && segment.header.syn;
        let answers = is_first.then_some((segment.from, segment.to, connection.first_syn_at));
        for _ in 0..action.copies {
            self.outbox.push(Reverse(Due {
                at: Instant::now() + action.after,
                packet: packet.clone(),
                answers,
            }));
        }
    }

    fn answer(&self, to: &Segment, behaviour: &Behaviour, action: &Action) -> Option<Vec<u8>> {
        let mut header = match action.answer {
            Answer::Silence => return None,
            Answer::Icmp { kind, code, from } => {
                return Some(packet::icmp_error(from, kind, code, to));
            }
            Answer::SynAck => self.syn_ack(to, behaviour),
            Answer::Rst => reset(to),
            Answer::Fin => self.fin(to, behaviour),
        };
        if !action.acceptable {
            header.acknowledgment_number = header.acknowledgment_number.wrapping_add(1000);
        }
        let (here, there) = (to.to.ip(), to.from.ip());
        Some(packet::tcp(here, there, action.ttl, header))
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
    fn new(index: usize) -> Self {
        Self {
            index,
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

fn time_exceeded(router: IpAddr) -> Action {
    Action::at_once(Answer::Icmp {
        kind: if router.is_ipv4() { 11 } else { 3 },
        code: 0,
        from: router,
    })
}

fn last_goes_on<T>(list: &[T], index: usize) -> &T {
    list.get(index)
        .or_else(|| list.last())
        .expect("a script has at least one answer")
}

fn send(device: &mut File, packet: &[u8]) -> Result<()> {
    match device.write(packet) {
        Err(error) if error.raw_os_error() != Some(libc::EIO) => {
            Err(error).context("writing to the TUN device")
        }
        _ => Ok(()),
    }
}
