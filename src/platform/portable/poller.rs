//! The event loop's eyes where there is no epoll: the `polling` crate over kqueue or IOCP.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use polling::{Event, Events};
use socket2::Socket;

use crate::platform::Readiness;

/// Waits for many sockets at once.
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

    /// Sleeps all the same: whether it would help here was not measured.
    #[allow(clippy::unused_self)]
    pub fn set_busy_poll(&mut self, _near: Duration) {}

    /// A handle that ends a wait from elsewhere.
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.inner))
    }

    /// Watches a connecting socket for the end of the handshake.
    pub fn register_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        self.add(socket, Event::writable(key(token)))
    }

    /// Watches a socket for datagrams.
    pub fn register_recv(&self, socket: &Socket, token: u64) -> io::Result<()> {
        self.add(socket, Event::readable(key(token)))
    }

    fn add(&self, socket: &Socket, event: Event) -> io::Result<()> {
        #[allow(unsafe_code)]
        // SAFETY: the caller calls `deregister` before it closes the socket, as `polling` asks.
        unsafe {
            self.inner.add(socket, event)
        }
    }

    /// Watches a connecting socket again: each watch here tells one event.
    pub fn rearm_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        self.inner.modify(socket, Event::writable(key(token)))
    }

    /// Watches a socket for datagrams again.
    pub fn rearm_recv(&self, socket: &Socket, token: u64) {
        let _ = self.inner.modify(socket, Event::readable(key(token)));
    }

    /// Watches a connected socket for its end alone.
    pub fn rearm_close(&self, socket: &Socket, token: u64) -> io::Result<()> {
        self.inner.modify(socket, Event::readable(key(token)))
    }

    /// Ends the watch; a socket must not be closed before.
    pub fn deregister(&self, socket: &Socket) {
        let _ = self.inner.delete(socket);
    }

    /// Waits until a socket is ready, the waker is used, or the time is `until`; appends what is ready.
    pub fn wait(&mut self, until: Option<Instant>, ready: &mut Vec<Readiness>) -> io::Result<()> {
        let timeout = until.map(|until| until.saturating_duration_since(Instant::now()));
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
