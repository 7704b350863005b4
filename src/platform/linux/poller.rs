//! epoll(7) with timerfd deadlines.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use socket2::Socket;

use super::busy_poll::BusyPoll;
use crate::platform::Readiness;

/// Token of the waker's descriptor.
const WAKER: u64 = u64::MAX;

/// Token of the timer.
const TIMER: u64 = u64::MAX - 1;

/// Events of a connecting socket. One-shot: a disconnected socket that waits for its next probe would report `EPOLLHUP`
/// again and again (`epoll_ctl(2)`).
const CONNECT: EventFlags = EventFlags::OUT
    .union(EventFlags::RDHUP)
    .union(EventFlags::ONESHOT);

/// Most events per call; the rest is returned by the next.
const MAX_EVENTS: usize = 256;

/// Event loop over many sockets.
///
/// Deadlines use a timerfd: epoll's timeout has a resolution of 1 ms and a slack of a thousandth of the wait
/// (`select_estimate_accuracy`, fs/select.c).
pub struct Poller {
    epoll: OwnedFd,
    timer: OwnedFd,
    /// Expiry of the timer, while armed.
    armed: Option<Instant>,
    busy_poll: BusyPoll,
    wake_stream: UnixStream,
    waker: Waker,
    events: Vec<epoll::Event>,
}

/// Ends a [`Poller::wait`] from another thread or a signal handler.
#[derive(Clone)]
pub struct Waker(Arc<UnixStream>);

impl Waker {
    /// Wakes the poller. EAGAIN is no error: a full socket buffer wakes it already.
    pub fn wake(&self) {
        let _ = (&*self.0).write(&[0]);
    }

    #[cfg(feature = "cli")]
    /// The stream that a signal handler writes to.
    pub(super) fn stream(&self) -> io::Result<UnixStream> {
        self.0.try_clone()
    }
}

impl Poller {
    /// Opens an epoll instance, its timer and its waker.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let (wake_stream, waker) = UnixStream::pair()?;
        wake_stream.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        epoll::add(
            &epoll,
            &wake_stream,
            EventData::new_u64(WAKER),
            EventFlags::IN,
        )?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?;
        // Edge-triggered: one event per expiry, and no read(2) of the timer.
        let once = EventFlags::IN | EventFlags::ET;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), once)?;
        Ok(Self {
            epoll,
            timer,
            armed: None,
            busy_poll: BusyPoll::default(),
            wake_stream,
            waker: Waker(Arc::new(waker)),
            events: Vec::with_capacity(MAX_EVENTS),
        })
    }

    /// Busy-polls for deadlines within `window`, as long as other processes do not compete for the CPU.
    pub fn set_busy_poll(&mut self, window: Duration) {
        self.busy_poll.enable(window);
    }

    /// A handle that ends a wait.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Registers a connecting socket: one event at the end of the handshake, an error or a close.
    pub fn register_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        epoll::add(&self.epoll, socket, EventData::new_u64(token), CONNECT)?;
        Ok(())
    }

    /// Rearms a connecting socket, also with another token.
    pub fn rearm_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        epoll::modify(&self.epoll, socket, EventData::new_u64(token), CONNECT)?;
        Ok(())
    }

    /// Registers a socket for datagrams and error queue entries.
    pub fn register_recv(&self, socket: &Socket, token: u64) -> io::Result<()> {
        epoll::add(
            &self.epoll,
            socket,
            EventData::new_u64(token),
            EventFlags::IN,
        )?;
        Ok(())
    }

    /// Nothing to do: the registration is level-triggered. Other systems are one-shot.
    #[allow(clippy::unused_self)]
    pub fn rearm_recv(&self, _socket: &Socket, _token: u64) {}

    /// Rearms a connected socket for one event at its close or error, no longer for being writable.
    pub fn rearm_close(&self, socket: &Socket, token: u64) -> io::Result<()> {
        let token = EventData::new_u64(token);
        epoll::modify(
            &self.epoll,
            socket,
            token,
            EventFlags::RDHUP.union(EventFlags::ONESHOT),
        )?;
        Ok(())
    }

    /// Nothing to do: close(2) deregisters (epoll(7)). Other systems deregister first.
    #[allow(clippy::unused_self)]
    pub fn deregister(&self, _socket: &Socket) {}

    /// Waits for a ready socket, the waker, a signal or the deadline, and appends ready sockets. Can return early
    /// without any: call it again.
    pub fn wait(
        &mut self,
        deadline: Option<Instant>,
        ready: &mut Vec<Readiness>,
    ) -> io::Result<()> {
        if let Some(mut wait) = deadline.and_then(|deadline| self.busy_poll.start(deadline)) {
            while wait.continues(self.poll(Some(Timespec::default()))?) {}
            self.busy_poll.finish(&wait);
        } else {
            let timeout = deadline.map(|deadline| self.arm(deadline));
            self.poll(timeout.transpose()?.flatten())?;
        }
        for event in self.events.drain(..) {
            match event.data.u64() {
                WAKER => drop((&self.wake_stream).read(&mut [0; 64])),
                TIMER => self.armed = None,
                token => ready.push(readiness(token, event.flags)),
            }
        }
        Ok(())
    }

    /// Polls once and returns whether there are events.
    fn poll(&mut self, timeout: Option<Timespec>) -> io::Result<bool> {
        let buffer = rustix::buffer::spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, buffer, timeout.as_ref()) {
            Ok(events) => Ok(events > 0),
            // A signal: the caller checks the flags.
            Err(rustix::io::Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Arms the timer for `deadline`; returns a timeout of zero if that has passed. A timer that expires earlier is
    /// kept: if deadlines only move forward, as in a closed loop, it need not be set for every probe.
    fn arm(&mut self, deadline: Instant) -> io::Result<Option<Timespec>> {
        if self.armed.is_some_and(|armed| armed <= deadline) {
            return Ok(None);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Some(timespec(left)));
        }
        let once = Itimerspec {
            it_interval: timespec(Duration::ZERO),
            it_value: timespec(left),
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        self.armed = Some(deadline);
        Ok(None)
    }
}

fn readiness(token: u64, flags: EventFlags) -> Readiness {
    Readiness {
        token,
        failed: flags.intersects(EventFlags::ERR | EventFlags::HUP),
        closed: flags.contains(EventFlags::RDHUP),
    }
}

/// Saturates at 292 billion years.
fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that sleeps, and one that busy-polls.
    fn pollers() -> [Poller; 2] {
        let [sleeping, mut busy] = [(); 2].map(|()| Poller::new().expect("epoll"));
        busy.set_busy_poll(Duration::from_secs(3600));
        [sleeping, busy]
    }

    /// Waits for `duration`, across early returns.
    fn wait_for(poller: &mut Poller, duration: Duration) -> Duration {
        let start = Instant::now();
        while start.elapsed() < duration {
            let mut ready = Vec::new();
            poller
                .wait(Some(start + duration), &mut ready)
                .expect("a wait");
            assert!(ready.is_empty());
        }
        start.elapsed()
    }

    #[test]
    fn wait_lasts_until_its_own_deadline() {
        for mut poller in pollers() {
            for us in [300, 20_000, 500, 100] {
                let duration = Duration::from_micros(us);
                assert!(wait_for(&mut poller, duration) >= duration);
            }
        }
    }

    #[test]
    fn earlier_deadline_replaces_later_one() {
        for mut poller in pollers() {
            let hour = Instant::now() + Duration::from_secs(3600);
            poller.waker().wake();
            poller.wait(Some(hour), &mut Vec::new()).expect("woken");
            wait_for(&mut poller, Duration::from_millis(1));
        }
    }

    #[test]
    fn waker_ends_one_wait() {
        for mut poller in pollers() {
            poller.waker().wake();
            poller.wait(None, &mut Vec::new()).expect("a wake-up");
            let duration = Duration::from_millis(5);
            let start = Instant::now();
            poller
                .wait(Some(start + duration), &mut Vec::new())
                .expect("a wait");
            assert!(start.elapsed() >= duration, "a second wake-up");
        }
    }
}
