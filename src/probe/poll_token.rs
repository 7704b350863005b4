//! The 64-bit token under which the poller reports a socket.

use slotmap::{Key, KeyData, new_key_type};

use super::ProbeId;

/// Set for a datagram socket, clear for a TCP probe. A key is the generation in the upper half and the slot in the
/// lower half of 64 bits; slots are fewer than descriptors, so this bit is free.
const DATAGRAM: u64 = 1 << 31;

new_key_type! {
    /// Identifies a datagram socket: slot and generation. Not reused within a run.
    pub(super) struct SocketId;
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
        match self {
            Self::TcpProbe(id) => id.data().as_ffi(),
            Self::DatagramSocket(id) => id.data().as_ffi() | DATAGRAM,
        }
    }

    /// The reverse of [`Self::encode`].
    pub(super) fn decode(token: u64) -> Self {
        let key = KeyData::from_ffi(token & !DATAGRAM);
        if token & DATAGRAM == 0 {
            Self::TcpProbe(key.into())
        } else {
            Self::DatagramSocket(key.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slotmap::SlotMap;

    /// Keys of new and of reused slots.
    fn keys<K: Key>() -> Vec<K> {
        let mut map = SlotMap::with_key();
        let mut keys: Vec<K> = (0..1000).map(|_| map.insert(())).collect();
        for key in keys.clone() {
            map.remove(key);
        }
        keys.extend((0..1000).map(|_| map.insert(())));
        keys
    }

    #[test]
    fn a_decoded_token_equals_the_encoded_one() {
        for id in keys() {
            let token = PollToken::TcpProbe(id);
            assert_eq!(PollToken::decode(token.encode()), token);
        }
        for id in keys() {
            let token = PollToken::DatagramSocket(id);
            assert_eq!(PollToken::decode(token.encode()), token);
        }
    }
}
