//! Judges TCP connects.

use std::time::Duration;

use super::{Classified, Rejection, local_error};
use crate::outcome::evidence::{
    EvidenceKind, HostContext, NextHopState, PeerState, TcpInfo, TcpSocketEvidence, TcpState,
};
use crate::outcome::{Errno, Evidence, Handshake, LocalCause, Outcome, Refusal, UnreachableBy};

/// The first retransmission waits a second (RFC 6298 section 2), so after a lost packet a handshake's
/// time and its time-stamp rtt differ by almost nothing or by about a second or more.
const FIRST_SYN_TIMER: Duration = Duration::from_millis(900);

/// See above: what separates the two.
const FIRST_SYN_ANSWERED_WITHIN: Duration = Duration::from_millis(500);

/// Judges a connecting socket that asks for attention. `None`: it is still connecting.
///
/// `connect` is the time since `connect()`, if it can be trusted.
pub fn connecting(
    testimony: &TcpSocketEvidence,
    connect: Option<Duration>,
    around: &dyn HostContext,
) -> Option<Classified> {
    // An ICMP error on a connection that stands ends nothing (RFC 1122 section 4.2.3.9).
    if testimony.connected && !testimony.errno.is_some_and(Errno::is_reset) {
        let clean = Handshake::Clean;
        let handshake = testimony
            .info
            .map_or(clean, |info| handshake(&info, connect));
        return Some(connected(handshake));
    }
    if let Some(icmp) = testimony.icmp {
        let rejection = Rejection {
            icmp,
            errno: testimony.errno,
            // Then the socket stays in `SYN_SENT` (`tcp_v4_err` in net/ipv4/tcp_ipv4.c).
            within_call: testimony
                .info
                .is_some_and(|info| info.state == TcpState::SynSent),
            after: connect,
        };
        return Some(rejection.classify(around));
    }
    if let Some(errno) = testimony.errno {
        return Some(failed(errno, testimony.queue_read));
    }
    match testimony.info {
        // Closed without an error: whoever took the error away, this socket is not connected.
        Some(info) if info.state != TcpState::SynSent => {
            Some((Outcome::Local(LocalCause::SystemError), Evidence::default()))
        }
        _ => None,
    }
}

/// Judges a probe whose deadline has passed while it was connecting: [`connecting`] had nothing to say.
///
/// `TCP_INFO` shows what the wire does not: whether the SYNs left this machine at all.
pub fn timed_out(info: Option<TcpInfo>, around: &dyn HostContext) -> Classified {
    let outcome = stopped_here(info, around).map_or(Outcome::NoReply, Outcome::Local);
    (outcome, Evidence::of(EvidenceKind::Silence))
}

/// Judges a connection whose two ends are one socket: nothing else answered.
pub fn self_connect() -> Classified {
    let evidence = Evidence::of(EvidenceKind::SynAck);
    (Outcome::Local(LocalCause::SelfConnect), evidence)
}

/// Judges a RST or a close that followed a completed handshake, if one did.
pub fn ended_after_connect(end: PeerState) -> Option<Classified> {
    match end {
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

/// Judges an error of the handshake that has no entry in the error queue.
///
/// `queue_read`: there is such a queue, it was read whole, and it was empty.
pub fn failed(errno: Errno, queue_read: bool) -> Classified {
    let with = |kind| Evidence {
        errno: Some(errno),
        ..Evidence::of(kind)
    };
    match errno {
        // With an empty queue no ICMP error came, so this was a RST (`tcp_reset`, net/ipv4/tcp_input.c).
        Errno::ConnectionRefused if queue_read => {
            (Outcome::Refused(Refusal::Rst), with(EvidenceKind::Rst))
        }
        Errno::ConnectionRefused => (Outcome::Refused(Refusal::Errno), with(EvidenceKind::Errno)),
        // A RST in SYN_SENT reads ECONNREFUSED; ECONNRESET proves that the handshake had completed.
        reset if reset.is_reset() => (Outcome::ResetAfterConnect, with(EvidenceKind::Rst)),
        Errno::TimedOut => (Outcome::NoReply, with(EvidenceKind::Silence)),
        Errno::NetworkUnreachable | Errno::HostUnreachable => (
            Outcome::Unreachable(UnreachableBy::Errno(errno)),
            with(EvidenceKind::Errno),
        ),
        _ => local_error(errno),
    }
}

/// Why no SYN has left this machine, as far as that shows.
fn stopped_here(info: Option<TcpInfo>, around: &dyn HostContext) -> Option<LocalCause> {
    let info = info?;
    // Asked first: SYNs that a full neighbour queue has thrown out count as sent (`__neigh_event_send`).
    if around.next_hop_state() == NextHopState::Unresolved {
        return Some(LocalCause::NoNeighbour);
    }
    if info.total_retrans? > 0 {
        // Counted as sent again, yet none is out: the output path refused them (`__tcp_retransmit_skb`).
        return (info.retrans == Some(0)).then_some(LocalCause::DroppedLocally);
    }
    info.syn_stuck_in_queue()
        .then_some(LocalCause::StuckInQueue)
}

/// Which packet of a slow handshake was lost.
///
/// After a retransmission `tcpi_rtt` comes from the echoed TCP time stamp (RFC 7323): the age of the
/// very SYN that was answered. About the whole handshake's time means that the first SYN was answered.
fn handshake(info: &TcpInfo, connect: Option<Duration>) -> Handshake {
    if info.total_retrans.unwrap_or(0) == 0 {
        return Handshake::Clean;
    }
    // Sent again before any timer could fire: an unacceptable answer makes the kernel do that
    // (`tcp_rcv_synsent_state_process`, net/ipv4/tcp_input.c), and nothing need be lost.
    if connect.is_none_or(|connect| connect < FIRST_SYN_TIMER) {
        return Handshake::AfterRetransmission;
    }
    // From the first SYN to the answer, without the time in which this process was not looking.
    let answered = connect.map(|connect| connect.saturating_sub(info.last_ack_recv));
    match (info.rtt, answered) {
        (Some(rtt), Some(answered)) if answered.saturating_sub(rtt) < FIRST_SYN_ANSWERED_WITHIN => {
            Handshake::AfterSynAckLoss
        }
        (Some(_), Some(_)) => Handshake::AfterSynLoss,
        _ => Handshake::AfterRetransmission,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use crate::outcome::{IcmpError, IcmpVersion};

    const TARGET: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)), 443);
    const OWN: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

    const SOON: Duration = Duration::from_millis(1);

    struct World(NextHopState);

    impl HostContext for World {
        fn is_local_address(&self, address: IpAddr) -> bool {
            address == OWN
        }
        fn next_hop_state(&self) -> NextHopState {
            self.0
        }
    }

    fn icmp(code: u8, from: IpAddr) -> IcmpError {
        IcmpError {
            version: IcmpVersion::V4,
            kind: 3,
            code,
            from: Some(from),
            mtu: None,
        }
    }

    fn info(state: TcpState, timers_fired: u8, retransmitted: u32, out: u32) -> TcpInfo {
        TcpInfo {
            state,
            retransmits: timers_fired,
            total_retrans: Some(retransmitted),
            retrans: Some(out),
            rtt: None,
            last_ack_recv: Duration::ZERO,
        }
    }

    fn classify(testimony: TcpSocketEvidence, next_hop: NextHopState) -> Option<Outcome> {
        connecting(&testimony, Some(SOON), &World(next_hop)).map(|(outcome, _)| outcome)
    }

    #[test]
    fn refusal_without_an_icmp_error_is_a_rst() {
        let testimony = TcpSocketEvidence {
            errno: Some(Errno::ConnectionRefused),
            queue_read: true,
            ..TcpSocketEvidence::default()
        };
        assert_eq!(
            classify(testimony, NextHopState::Resolved),
            Some(Outcome::Refused(Refusal::Rst))
        );
    }

    #[test]
    fn refusal_without_a_look_at_the_queue_is_only_what_the_system_says() {
        let testimony = TcpSocketEvidence {
            errno: Some(Errno::ConnectionRefused),
            ..TcpSocketEvidence::default()
        };
        let expected = Some(Outcome::Refused(Refusal::Errno));
        assert_eq!(classify(testimony, NextHopState::Resolved), expected);
    }

    #[test]
    fn our_own_host_unreachable_after_a_while_was_no_firewall_s_doing() {
        let testimony = TcpSocketEvidence {
            icmp: Some(icmp(1, OWN)),
            info: Some(info(TcpState::Closed, 2, 1, 0)),
            ..TcpSocketEvidence::default()
        };
        let late = Some(Duration::from_secs(3));
        let judged = connecting(&testimony, late, &World(NextHopState::Resolved))
            .map(|(outcome, _)| outcome);
        assert_eq!(judged, Some(Outcome::Local(LocalCause::NoNeighbour)));
    }

    #[test]
    fn the_same_errno_with_an_icmp_error_is_a_firewall() {
        let error = icmp(3, TARGET.ip());
        let testimony = TcpSocketEvidence {
            errno: Some(Errno::ConnectionRefused),
            icmp: Some(error),
            ..TcpSocketEvidence::default()
        };
        let expected = Outcome::Unreachable(UnreachableBy::Icmp(error));
        assert_eq!(classify(testimony, NextHopState::Resolved), Some(expected));
    }

    #[test]
    fn our_own_icmp_error_is_local_and_the_neighbour_decides_which() {
        let host_unreachable = TcpSocketEvidence {
            icmp: Some(icmp(1, OWN)),
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
            icmp: Some(icmp(13, OWN)),
            ..TcpSocketEvidence::default()
        };
        assert_eq!(classify(prohibited, NextHopState::Unresolved), firewall);
    }

    #[test]
    fn what_comes_within_connect_is_the_firewall_whatever_the_neighbour() {
        let testimony = TcpSocketEvidence {
            icmp: Some(icmp(1, OWN)),
            info: Some(info(TcpState::SynSent, 0, 0, 0)),
            ..TcpSocketEvidence::default()
        };
        let expected = Some(Outcome::Local(LocalCause::LocalFirewall));
        assert_eq!(classify(testimony, NextHopState::Unresolved), expected);
    }

    #[test]
    fn a_closed_socket_without_an_error_is_not_connected() {
        let testimony = TcpSocketEvidence {
            info: Some(info(TcpState::Closed, 0, 0, 0)),
            ..TcpSocketEvidence::default()
        };
        assert_eq!(
            classify(testimony, NextHopState::Resolved),
            Some(Outcome::Local(LocalCause::SystemError))
        );
    }

    #[test]
    fn a_socket_that_says_nothing_is_still_connecting() {
        assert_eq!(
            classify(TcpSocketEvidence::default(), NextHopState::Unknown),
            None
        );
    }

    #[test]
    fn an_icmp_error_on_a_connection_that_stands_ends_nothing() {
        let testimony = TcpSocketEvidence {
            errno: Some(Errno::HostUnreachable),
            icmp: Some(icmp(1, TARGET.ip())),
            info: Some(info(TcpState::Established, 0, 0, 0)),
            connected: true,
            ..TcpSocketEvidence::default()
        };
        let expected = Some(Outcome::Connected(Handshake::Clean));
        assert_eq!(classify(testimony, NextHopState::Resolved), expected);
    }

    #[test]
    fn a_socket_in_syn_sent_is_still_connecting() {
        let testimony = TcpSocketEvidence {
            info: Some(info(TcpState::SynSent, 0, 0, 0)),
            ..TcpSocketEvidence::default()
        };
        assert_eq!(classify(testimony, NextHopState::Resolved), None);
    }

    #[test]
    fn silence_is_local_when_no_syn_left() {
        let silent = |info, hop| timed_out(Some(info), &World(hop)).0;
        let state = TcpState::SynSent;
        assert_eq!(
            silent(info(state, 3, 3, 1), NextHopState::Unknown),
            Outcome::NoReply
        );
        assert_eq!(
            silent(info(state, 1, 1, 0), NextHopState::Resolved),
            Outcome::Local(LocalCause::DroppedLocally)
        );
        assert_eq!(
            silent(info(state, 1, 0, 0), NextHopState::Unresolved),
            Outcome::Local(LocalCause::NoNeighbour)
        );
        assert_eq!(
            silent(info(state, 1, 0, 0), NextHopState::Resolved),
            Outcome::Local(LocalCause::StuckInQueue)
        );
        assert_eq!(
            silent(info(state, 0, 0, 0), NextHopState::Resolved),
            Outcome::NoReply
        );
        assert_eq!(
            silent(info(state, 2, 2, 1), NextHopState::Unresolved),
            Outcome::Local(LocalCause::NoNeighbour),
            "thrown out of the neighbour's queue, not sent"
        );
    }

    #[test]
    fn the_time_stamp_rtt_tells_which_packet_was_lost() {
        let ms = Duration::from_millis;
        let slow = |rtt: Option<Duration>, connect| {
            let info = TcpInfo {
                rtt,
                ..info(TcpState::Established, 0, 1, 0)
            };
            handshake(&info, connect)
        };
        assert_eq!(slow(Some(ms(1)), Some(ms(1015))), Handshake::AfterSynLoss);
        assert_eq!(
            slow(Some(ms(1012)), Some(ms(1015))),
            Handshake::AfterSynAckLoss
        );
        let seen_late = TcpInfo {
            rtt: Some(ms(1012)),
            last_ack_recv: ms(800),
            ..info(TcpState::Established, 0, 1, 0)
        };
        let seen_late = handshake(&seen_late, Some(ms(1815)));
        assert_eq!(seen_late, Handshake::AfterSynAckLoss);
        assert_eq!(slow(None, Some(ms(1015))), Handshake::AfterRetransmission);
        assert_eq!(slow(Some(ms(1)), None), Handshake::AfterRetransmission);
        assert_eq!(
            slow(Some(ms(1)), Some(ms(16))),
            Handshake::AfterRetransmission
        );
    }
}
