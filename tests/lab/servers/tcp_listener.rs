//! Real TCP listeners.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{self, Backlog, Shutdown, setsockopt, sockopt};
use serde::Deserialize;

use crate::trial_error::{Context, Result, TrialError};

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ListenerBehaviour {
    /// Accepts and keeps the connection.
    Hold,
    /// Accepts, then RST.
    Reset,
    /// Accepts, then FIN.
    Close,
    /// Never accepts, and the accept queue is full: Linux drops the SYN, `tcp_conn_request()`.
    AcceptQueueFull,
    /// As above, but accepts all connections 500 ms after the first dropped SYN.
    AcceptQueueDrained,
    /// As `Hold`; the lab has taken every ephemeral port towards the listener.
    PortsExhausted,
}

/// Dropping it closes the listener and joins its thread.
pub(crate) struct Listener {
    socket: TcpListener,
    thread: Option<JoinHandle<()>>,
    _connections: Vec<TcpStream>,
}

impl Listener {
    /// Listens in the namespace of the calling thread. Default: an ephemeral port.
    pub(crate) fn start(
        address: IpAddr,
        port: Option<u16>,
        behaviour: ListenerBehaviour,
    ) -> Result<Self> {
        let socket = TcpListener::bind((address, port.unwrap_or(0))).context("binding")?;
        let connections = match behaviour {
            ListenerBehaviour::AcceptQueueFull | ListenerBehaviour::AcceptQueueDrained => {
                vec![fill_accept_queue(&socket)?]
            }
            ListenerBehaviour::PortsExhausted => take_all_ports(&socket)?,
            ListenerBehaviour::Hold | ListenerBehaviour::Reset | ListenerBehaviour::Close => {
                Vec::new()
            }
        };
        let thread = spawn_acceptor(&socket, behaviour)?;
        Ok(Self {
            socket,
            thread,
            _connections: connections,
        })
    }

    pub(crate) fn address(&self) -> Result<SocketAddr> {
        self.socket.local_addr().context("address of a listener")
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // On Linux accept() then fails with EINVAL, `inet_csk_accept()`.
        let _ = socket::shutdown(self.socket.as_raw_fd(), Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn spawn_acceptor(
    socket: &TcpListener,
    behaviour: ListenerBehaviour,
) -> Result<Option<JoinHandle<()>>> {
    if behaviour == ListenerBehaviour::AcceptQueueFull {
        return Ok(None);
    }
    let socket = socket.try_clone().context("cloning a listener")?;
    let accept_all = move || {
        let is_drained = behaviour == ListenerBehaviour::AcceptQueueDrained;
        if is_drained && !wait_for_dropped_syn(&socket) {
            return;
        }
        let mut held = Vec::new();
        for stream in socket.incoming().map_while(io::Result::ok) {
            match behaviour {
                ListenerBehaviour::Close => drop(stream),
                ListenerBehaviour::Reset => reset(stream),
                _ => held.push(stream),
            }
        }
    };
    Ok(Some(thread::spawn(accept_all)))
}

/// With a linger time of 0 `close()` sends a RST, socket(7).
fn reset(stream: TcpStream) {
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&stream, sockopt::Linger, &linger).expect("SO_LINGER on an open socket");
    drop(stream);
}

/// A backlog of 0 has room for one connection, `sk_acceptq_is_full()`.
fn fill_accept_queue(socket: &TcpListener) -> Result<TcpStream> {
    let zero = Backlog::new(0).context("a backlog of 0")?;
    socket::listen(socket, zero).context("setting the backlog")?;
    let address = socket.local_addr().context("address of a listener")?;
    let stream = TcpStream::connect(address).context("filling the accept queue")?;
    let mut files = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    poll(&mut files, PollTimeout::NONE).context("waiting for a full accept queue")?;
    Ok(stream)
}

/// True 500 ms after the kernel has dropped a SYN for a full accept queue; false if the listener is closed before.
fn wait_for_dropped_syn(socket: &TcpListener) -> bool {
    while listen_overflows().is_ok_and(|count| count == 0) {
        if is_shut_down(socket) {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(500));
    true
}

fn is_shut_down(socket: &TcpListener) -> bool {
    let mut files = [PollFd::new(socket.as_fd(), PollFlags::empty())];
    // POLLHUP needs no request; a listener has it only after shutdown().
    poll(&mut files, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// `ListenOverflows` of this namespace: SYNs dropped for a full accept queue.
fn listen_overflows() -> Result<u64> {
    let table = fs::read_to_string("/proc/thread-self/net/netstat").context("reading netstat")?;
    let mut lines = table.lines().filter(|line| line.starts_with("TcpExt:"));
    let (names, values) = (lines.next(), lines.next());
    let (names, values) = names.zip(values).context("netstat has no TcpExt")?;
    let mut counters = names.split(' ').zip(values.split(' '));
    let counter = counters.find(|(name, _)| *name == "ListenOverflows");
    let (_, value) = counter.context("netstat has no ListenOverflows")?;
    value.parse().context("reading ListenOverflows")
}

/// Reduces the ephemeral range to eight ports and connects from each.
fn take_all_ports(socket: &TcpListener) -> Result<Vec<TcpStream>> {
    let range = "/proc/sys/net/ipv4/ip_local_port_range";
    fs::write(range, "61000 61007").context(range)?;
    let address = socket.local_addr().context("address of a listener")?;
    let mut streams = Vec::new();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => streams.push(stream),
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => return Ok(streams),
            Err(error) => return Err(TrialError::Fail(format!("taking ports: {error}"))),
        }
    }
}
