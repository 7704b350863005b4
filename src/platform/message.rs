//! What recvmsg(2) returns: metadata of a datagram, entries of the error queue.

use std::net::SocketAddr;
use std::time::Duration;

use crate::outcome::IcmpError;

/// Metadata of a received datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecvMeta {
    /// Bytes in the buffer; the rest of a longer datagram is lost.
    pub length: usize,
    /// Source address, where the system reports it.
    pub from: Option<SocketAddr>,
    /// Kernel receive timestamp: wall-clock time since 1970.
    pub at: Option<Duration>,
    /// TTL or hop limit on arrival.
    pub ttl: Option<u8>,
}

/// One entry of a socket's error queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorQueueEntry {
    /// An ICMP error.
    Icmp {
        /// The error.
        error: IcmpError,
        /// Kernel receive timestamp as time since 1970, if the socket has timestamping enabled.
        at: Option<Duration>,
        /// Destination of the offending packet, from the quote; the port is 0 for ICMP.
        target: Option<SocketAddr>,
        /// Bytes quoted of the offending packet, from the UDP payload or the ICMP header on. Routers may quote none of
        /// the payload (RFC 792 requires 8 bytes beyond the IP header).
        quoted: usize,
    },
    /// Transmit timestamp of a datagram of this socket.
    TxTimestamp {
        /// Its number, counted from 0 (`SOF_TIMESTAMPING_OPT_ID`).
        id: u32,
        /// When the kernel passed it to the device: wall-clock time since 1970.
        at: Duration,
    },
    /// Any other entry.
    Other,
    /// Truncated control data (`MSG_CTRUNC`).
    Truncated,
}
