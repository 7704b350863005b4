//! Real UDP services, each with one habit that matters to whoever asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;

use crate::trial_error::{Context, Result};

/// What a service does with a datagram.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Habit {
    /// Sends it back.
    Echo,
    /// Takes it and says nothing.
    Silent,
    /// Sends it back a thousand times.
    Flood,
    /// Sends it back and closes.
    EchoOnce,
    /// Is bound to no address, as many a service on a host with several: its answers come from
    /// the address that the route back prefers.
    EchoUnbound,
}

/// An open service; dropping it closes it and waits for its thread.
pub(crate) struct Service {
    address: SocketAddr,
    lifeline: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Serves in the namespace of the calling thread, on a port that the kernel draws unless one is named.
    pub(crate) fn start(host: IpAddr, port: Option<u16>, habit: Habit) -> Result<Self> {
        let bound = match habit {
            Habit::EchoUnbound => unspecified(host),
            _ => host,
        };
        let socket = UdpSocket::bind((bound, port.unwrap_or(0))).context("opening a service")?;
        let port = socket.local_addr().context("a service's address")?.port();
        let (lifeline, end) = UnixStream::pair().context("making a socket pair")?;
        Ok(Self {
            address: SocketAddr::new(host, port),
            lifeline: Some(lifeline),
            thread: Some(thread::spawn(move || serve(&socket, &end, habit))),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn unspecified(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn serve(socket: &UdpSocket, end: &UnixStream, habit: Habit) {
    let copies = match habit {
        Habit::Silent => 0,
        Habit::Flood => 1000,
        Habit::Echo | Habit::EchoOnce | Habit::EchoUnbound => 1,
    };
    let mut buffer = vec![0; 65_536];
    while has_more(socket, end) {
        // An error is an answer that was refused: the tool has closed its port.
        let Ok((length, from)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        for _ in 0..copies {
            // Whether it arrives is the tool's to tell.
            let _ = socket.send_to(&buffer[..length], from);
        }
        if habit == Habit::EchoOnce {
            return;
        }
    }
}

/// Waits for a datagram; false when told to end.
fn has_more(socket: &UdpSocket, end: &UnixStream) -> bool {
    let mut files = [
        PollFd::new(socket.as_fd(), PollFlags::POLLIN),
        PollFd::new(end.as_fd(), PollFlags::POLLIN),
    ];
    poll(&mut files, PollTimeout::NONE).is_ok() && !files[1].any().unwrap_or(true)
}
