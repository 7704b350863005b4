//! The sockets of all destinations: with requests in flight, available for the next request, or kept for duplicate
//! replies.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use slotmap::SlotMap;

use super::probe_socket::{ProbeSocket, SocketState};
use crate::probe::poll_token::SocketId;

/// How long a UDP source port is used for new requests: at one probe per second each has a source port of its own, so
/// that a path that fails for some ports shows (ECMP). At higher rates sockets are reused.
const PORT_LIFETIME: Duration = Duration::from_millis(900);

/// How long a socket without requests receives duplicate replies.
const DRAIN_TIME: Duration = Duration::from_secs(3);

/// The most draining sockets.
const MAX_DRAINING: usize = 256;

/// All sockets.
#[derive(Debug, Default)]
pub(super) struct SocketPool {
    sockets: SlotMap<SocketId, ProbeSocket>,
    /// Available sockets per destination, the last used at the end.
    available: Vec<Vec<SocketId>>,
    draining: VecDeque<(Instant, SocketId)>,
}

impl SocketPool {
    /// Adds the socket that `open` returns for its id.
    pub(super) fn try_insert_with_key<E>(
        &mut self,
        open: impl FnOnce(SocketId) -> Result<ProbeSocket, E>,
    ) -> Result<SocketId, E> {
        self.sockets.try_insert_with_key(open)
    }

    /// The socket, if it is still open.
    pub(super) fn get(&mut self, id: SocketId) -> Option<&mut ProbeSocket> {
        self.sockets.get_mut(id)
    }

    /// Removes a socket to close it.
    pub(super) fn remove(&mut self, id: SocketId) -> Option<ProbeSocket> {
        self.sockets.remove(id)
    }

    /// Takes a socket for the next request to a destination, with at most `max_per_socket` unanswered. `keep_port`:
    /// of any age.
    pub(super) fn take_available(
        &mut self,
        destination: usize,
        now: Instant,
        keep_port: bool,
        max_per_socket: usize,
    ) -> Option<SocketId> {
        while let Some(id) = self.available.get_mut(destination)?.pop() {
            let Some(socket) = self.get(id) else {
                continue;
            };
            socket.state = SocketState::Busy;
            let age = now.saturating_duration_since(socket.opened_at);
            if (keep_port || age < PORT_LIFETIME) && socket.has_room(max_per_socket) {
                return Some(id);
            }
            if socket.unanswered.is_empty() {
                self.drain(id);
            }
        }
        None
    }

    /// Updates the state of a socket whose requests have changed: available if it can send a further request, else
    /// draining if it has none.
    pub(super) fn update(&mut self, id: SocketId, max_per_socket: usize) {
        let Some(socket) = self.get(id) else {
            return;
        };
        let (state, destination) = (socket.state, socket.destination);
        let is_empty = socket.unanswered.is_empty();
        let has_room = socket.has_room(max_per_socket);
        match state {
            SocketState::Busy if has_room => self.make_available(id, destination),
            SocketState::Busy if is_empty => self.drain(id),
            SocketState::Available if !has_room => {
                self.available[destination].retain(|available| *available != id);
                self.set_state(id, SocketState::Busy);
                if is_empty {
                    self.drain(id);
                }
            }
            _ => {}
        }
    }

    fn make_available(&mut self, id: SocketId, destination: usize) {
        if self.available.len() <= destination {
            self.available.resize_with(destination + 1, Vec::new);
        }
        self.available[destination].push(id);
        self.set_state(id, SocketState::Available);
    }

    fn drain(&mut self, id: SocketId) {
        self.draining.push_back((Instant::now(), id));
        self.set_state(id, SocketState::Draining);
    }

    fn set_state(&mut self, id: SocketId, state: SocketState) {
        if let Some(socket) = self.get(id) {
            socket.state = state;
        }
    }

    /// The sockets of a destination send no further request.
    pub(super) fn retire_all(&mut self, destination: usize) {
        let sockets = self.sockets.values_mut();
        for socket in sockets.filter(|socket| socket.destination == destination) {
            socket.retired = true;
        }
        let available = self.available.get_mut(destination).map(std::mem::take);
        for id in available.unwrap_or_default() {
            self.set_state(id, SocketState::Busy);
            self.update(id, 1);
        }
    }

    /// Takes a socket whose drain time is over.
    pub(super) fn take_drained(&mut self, now: Instant) -> Option<SocketId> {
        while let Some((since, _)) = self.draining.front() {
            let is_over = now.saturating_duration_since(*since) >= DRAIN_TIME;
            if !is_over && self.draining.len() <= MAX_DRAINING {
                break;
            }
            let (_, id) = self.draining.pop_front()?;
            if self.is_draining(id) {
                return Some(id);
            }
        }
        None
    }

    /// Takes a socket without requests, to free its descriptor or port. Not one of destination `except`.
    pub(super) fn take_unused(&mut self, except: Option<usize>) -> Option<SocketId> {
        let draining = (0..self.draining.len()).find(|index| {
            let (_, id) = self.draining[*index];
            self.is_draining(id) && self.is_unused(id, except)
        });
        if let Some(index) = draining {
            return self.draining.remove(index).map(|(_, id)| id);
        }
        (0..self.available.len()).find_map(|destination| {
            let mut indices = (0..self.available[destination].len()).rev();
            let index = indices
                .find(|index| self.is_unused(self.available[destination][*index], except))?;
            Some(self.available[destination].remove(index))
        })
    }

    fn is_unused(&mut self, id: SocketId, except: Option<usize>) -> bool {
        let unused = self.get(id).filter(|socket| socket.unanswered.is_empty());
        unused.is_some_and(|socket| Some(socket.destination) != except)
    }

    /// Whether a socket to a destination has this local port.
    pub(super) fn is_port_in_use(&self, destination: usize, port: u16) -> bool {
        self.sockets
            .values()
            .filter(|socket| socket.destination == destination)
            .any(|socket| socket.local.port() == port)
    }

    /// [`Self::take_any`] may have taken a draining socket since.
    fn is_draining(&mut self, id: SocketId) -> bool {
        let socket = self.get(id);
        socket.is_some_and(|socket| socket.state == SocketState::Draining)
    }

    /// Takes a socket to a destination in any state, because there is no local port for another one.
    pub(super) fn take_any(&mut self, destination: usize) -> Option<SocketId> {
        let mut sockets = self.sockets.iter_mut();
        let (id, socket) = sockets.find(|(_, socket)| socket.destination == destination)?;
        socket.state = SocketState::Busy;
        Some(id)
    }
}
