//! The 64-bit token under which the poller reports a socket.

use super::ProbeId;

/// Bits of the slot.
const SLOT: u64 = (1 << 31) - 1;

/// Set for a datagram socket, clear for a TCP probe.
const DATAGRAM: u64 = 1 << 31;

/// Identifies a datagram socket. Not reused within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SocketId {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

/// The owner of a socket in the poller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PollToken {
    /// A TCP probe, which has a socket of its own.
    TcpProbe(ProbeId),
    /// A UDP or ICMP socket.
    DatagramSocket(SocketId),
}

impl PollToken {
    /// As the poller stores it.
    pub(super) fn encode(self) -> u64 {
        let (slot, generation, datagram) = match self {
            Self::TcpProbe(id) => (id.slot, id.generation, 0),
            Self::DatagramSocket(id) => (id.slot, id.generation, DATAGRAM),
        };
        u64::from(generation) << 32 | datagram | u64::from(slot) & SLOT
    }

    /// The reverse of [`Self::encode`].
    #[allow(clippy::cast_possible_truncation)] // the two halves of `encode`
    pub(super) fn decode(token: u64) -> Self {
        let (slot, generation) = ((token & SLOT) as u32, (token >> 32) as u32);
        if token & DATAGRAM == 0 {
            Self::TcpProbe(ProbeId { slot, generation })
        } else {
            Self::DatagramSocket(SocketId { slot, generation })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_token_equals_the_encoded_one() {
        let (slot, generation) = (4711, u32::MAX);
        let tcp = PollToken::TcpProbe(ProbeId { slot, generation });
        let datagram = PollToken::DatagramSocket(SocketId { slot, generation });
        assert_eq!(PollToken::decode(tcp.encode()), tcp);
        assert_eq!(PollToken::decode(datagram.encode()), datagram);
    }
}
