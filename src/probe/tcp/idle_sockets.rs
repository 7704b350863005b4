//! Idle TCP sockets of ended probes, reused for further probes to the same target.
//!
//! socket(2) and close(2) are a third of the CPU cost of a handshake. connect(2) to `AF_UNSPEC` disconnects a socket:
//! it sends the RST that close(2) would send, and clears the connection's state (`tcp_disconnect` in net/ipv4/tcp.c),
//! so that the socket can connect again. Its sequence numbers continue, where those of a new socket follow a clock
//! (RFC 6528); after a RST the peer has no state left to compare them with.

use std::collections::VecDeque;
use std::net::SocketAddr;

use socket2::Socket;

/// At most as many as one poll can report.
const MAX_IDLE: usize = 256;

/// Disconnected sockets by target. A socket keeps its family and, for a link-local address, its interface
/// (`tcp_v6_connect`), so it is not used for another target.
#[derive(Debug)]
pub(super) struct IdleSockets<S = Socket> {
    sockets: VecDeque<(SocketAddr, S)>,
}

impl<S> Default for IdleSockets<S> {
    fn default() -> Self {
        let sockets = VecDeque::new();
        Self { sockets }
    }
}

impl<S> IdleSockets<S> {
    /// Adds a socket, unless the pool is full.
    pub(super) fn put(&mut self, target: SocketAddr, socket: S) {
        if self.sockets.len() < MAX_IDLE {
            self.sockets.push_back((target, socket));
        }
    }

    /// Takes a socket for `target`. If there are only others, closes one of them, as the caller opens a new one:
    /// reuse never needs more descriptors than a socket per probe.
    pub(super) fn take(&mut self, target: SocketAddr) -> Option<S> {
        let matching = self.sockets.iter().position(|(of, _)| *of == target);
        let (_, socket) = self.sockets.remove(matching.unwrap_or(0))?;
        matching.map(|_| socket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(number: u8) -> SocketAddr {
        ([127, 0, 0, number], 1).into()
    }

    fn idle(sockets: &[(u8, char)]) -> IdleSockets<char> {
        let mut idle = IdleSockets::default();
        for (number, socket) in sockets {
            idle.put(target(*number), *socket);
        }
        idle
    }

    #[test]
    fn a_target_gets_only_its_own_sockets() {
        let mut idle = idle(&[(1, 'a'), (2, 'b'), (1, 'c')]);
        assert_eq!(idle.take(target(2)), Some('b'));
        assert_eq!(idle.take(target(1)), Some('a'));
        assert_eq!(idle.take(target(1)), Some('c'));
        assert_eq!(idle.take(target(1)), None);
    }

    #[test]
    fn a_miss_closes_a_socket_of_another_target() {
        let mut idle = idle(&[(1, 'a'), (1, 'b')]);
        assert_eq!(idle.take(target(2)), None);
        assert_eq!(idle.take(target(1)), Some('b'));
        assert_eq!(idle.take(target(1)), None);
    }

    #[test]
    fn a_full_pool_takes_no_more() {
        let mut idle = IdleSockets::default();
        for socket in 0..2 * MAX_IDLE {
            idle.put(target(1), socket);
        }
        let taken = std::iter::from_fn(|| idle.take(target(1))).count();
        assert_eq!(taken, MAX_IDLE);
    }
}
