//! Listeners on a port and their accept queues: `sock_diag(7)`, or else /proc/net/{tcp,udp}.

mod proc_net;
mod socket_owner;

use std::collections::HashMap;

use super::links::interface_name;
use super::netlink::{NetlinkSocket, SockDiagRequest, SocketEntry, TCP_LISTEN, UDP_UNCONNECTED};
use crate::hosts::Protocol;
use crate::platform::{Listener, Process};

/// TCP sockets that listen on this port, or unconnected UDP sockets bound to it, of this thread's network namespace.
/// `None`: neither source is available, or the protocol has no ports.
pub fn listeners(protocol: Protocol, port: u16) -> Option<Vec<Listener>> {
    let sockets = sock_diag(protocol, port).or_else(|| proc_net::read(protocol, port))?;
    let inodes = sockets.iter().map(|socket| socket.inode).collect();
    let owners = socket_owner::processes(inodes);
    let listener = |socket| listener(protocol, socket, &owners);
    Some(sockets.into_iter().map(listener).collect())
}

fn sock_diag(protocol: Protocol, port: u16) -> Option<Vec<SocketEntry>> {
    let (protocol, state) = match protocol {
        Protocol::Tcp => (libc::IPPROTO_TCP, TCP_LISTEN),
        Protocol::Udp => (libc::IPPROTO_UDP, UDP_UNCONNECTED),
        Protocol::Icmp => return None,
    };
    let netlink = NetlinkSocket::sock_diag()?;
    let mut sockets = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        let request = SockDiagRequest {
            family: u8::try_from(family).ok()?,
            protocol: u8::try_from(protocol).ok()?,
            state,
            port,
        };
        sockets.extend(netlink.sockets(request).ok()?);
    }
    // In the request port 0 means any port.
    sockets.retain(|socket| socket.port == port);
    Some(sockets)
}

fn listener(protocol: Protocol, socket: SocketEntry, owners: &HashMap<u64, Process>) -> Listener {
    let has_queue = protocol == Protocol::Tcp;
    Listener {
        address: socket.address,
        interface: socket.interface.map(name_or_index),
        v6_only: socket.v6_only,
        accept_queue: has_queue.then_some(socket.receive_queue),
        backlog: socket.send_queue.filter(|_| has_queue),
        process: owners.get(&socket.inode).cloned(),
        uid: Some(socket.uid),
    }
}

/// A deleted interface has no name.
fn name_or_index(index: u32) -> String {
    interface_name(index).map_or_else(|| index.to_string(), |name| name.to_string())
}

#[cfg(test)]
mod tests;
