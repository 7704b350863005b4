//! Real UDP services.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;

use crate::trial_error::{Context, Result};

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ServiceBehaviour {
    Echo,
    /// No replies, RFC 863.
    Discard,
    /// 1,000 echoes of each datagram.
    Flood,
    /// One echo, then closes the port.
    EchoOnce,
    /// Bound to the wildcard address: the kernel chooses the source address of replies by its routes.
    EchoWildcard,
}

/// Dropping it closes the service and joins its thread.
pub(crate) struct Service {
    address: SocketAddr,
    /// Closed to stop the thread.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Binds in the namespace of the calling thread. Default: an ephemeral port.
    pub(crate) fn start(
        address: IpAddr,
        port: Option<u16>,
        behaviour: ServiceBehaviour,
    ) -> Result<Self> {
        let bound = match behaviour {
            ServiceBehaviour::EchoWildcard => wildcard(address),
            _ => address,
        };
        let socket = UdpSocket::bind((bound, port.unwrap_or(0))).context("binding")?;
        let port = socket.local_addr().context("address of a service")?.port();
        let (stop, stopped) = UnixStream::pair().context("making a socket pair")?;
        Ok(Self {
            address: SocketAddr::new(address, port),
            stop: Some(stop),
            thread: Some(thread::spawn(move || serve(&socket, &stopped, behaviour))),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn wildcard(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn serve(socket: &UdpSocket, stopped: &UnixStream, behaviour: ServiceBehaviour) {
    let copies = match behaviour {
        ServiceBehaviour::Discard => 0,
        ServiceBehaviour::Flood => 1000,
        ServiceBehaviour::Echo | ServiceBehaviour::EchoOnce | ServiceBehaviour::EchoWildcard => 1,
    };
    let mut buffer = vec![0; 65_536];
    while wait_for_datagram(socket, stopped) {
        // An error is an ICMP port-unreachable for an earlier reply: the tool has closed its socket.
        let Ok((length, source)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        for _ in 0..copies {
            // A lost reply is part of the test.
            let _ = socket.send_to(&buffer[..length], source);
        }
        if behaviour == ServiceBehaviour::EchoOnce {
            return;
        }
    }
}

/// False when stopped.
fn wait_for_datagram(socket: &UdpSocket, stopped: &UnixStream) -> bool {
    let mut files = [
        PollFd::new(socket.as_fd(), PollFlags::POLLIN),
        PollFd::new(stopped.as_fd(), PollFlags::POLLIN),
    ];
    poll(&mut files, PollTimeout::NONE).is_ok() && !files[1].any().unwrap_or(true)
}
