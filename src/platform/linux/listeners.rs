//! Which sockets hear a port: `sock_diag(7)`, or else /proc.

mod owner;
mod table;

use std::collections::HashMap;

use super::netlink::Conversation;
use super::sock_diag::{SocketFound, SocketsWanted};
use super::surroundings::name_of;
use crate::hosts::Protocol;
use crate::platform::{Listener, Process};

/// A TCP socket after listen(2), `TCP_LISTEN` of `include/net/tcp_states.h`.
const LISTENING: u8 = 10;

/// A UDP socket that is not connected: `TCP_CLOSE`.
const UNCONNECTED: u8 = 7;

/// The TCP sockets that listen on this port, or the UDP sockets that are bound to it and have no peer: those of this
/// thread's network namespace. `None`: this system does not tell; ICMP has no ports.
pub fn listeners(protocol: Protocol, port: u16) -> Option<Vec<Listener>> {
    let sockets = told(protocol, port).or_else(|| table::read(protocol, port))?;
    let owners = owner::of(sockets.iter().map(|socket| socket.inode).collect());
    let listener = |socket| listener(protocol, socket, &owners);
    Some(sockets.into_iter().map(listener).collect())
}

/// What the kernel answers.
fn told(protocol: Protocol, port: u16) -> Option<Vec<SocketFound>> {
    let (protocol, state) = match protocol {
        Protocol::Tcp => (libc::IPPROTO_TCP, LISTENING),
        Protocol::Udp => (libc::IPPROTO_UDP, UNCONNECTED),
        Protocol::Icmp => return None,
    };
    let kernel = Conversation::about_sockets()?;
    let mut sockets = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        let wanted = SocketsWanted {
            family: u8::try_from(family).ok()?,
            protocol: u8::try_from(protocol).ok()?,
            state,
            port,
        };
        sockets.extend(kernel.sockets(wanted).ok()?);
    }
    // Port 0 would be no condition to the kernel, and there is no such port.
    sockets.retain(|socket| socket.port == port);
    Some(sockets)
}

fn listener(protocol: Protocol, socket: SocketFound, owners: &HashMap<u64, Process>) -> Listener {
    let queue = protocol == Protocol::Tcp;
    Listener {
        address: socket.address,
        interface: socket.interface.map(interface),
        v6_only: socket.v6_only,
        accept_queue: queue.then_some(socket.receive_queue),
        backlog: socket.send_queue.filter(|_| queue),
        process: owners.get(&socket.inode).cloned(),
        uid: Some(socket.uid),
    }
}

/// An interface that is gone has a number still.
fn interface(index: u32) -> String {
    name_of(index).map_or_else(|| index.to_string(), |name| name.to_string())
}

#[cfg(test)]
mod tests;
