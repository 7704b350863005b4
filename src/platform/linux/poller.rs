//! The event loop's eyes: epoll(7), with nanosecond time-outs.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::Timespec;
use rustix::event::epoll;
use rustix::fd::OwnedFd;
use socket2::Socket;

use crate::platform::Readiness;

/// The token of the waker's own descriptor.
const WAKER: u64 = u64::MAX;

/// Events taken in one call; more simply wait for the next.
const EVENTS: usize = 256;

/// Waits for many sockets at once.
pub struct Poller {
    epoll: OwnedFd,
    woken: UnixStream,
    waker: Waker,
    events: Vec<epoll::Event>,
}

/// Ends a [`Poller::wait`] from another thread or a signal handler.
#[derive(Clone)]
pub struct Waker(Arc<UnixStream>);

impl Waker {
    /// Wakes the poller. A full pipe already wakes it, so a failure to write is none.
    pub fn wake(&self) {
        let _ = (&*self.0).write(&[0]);
    }

    /// The descriptor to write a byte to, for a signal handler.
    pub(super) fn stream(&self) -> io::Result<UnixStream> {
        self.0.try_clone()
    }
}

impl Poller {
    /// Opens an epoll instance and its waker.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let token = epoll::EventData::new_u64(WAKER);
        epoll::add(&epoll, &woken, token, epoll::EventFlags::IN)?;
        Ok(Self {
            epoll,
            woken,
            waker: Waker(Arc::new(waker)),
            events: Vec::with_capacity(EVENTS),
        })
    }

    /// A handle that ends a wait from elsewhere.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Watches a connecting socket: for the end of the handshake, for errors, and for a close.
    pub fn watch_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        let interest = epoll::EventFlags::OUT | epoll::EventFlags::RDHUP;
        epoll::add(
            &self.epoll,
            socket,
            epoll::EventData::new_u64(token),
            interest,
        )?;
        Ok(())
    }

    /// Watches a connected socket for its end alone: being writable is no longer news.
    pub fn watch_end(&self, socket: &Socket, token: u64) -> io::Result<()> {
        let token = epoll::EventData::new_u64(token);
        epoll::modify(&self.epoll, socket, token, epoll::EventFlags::RDHUP)?;
        Ok(())
    }

    /// Closing a socket ends its watch by itself (epoll(7)); other systems need to be told before.
    #[allow(clippy::unused_self)]
    pub fn forget(&self, _socket: &Socket) {}

    /// Waits until a socket is ready, the waker is used, a signal comes, or `timeout` is over;
    /// appends what is ready.
    pub fn wait(
        &mut self,
        timeout: Option<Duration>,
        ready: &mut Vec<Readiness>,
    ) -> io::Result<()> {
        match self.wait_precisely(timeout) {
            // Before Linux 5.11 there is no epoll_pwait2(2): whole milliseconds, rounded up.
            Err(rustix::io::Errno::NOSYS) => self.wait_precisely(timeout.map(whole_ms))?,
            // A signal: its handler has left a flag, and the caller looks at it.
            Err(rustix::io::Errno::INTR) => {}
            result => result?,
        }
        for event in self.events.drain(..) {
            let token = event.data.u64();
            if token == WAKER {
                let _ = (&self.woken).read(&mut [0; 64]);
            } else {
                ready.push(readiness(token, event.flags));
            }
        }
        Ok(())
    }

    fn wait_precisely(&mut self, timeout: Option<Duration>) -> rustix::io::Result<()> {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let buffer = rustix::buffer::spare_capacity(&mut self.events);
        epoll::wait(&self.epoll, buffer, timeout.as_ref()).map(drop)
    }
}

fn readiness(token: u64, flags: epoll::EventFlags) -> Readiness {
    Readiness {
        token,
        failed: flags.intersects(epoll::EventFlags::ERR | epoll::EventFlags::HUP),
        closed: flags.contains(epoll::EventFlags::RDHUP),
    }
}

fn whole_ms(duration: Duration) -> Duration {
    let ms = duration.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_wait_lasts_as_long_as_asked_for() {
        let mut poller = Poller::new().expect("epoll");
        let asked = Duration::from_micros(300);
        let start = Instant::now();
        poller
            .wait(Some(asked), &mut Vec::new())
            .expect("a quiet wait");
        assert!(start.elapsed() >= asked);
    }

    #[test]
    fn the_waker_ends_a_wait_once() {
        let mut poller = Poller::new().expect("epoll");
        poller.waker().wake();
        poller
            .wait(None, &mut Vec::new())
            .expect("woken at once, not for ever");
        let start = Instant::now();
        let asked = Duration::from_millis(5);
        poller
            .wait(Some(asked), &mut Vec::new())
            .expect("a quiet wait");
        assert!(start.elapsed() >= asked, "the first wake must be used up");
    }
}
