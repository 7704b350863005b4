//! The event loop's eyes: epoll(7), and a timer that keeps its time.

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

use super::vigil::Vigil;
use crate::platform::Readiness;

/// The token of the waker's own descriptor.
const WAKER: u64 = u64::MAX;

/// The token of the timer.
const TIMER: u64 = u64::MAX - 1;

/// What there is to know of a connecting socket. One that has told it and waits for another probe stays silent:
/// without a connection it would report a hang-up for ever (`EPOLLHUP`, `epoll_ctl(2)`).
const CONNECT: EventFlags = EventFlags::OUT
    .union(EventFlags::RDHUP)
    .union(EventFlags::ONESHOT);

/// Events taken in one call; more simply wait for the next.
const EVENTS: usize = 256;

/// Waits for many sockets at once.
///
/// Deadlines are kept by a timerfd: epoll's own time-out counts in milliseconds and may be late by a
/// thousandth of the wait (`select_estimate_accuracy`, fs/select.c).
pub struct Poller {
    epoll: OwnedFd,
    timer: OwnedFd,
    /// When the timer goes off, if it has not yet.
    armed: Option<Instant>,
    vigil: Vigil,
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
    /// Opens an epoll instance, its timer and its waker.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        epoll::add(&epoll, &woken, EventData::new_u64(WAKER), EventFlags::IN)?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC)?;
        // Edge-triggered: each expiry is told once, and nobody needs to read the timer.
        let once = EventFlags::IN | EventFlags::ET;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), once)?;
        Ok(Self {
            epoll,
            timer,
            armed: None,
            vigil: Vigil::default(),
            woken,
            waker: Waker(Arc::new(waker)),
            events: Vec::with_capacity(EVENTS),
        })
    }

    /// From now on stays awake for what is due within `near`, unless other processes want the processor too.
    pub fn set_busy_poll(&mut self, near: Duration) {
        self.vigil.begin(near);
    }

    /// A handle that ends a wait from elsewhere.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Watches a connecting socket: for the end of the handshake, for errors, and for a close. It is told once.
    pub fn register_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        epoll::add(&self.epoll, socket, EventData::new_u64(token), CONNECT)?;
        Ok(())
    }

    /// Watches a connecting socket again, perhaps as another probe's.
    pub fn rearm_connect(&self, socket: &Socket, token: u64) -> io::Result<()> {
        epoll::modify(&self.epoll, socket, EventData::new_u64(token), CONNECT)?;
        Ok(())
    }

    /// Watches a socket for datagrams, and for what comes onto its error queue.
    pub fn register_recv(&self, socket: &Socket, token: u64) -> io::Result<()> {
        epoll::add(
            &self.epoll,
            socket,
            EventData::new_u64(token),
            EventFlags::IN,
        )?;
        Ok(())
    }

    /// A watch for datagrams goes on by itself; other systems tell one event and need to be asked again.
    #[allow(clippy::unused_self)]
    pub fn rearm_recv(&self, _socket: &Socket, _token: u64) {}

    /// Watches a connected socket for its end alone: being writable is no longer news. It is told once.
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

    /// Closing a socket ends its watch by itself (epoll(7)); other systems need to be told before.
    #[allow(clippy::unused_self)]
    pub fn deregister(&self, _socket: &Socket) {}

    /// Waits until a socket is ready, the waker is used, a signal comes, or the time is `until`;
    /// appends what is ready. It may also end for nothing: the caller waits again.
    pub fn wait(&mut self, until: Option<Instant>, ready: &mut Vec<Readiness>) -> io::Result<()> {
        if let Some(mut watch) = until.and_then(|until| self.vigil.watch(until)) {
            while watch.goes_on(self.take(Some(Timespec::default()))?) {}
            self.vigil.end(&watch);
        } else {
            let timeout = until.map(|until| self.arm(until)).transpose()?.flatten();
            self.take(timeout)?;
        }
        for event in self.events.drain(..) {
            match event.data.u64() {
                WAKER => drop((&self.woken).read(&mut [0; 64])),
                TIMER => self.armed = None,
                token => ready.push(readiness(token, event.flags)),
            }
        }
        Ok(())
    }

    /// Takes the events that there are, or that come within the time-out. Whether anything came.
    fn take(&mut self, timeout: Option<Timespec>) -> io::Result<bool> {
        let buffer = rustix::buffer::spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, buffer, timeout.as_ref()) {
            Ok(came) => Ok(came > 0),
            // A signal: its handler has left a flag, and the caller looks at it.
            Err(rustix::io::Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes sure that the timer goes off no later than `until`; a time-out for epoll where that has
    /// passed already. A timer that goes off earlier is left alone: where deadlines only move on, as in a
    /// closed loop, it is set once in a while instead of for every probe.
    fn arm(&mut self, until: Instant) -> io::Result<Option<Timespec>> {
        if self.armed.is_some_and(|armed| armed <= until) {
            return Ok(None);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Some(timespec(left)));
        }
        let once = Itimerspec {
            it_interval: timespec(Duration::ZERO),
            it_value: timespec(left),
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        self.armed = Some(until);
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

/// Longer than any run is long enough.
fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that sleeps, and one that stays awake for all that is due here.
    fn pollers() -> [Poller; 2] {
        let [asleep, mut awake] = [(); 2].map(|()| Poller::new().expect("epoll"));
        awake.set_busy_poll(Duration::from_secs(3600));
        [asleep, awake]
    }

    /// Waits until `asked` is over, however often the poller ends early.
    fn wait_for(poller: &mut Poller, asked: Duration) -> Duration {
        let start = Instant::now();
        while start.elapsed() < asked {
            let mut ready = Vec::new();
            poller
                .wait(Some(start + asked), &mut ready)
                .expect("a quiet wait");
            assert!(ready.is_empty());
        }
        start.elapsed()
    }

    #[test]
    fn a_wait_lasts_as_long_as_asked_for_whatever_was_asked_before() {
        for mut poller in pollers() {
            for us in [300, 20_000, 500, 100] {
                let asked = Duration::from_micros(us);
                assert!(wait_for(&mut poller, asked) >= asked);
            }
        }
    }

    #[test]
    fn an_earlier_deadline_replaces_a_later_one() {
        for mut poller in pollers() {
            let hour = Instant::now() + Duration::from_secs(3600);
            poller.waker().wake();
            poller.wait(Some(hour), &mut Vec::new()).expect("woken");
            wait_for(&mut poller, Duration::from_millis(1));
        }
    }

    #[test]
    fn the_waker_ends_a_wait_once() {
        for mut poller in pollers() {
            poller.waker().wake();
            poller
                .wait(None, &mut Vec::new())
                .expect("woken at once, not for ever");
            let asked = Duration::from_millis(5);
            let start = Instant::now();
            poller
                .wait(Some(start + asked), &mut Vec::new())
                .expect("a quiet wait");
            assert!(start.elapsed() >= asked, "the first wake must be used up");
        }
    }
}
