//! The scripted peer: everything beyond the TUN device, routers and targets alike.

pub(crate) mod datagram_responder;
pub(crate) mod path;
pub(crate) mod tcp_responder;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::packet::Segment;
use crate::packet::datagram::Request;
use crate::peer::datagram_responder::{Conversations, Met};
use crate::peer::path::{Fate, Path};
use crate::peer::tcp_responder::{Handshakes, Seen};
use crate::script::router_rule::Traveller;
use crate::trial_error::{Context, Result};

/// What really went over the wire.
pub(crate) struct Wire {
    /// TCP connections, by the tool's address.
    pub(crate) connections: HashMap<SocketAddr, Seen>,
    /// UDP datagrams and ICMP echo requests, as they came.
    pub(crate) requests: Vec<Met>,
    /// Every SYN, datagram and echo request, and how far each came.
    pub(crate) crossings: Vec<Crossing>,
}

/// A packet of the tool's on the path.
#[derive(Clone, Debug)]
pub(crate) struct Crossing {
    pub(crate) packet: Traveller,
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) fate: Fate,
}

/// The peer's thread; it ends, and tells what it saw, when asked.
pub(crate) struct Responder {
    thread: JoinHandle<Result<Wire>>,
    lifeline: UnixStream,
}

impl Responder {
    pub(crate) fn start(
        device: File,
        path: Path,
        handshakes: Handshakes,
        conversations: Conversations,
    ) -> Result<Self> {
        let (lifeline, end) = UnixStream::pair().context("making a socket pair")?;
        let peer = Peer {
            device,
            path,
            handshakes,
            conversations,
            crossings: Vec::new(),
            outbox: BinaryHeap::new(),
            scheduled: 0,
        };
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
    path: Path,
    handshakes: Handshakes,
    conversations: Conversations,
    crossings: Vec<Crossing>,
    outbox: BinaryHeap<Reverse<Due>>,
    scheduled: u64,
}

/// A packet to be sent after a while.
#[derive(Clone)]
pub(crate) struct Sending {
    pub(crate) after: Duration,
    pub(crate) packet: Vec<u8>,
    /// What its sending is worth noting for.
    pub(crate) note: Option<Note>,
}

/// Whom a packet answers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Note {
    /// The first SYN of the connection between these two, and when that came.
    Handshake(SocketAddr, SocketAddr, Instant),
    /// The request of this number.
    Request(usize),
}

/// A packet to be sent; earliest first, and those of one instant in the order of the script.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    nth: u64,
    packet: Vec<u8>,
    note: Option<Note>,
}

impl Peer {
    fn serve(mut self, end: &UnixStream) -> Result<Wire> {
        let mut ended = false;
        while !ended {
            // Whatever came before the end is looked at too.
            ended = self.wait(end)?;
            self.send_what_is_due()?;
            self.receive()?;
        }
        Ok(Wire {
            connections: self.handshakes.seen(),
            requests: self.conversations.met(),
            crossings: self.crossings,
        })
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
            self.note(due.note);
            send(&mut self.device, &due.packet)?;
        }
        Ok(())
    }

    fn note(&mut self, note: Option<Note>) {
        match note {
            Some(Note::Handshake(from, to, syn_at)) => self.handshakes.note(from, to, syn_at),
            Some(Note::Request(number)) => self.conversations.note(number),
            None => {}
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
        for sending in self.answers_to(packet) {
            self.scheduled += 1;
            self.outbox.push(Reverse(Due {
                at: Instant::now() + sending.after,
                nth: self.scheduled,
                packet: sending.packet,
                note: sending.note,
            }));
        }
    }
}

impl Peer {
    /// Whatever is neither TCP nor a request (a router solicitation, say) is none of our business.
    fn answers_to(&mut self, packet: &[u8]) -> Vec<Sending> {
        if let Some(segment) = Segment::parse(packet) {
            let fate = if segment.header.syn {
                self.carry(segment.traveller(), segment.from.ip(), segment.to.ip())
            } else {
                // What follows a handshake goes where the SYN went.
                self.path.all_the_way(segment.ttl)
            };
            return self.handshakes.meet(&segment, &fate);
        }
        let Some(request) = Request::parse(packet) else {
            return Vec::new();
        };
        let fate = self.carry(request.traveller(), request.from, request.to);
        self.conversations.meet(request, &fate)
    }

    fn carry(&mut self, packet: Traveller, from: IpAddr, to: IpAddr) -> Fate {
        let fate = self.path.carry(&packet, to);
        self.crossings.push(Crossing {
            packet,
            from,
            to,
            fate,
        });
        fate
    }
}

pub(crate) fn last_goes_on<T>(list: &[T], index: usize) -> &T {
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
