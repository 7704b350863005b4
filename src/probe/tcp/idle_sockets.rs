//! Sockets of TCP probes that have ended, for the next probes to the same targets.
//!
//! To open and to close a socket is a third of what a handshake costs this machine. A socket that is disconnected
//! (connect(2) to `AF_UNSPEC`) sends the RST that closing it would send, and can connect again; the kernel resets what
//! it knew of the old connection (`tcp_disconnect` in net/ipv4/tcp.c). Only its sequence numbers go on from there,
//! where a new socket's would follow a clock (RFC 6528); after a RST nobody is left to compare them with.

use std::collections::VecDeque;
use std::net::SocketAddr;

use socket2::Socket;

/// As many as a poll can end at once.
const MOST: usize = 256;

/// Disconnected sockets, and which targets they are for. The family and, with link-local addresses, the interface
/// (`tcp_v6_connect`) stick to a socket, so it goes to no other target.
#[derive(Debug)]
pub(super) struct Spares<S = Socket> {
    sockets: VecDeque<(SocketAddr, S)>,
}

impl<S> Default for Spares<S> {
    fn default() -> Self {
        let sockets = VecDeque::new();
        Self { sockets }
    }
}

impl<S> Spares<S> {
    /// Keeps a socket of a probe to `target`.
    pub(super) fn keep(&mut self, target: SocketAddr, socket: S) {
        if self.sockets.len() < MOST {
            self.sockets.push_back((target, socket));
        }
    }

    /// Takes a socket for `target`. Where there is none but others are, one of those is closed for the new one that
    /// the caller opens: spares and probes under way together never have more sockets than probes alone had.
    pub(super) fn take(&mut self, target: SocketAddr) -> Option<S> {
        let fitting = self.sockets.iter().position(|(of, _)| *of == target);
        let (_, socket) = self.sockets.remove(fitting.unwrap_or(0))?;
        fitting.map(|_| socket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(number: u8) -> SocketAddr {
        ([127, 0, 0, number], 1).into()
    }

    fn holding(sockets: &[(u8, char)]) -> Spares<char> {
        let mut spares = Spares::default();
        for (number, socket) in sockets {
            spares.keep(target(*number), *socket);
        }
        spares
    }

    #[test]
    fn a_target_gets_its_own_sockets() {
        let mut spares = holding(&[(1, 'a'), (2, 'b'), (1, 'c')]);
        assert_eq!(spares.take(target(2)), Some('b'));
        assert_eq!(spares.take(target(1)), Some('a'));
        assert_eq!(spares.take(target(1)), Some('c'));
        assert_eq!(spares.take(target(1)), None);
    }

    #[test]
    fn a_target_without_a_socket_costs_another_one_of_its() {
        let mut spares = holding(&[(1, 'a'), (1, 'b')]);
        assert_eq!(spares.take(target(2)), None);
        assert_eq!(spares.take(target(1)), Some('b'));
        assert_eq!(spares.take(target(1)), None);
    }

    #[test]
    fn a_crowd_is_not_kept() {
        let mut spares = Spares::default();
        for socket in 0..2 * MOST {
            spares.keep(target(1), socket);
        }
        assert_eq!(std::iter::from_fn(|| spares.take(target(1))).count(), MOST);
    }
}
