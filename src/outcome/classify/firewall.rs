//! How firewalls are recognised: ICMP rejections, and the local firewall's verdict on output.
//!
//! | rule | seen as | outcome, reason |
//! | --- | --- | --- |
//! | REJECT with ICMP, on the path or at the target | ICMP error from another host | `unreachable`, by type and code |
//! | REJECT with ICMP, on this machine | ICMP error from a local address, at once | `local`, `local-firewall` |
//! | DROP or REJECT on this machine, UDP | `send()`: EPERM | `local`, `local-firewall` |
//! | DROP on this machine, TCP | `TCP_INFO`: no SYN left | `local`, `dropped-locally` (`tcp.rs`) |
//! | REJECT with tcp-reset | RST, same as a closed port | `refused`, `rst` (`tcp.rs`) |
//! | DROP on the path or at the target | nothing, same as loss | `no-reply` |
//!
//! ECONNREFUSED alone does not distinguish RST from ICMP port-unreachable; the error queue does. A TCP stack never
//! sends port-unreachable: for TCP that is a firewall (`-j REJECT` sends it by default). For UDP it is a closed port if
//! the target sent it, else a firewall.

use std::time::Duration;

use super::Classified;
use crate::outcome::evidence::{EvidenceKind, HostContext, NextHopState};
use crate::outcome::{Errno, Evidence, IcmpError, LocalCause, Outcome, UnreachableBy};

/// A local REJECT rule answers within microseconds; a busy machine may deliver the error this much later.
const LOCAL_REJECT_WITHIN: Duration = Duration::from_millis(100);

/// An ICMP error that ended a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct IcmpRejection {
    pub(super) icmp: IcmpError,
    /// The socket's pending error.
    pub(super) errno: Option<Errno>,
    /// The error arrived within the call that sent the probe.
    pub(super) within_call: bool,
    /// Time since the start of the probe; absent if unknown.
    pub(super) elapsed: Option<Duration>,
}

impl IcmpRejection {
    /// A local address as sender means a local cause, any other sender the network or the target.
    pub(super) fn classify(self, host: &dyn HostContext) -> Classified {
        if self
            .icmp
            .from
            .is_some_and(|from| host.is_local_address(from))
        {
            (Outcome::Local(self.local_cause(host)), self.evidence())
        } else {
            self.unreachable()
        }
    }

    /// Unreachable, whatever the sender's address.
    pub(super) fn unreachable(self) -> Classified {
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

    /// Distinguishes a local REJECT rule from failed neighbour resolution: both raise host-unreachable from a local
    /// address.
    ///
    /// A rule rejects within the call that sends the probe, or soon after on a busy machine. Resolution fails after
    /// seconds, or soon if another packet started it earlier: then the neighbour entry is unresolved.
    fn local_cause(self, host: &dyn HostContext) -> LocalCause {
        if !self.icmp.is_host_unreachable() || self.within_call {
            return LocalCause::LocalFirewall;
        }
        let soon = self
            .elapsed
            .is_some_and(|elapsed| elapsed < LOCAL_REJECT_WITHIN);
        if soon && host.next_hop_state() != NextHopState::Unresolved {
            LocalCause::LocalFirewall
        } else {
            LocalCause::NoNeighbour
        }
    }
}

/// The local cause of an error that `send()` returned for a datagram. Absent: no verdict on output.
///
/// EPERM: DROP or REJECT in the output hook (`nf_hook_slow` in net/netfilter/core.c), or a BPF program on the control
/// group. ENOBUFS: dropped by the queueing discipline (`net_xmit_errno` in include/linux/netdevice.h), reported only
/// with `IP_RECVERR` set (ip(7)).
pub(super) fn output_verdict(errno: Errno) -> Option<LocalCause> {
    match errno {
        Errno::NotPermitted => Some(LocalCause::LocalFirewall),
        Errno::NoBuffers => Some(LocalCause::DroppedLocally),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{FakeHost, LOCAL, unreachable};
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    const ROUTER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 254));
    const SOON: Duration = Duration::from_millis(1);
    const LATER: Duration = Duration::from_secs(3);

    fn outcome(code: u8, from: IpAddr, elapsed: Duration, next_hop: NextHopState) -> Outcome {
        let rejection = IcmpRejection {
            icmp: unreachable(code, from),
            errno: None,
            within_call: false,
            elapsed: Some(elapsed),
        };
        rejection.classify(&FakeHost(next_hop)).0
    }

    #[test]
    fn icmp_from_another_host_is_unreachable_for_any_code() {
        for code in 0..=15 {
            let outcome = outcome(code, ROUTER, SOON, NextHopState::Resolved);
            assert!(matches!(outcome, Outcome::Unreachable(_)), "{code}");
        }
    }

    #[test]
    fn local_admin_prohibited_is_the_local_firewall() {
        let outcome = outcome(13, LOCAL, LATER, NextHopState::Unresolved);
        assert_eq!(outcome, Outcome::Local(LocalCause::LocalFirewall));
    }

    #[test]
    fn local_host_unreachable_is_a_rule_if_it_comes_soon_and_the_next_hop_is_resolved() {
        let rule = Outcome::Local(LocalCause::LocalFirewall);
        let neighbour = Outcome::Local(LocalCause::NoNeighbour);
        assert_eq!(outcome(1, LOCAL, SOON, NextHopState::Resolved), rule);
        assert_eq!(outcome(1, LOCAL, SOON, NextHopState::Unknown), rule);
        assert_eq!(outcome(1, LOCAL, SOON, NextHopState::Unresolved), neighbour);
        assert_eq!(outcome(1, LOCAL, LATER, NextHopState::Resolved), neighbour);
    }
}
