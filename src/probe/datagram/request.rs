//! A request in flight, and how a datagram matches it.

use std::time::Duration;

use crate::clock::ClockReading;
use crate::outcome::ReplySummary;
use crate::payload::Transaction;
use crate::probe::ProbeId;

/// A request that was sent for a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) probe: ProbeId,
    /// What the payload was encoded from. For ICMP the local port is the echo identifier.
    pub(super) transaction: Transaction,
    /// Counts all datagrams of the run, from 0.
    pub(super) seq: u64,
    /// Counts the datagrams of the socket, from 0: the id of its tx timestamp (`SOF_TIMESTAMPING_OPT_ID`).
    pub(super) tx_index: u32,
    /// Just before `send()`.
    pub(super) sent: ClockReading,
    /// When the kernel passed it to the device: wall-clock time since 1970.
    pub(super) tx_timestamp: Option<Duration>,
}

impl Request {
    pub(super) fn icmp_identifier(&self) -> u16 {
        self.transaction.local.port()
    }

    pub(super) fn icmp_sequence(&self) -> u16 {
        icmp_sequence(self.seq)
    }
}

/// The ICMP sequence number of a request.
#[allow(clippy::cast_possible_truncation)] // it wraps
pub(super) fn icmp_sequence(seq: u64) -> u16 {
    seq as u16
}

/// How a received datagram matches a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DatagramMatch {
    /// The reply to this request.
    Matched(Option<ReplySummary>),
    /// A reply without anything that identifies its request.
    Unverified(ReplySummary),
    /// Not the reply to this request, though addressed to this socket.
    Mismatch,
    /// Not addressed to this socket.
    Foreign,
}
