//! Packets that the peer sends later, ordered by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nix::poll::PollTimeout;

#[derive(Clone)]
pub(crate) struct DelayedPacket {
    pub(crate) delay: Duration,
    pub(crate) packet: Vec<u8>,
    /// The request whose reply delay ends when this is sent.
    pub(crate) in_reply_to: Option<RepliedRequest>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RepliedRequest {
    /// First SYN of the connection, received at this time.
    Syn {
        source: SocketAddr,
        destination: SocketAddr,
        received_at: Instant,
    },
    /// Index of the request.
    Datagram(usize),
}

#[derive(Default)]
pub(crate) struct SendQueue {
    packets: BinaryHeap<Reverse<QueuedPacket>>,
    pushed: u64,
}

/// Ordered by time, then by order of the script.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueuedPacket {
    at: Instant,
    number: u64,
    pub(crate) packet: Vec<u8>,
    pub(crate) in_reply_to: Option<RepliedRequest>,
}

impl SendQueue {
    pub(crate) fn push(&mut self, packet: DelayedPacket) {
        self.pushed += 1;
        self.packets.push(Reverse(QueuedPacket {
            at: Instant::now() + packet.delay,
            number: self.pushed,
            packet: packet.packet,
            in_reply_to: packet.in_reply_to,
        }));
    }

    /// The next packet whose time has come.
    pub(crate) fn pop_due(&mut self) -> Option<QueuedPacket> {
        let Reverse(next) = self.packets.peek()?;
        if next.at > Instant::now() {
            return None;
        }
        self.packets.pop().map(|Reverse(packet)| packet)
    }

    /// Until the next packet is due, rounded up to whole milliseconds.
    pub(crate) fn timeout(&self) -> PollTimeout {
        let Some(Reverse(next)) = self.packets.peek() else {
            return PollTimeout::NONE;
        };
        let left = next.at.saturating_duration_since(Instant::now());
        let millis = left.as_nanos().div_ceil(1_000_000);
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
    }
}
