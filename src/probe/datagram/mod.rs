//! UDP and ICMP echo: a probe is one datagram, and its answer another.

mod echo;
mod line;
mod lines;
mod open;
mod speech;
mod stamps;
mod token;

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use socket2::Socket;

use super::around::Around;
use super::ports::{PortRange, PortWalk};
use super::setup::SetupError;
use super::{Begun, ProbeId, Progress, Watch};
use crate::clock::Moment;
use crate::outcome::judge::{Judgement, datagram};
use crate::outcome::{Ending, Evidence, Extra, Outcome, Said, TargetId};
use crate::payload::Question;
use crate::plan::{ContentPlan, SocketPlan};
use crate::platform::{self, Control, EchoSocket, Here, Inbox, Journey, Poller, Received, errno};
use crate::target::Protocol;
use echo::Echo;
use line::{Found, Line};
pub(in crate::probe) use lines::LineId;
use lines::Lines;
use speech::{Asked, Speech};
use token::token;

/// Looks at one line before the others get their turn; the poller comes back to it.
const READS: usize = 64;

/// UDP and ICMP probes to many targets, over a poller that they share with other probes.
pub(super) struct DatagramProbes {
    options: SocketPlan,
    here: Here,
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
    inbox: Inbox,
    request: Vec<u8>,
    control: Control,
    /// What has become of probes, and is not told of yet.
    progress: Vec<Progress>,
    /// Hosts towards which the kernel has stamped what left, so that a missing stamp means something.
    stamped: HashSet<IpAddr>,
    /// The kernel stamps datagrams only while some socket wants it, and needs a moment to begin
    /// (`net_enable_timestamp` in net/core/dev.c): this one wants it from the start of the run to its end.
    stamping: Option<Socket>,
    /// For IPv4 and IPv6: which kind of socket echoes are sent with.
    echo_sockets: [Option<EchoSocket>; 2],
}

struct Destination {
    target: TargetId,
    /// An answer came that could not prove to be one to its probe.
    unproven: bool,
    protocol: Protocol,
    address: SocketAddr,
    speech: Speech,
    walk: PortWalk,
}

impl Destination {
    /// Whether answers have proven to be their probes' own so far, so that probes can share a line.
    fn proves_itself(&self) -> bool {
        self.speech.proves_itself() && !self.unproven
    }

    /// Takes in a datagram that has come on a line.
    fn take_in(
        &mut self,
        line: &mut Line,
        datagram: &[u8],
        measured: (&Received, &Moment, Instant),
    ) -> Option<Progress> {
        if !comes_from(measured.0, line.peer, &self.speech) {
            return None;
        }
        let extra = |extra| Some(Progress::Extra(self.target, extra));
        match line.hear(&self.speech, datagram) {
            Found::Answer {
                asked,
                said,
                proven,
            } => {
                self.unproven |= !proven;
                let ending = answered(&asked, line.local, said, measured);
                Some(Progress::Ended(asked.probe, ending))
            }
            Found::Duplicate => extra(Extra::Duplicate),
            Found::Ambiguous => {
                self.unproven = true;
                extra(Extra::Stray)
            }
            Found::Stray => extra(Extra::Stray),
            Found::Nothing => None,
        }
    }

    fn around<'a>(&self, here: &'a Here, line: &Line, waited: Option<Duration>) -> Around<'a> {
        let journey = Journey {
            protocol: self.protocol,
            target: self.address,
            local: Some(line.local),
        };
        Around {
            here,
            journey,
            waited,
        }
    }
}

impl DatagramProbes {
    /// Prepares probes with `options`. At full speed nobody asks when datagrams leave.
    pub(super) fn new(options: &SocketPlan, full_speed: bool) -> Self {
        let chosen = options.source.as_ref().and_then(|s| s.ports.as_ref());
        Self {
            here: Here::from(options),
            ports: chosen.and_then(PortRange::exactly),
            options: options.clone(),
            stamp_sending: !full_speed,
            destinations: Vec::new(),
            lines: Lines::default(),
            carriers: Vec::new(),
            // The standard library's hash keys are random in every process.
            seed: RandomState::new().build_hasher().finish(),
            number: 0,
            inbox: Inbox::default(),
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
        content: &ContentPlan,
    ) -> usize {
        if self.stamping.is_none() {
            self.stamping = stamping(address);
        }
        let speech = if protocol == Protocol::Icmp {
            let socket = self.echo_socket(address);
            Speech::Icmp(Echo::new(address.is_ipv4(), content.echo_size(), socket))
        } else {
            Speech::Udp(content.udp(address.port()))
        };
        self.destinations.push(Destination {
            target,
            unproven: false,
            protocol,
            address,
            speech,
            walk: PortWalk::anywhere(),
        });
        self.destinations.len() - 1
    }

    /// The target has another address from now on; lines to the old one carry no more probes.
    pub(super) fn redirect(&mut self, destination: usize, address: SocketAddr) {
        self.destinations[destination].address = address;
        self.lines.retire(destination);
    }

    /// Which kind of socket this process may have; where it may have none, each probe will say so.
    fn echo_socket(&mut self, address: SocketAddr) -> EchoSocket {
        let known = &mut self.echo_sockets[usize::from(address.is_ipv6())];
        *known.get_or_insert_with(|| {
            platform::echo_socket(address).map_or(EchoSocket::Ping, |(_, kind)| kind)
        })
    }

    /// Sends a probe to a destination.
    pub(super) fn begin(&mut self, poller: &Poller, id: ProbeId, destination: usize) -> Begun {
        let called_at = Instant::now();
        self.close_stale(poller, called_at);
        let line_id = match self.line(poller, destination, called_at) {
            Ok(line_id) => line_id,
            Err(failure) => {
                let place = &self.destinations[destination];
                let judged = failure.judge(&self.here, place.protocol, place.address);
                return Begun::Ended {
                    sent_at: called_at,
                    ending: judged.into(),
                };
            }
        };
        self.carry(id, line_id);
        let (sent_at, ended) = self.send(id, line_id, called_at);
        self.keep_or_close(poller, line_id);
        match ended {
            None => Begun::UnderWay { sent_at },
            Some(ending) => Begun::Ended { sent_at, ending },
        }
    }

    /// Sends a probe on a line; an ending if it did not get away.
    fn send(
        &mut self,
        id: ProbeId,
        line_id: LineId,
        called_at: Instant,
    ) -> (Instant, Option<Ending>) {
        let number = self.number;
        self.number += 1;
        let Some(line) = self.lines.get(line_id) else {
            return (called_at, Some(unfinished()));
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
        let ended = not_sent.map(|error| Ending {
            local,
            ..self.judge_unsent(line_id, error).into()
        });
        (sent_at, ended.or_else(|| self.take_ended(id)))
    }

    /// Judges a datagram that the system refused to send.
    fn judge_unsent(&mut self, line_id: LineId, error: io::Error) -> Judgement {
        let unsent = datagram::not_sent(errno(&error));
        let destination = self.lines.get(line_id).map(|line| line.destination);
        let place = &self.destinations[destination.unwrap_or_default()];
        let setup = || SetupError::from(error).judge(&self.here, place.protocol, place.address);
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

    /// Looks at a line that asked for attention; `failed` if it has an error to report.
    pub(super) fn attend(
        &mut self,
        poller: &Poller,
        line_id: LineId,
        failed: bool,
        trusted_since: Instant,
    ) {
        self.listen(line_id, failed, trusted_since);
        self.keep_or_close(poller, line_id);
        if let Some(line) = self.lines.get(line_id) {
            poller.watch_answers_again(&line.socket, Watch::Line(line_id).token());
        }
    }

    /// Whether something has become of probes that is not told of yet.
    pub(super) fn has_progress(&self) -> bool {
        !self.progress.is_empty()
    }

    /// What has become of probes since the last time.
    pub(super) fn progress(&mut self) -> std::vec::Drain<'_, Progress> {
        self.progress.drain(..)
    }

    /// Takes in what has come for a line's probes. Each question to the kernel costs a system call, so only those
    /// are asked that can have an answer; what comes meanwhile asks for attention again.
    fn listen(&mut self, line_id: LineId, failed: bool, trusted_since: Instant) {
        let Some(line) = self.lines.get(line_id) else {
            return;
        };
        let destination = &mut self.destinations[line.destination];
        for _ in 0..READS {
            let more = match line.receive(&mut self.inbox) {
                Ok(more) => more,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A pending error, which is told once; datagrams may wait behind it.
                Err(_) => continue,
            };
            let now = Moment::now();
            if self.stamp_sending && line.lacks_stamp() {
                line.note_reports(&destination.speech, &mut self.control);
            }
            for (received, datagram) in self.inbox.datagrams() {
                let measured = (received, &now, trusted_since);
                let step = destination.take_in(line, datagram, measured);
                self.progress.extend(step);
            }
            // An error may stand between datagrams: then only a look says that nothing is behind it.
            if line.asked.is_empty() || !more && !failed {
                break;
            }
        }
        if failed || line.has_pending_error() {
            line.note_reports(&destination.speech, &mut self.control);
            self.tell_failures(line_id, Some(trusted_since), None);
        }
    }

    /// Tells which of a line's probes have failed. One of them may have been sent just now.
    fn tell_failures(
        &mut self,
        line_id: LineId,
        trusted_since: Option<Instant>,
        just_sent: Option<ProbeId>,
    ) {
        let Some(line) = self.lines.get(line_id) else {
            return;
        };
        let destination = &self.destinations[line.destination];
        while let Some((asked, testimony)) = line.take_failure() {
            let around = destination.around(&self.here, line, waited(&asked, trusted_since));
            let within_call = just_sent == Some(asked.probe);
            let target = line.peer.ip();
            let judged = datagram::failed(&testimony, target, around.waited, within_call, &around);
            let ending = judged.map(|judged| unanswered(&around, judged));
            self.progress
                .extend(ending.map(|ending| Progress::Ended(asked.probe, ending)));
        }
    }

    /// The end of a probe, if it has been told already.
    fn take_ended(&mut self, id: ProbeId) -> Option<Ending> {
        let is_its = |step: &Progress| matches!(step, Progress::Ended(ended, _) if *ended == id);
        let place = self.progress.iter().position(is_its)?;
        match self.progress.remove(place) {
            Progress::Ended(_, ending) => Some(ending),
            _ => None,
        }
    }

    /// The deadline of a probe has passed.
    pub(super) fn give_up(
        &mut self,
        poller: &Poller,
        id: ProbeId,
        trusted_since: Instant,
    ) -> Ending {
        let Some(line_id) = self.carrier(id) else {
            return self.take_ended(id).unwrap_or_else(unfinished);
        };
        // The answer may be there already, unseen: a signal or a crowd of events came first.
        self.listen(line_id, true, trusted_since);
        let told = self.take_ended(id);
        let ending = told.unwrap_or_else(|| self.time_out(line_id, id, trusted_since));
        self.keep_or_close(poller, line_id);
        ending
    }

    fn time_out(&mut self, line_id: LineId, id: ProbeId, trusted_since: Instant) -> Ending {
        let Some(line) = self.lines.get(line_id) else {
            return unfinished();
        };
        line.failed = true;
        let asked = line.asked.iter().find(|asked| asked.probe == id);
        let waited = asked.and_then(|asked| waited(asked, Some(trusted_since)));
        let left = !self.stamped.contains(&line.peer.ip())
            || asked.is_none_or(|asked| asked.left.is_some());
        let around = self.destinations[line.destination].around(&self.here, line, waited);
        let ending = unanswered(&around, datagram::timed_out(left, &around));
        if ending.outcome != Outcome::NoReply {
            line.take(id);
        }
        ending
    }

    /// Nobody waits for a probe any more.
    pub(super) fn abandon(&mut self, poller: &Poller, id: ProbeId) -> Ending {
        let Some(line_id) = self.carrier(id) else {
            return self.take_ended(id).unwrap_or_else(unfinished);
        };
        let local = self.lines.get(line_id).map(|line| {
            line.failed = true;
            line.take(id);
            line.local
        });
        self.keep_or_close(poller, line_id);
        Ending {
            local,
            ..unfinished()
        }
    }

    /// A line without a probe can carry the next one, or is kept a while to hear what else comes for its last:
    /// an answer behind an error, or one that would be taken for the next probe's on the same port. Where nothing
    /// was heard there is nothing to wait for.
    fn keep_or_close(&mut self, poller: &Poller, line_id: LineId) {
        let idle = self.lines.get(line_id).filter(|line| line.asked.is_empty());
        if idle.is_some_and(|line| line.failed && !line.was_heard()) {
            self.close(poller, line_id);
        } else {
            self.lines.park(line_id);
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

/// The end of a probe that was answered: with what was received, looked at when, and what its times are worth.
fn answered(
    asked: &Asked,
    local: SocketAddr,
    said: Option<Said>,
    (received, now, trusted_since): (&Received, &Moment, Instant),
) -> Ending {
    let trusted = asked.sent.instant >= trusted_since;
    let waited = now.instant.saturating_duration_since(asked.sent.instant);
    Ending {
        local: Some(local),
        connect: trusted.then_some(waited),
        rtt: stamps::rtt(asked, received.at, now),
        arrived: received.at,
        ttl: received.ttl,
        said,
        ..datagram::answered().into()
    }
}

/// How long a probe has waited, unless this process stood still meanwhile.
fn waited(asked: &Asked, trusted_since: Option<Instant>) -> Option<Duration> {
    let sent_at = asked.sent.instant;
    let trusted = trusted_since.is_none_or(|since| sent_at >= since);
    trusted.then(|| sent_at.elapsed())
}

/// A connected UDP socket hears its target alone, but a ping socket everybody who knows its identifier
/// (`ping_lookup` in net/ipv4/ping.c), and one that is not connected everybody.
fn comes_from(received: &Received, peer: SocketAddr, speech: &Speech) -> bool {
    let from = received.from.map(|from| from.ip());
    from.map_or(!speech.answers_from_any_port(), |from| from == peer.ip())
}

fn stamping(address: SocketAddr) -> Option<Socket> {
    let socket = platform::udp_socket(address).ok()?;
    platform::stamp(&socket, false).ok()?;
    Some(socket)
}

fn unfinished() -> Ending {
    (Outcome::Unfinished, Evidence::default()).into()
}

/// An ending without an answer.
fn unanswered(around: &Around, judged: Judgement) -> Ending {
    Ending {
        local: around.journey.local,
        connect: around.waited,
        ..judged.into()
    }
}
