//! From decoded evidence to meaning: how do we know it was a firewall? Here.

pub mod datagram;
pub mod tcp;

use std::time::Duration;

use super::evidence::{EvidenceKind, HostContext, NextHopState};
use super::{Errno, Evidence, IcmpError, LocalCause, Outcome, UnreachableBy};

/// An outcome with its proof.
pub type Classified = (Outcome, Evidence);

/// A local firewall's answer takes microseconds; a busy machine may deliver it this much later.
const REJECTED_WITHIN: Duration = Duration::from_millis(100);

/// Judges an error that `connect()`, or the setting up of its socket, returned at once.
pub fn local_error(errno: Errno) -> Classified {
    let cause = LocalCause::from_errno(errno);
    (Outcome::Local(cause), Evidence::errno(errno))
}

/// An ICMP error that ended a probe.
#[derive(Clone, Copy, Debug)]
struct Rejection {
    icmp: IcmpError,
    /// The socket's pending error.
    errno: Option<Errno>,
    /// The error came while the probe was still being sent.
    within_call: bool,
    /// How long after the probe's start, if that can be trusted.
    after: Option<Duration>,
}

impl Rejection {
    /// From another machine it is the network's word, from our own address it is ours.
    fn classify(self, around: &dyn HostContext) -> Classified {
        let outcome = if self
            .icmp
            .from
            .is_some_and(|from| around.is_local_address(from))
        {
            Outcome::Local(self.own_cause(around))
        } else {
            Outcome::Unreachable(UnreachableBy::Icmp(self.icmp))
        };
        (outcome, self.evidence())
    }

    /// Takes it as the network's word, whoever's address it came from.
    fn as_the_networks(self) -> Classified {
        let by_icmp = UnreachableBy::Icmp(self.icmp);
        (Outcome::Unreachable(by_icmp), self.evidence())
    }

    fn evidence(self) -> Evidence {
        Evidence {
            kind: Some(EvidenceKind::Icmp),
            icmp: Some(self.icmp),
            errno: self.errno,
        }
    }

    /// A failed neighbour lookup raises host-unreachable, and so may a firewall's reject rule.
    ///
    /// A reject comes within the call that sends the probe, or on a busy machine shortly after. A lookup fails
    /// after seconds, unless the probe joins one that others have started: then the neighbour's entry tells.
    fn own_cause(self, around: &dyn HostContext) -> LocalCause {
        if !self.icmp.is_host_unreachable() || self.within_call {
            return LocalCause::LocalFirewall;
        }
        let soon = self.after.is_some_and(|after| after < REJECTED_WITHIN);
        if soon && around.next_hop_state() != NextHopState::Unresolved {
            LocalCause::LocalFirewall
        } else {
            LocalCause::NoNeighbour
        }
    }
}
