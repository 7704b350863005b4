//! Classifies UDP probes and ICMP echoes.

use std::net::IpAddr;
use std::time::Duration;

use super::Classified;
use super::firewall::{IcmpRejection, output_verdict};
use crate::outcome::evidence::{EvidenceKind, HostContext, NextHopState};
use crate::outcome::{Errno, Evidence, IcmpError, LocalCause, Outcome, UnreachableBy};

/// Errors for a datagram without a reply.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatagramEvidence {
    /// Pending socket error (`SO_ERROR`), read before the error queue.
    pub errno: Option<Errno>,
    /// ICMP error from the socket's error queue that quotes this probe.
    pub icmp: Option<IcmpError>,
    /// Kernel receive time of `icmp`, since 1970.
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

    /// An errno from a system without an error queue.
    pub fn by_errno(errno: Errno) -> Self {
        Self {
            errno: Some(errno),
            ..Self::default()
        }
    }
}

/// A reply that matches the probe.
pub fn replied() -> Classified {
    (Outcome::Reply, Evidence::of(EvidenceKind::Reply))
}

/// Classifies an error that `send()` returned. Absent: the error has no meaning specific to `send()`.
pub fn send_failed(errno: Errno) -> Option<Classified> {
    let cause = output_verdict(errno)?;
    Some((Outcome::Local(cause), Evidence::errno(errno)))
}

/// Classifies errors received for a probe to `target`, `elapsed` after its start. Absent: no error, the probe goes on.
///
/// `within_call`: received before `send()` returned.
pub fn failed(
    evidence: &DatagramEvidence,
    target: IpAddr,
    elapsed: Option<Duration>,
    within_call: bool,
    host: &dyn HostContext,
) -> Option<Classified> {
    if let Some(icmp) = evidence.icmp {
        let rejection = IcmpRejection {
            icmp,
            errno: evidence.errno,
            within_call,
            elapsed,
        };
        // From the target, even a local address: port-unreachable of a closed port. Local REJECT rules on output show
        // in `send()`.
        return Some(if icmp.from == Some(target) {
            rejection.unreachable()
        } else {
            rejection.classify(host)
        });
    }
    let errno = evidence.errno?;
    let by_errno = UnreachableBy::Errno(errno);
    Some((Outcome::Unreachable(by_errno), Evidence::errno(errno)))
}

/// Classifies a probe that timed out.
///
/// `sent`: no evidence that the datagram did not leave. Most sockets return an error when output drops it, except
/// `ICMPv6` ping sockets (`ping_v6_sendmsg` in net/ipv6/ping.c discards the error): there a missing transmit timestamp
/// is the evidence, if other datagrams to the same host had one.
pub fn timed_out(sent: bool, host: &dyn HostContext) -> Classified {
    let outcome = match host.next_hop_state() {
        NextHopState::Unresolved => Outcome::Local(LocalCause::NoNeighbour),
        _ if !sent => Outcome::Local(LocalCause::DroppedLocally),
        NextHopState::Resolved | NextHopState::Unknown => Outcome::NoReply,
    };
    (outcome, Evidence::of(EvidenceKind::Silence))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{FakeHost, LOCAL, unreachable};
    use super::*;
    use std::net::Ipv4Addr;

    const TARGET: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
    const SOON: Duration = Duration::from_millis(1);
    const LATER: Duration = Duration::from_secs(3);

    fn icmp(code: u8, from: IpAddr) -> DatagramEvidence {
        DatagramEvidence::by_icmp(unreachable(code, from), Some(Errno::ConnectionRefused))
    }

    fn outcome(
        evidence: &DatagramEvidence,
        elapsed: Duration,
        next_hop: NextHopState,
    ) -> Option<Outcome> {
        let host = FakeHost(next_hop);
        failed(evidence, TARGET, Some(elapsed), false, &host).map(|(outcome, _)| outcome)
    }

    #[test]
    fn icmp_from_the_target_is_unreachable() {
        let outcome = outcome(&icmp(3, TARGET), SOON, NextHopState::Resolved);
        assert!(matches!(outcome, Some(Outcome::Unreachable(_))));
    }

    #[test]
    fn a_closed_port_on_a_local_address_is_unreachable() {
        let host = FakeHost(NextHopState::Resolved);
        let classified = failed(&icmp(3, LOCAL), LOCAL, Some(SOON), false, &host);
        assert!(matches!(classified, Some((Outcome::Unreachable(_), _))));
    }

    #[test]
    fn icmp_from_a_local_address_is_local() {
        let local = |cause| Some(Outcome::Local(cause));
        assert_eq!(
            outcome(&icmp(1, LOCAL), LATER, NextHopState::Unresolved),
            local(LocalCause::NoNeighbour)
        );
        assert_eq!(
            outcome(&icmp(1, LOCAL), SOON, NextHopState::Resolved),
            local(LocalCause::LocalFirewall)
        );
        assert_eq!(
            outcome(&icmp(3, LOCAL), LATER, NextHopState::Resolved),
            local(LocalCause::LocalFirewall)
        );
    }

    #[test]
    fn errno_without_an_error_queue_has_no_sender() {
        let refused = DatagramEvidence::by_errno(Errno::ConnectionRefused);
        let by_errno = UnreachableBy::Errno(Errno::ConnectionRefused);
        assert_eq!(
            outcome(&refused, SOON, NextHopState::Resolved),
            Some(Outcome::Unreachable(by_errno))
        );
        assert_eq!(
            outcome(&DatagramEvidence::default(), SOON, NextHopState::Resolved),
            None
        );
    }

    #[test]
    fn send_errors_are_local() {
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
    fn a_timeout_is_local_if_the_next_hop_is_unresolved_or_nothing_was_sent() {
        let outcome = |sent, next_hop| timed_out(sent, &FakeHost(next_hop)).0;
        assert_eq!(outcome(true, NextHopState::Resolved), Outcome::NoReply);
        assert_eq!(
            outcome(true, NextHopState::Unresolved),
            Outcome::Local(LocalCause::NoNeighbour)
        );
        assert_eq!(
            outcome(false, NextHopState::Resolved),
            Outcome::Local(LocalCause::DroppedLocally)
        );
    }
}
