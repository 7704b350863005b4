//! Outcomes in words, the same on a probe's line and in a summary.

use crate::hosts::Protocol;
use crate::outcome::{
    Handshake, IcmpError, LocalCause, Outcome, OutcomeKind, ProbeResult, Refusal, UnreachableBy,
};

/// The word for an outcome, at most twelve columns wide.
pub(super) fn outcome(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Connected => "connected",
        OutcomeKind::ResetAfterConnect => "reset",
        OutcomeKind::ClosedAfterConnect => "closed",
        OutcomeKind::Reply => "reply",
        OutcomeKind::Refused => "refused",
        OutcomeKind::Unreachable => "unreachable",
        OutcomeKind::NoReply => "no reply",
        OutcomeKind::Local => "local",
        OutcomeKind::Unfinished => "unfinished",
    }
}

/// What proves the outcome, in a few words; nothing where all went well.
pub(super) fn detail(protocol: Protocol, outcome: &Outcome, syns: Option<u32>) -> Option<String> {
    Some(match outcome {
        Outcome::Connected(handshake) => return retransmitted(*handshake, syns),
        Outcome::Reply => return None,
        Outcome::ResetAfterConnect => "RST after the handshake".to_owned(),
        Outcome::ClosedAfterConnect => "closed by the target after the handshake".to_owned(),
        Outcome::Refused(Refusal::Rst) => refused(syns),
        Outcome::Refused(Refusal::Errno) => {
            "ECONNREFUSED: a RST, or a firewall's reject".to_owned()
        }
        Outcome::Unreachable(by) => unreached(by),
        Outcome::NoReply if protocol == Protocol::Udp => "open or filtered".to_owned(),
        Outcome::NoReply => return syns.map(|syns| format!("{} sent", self::syns(syns))),
        Outcome::Local(cause) => local(protocol, *cause).to_owned(),
        Outcome::Unfinished => "still waiting when the run was stopped".to_owned(),
    })
}

fn refused(syns: Option<u32>) -> String {
    match syns {
        Some(syns) if syns > 1 => format!("RST, after {}", self::syns(syns)),
        _ => "RST".to_owned(),
    }
}

/// As [`detail`], with what the evidence adds: what the answer said, the sender of our own ICMP error, the errno.
pub(super) fn detail_with(protocol: Protocol, result: &ProbeResult) -> Option<String> {
    let (outcome, proof) = (&result.outcome, &result.evidence);
    if *outcome == Outcome::Reply {
        return result.reply_summary.map(|said| said.to_string());
    }
    let words = detail(protocol, outcome, result.syn_sent)?;
    let Outcome::Local(_) = outcome else {
        return Some(words);
    };
    let proof = match (proof.icmp, proof.errno) {
        (Some(own), _) => format!(" ({})", icmp(&own)),
        (None, Some(errno)) => format!(" ({})", errno.name()),
        (None, None) => String::new(),
    };
    Some(words + &proof)
}

fn unreached(by: &UnreachableBy) -> String {
    match by {
        UnreachableBy::Icmp(error) => icmp(error),
        UnreachableBy::Errno(errno) => {
            format!("{} (this system does not say who)", errno.name())
        }
    }
}

/// `ICMP admin-prohibited (3/13)`, where its sender stands beside it.
pub(super) fn icmp_alone(error: &IcmpError) -> String {
    icmp(&IcmpError {
        from: None,
        ..*error
    })
}

/// `ICMP admin-prohibited (3/13) from 10.20.0.1`.
pub(super) fn icmp(error: &IcmpError) -> String {
    let from = error.from.map(|from| format!(" from {from}"));
    let (reason, kind, code) = (error.reason(), error.kind, error.code);
    let mtu = error.mtu.map(|mtu| format!(", MTU {mtu}"));
    let (from, mtu) = (from.unwrap_or_default(), mtu.unwrap_or_default());
    format!("ICMP {reason} ({kind}/{code}){from}{mtu}")
}

fn retransmitted(handshake: Handshake, syns: Option<u32>) -> Option<String> {
    let which = match handshake {
        Handshake::Clean => return None,
        Handshake::AfterSynLoss => "the first was lost on its way or dropped there",
        Handshake::AfterSynAckLoss => "the answer to the first was lost or late",
        Handshake::AfterRetransmission => "whether a packet was lost, and which way, is not known",
    };
    let syns = syns.map_or_else(|| "more than one SYN".to_owned(), self::syns);
    Some(format!("{syns}: {which}"))
}

/// `1 SYN`, `4 SYNs`.
pub(super) fn syns(number: u32) -> String {
    super::numbers::count(number.into(), "SYN")
}

/// This machine's own trouble, in words.
pub(super) fn local(protocol: Protocol, cause: LocalCause) -> &'static str {
    match cause {
        LocalCause::DroppedLocally if protocol != Protocol::Tcp => {
            "this machine's own queue dropped it"
        }
        LocalCause::LocalFirewall if protocol != Protocol::Tcp => {
            "not let out by this machine's firewall"
        }
        LocalCause::NoRoute => "no route to the target from here",
        LocalCause::NoNeighbour => "no ARP or neighbour answer from the next hop",
        LocalCause::RouteUnreachable => "an \"unreachable\" route of this machine",
        LocalCause::RouteProhibited => "a \"prohibit\" route of this machine",
        LocalCause::RouteBlackhole => "a \"blackhole\" route of this machine",
        LocalCause::LocalFirewall => "rejected by this machine's firewall",
        LocalCause::DroppedLocally => "this machine did not let its SYN out",
        LocalCause::StuckInQueue => {
            "no SYN could be sent again: still queued here, or route or link is gone"
        }
        LocalCause::PortsExhausted => "no free local port",
        LocalCause::TooManyOpenFiles => "too many open files",
        LocalCause::AddressNotAvailable => "no usable source address on this machine",
        LocalCause::MessageTooLong => "too large for the interface",
        LocalCause::GroupTarget => "a broadcast or multicast address, where many might answer",
        LocalCause::NoSuchInterface => "no such interface on this machine",
        LocalCause::NetworkDown => "the interface is down",
        LocalCause::FamilyNotSupported => "that IP version is off on this machine",
        LocalCause::Permission => "forbidden by a policy of this machine",
        LocalCause::SelfConnect => {
            "the probe met itself: its port is the target's, where nobody listens"
        }
        LocalCause::OutOfMemory => "this machine's kernel has no memory for it",
        LocalCause::SystemError => "a system call failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::IcmpVersion;

    #[test]
    fn an_icmp_error_names_type_code_and_sender() {
        let error = IcmpError {
            version: IcmpVersion::V4,
            kind: 3,
            code: 13,
            from: Some([10, 20, 0, 1].into()),
            mtu: None,
        };
        let outcome = Outcome::Unreachable(UnreachableBy::Icmp(error));
        assert_eq!(
            detail(Protocol::Tcp, &outcome, None).as_deref(),
            Some("ICMP admin-prohibited (3/13) from 10.20.0.1")
        );
    }

    #[test]
    fn silence_says_how_many_syns_left_if_that_is_known() {
        let silence = |protocol, syns| detail(protocol, &Outcome::NoReply, syns);
        let tcp = silence(Protocol::Tcp, Some(1));
        assert_eq!(tcp.as_deref(), Some("1 SYN sent"));
        assert_eq!(silence(Protocol::Tcp, None), None);
        let udp = silence(Protocol::Udp, None);
        assert_eq!(udp.as_deref(), Some("open or filtered"));
    }
}
