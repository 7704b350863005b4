//! One socket towards one target. It carries one unanswered probe at a time, so that an ICMP error which
//! quotes nothing of its payload still has one probe alone to belong to; more only at full speed, as long as the
//! target answers and nothing else comes (`Destination::together`), or where the user chose so few local ports that
//! probes must share them.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::ambiguous_errors::{Doubts, Failure};
use super::codec::{Asked, Heard, Speech};
use super::socket_pool::Standing;
use crate::outcome::classify::datagram::DatagramEvidence;
use crate::outcome::{Errno, ReplySummary};
use crate::platform::{self, Control, RecvBatch, Report, errno};
use crate::probe::ProbeId;

/// Entries of an error queue read in one go.
const REPORTS: usize = 64;

/// Bytes of a quoted packet that are compared; every payload's own token lies within them.
const QUOTED: usize = 256;

/// A socket that more than so many unexpected datagrams came to carries no further probe.
const MOST_EXTRAS: u32 = 8;

/// Ended probes that a further answer is recognised of: four rounds of those that may share a line.
const REMEMBERED: usize = 32;

/// A socket and what it has carried.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) socket: Socket,
    /// Which of the network's targets it leads to.
    pub(super) destination: usize,
    /// Its own address; the port is the identifier for ICMP.
    pub(super) local: SocketAddr,
    /// Whom it hears.
    pub(super) peer: SocketAddr,
    pub(super) opened_at: Instant,
    /// The probes without an answer, oldest first.
    pub(super) asked: VecDeque<Asked>,
    /// What it is kept for.
    pub(super) standing: Standing,
    /// A probe ended without an answer of its own: the next one takes another line.
    pub(super) failed: bool,
    /// An ICMP error came.
    pub(super) rejected: bool,
    answered: VecDeque<Asked>,
    /// Datagrams that were no answer to a probe that waited.
    extras: u32,
    /// Datagrams sent: the kernel numbers its time stamps by them (`SOF_TIMESTAMPING_OPT_ID`).
    sent: u32,
    /// A `send()` failed, and whether the kernel counted it depends on why: its numbers say nothing any more.
    miscounted: bool,
    /// An error that the system told while datagrams were read; it tells each once.
    pending: Option<Errno>,
    /// Probes that have failed, and are not told of yet.
    failures: VecDeque<Failure>,
    /// Errors of which it is not clear yet whom they are about.
    doubts: Doubts,
}

/// What one look at a datagram found.
#[derive(Debug)]
pub(super) enum Found {
    /// The answer to a probe that waited, and whether it proved to be that.
    Answer {
        asked: Asked,
        said: Option<ReplySummary>,
        proven: bool,
    },
    /// A second answer to an earlier probe.
    Duplicate,
    /// No answer to any probe, as far as can be told: it may be one that does not tell to what.
    Ambiguous,
    /// No answer to any probe.
    Stray,
    /// None of our business.
    Nothing,
}

impl Line {
    pub(super) fn new(
        socket: Socket,
        local: SocketAddr,
        peer: SocketAddr,
        destination: usize,
    ) -> Self {
        Self {
            socket,
            destination,
            local,
            peer,
            opened_at: Instant::now(),
            asked: VecDeque::with_capacity(1),
            standing: Standing::Busy,
            failed: false,
            rejected: false,
            answered: VecDeque::new(),
            extras: 0,
            sent: 0,
            miscounted: false,
            pending: None,
            failures: VecDeque::new(),
            doubts: Doubts::default(),
        }
    }

    /// Which of the line's datagrams the next one is.
    pub(super) fn next(&self) -> u32 {
        self.sent
    }

    /// Sends `bytes` for a probe, to `target` where the socket is not connected.
    ///
    /// On a line that was used before, an ICMP error about an earlier probe may be pending: `send()` returns it
    /// and sends nothing (`sock_alloc_send_pskb` in net/core/sock.c, udp(7)). So it is read, and then comes
    /// another try.
    pub(super) fn send(
        &mut self,
        asked: Asked,
        bytes: &[u8],
        speech: &Speech,
        target: Option<SocketAddr>,
        control: &mut Control,
    ) -> io::Result<()> {
        let mut result = self.try_send(bytes, target);
        if let Err(error) = &result
            && self.sent > 0
        {
            self.miscounted = true;
            self.pending = Some(errno(error));
            if self.note_reports(speech, control) {
                result = self.try_send(bytes, target);
            }
        }
        self.sent = self.sent.wrapping_add(1);
        result?;
        self.asked.push_back(asked);
        Ok(())
    }

    fn try_send(&self, bytes: &[u8], target: Option<SocketAddr>) -> io::Result<()> {
        let sent = match target {
            Some(target) => self.socket.send_to(bytes, &SockAddr::from(target)),
            None => self.socket.send(bytes),
        };
        sent.map(drop)
    }

    /// Takes as many datagrams as probes wait for, and tells whether there may be more. An error that is pending
    /// comes first, once, and is kept.
    pub(super) fn receive(&mut self, inbox: &mut RecvBatch, speech: &Speech) -> io::Result<bool> {
        let wanted = self.asked.len().clamp(1, RecvBatch::ROOM);
        let from_anywhere = speech.comes_from_anywhere();
        let came = inbox.receive(&self.socket, wanted, from_anywhere);
        if let Err(error) = &came
            && error.kind() != io::ErrorKind::WouldBlock
        {
            self.pending = Some(errno(error));
        }
        Ok(came? == wanted)
    }

    /// Reads what the system has to say besides datagrams: when they left, and ICMP errors. Tells whether there
    /// was an error of the network's.
    ///
    /// `SO_ERROR` first: taking an entry off the queue can change it (`sock_dequeue_err_skb`).
    pub(super) fn note_reports(&mut self, speech: &Speech, control: &mut Control) -> bool {
        let told = self.socket.take_error().ok().flatten();
        let errno = told.map(|error| errno(&error)).or(self.pending.take());
        let mut quote = [0; QUOTED];
        let mut found = false;
        for _ in 0..REPORTS {
            match platform::next_report(&self.socket, &mut quote, control) {
                Some(Report::Sent { number, at }) => self.note_sent(number, at),
                Some(Report::Icmp {
                    error,
                    at,
                    target,
                    quoted,
                }) => {
                    let quoted = quote.get(..quoted).unwrap_or(&quote);
                    let testimony = DatagramEvidence {
                        arrived: at,
                        ..DatagramEvidence::by_icmp(error, errno)
                    };
                    self.note_icmp(speech, target, quoted, testimony);
                    found = true;
                }
                Some(_) => {}
                None => break,
            }
        }
        if !platform::HAS_ERROR_QUEUE
            && let (Some(errno), Some(oldest)) = (errno, self.asked.front())
        {
            self.failures.push_back(Failure {
                probe: oldest.probe,
                testimony: DatagramEvidence::by_errno(errno),
                at: Instant::now(),
            });
            found = true;
        }
        found
    }

    fn note_sent(&mut self, nth: u32, at: Duration) {
        let counted = self.asked.iter_mut().filter(|_| !self.miscounted);
        if let Some(asked) = counted.into_iter().find(|asked| asked.nth == nth) {
            asked.left = Some(at);
        }
    }

    fn note_icmp(
        &mut self,
        speech: &Speech,
        target: Option<SocketAddr>,
        quoted: &[u8],
        testimony: DatagramEvidence,
    ) {
        let another_s = target.is_some_and(|to| to.ip() != self.peer.ip());
        if another_s || testimony.icmp.is_some_and(|icmp| !icmp.is_error()) {
            return;
        }
        self.rejected = true;
        let failure = {
            let waiting = waiting(&self.asked, &self.failures);
            self.doubts.note(testimony, quoted, speech, &waiting)
        };
        self.failures.extend(failure);
    }

    /// A probe that has failed, and what was said of it.
    pub(super) fn take_failure(&mut self, speech: &Speech) -> Option<(Asked, Failure)> {
        loop {
            let told = self.failures.pop_front();
            let failure = told.or_else(|| self.settled(speech))?;
            if let Some(asked) = self.take(failure.probe) {
                self.failed = true;
                self.remember(asked);
                return Some((asked, failure));
            }
        }
    }

    fn settled(&mut self, speech: &Speech) -> Option<Failure> {
        if self.doubts.is_empty() {
            return None;
        }
        let waiting = waiting(&self.asked, &self.failures);
        self.doubts.settled(speech, &waiting)
    }

    /// A probe is given up: an error that can be about it, is.
    pub(super) fn settle_doubt(&mut self, probe: ProbeId, speech: &Speech) {
        let given_up = self.asked.iter().find(|asked| asked.probe == probe);
        let failure = given_up.and_then(|asked| self.doubts.give_to(asked, speech));
        self.failures.extend(failure);
    }

    /// Nobody waits for this probe's answer any more.
    pub(super) fn take(&mut self, probe: ProbeId) -> Option<Asked> {
        let place = self.asked.iter().position(|asked| asked.probe == probe)?;
        self.asked.remove(place)
    }

    /// Takes in a datagram.
    pub(super) fn hear(&mut self, speech: &Speech, datagram: &[u8]) -> Found {
        let found = self.find(speech, datagram);
        self.extras += u32::from(!matches!(found, Found::Answer { .. } | Found::Nothing));
        found
    }

    fn find(&mut self, speech: &Speech, datagram: &[u8]) -> Found {
        let (mut foreign, mut ambiguous) = (false, false);
        for place in 0..self.asked.len() {
            match speech.classify(&self.asked[place], datagram) {
                Heard::Own(said) => {
                    return self.settle(place, said, true).unwrap_or(Found::Nothing);
                }
                // With any other probe on this line it could be meant for that one.
                Heard::Unproven(said) if self.asked.len() == 1 && self.answered.is_empty() => {
                    let found = self.settle(place, Some(said), false);
                    return found.unwrap_or(Found::Nothing);
                }
                Heard::Foreign => foreign = true,
                Heard::Unproven(_) => ambiguous = true,
                Heard::Alien => {}
            }
        }
        for earlier in &self.answered {
            match speech.classify(earlier, datagram) {
                Heard::Own(_) => return Found::Duplicate,
                Heard::Foreign => foreign = true,
                Heard::Unproven(_) | Heard::Alien => {}
            }
        }
        match (foreign, ambiguous) {
            (true, _) => Found::Nothing,
            (_, true) => Found::Ambiguous,
            _ => Found::Stray,
        }
    }

    fn settle(&mut self, place: usize, said: Option<ReplySummary>, proven: bool) -> Option<Found> {
        let asked = self.asked.remove(place)?;
        self.remember(asked);
        // Whatever else comes on this line could be meant for the probe just answered.
        self.failed |= !proven;
        Some(Found::Answer {
            asked,
            said,
            proven,
        })
    }

    /// Whether an error was told that is not looked at yet.
    pub(super) fn has_pending_error(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether it has carried a probe that something was heard of.
    pub(super) fn was_heard(&self) -> bool {
        !self.answered.is_empty()
    }

    /// Whether it can carry the next probe, as one of so many `together`.
    pub(super) fn has_room(&self, together: usize) -> bool {
        !self.failed && !self.is_flooded() && self.asked.len() < together
    }

    /// Whether so much else came that the next answer might find the socket's buffer full.
    fn is_flooded(&self) -> bool {
        self.extras > MOST_EXTRAS
    }

    /// A probe has ended; what comes for it now is a further answer.
    fn remember(&mut self, asked: Asked) {
        if self.answered.len() == REMEMBERED {
            self.answered.pop_front();
        }
        self.answered.push_back(asked);
    }

    /// Whether the kernel has not said yet when some probe left.
    pub(super) fn lacks_stamp(&self) -> bool {
        self.asked.iter().any(|asked| asked.left.is_none())
    }
}

/// The probes without an answer that have not failed, oldest first.
fn waiting<'a>(
    asked: &'a VecDeque<Asked>,
    failures: &'a VecDeque<Failure>,
) -> impl DoubleEndedIterator<Item = &'a Asked> + Clone {
    let told = |asked: &Asked| failures.iter().any(|failure| failure.probe == asked.probe);
    asked.iter().filter(move |asked| !told(asked))
}
