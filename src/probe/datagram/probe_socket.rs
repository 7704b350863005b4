//! One socket to one target. It has one unanswered request at a time, so that an ICMP error without a quoted payload
//! is about that request. It has several at the maximum rate while the target only sends replies
//! (`DatagramDestination::max_per_socket`), and where fewer local ports are configured than are needed.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::ambiguous_errors::{AmbiguousErrors, Failure};
use super::codec::Codec;
use super::request::{DatagramMatch, Request};
use crate::outcome::classify::datagram::DatagramEvidence;
use crate::outcome::{Errno, ReplySummary};
use crate::platform::{self, CmsgBuffer, ErrorQueueEntry, RecvBatch, errno};
use crate::probe::ProbeId;

/// Error queue entries read at once.
const MAX_ENTRIES: usize = 64;

/// Bytes of a quoted packet that are compared; the token of every payload lies within them.
const MAX_QUOTE: usize = 256;

/// A socket that received more unexpected datagrams is used for no further request.
const MAX_UNEXPECTED: u32 = 8;

/// Ended requests kept to recognise duplicate replies: four times the requests that may share a socket.
const MAX_ENDED: usize = 32;

/// What a socket is open for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SocketState {
    /// Replies to its requests. It takes no further request until they have ended.
    Busy,
    /// The next request.
    Available,
    /// Duplicate replies, for a limited time.
    Draining,
}

/// A socket and its requests.
#[derive(Debug)]
pub(super) struct ProbeSocket {
    pub(super) socket: Socket,
    /// Index of the destination.
    pub(super) destination: usize,
    /// The local address; for ICMP the port is the echo identifier.
    pub(super) local: SocketAddr,
    /// The host that replies are accepted from.
    pub(super) peer: SocketAddr,
    pub(super) opened_at: Instant,
    /// Requests without a reply, oldest first.
    pub(super) unanswered: VecDeque<Request>,
    pub(super) state: SocketState,
    /// It is used for no further request: a probe ended without a reply that identifies it.
    pub(super) retired: bool,
    /// An ICMP error was received.
    pub(super) has_icmp_error: bool,
    /// Requests that a reply or an ICMP error has ended.
    ended: VecDeque<Request>,
    /// Datagrams received that are no reply to an unanswered request.
    unexpected: u32,
    /// Datagrams sent: the kernel numbers tx timestamps by them (`SOF_TIMESTAMPING_OPT_ID`).
    sent: u32,
    /// A `send()` failed. Whether the kernel counted it depends on the error, so later tx timestamps match no request.
    tx_index_lost: bool,
    /// A socket error returned by recvmsg(2) or send(2), which clears it.
    pending_errno: Option<Errno>,
    /// Failed probes that are not reported yet.
    failures: VecDeque<Failure>,
    ambiguous_errors: AmbiguousErrors,
}

/// What a received datagram is.
#[derive(Debug)]
pub(super) enum DatagramKind {
    /// The reply to an unanswered request.
    Reply {
        request: Request,
        summary: Option<ReplySummary>,
        /// The reply identifies its request.
        verified: bool,
    },
    /// A further reply to an ended request.
    Duplicate,
    /// A reply that may be to any of several requests.
    Ambiguous,
    /// A reply to no request.
    Stray,
    /// Not addressed to this socket.
    Foreign,
}

impl ProbeSocket {
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
            unanswered: VecDeque::with_capacity(1),
            state: SocketState::Busy,
            retired: false,
            has_icmp_error: false,
            ended: VecDeque::new(),
            unexpected: 0,
            sent: 0,
            tx_index_lost: false,
            pending_errno: None,
            failures: VecDeque::new(),
            ambiguous_errors: AmbiguousErrors::default(),
        }
    }

    /// The `tx_index` of the next request.
    pub(super) fn next_tx_index(&self) -> u32 {
        self.sent
    }

    /// Sends a request, to `target` if the socket is not connected.
    ///
    /// An ICMP error about an earlier request may be pending: `send()` returns it and sends nothing
    /// (`sock_alloc_send_pskb` in net/core/sock.c, udp(7)). Then the error is read and the send is repeated.
    pub(super) fn send(
        &mut self,
        request: Request,
        bytes: &[u8],
        codec: &Codec,
        target: Option<SocketAddr>,
        control: &mut CmsgBuffer,
    ) -> io::Result<()> {
        let mut result = self.try_send(bytes, target);
        if let Err(error) = &result
            && self.sent > 0
        {
            self.tx_index_lost = true;
            self.pending_errno = Some(errno(error));
            if self.read_error_queue(codec, control) {
                result = self.try_send(bytes, target);
            }
        }
        self.sent = self.sent.wrapping_add(1);
        result?;
        self.unanswered.push_back(request);
        Ok(())
    }

    fn try_send(&self, bytes: &[u8], target: Option<SocketAddr>) -> io::Result<()> {
        let sent = match target {
            Some(target) => self.socket.send_to(bytes, &SockAddr::from(target)),
            None => self.socket.send(bytes),
        };
        sent.map(drop)
    }

    /// Receives at most as many datagrams as there are unanswered requests; true: there may be more. A pending socket
    /// error is returned first, once; it is stored for [`Self::read_error_queue`].
    pub(super) fn receive(&mut self, batch: &mut RecvBatch, codec: &Codec) -> io::Result<bool> {
        let wanted = self.unanswered.len().clamp(1, RecvBatch::CAPACITY);
        let received = batch.receive(&self.socket, wanted, codec.receives_from_any_host());
        if let Err(error) = &received
            && error.kind() != io::ErrorKind::WouldBlock
        {
            self.pending_errno = Some(errno(error));
        }
        Ok(received? == wanted)
    }

    /// Reads tx timestamps and ICMP errors from the error queue; true: there was an error from the network.
    ///
    /// `SO_ERROR` is read first: dequeuing an entry can change it (`sock_dequeue_err_skb`).
    pub(super) fn read_error_queue(&mut self, codec: &Codec, control: &mut CmsgBuffer) -> bool {
        let socket_error = self.socket.take_error().ok().flatten();
        let errno = socket_error.map(|error| errno(&error));
        let errno = errno.or(self.pending_errno.take());
        let mut quote = [0; MAX_QUOTE];
        let mut found = false;
        for _ in 0..MAX_ENTRIES {
            match platform::read_error_queue(&self.socket, &mut quote, control) {
                Some(ErrorQueueEntry::TxTimestamp { id, at }) => self.set_tx_timestamp(id, at),
                Some(ErrorQueueEntry::Icmp {
                    error,
                    at,
                    target,
                    quoted,
                }) => {
                    let quoted = quote.get(..quoted).unwrap_or(&quote);
                    let evidence = DatagramEvidence {
                        icmp_at: at,
                        ..DatagramEvidence::by_icmp(error, errno)
                    };
                    self.add_icmp_error(codec, target, quoted, evidence);
                    found = true;
                }
                Some(_) => {}
                None => break,
            }
        }
        if !platform::HAS_ERROR_QUEUE
            && let (Some(errno), Some(oldest)) = (errno, self.unanswered.front())
        {
            self.failures.push_back(Failure {
                probe: oldest.probe,
                evidence: DatagramEvidence::by_errno(errno),
                at: Instant::now(),
            });
            found = true;
        }
        found
    }

    fn set_tx_timestamp(&mut self, tx_index: u32, at: Duration) {
        let counted = self.unanswered.iter_mut().filter(|_| !self.tx_index_lost);
        let request = counted
            .into_iter()
            .find(|request| request.tx_index == tx_index);
        if let Some(request) = request {
            request.tx_timestamp = Some(at);
        }
    }

    fn add_icmp_error(
        &mut self,
        codec: &Codec,
        target: Option<SocketAddr>,
        quoted: &[u8],
        evidence: DatagramEvidence,
    ) {
        let is_other_target = target.is_some_and(|to| to.ip() != self.peer.ip());
        if is_other_target || evidence.icmp.is_some_and(|icmp| !icmp.is_error()) {
            return;
        }
        self.has_icmp_error = true;
        let failure = {
            let unanswered = not_failed(&self.unanswered, &self.failures);
            self.ambiguous_errors
                .add(evidence, quoted, codec, &unanswered)
        };
        self.failures.extend(failure);
    }

    /// Takes the request and the evidence of a failed probe.
    pub(super) fn take_failure(&mut self, codec: &Codec) -> Option<(Request, Failure)> {
        loop {
            let failure = self.failures.pop_front();
            let failure = failure.or_else(|| self.take_resolved(codec))?;
            if let Some(request) = self.take(failure.probe) {
                self.retired = true;
                self.add_ended(request);
                return Some((request, failure));
            }
        }
    }

    fn take_resolved(&mut self, codec: &Codec) -> Option<Failure> {
        if self.ambiguous_errors.is_empty() {
            return None;
        }
        let unanswered = not_failed(&self.unanswered, &self.failures);
        self.ambiguous_errors.take_resolved(codec, &unanswered)
    }

    /// A probe has timed out: an ambiguous error that may be about it makes it fail.
    pub(super) fn resolve_timed_out(&mut self, probe: ProbeId, codec: &Codec) {
        let timed_out = self
            .unanswered
            .iter()
            .find(|request| request.probe == probe);
        let failure = timed_out.and_then(|request| self.ambiguous_errors.take_for(request, codec));
        self.failures.extend(failure);
    }

    /// Takes the unanswered request of a probe.
    pub(super) fn take(&mut self, probe: ProbeId) -> Option<Request> {
        let index = self
            .unanswered
            .iter()
            .position(|request| request.probe == probe)?;
        self.unanswered.remove(index)
    }

    /// Matches a received datagram with the requests; a reply ends its request.
    pub(super) fn classify_datagram(&mut self, codec: &Codec, datagram: &[u8]) -> DatagramKind {
        let kind = self.find_match(codec, datagram);
        let is_expected = matches!(kind, DatagramKind::Reply { .. } | DatagramKind::Foreign);
        self.unexpected += u32::from(!is_expected);
        kind
    }

    fn find_match(&mut self, codec: &Codec, datagram: &[u8]) -> DatagramKind {
        let (mut foreign, mut ambiguous) = (false, false);
        for index in 0..self.unanswered.len() {
            match codec.match_reply(&self.unanswered[index], datagram) {
                DatagramMatch::Matched(summary) => {
                    return self
                        .end_with_reply(index, summary, true)
                        .unwrap_or(DatagramKind::Foreign);
                }
                // With any other request on this socket it may be the reply to that one.
                DatagramMatch::Unverified(summary)
                    if self.unanswered.len() == 1 && self.ended.is_empty() =>
                {
                    let reply = self.end_with_reply(index, Some(summary), false);
                    return reply.unwrap_or(DatagramKind::Foreign);
                }
                DatagramMatch::Foreign => foreign = true,
                DatagramMatch::Unverified(_) => ambiguous = true,
                DatagramMatch::Mismatch => {}
            }
        }
        for earlier in &self.ended {
            match codec.match_reply(earlier, datagram) {
                DatagramMatch::Matched(_) => return DatagramKind::Duplicate,
                DatagramMatch::Foreign => foreign = true,
                DatagramMatch::Unverified(_) | DatagramMatch::Mismatch => {}
            }
        }
        match (foreign, ambiguous) {
            (true, _) => DatagramKind::Foreign,
            (_, true) => DatagramKind::Ambiguous,
            _ => DatagramKind::Stray,
        }
    }

    fn end_with_reply(
        &mut self,
        index: usize,
        summary: Option<ReplySummary>,
        verified: bool,
    ) -> Option<DatagramKind> {
        let request = self.unanswered.remove(index)?;
        self.add_ended(request);
        // A later datagram on this socket may be the reply to this request.
        self.retired |= !verified;
        Some(DatagramKind::Reply {
            request,
            summary,
            verified,
        })
    }

    /// Whether a socket error was returned and [`Self::read_error_queue`] has not handled it.
    pub(super) fn has_pending_error(&self) -> bool {
        self.pending_errno.is_some()
    }

    /// Whether a reply or an ICMP error was received for one of its requests.
    pub(super) fn has_ended_request(&self) -> bool {
        !self.ended.is_empty()
    }

    /// Whether it can send a further request, with at most `max_per_socket` unanswered.
    pub(super) fn has_room(&self, max_per_socket: usize) -> bool {
        !self.retired && !self.is_flooded() && self.unanswered.len() < max_per_socket
    }

    /// Whether unexpected datagrams may fill its receive buffer, so that a reply is dropped.
    fn is_flooded(&self) -> bool {
        self.unexpected > MAX_UNEXPECTED
    }

    fn add_ended(&mut self, request: Request) {
        if self.ended.len() == MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(request);
    }

    /// Whether the tx timestamp of a request is missing.
    pub(super) fn lacks_tx_timestamp(&self) -> bool {
        self.unanswered
            .iter()
            .any(|request| request.tx_timestamp.is_none())
    }
}

/// The unanswered requests that have not failed, oldest first.
fn not_failed<'a>(
    unanswered: &'a VecDeque<Request>,
    failures: &'a VecDeque<Failure>,
) -> impl DoubleEndedIterator<Item = &'a Request> + Clone {
    let has_failed = |request: &Request| {
        failures
            .iter()
            .any(|failure| failure.probe == request.probe)
    };
    unanswered
        .iter()
        .filter(move |request| !has_failed(request))
}
