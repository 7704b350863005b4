//! The `polling` crate over kqueue or IOCP.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use polling::{Event, Events};
use socket2::Socket;

use crate::platform::Readiness;

/// Event loop over many sockets.
pub struct Poller {
    inner: Arc<polling::Poller>,
    events: Events,
}

/// Ends a [`Poller::wait`] from another thread.
#[derive(Clone)]
pub struct Waker(Arc<polling::Poller>);

impl Waker {
    /// Wakes the poller.
    pub fn wake(&self) {
        let _ = self.0.notify();
    }
}

impl Poller {
    /// Opens the system's poller.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            inner: Arc::new(polling::Poller::new()?),
            events: Events::with_capacity(NonZeroUsize::new(256).unwrap_or(NonZeroUsize::MIN)),
        })
    }

    /// Not implemented: its benefit was not measured on these systems.
    #[allow(clippy::unused_self)]
    pub fn set_busy_poll(&mut self, _window: Duration) {}

    /// A handle that ends a wait.
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.inner))
    }

    /// Registers a connecting socket: one event at the end of the handshake.
    pub fn register_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        self.add(socket, Event::writable(key(token)))
    }

    /// Registers a socket for datagrams.
    pub fn register_recv(&self, socket: &Socket, token: u64) -> io::Result<()> {
        self.add(socket, Event::readable(key(token)))
    }

    fn add(&self, socket: &Socket, event: Event) -> io::Result<()> {
        #[allow(unsafe_code)]
        // SAFETY: `polling` requires that a source is deleted before it is dropped. `socket` is borrowed, so it is open
        // now; its owners, the probes, call `deregister` before they drop it.
        unsafe {
            self.inner.add(socket, event)
        }
    }

    /// Rearms a connecting socket: registrations are one-shot.
    pub fn rearm_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        self.inner.modify(socket, Event::writable(key(token)))
    }

    /// Rearms a socket for datagrams.
    pub fn rearm_recv(&self, socket: &Socket, token: u64) {
        let _ = self.inner.modify(socket, Event::readable(key(token)));
    }

    /// Rearms a connected socket for its close or error.
    pub fn rearm_close(&self, socket: &Socket, token: u64) -> io::Result<()> {
        self.inner.modify(socket, Event::readable(key(token)))
    }

    /// Deregisters a socket; required before it is closed.
    pub fn deregister(&self, socket: &Socket) {
        let _ = self.inner.delete(socket);
    }

    /// Waits for a ready socket, the waker or the deadline, and appends ready sockets.
    pub fn wait(
        &mut self,
        deadline: Option<Instant>,
        ready: &mut Vec<Readiness>,
    ) -> io::Result<()> {
        let timeout = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        self.events.clear();
        self.inner.wait(&mut self.events, timeout)?;
        ready.extend(self.events.iter().map(|event| Readiness {
            token: event.key as u64,
            failed: event.is_err().unwrap_or(false) || event.is_interrupt(),
            closed: event.readable,
        }));
        Ok(())
    }
}

fn key(token: u64) -> usize {
    usize::try_from(token).unwrap_or(usize::MAX - 1)
}
