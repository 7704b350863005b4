//! Third layer: decoded evidence to outcome.
//!
//! How do we know that it was a firewall? `firewall.rs`. Which SYN was lost, RST or ICMP? `tcp.rs`. UDP and ICMP echo?
//! `datagram.rs`.

pub mod datagram;
mod firewall;
pub mod tcp;

use super::{Errno, Evidence, LocalCause, Outcome};

/// An outcome with the evidence for it.
pub type Classified = (Outcome, Evidence);

/// Classifies an error returned by `connect()` itself, or by a call that sets up its socket.
pub fn local_error(errno: Errno) -> Classified {
    let cause = LocalCause::from_errno(errno);
    (Outcome::Local(cause), Evidence::errno(errno))
}

#[cfg(test)]
mod fixture {
    use std::net::IpAddr;

    use crate::outcome::evidence::{HostContext, NextHopState};
    use crate::outcome::{IcmpError, IcmpVersion};

    /// The only address of [`FakeHost`].
    pub(super) const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    /// A host with one address and this next hop.
    pub(super) struct FakeHost(pub(super) NextHopState);

    impl HostContext for FakeHost {
        fn is_local_address(&self, address: IpAddr) -> bool {
            address == LOCAL
        }

        fn next_hop_state(&self) -> NextHopState {
            self.0
        }
    }

    /// ICMP destination unreachable (type 3).
    pub(super) fn unreachable(code: u8, from: IpAddr) -> IcmpError {
        IcmpError {
            version: IcmpVersion::V4,
            kind: 3,
            code,
            from: Some(from),
            mtu: None,
        }
    }
}
