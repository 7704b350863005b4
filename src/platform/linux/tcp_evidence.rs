//! State of a TCP probe's socket: `SO_ERROR`, ICMP error queue, `TCP_INFO`.

use socket2::Socket;

use super::error_queue;
use super::tcp_info::tcp_info;
use crate::outcome::Errno;
use crate::outcome::evidence::{PeerState, TcpSocketEvidence, TcpState};
use crate::platform::{Readiness, errno};

/// Reads the evidence of a TCP socket that the poller reported.
///
/// `SO_ERROR` is read first: dequeuing an error queue entry can clear the pending error (`sock_dequeue_err_skb`,
/// net/core/skbuff.c), and a failed socket would then look connected. Both are skipped for a socket without an error.
pub fn tcp_socket_evidence(socket: &Socket, readiness: Readiness) -> TcpSocketEvidence {
    let mut evidence = if readiness.failed {
        errors(socket)
    } else {
        TcpSocketEvidence::default()
    };
    let info = tcp_info(socket);
    // A RST can arrive between the poll and TCP_INFO.
    if !readiness.failed && info.is_some_and(|info| info.state == TcpState::Closed) {
        evidence = errors(socket);
    }
    TcpSocketEvidence {
        info,
        connected: info.map_or_else(|| socket.peer_addr().is_ok(), |info| info.is_connected()),
        ..evidence
    }
}

/// Reads `SO_ERROR`, then the error queue.
fn errors(socket: &Socket) -> TcpSocketEvidence {
    let pending = socket.take_error();
    let queue = error_queue::drain(socket);
    TcpSocketEvidence {
        errno: pending.ok().flatten().map(|error| errno(&error)),
        icmp: queue.icmp,
        icmp_at: queue.icmp_at,
        queue_read: !queue.truncated,
        ..TcpSocketEvidence::default()
    }
}

/// Whether the peer closed or reset: a RST sets an errno, a FIN sets `EPOLLRDHUP`.
pub fn peer_end(_socket: &Socket, readiness: Readiness, errno: Option<Errno>) -> PeerState {
    match errno {
        Some(errno) if errno.is_reset() => PeerState::Reset,
        _ if readiness.closed => PeerState::Closed,
        _ => PeerState::Open,
    }
}
