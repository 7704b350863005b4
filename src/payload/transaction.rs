//! One request and its reply.

use std::net::SocketAddr;

use crate::outcome::ReplySummary;

/// Identifies one probe's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Unpredictable number, different for each probe.
    ///
    /// The low 16 bits differ among the last 65,536 probes, for protocols with 16-bit transaction ids.
    pub token: u64,
    /// Source address and port.
    pub local: SocketAddr,
    /// Destination address and port.
    pub target: SocketAddr,
}

/// Result of matching a datagram against a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyMatch {
    /// Reply to this transaction: it repeats the token.
    Matched(ReplySummary),
    /// Reply of the right form that repeats nothing of the request.
    Unverified(ReplySummary),
    /// Not a reply to this transaction.
    Mismatch,
}
