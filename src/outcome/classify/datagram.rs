//! Judges UDP probes and ICMP echoes: one datagram out, and whatever comes of it.

use std::net::IpAddr;
use std::time::Duration;

use super::{Classified, Rejection};
use crate::outcome::evidence::{EvidenceKind, HostContext, NextHopState};
use crate::outcome::{Errno, Evidence, IcmpError, LocalCause, Outcome, UnreachableBy};

/// Everything the system says about a datagram that was not answered, at the moment it is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatagramEvidence {
    /// The socket's pending error (`SO_ERROR`), read before the error queue.
    pub errno: Option<Errno>,
    /// The ICMP error on the socket's error queue that quotes this very probe.
    pub icmp: Option<IcmpError>,
    /// When the kernel received that, as the time since 1970.
    pub icmp_at: Option<Duration>,
}

impl DatagramEvidence {
    /// An ICMP error that quotes the probe.
    pub fn by_icmp(icmp: IcmpError, errno: Option<Errno>) -> Self {
        Self {
            errno,
            icmp: Some(icmp),
            icmp_at: None,
        }
    }

    /// The errno alone, of a system without an error queue.
    pub fn by_errno(errno: Errno) -> Self {
        Self {
            errno: Some(errno),
            ..Self::default()
        }
    }
}

/// Judges an answer: it has been checked already.
pub fn replied() -> Classified {
    (Outcome::Reply, Evidence::of(EvidenceKind::Reply))
}

/// Judges an error that `send()` returned. `None`: it says no more than from any other call.
///
/// A firewall's verdict on the own output is EPERM, whether it drops or rejects (`nf_hook_slow` in
/// net/netfilter/core.c); a BPF program on the control group says the same.
pub fn send_failed(errno: Errno) -> Option<Classified> {
    let cause = match errno {
        Errno::NotPermitted => LocalCause::LocalFirewall,
        // A queueing discipline that drops (`net_xmit_errno` in include/linux/netdevice.h); told only with
        // IP_RECVERR set (ip(7)).
        Errno::NoBuffers => LocalCause::DroppedLocally,
        _ => return None,
    };
    Some((Outcome::Local(cause), Evidence::errno(errno)))
}

/// Judges errors that have come for a probe to `target`, `after` so long. `None`: there are none, and the probe
/// waits on.
///
/// `within_call`: `send()` had just returned.
pub fn failed(
    testimony: &DatagramEvidence,
    target: IpAddr,
    after: Option<Duration>,
    within_call: bool,
    around: &dyn HostContext,
) -> Option<Classified> {
    if let Some(icmp) = testimony.icmp {
        let rejection = Rejection {
            icmp,
            errno: testimony.errno,
            within_call,
            after,
        };
        // The target may be this machine, and says the same of a port on which nothing listens. A firewall
        // on the own output is told by `send()`.
        return Some(if icmp.from == Some(target) {
            rejection.as_the_networks()
        } else {
            rejection.classify(around)
        });
    }
    let errno = testimony.errno?;
    let by_system = Outcome::Unreachable(UnreachableBy::Errno(errno));
    Some((by_system, Evidence::errno(errno)))
}

/// Judges a probe whose deadline has passed without an answer.
///
/// `left`: nothing speaks against its having left. Most sockets say when the own output refuses a datagram, but not
/// a ping socket for `ICMPv6` (`ping_v6_sendmsg` in net/ipv6/ping.c drops the error): there the kernel's missing time
/// stamp tells, where others to the same host had one.
pub fn timed_out(left: bool, around: &dyn HostContext) -> Classified {
    let outcome = match around.next_hop_state() {
        NextHopState::Unresolved => Outcome::Local(LocalCause::NoNeighbour),
        _ if !left => Outcome::Local(LocalCause::DroppedLocally),
        NextHopState::Resolved | NextHopState::Unknown => Outcome::NoReply,
    };
    (outcome, Evidence::of(EvidenceKind::Silence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::IcmpVersion;

    struct World(NextHopState);

    impl HostContext for World {
        fn is_local_address(&self, address: IpAddr) -> bool {
            address == IpAddr::from([10, 0, 0, 1])
        }
        fn next_hop_state(&self) -> NextHopState {
            self.0
        }
    }

    fn icmp(code: u8, from: [u8; 4]) -> DatagramEvidence {
        let error = IcmpError {
            version: IcmpVersion::V4,
            kind: 3,
            code,
            from: Some(from.into()),
            mtu: None,
        };
        DatagramEvidence::by_icmp(error, Some(Errno::ConnectionRefused))
    }

    fn outcome(
        testimony: &DatagramEvidence,
        after: Duration,
        next_hop: NextHopState,
    ) -> Option<Outcome> {
        let target = [10, 0, 0, 7].into();
        failed(testimony, target, Some(after), false, &World(next_hop)).map(|(outcome, _)| outcome)
    }

    const SOON: Duration = Duration::from_millis(1);
    const LATER: Duration = Duration::from_secs(3);

    #[test]
    fn a_foreign_error_is_the_networks_word_whatever_its_code() {
        let from_target = icmp(3, [10, 0, 0, 7]);
        let judged = outcome(&from_target, SOON, NextHopState::Resolved);
        assert!(matches!(judged, Some(Outcome::Unreachable(_))));
    }

    #[test]
    fn a_closed_port_of_this_very_machine_is_no_firewall() {
        let own = icmp(3, [10, 0, 0, 1]);
        let target = [10, 0, 0, 1].into();
        let judged = failed(
            &own,
            target,
            Some(SOON),
            false,
            &World(NextHopState::Resolved),
        );
        assert!(matches!(judged, Some((Outcome::Unreachable(_), _))));
    }

    #[test]
    fn our_own_host_unreachable_is_a_neighbour_that_does_not_answer_or_our_firewall() {
        let own = icmp(1, [10, 0, 0, 1]);
        let local = |cause| Some(Outcome::Local(cause));
        assert_eq!(
            outcome(&own, LATER, NextHopState::Unresolved),
            local(LocalCause::NoNeighbour)
        );
        assert_eq!(
            outcome(&own, SOON, NextHopState::Resolved),
            local(LocalCause::LocalFirewall)
        );
        assert_eq!(
            outcome(&icmp(3, [10, 0, 0, 1]), LATER, NextHopState::Resolved),
            local(LocalCause::LocalFirewall)
        );
    }

    #[test]
    fn without_an_error_queue_nobody_is_named() {
        let refused = DatagramEvidence::by_errno(Errno::ConnectionRefused);
        let by_system = UnreachableBy::Errno(Errno::ConnectionRefused);
        let judged = outcome(&refused, SOON, NextHopState::Resolved);
        assert_eq!(judged, Some(Outcome::Unreachable(by_system)));
        assert_eq!(
            outcome(&DatagramEvidence::default(), SOON, NextHopState::Resolved),
            None
        );
    }

    #[test]
    fn what_send_refuses_is_ours() {
        let outcome = |errno| send_failed(errno).map(|(outcome, _)| outcome);
        let local = |cause| Some(Outcome::Local(cause));
        assert_eq!(
            outcome(Errno::NotPermitted),
            local(LocalCause::LocalFirewall)
        );
        assert_eq!(outcome(Errno::NoBuffers), local(LocalCause::DroppedLocally));
        assert_eq!(outcome(Errno::NetworkUnreachable), None);
    }

    #[test]
    fn silence_behind_a_neighbour_that_is_still_asked_for_is_ours() {
        let outcome = |left, next_hop| timed_out(left, &World(next_hop)).0;
        assert_eq!(outcome(true, NextHopState::Resolved), Outcome::NoReply);
        let local = |cause| Outcome::Local(cause);
        assert_eq!(
            outcome(true, NextHopState::Unresolved),
            local(LocalCause::NoNeighbour)
        );
        assert_eq!(
            outcome(false, NextHopState::Resolved),
            local(LocalCause::DroppedLocally)
        );
    }
}
