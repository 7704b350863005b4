//! Real listeners, each with one habit that matters to whoever connects.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{self, Backlog, Shutdown, setsockopt, sockopt};
use serde::Deserialize;

use crate::trial_error::{Context, Result, Trouble};

/// What a listener does with those who connect.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Habit {
    /// Accepts and keeps the connection.
    Hold,
    /// Accepts and resets at once.
    Reset,
    /// Accepts and closes at once.
    Close,
    /// Never accepts, and its queue is full: Linux drops the SYN, `tcp_conn_request()`.
    BacklogFull,
    /// The same, but 500 ms after the first dropped SYN it accepts all.
    BacklogFreed,
    /// Accepts and keeps; the lab itself has taken every local port towards it.
    PortsTaken,
}

/// An open listener; dropping it closes it and waits for its thread.
pub(crate) struct Listener {
    socket: TcpListener,
    thread: Option<JoinHandle<()>>,
    _taken: Vec<TcpStream>,
}

impl Listener {
    /// Listens in the namespace of the calling thread; the kernel draws a port unless one is named.
    pub(crate) fn start(host: IpAddr, port: Option<u16>, habit: Habit) -> Result<Self> {
        let socket = TcpListener::bind((host, port.unwrap_or(0))).context("opening a listener")?;
        let mut taken = Vec::new();
        match habit {
            Habit::BacklogFull | Habit::BacklogFreed => taken.push(fill(&socket)?),
            Habit::PortsTaken => taken = take_every_port(&socket)?,
            Habit::Hold | Habit::Reset | Habit::Close => {}
        }
        let thread = serve(&socket, habit)?;
        Ok(Self {
            socket,
            thread,
            _taken: taken,
        })
    }

    pub(crate) fn address(&self) -> Result<SocketAddr> {
        self.socket.local_addr().context("a listener's address")
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // On Linux this wakes accept() with EINVAL, `inet_csk_accept()`; nothing to do if not.
        let _ = socket::shutdown(self.socket.as_raw_fd(), Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &TcpListener, habit: Habit) -> Result<Option<JoinHandle<()>>> {
    if habit == Habit::BacklogFull {
        return Ok(None);
    }
    let socket = socket.try_clone().context("sharing a listener")?;
    let accept_all = move || {
        if habit == Habit::BacklogFreed && !wait_for_a_dropped_syn(&socket) {
            return;
        }
        let mut kept = Vec::new();
        for stream in socket.incoming().map_while(io::Result::ok) {
            match habit {
                Habit::Close => drop(stream),
                Habit::Reset => reset(stream),
                _ => kept.push(stream),
            }
        }
    };
    Ok(Some(thread::spawn(accept_all)))
}

/// Closing with a linger time of zero sends a RST, socket(7).
fn reset(stream: TcpStream) {
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&stream, sockopt::Linger, &linger).expect("SO_LINGER on an open socket");
    drop(stream);
}

/// A queue of length 0 has room for one, `sk_acceptq_is_full()`; here it is.
fn fill(socket: &TcpListener) -> Result<TcpStream> {
    let none = Backlog::new(0).context("a backlog of 0")?;
    socket::listen(socket, none).context("shrinking the backlog")?;
    let address = socket.local_addr().context("a listener's address")?;
    let stream = TcpStream::connect(address).context("filling the backlog")?;
    let mut files = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    poll(&mut files, PollTimeout::NONE).context("waiting for a full backlog")?;
    Ok(stream)
}

/// True once the kernel has dropped a SYN for a full queue and 500 ms have gone by, false if
/// the listener is closed before.
fn wait_for_a_dropped_syn(socket: &TcpListener) -> bool {
    while overflows().is_ok_and(|count| count == 0) {
        if is_shut(socket) {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(500));
    true
}

fn is_shut(socket: &TcpListener) -> bool {
    let mut files = [PollFd::new(socket.as_fd(), PollFlags::empty())];
    // POLLHUP is reported unasked, and of a listener only when it is one no more.
    poll(&mut files, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// How many SYNs this namespace's kernel dropped for a full accept queue.
fn overflows() -> Result<u64> {
    let table = fs::read_to_string("/proc/thread-self/net/netstat").context("reading netstat")?;
    let mut lines = table.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (lines.next(), lines.next());
    let (names, values) = names.zip(values).context("netstat has no TcpExt")?;
    let mut both = names.split(' ').zip(values.split(' '));
    let found = both.find(|(name, _)| *name == "ListenOverflows");
    let (_, value) = found.context("netstat has no ListenOverflows")?;
    value.parse().context("reading ListenOverflows")
}

/// Leaves the kernel eight ports to draw from, and draws them all.
fn take_every_port(socket: &TcpListener) -> Result<Vec<TcpStream>> {
    let range = "/proc/sys/net/ipv4/ip_local_port_range";
    fs::write(range, "61000 61007").context(range)?;
    let address = socket.local_addr().context("a listener's address")?;
    let mut taken = Vec::new();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => taken.push(stream),
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => return Ok(taken),
            Err(error) => return Err(Trouble::Fail(format!("taking ports: {error}"))),
        }
    }
}
