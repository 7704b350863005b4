//! Classifies TCP connects: connected, refused, reset, unreachable, no reply, and which SYN was lost.

use std::time::Duration;

use super::firewall::IcmpRejection;
use super::{Classified, local_error};
use crate::outcome::evidence::{
    EvidenceKind, HostContext, NextHopState, PeerState, TcpInfo, TcpSocketEvidence, TcpState,
};
use crate::outcome::{Errno, Evidence, Handshake, LocalCause, Outcome, Refusal, UnreachableBy};

/// The initial retransmission timeout is 1 s (RFC 6298 section 2): a retransmission before this was no timeout.
const MIN_INITIAL_RTO: Duration = Duration::from_millis(900);

/// Largest difference of handshake time and timestamp RTT if the SYN-ACK answers the first SYN. It is almost 0 then,
/// and the initial RTO or more if it answers a retransmitted SYN.
const FIRST_SYN_TOLERANCE: Duration = Duration::from_millis(500);

/// Classifies a connecting socket that is ready. Absent: it is still connecting.
///
/// `connect`: time since `connect()`; absent if unknown.
pub fn connecting(
    evidence: &TcpSocketEvidence,
    connect: Option<Duration>,
    host: &dyn HostContext,
) -> Option<Classified> {
    // An ICMP error does not abort an established connection (RFC 1122 section 4.2.3.9).
    if evidence.connected && !evidence.errno.is_some_and(Errno::is_reset) {
        let handshake = evidence
            .info
            .map_or(Handshake::Clean, |info| handshake(&info, connect));
        return Some(connected(handshake));
    }
    if let Some(icmp) = evidence.icmp {
        let rejection = IcmpRejection {
            icmp,
            errno: evidence.errno,
            // Within `connect()` the socket is locked and stays in SYN_SENT (`tcp_v4_err` in net/ipv4/tcp_ipv4.c).
            within_call: evidence
                .info
                .is_some_and(|info| info.state == TcpState::SynSent),
            elapsed: connect,
        };
        return Some(rejection.classify(host));
    }
    if let Some(errno) = evidence.errno {
        return Some(failed(errno, evidence.queue_read));
    }
    match evidence.info {
        // Closed and no pending error: the error was consumed elsewhere.
        Some(info) if info.state != TcpState::SynSent => {
            Some((Outcome::Local(LocalCause::SystemError), Evidence::default()))
        }
        _ => None,
    }
}

/// Classifies a probe that timed out while [`connecting`] was absent.
///
/// `TCP_INFO` shows whether the SYNs left this machine.
pub fn timed_out(info: Option<TcpInfo>, host: &dyn HostContext) -> Classified {
    let outcome = not_sent(info, host).map_or(Outcome::NoReply, Outcome::Local);
    (outcome, Evidence::of(EvidenceKind::Silence))
}

/// TCP self-connect (simultaneous open with itself): nothing listens on that port.
pub fn self_connect() -> Classified {
    let evidence = Evidence::of(EvidenceKind::SynAck);
    (Outcome::Local(LocalCause::SelfConnect), evidence)
}

/// Classifies a RST or FIN after a completed handshake. Absent: the connection is open.
pub fn ended_after_connect(peer: PeerState) -> Option<Classified> {
    match peer {
        PeerState::Open => None,
        PeerState::Reset => Some((Outcome::ResetAfterConnect, Evidence::of(EvidenceKind::Rst))),
        PeerState::Closed => Some((
            Outcome::ClosedAfterConnect,
            Evidence::of(EvidenceKind::SynAck),
        )),
    }
}

fn connected(handshake: Handshake) -> Classified {
    (
        Outcome::Connected(handshake),
        Evidence::of(EvidenceKind::SynAck),
    )
}

/// Classifies a pending error of the handshake without an error-queue entry.
///
/// `queue_read`: the error queue was read and was empty.
pub fn failed(errno: Errno, queue_read: bool) -> Classified {
    let with = |kind| Evidence {
        errno: Some(errno),
        ..Evidence::of(kind)
    };
    match errno {
        // No ICMP error in the queue: a RST (`tcp_reset` in net/ipv4/tcp_input.c).
        Errno::ConnectionRefused if queue_read => {
            (Outcome::Refused(Refusal::Rst), with(EvidenceKind::Rst))
        }
        Errno::ConnectionRefused => (Outcome::Refused(Refusal::Errno), with(EvidenceKind::Errno)),
        // A RST in SYN_SENT is ECONNREFUSED: ECONNRESET proves a completed handshake.
        reset if reset.is_reset() => (Outcome::ResetAfterConnect, with(EvidenceKind::Rst)),
        Errno::TimedOut => (Outcome::NoReply, with(EvidenceKind::Silence)),
        Errno::NetworkUnreachable | Errno::HostUnreachable => (
            Outcome::Unreachable(UnreachableBy::Errno(errno)),
            with(EvidenceKind::Errno),
        ),
        _ => local_error(errno),
    }
}

/// Why no SYN left this machine. Absent: no evidence of that.
fn not_sent(info: Option<TcpInfo>, host: &dyn HostContext) -> Option<LocalCause> {
    let info = info?;
    // First: SYNs dropped from a full neighbour queue count as sent (`__neigh_event_send`).
    if host.next_hop_state() == NextHopState::Unresolved {
        return Some(LocalCause::NoNeighbour);
    }
    if info.total_retrans? > 0 {
        // Retransmitted, but none outstanding: output dropped the last one (`__tcp_retransmit_skb`).
        return (info.retrans == Some(0)).then_some(LocalCause::DroppedLocally);
    }
    info.syn_stuck_in_queue()
        .then_some(LocalCause::StuckInQueue)
}

/// Which packet of the handshake was lost: a SYN or a SYN-ACK.
///
/// After a retransmission `tcpi_rtt` comes from the echoed TCP timestamp (RFC 7323): the time since the SYN that
/// the SYN-ACK answers. About equal to the handshake time: it answers the first SYN.
fn handshake(info: &TcpInfo, connect: Option<Duration>) -> Handshake {
    if info.total_retrans.unwrap_or(0) == 0 {
        return Handshake::Clean;
    }
    // Retransmitted before the RTO: the kernel does so after an unacceptable ACK (`tcp_rcv_synsent_state_process` in
    // net/ipv4/tcp_input.c), without packet loss.
    if connect.is_none_or(|connect| connect < MIN_INITIAL_RTO) {
        return Handshake::AfterRetransmission;
    }
    // From the first SYN to the SYN-ACK, without this process's wake-up latency.
    let until_syn_ack = connect.map(|connect| connect.saturating_sub(info.last_ack_recv));
    match (info.rtt, until_syn_ack) {
        (Some(rtt), Some(time)) if time.saturating_sub(rtt) < FIRST_SYN_TOLERANCE => {
            Handshake::AfterSynAckLoss
        }
        (Some(_), Some(_)) => Handshake::AfterSynLoss,
        _ => Handshake::AfterRetransmission,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{FakeHost, LOCAL, unreachable};
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    const TARGET: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));

    const SOON: Duration = Duration::from_millis(1);

    fn info(state: TcpState, retransmits: u8, total_retrans: u32, retrans: u32) -> TcpInfo {
        TcpInfo {
            state,
            retransmits,
            total_retrans: Some(total_retrans),
            retrans: Some(retrans),
            rtt: None,
            last_ack_recv: Duration::ZERO,
        }
    }

    fn classify(evidence: TcpSocketEvidence, next_hop: NextHopState) -> Option<Outcome> {
        connecting(&evidence, Some(SOON), &FakeHost(next_hop)).map(|(outcome, _)| outcome)
    }

    #[test]
    fn econnrefused_without_icmp_is_a_rst() {
        let evidence = TcpSocketEvidence {
            errno: Some(Errno::ConnectionRefused),
            queue_read: true,
            ..TcpSocketEvidence::default()
        };
        assert_eq!(
            classify(evidence, NextHopState::Resolved),
            Some(Outcome::Refused(Refusal::Rst))
        );
    }

    #[test]
    fn econnrefused_without_an_error_queue_is_refused_by_errno() {
        let evidence = TcpSocketEvidence {
            errno: Some(Errno::ConnectionRefused),
            ..TcpSocketEvidence::default()
        };
        let expected = Some(Outcome::Refused(Refusal::Errno));
        assert_eq!(classify(evidence, NextHopState::Resolved), expected);
    }

    #[test]
    fn local_host_unreachable_after_seconds_is_no_neighbour() {
        let evidence = TcpSocketEvidence {
            icmp: Some(unreachable(1, LOCAL)),
            info: Some(info(TcpState::Closed, 2, 1, 0)),
            ..TcpSocketEvidence::default()
        };
        let late = Some(Duration::from_secs(3));
        let outcome = connecting(&evidence, late, &FakeHost(NextHopState::Resolved))
            .map(|(outcome, _)| outcome);
        assert_eq!(outcome, Some(Outcome::Local(LocalCause::NoNeighbour)));
    }

    #[test]
    fn econnrefused_with_icmp_is_unreachable() {
        let error = unreachable(3, TARGET);
        let evidence = TcpSocketEvidence {
            errno: Some(Errno::ConnectionRefused),
            icmp: Some(error),
            ..TcpSocketEvidence::default()
        };
        let expected = Outcome::Unreachable(UnreachableBy::Icmp(error));
        assert_eq!(classify(evidence, NextHopState::Resolved), Some(expected));
    }

    #[test]
    fn icmp_from_a_local_address_is_the_local_firewall_or_no_neighbour() {
        let host_unreachable = TcpSocketEvidence {
            icmp: Some(unreachable(1, LOCAL)),
            ..TcpSocketEvidence::default()
        };
        let firewall = Some(Outcome::Local(LocalCause::LocalFirewall));
        let neighbour = Some(Outcome::Local(LocalCause::NoNeighbour));
        assert_eq!(classify(host_unreachable, NextHopState::Resolved), firewall);
        assert_eq!(classify(host_unreachable, NextHopState::Unknown), firewall);
        assert_eq!(
            classify(host_unreachable, NextHopState::Unresolved),
            neighbour
        );
        let prohibited = TcpSocketEvidence {
            icmp: Some(unreachable(13, LOCAL)),
            ..TcpSocketEvidence::default()
        };
        assert_eq!(classify(prohibited, NextHopState::Unresolved), firewall);
    }

    #[test]
    fn icmp_within_connect_is_the_local_firewall() {
        let evidence = TcpSocketEvidence {
            icmp: Some(unreachable(1, LOCAL)),
            info: Some(info(TcpState::SynSent, 0, 0, 0)),
            ..TcpSocketEvidence::default()
        };
        let expected = Some(Outcome::Local(LocalCause::LocalFirewall));
        assert_eq!(classify(evidence, NextHopState::Unresolved), expected);
    }

    #[test]
    fn a_closed_socket_without_an_error_is_a_system_error() {
        let evidence = TcpSocketEvidence {
            info: Some(info(TcpState::Closed, 0, 0, 0)),
            ..TcpSocketEvidence::default()
        };
        assert_eq!(
            classify(evidence, NextHopState::Resolved),
            Some(Outcome::Local(LocalCause::SystemError))
        );
    }

    #[test]
    fn no_evidence_is_still_connecting() {
        assert_eq!(
            classify(TcpSocketEvidence::default(), NextHopState::Unknown),
            None
        );
    }

    #[test]
    fn icmp_does_not_abort_an_established_connection() {
        let evidence = TcpSocketEvidence {
            errno: Some(Errno::HostUnreachable),
            icmp: Some(unreachable(1, TARGET)),
            info: Some(info(TcpState::Established, 0, 0, 0)),
            connected: true,
            ..TcpSocketEvidence::default()
        };
        let expected = Some(Outcome::Connected(Handshake::Clean));
        assert_eq!(classify(evidence, NextHopState::Resolved), expected);
    }

    #[test]
    fn syn_sent_is_still_connecting() {
        let evidence = TcpSocketEvidence {
            info: Some(info(TcpState::SynSent, 0, 0, 0)),
            ..TcpSocketEvidence::default()
        };
        assert_eq!(classify(evidence, NextHopState::Resolved), None);
    }

    #[test]
    fn a_timeout_is_local_if_no_syn_left() {
        let timed_out = |info, hop| timed_out(Some(info), &FakeHost(hop)).0;
        let state = TcpState::SynSent;
        assert_eq!(
            timed_out(info(state, 3, 3, 1), NextHopState::Unknown),
            Outcome::NoReply
        );
        assert_eq!(
            timed_out(info(state, 1, 1, 0), NextHopState::Resolved),
            Outcome::Local(LocalCause::DroppedLocally)
        );
        assert_eq!(
            timed_out(info(state, 1, 0, 0), NextHopState::Unresolved),
            Outcome::Local(LocalCause::NoNeighbour)
        );
        assert_eq!(
            timed_out(info(state, 1, 0, 0), NextHopState::Resolved),
            Outcome::Local(LocalCause::StuckInQueue)
        );
        assert_eq!(
            timed_out(info(state, 0, 0, 0), NextHopState::Resolved),
            Outcome::NoReply
        );
        assert_eq!(
            timed_out(info(state, 2, 2, 1), NextHopState::Unresolved),
            Outcome::Local(LocalCause::NoNeighbour),
            "dropped from the neighbour queue, not sent"
        );
    }

    #[test]
    fn timestamp_rtt_tells_syn_loss_from_syn_ack_loss() {
        let ms = Duration::from_millis;
        let retransmitted = |rtt: Option<Duration>, connect| {
            let info = TcpInfo {
                rtt,
                ..info(TcpState::Established, 0, 1, 0)
            };
            handshake(&info, connect)
        };
        assert_eq!(
            retransmitted(Some(ms(1)), Some(ms(1015))),
            Handshake::AfterSynLoss
        );
        assert_eq!(
            retransmitted(Some(ms(1012)), Some(ms(1015))),
            Handshake::AfterSynAckLoss
        );
        let woken_late = TcpInfo {
            rtt: Some(ms(1012)),
            last_ack_recv: ms(800),
            ..info(TcpState::Established, 0, 1, 0)
        };
        let woken_late = handshake(&woken_late, Some(ms(1815)));
        assert_eq!(woken_late, Handshake::AfterSynAckLoss);
        assert_eq!(
            retransmitted(None, Some(ms(1015))),
            Handshake::AfterRetransmission
        );
        assert_eq!(
            retransmitted(Some(ms(1)), None),
            Handshake::AfterRetransmission
        );
        assert_eq!(
            retransmitted(Some(ms(1)), Some(ms(16))),
            Handshake::AfterRetransmission
        );
    }
}
