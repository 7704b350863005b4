//! Outcomes, reasons and local errors as text, for log lines and reports.

use super::human_numbers;
use crate::hosts::Protocol;
use crate::hosts::resolve::ResolveError;
use crate::outcome::{
    Errno, Handshake, IcmpError, LocalCause, Outcome, OutcomeKind, ProbeResult, Refusal,
    UnreachableBy,
};
use crate::text;
use crate::text::{Text, Value};

/// Name of an outcome in text, at most twelve columns.
pub(crate) fn outcome(kind: OutcomeKind) -> &'static str {
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

/// The evidence of an outcome in a few words; absent for a plain success.
pub(crate) fn detail(protocol: Protocol, outcome: &Outcome, syns: Option<u32>) -> Option<Text> {
    Some(match outcome {
        Outcome::Connected(handshake) => return retransmitted(*handshake, syns).map(Text::words),
        Outcome::Reply => return None,
        Outcome::ResetAfterConnect => "RST after the handshake".into(),
        Outcome::ClosedAfterConnect => "FIN from the target after the handshake".into(),
        Outcome::Refused(Refusal::Rst) => refused(syns),
        Outcome::Refused(Refusal::Errno) => {
            "ECONNREFUSED: RST or ICMP, this system does not report which".into()
        }
        Outcome::Unreachable(by) => unreachable(by),
        Outcome::NoReply if protocol == Protocol::Udp => "open or filtered".into(),
        Outcome::NoReply => Text::words(format!("{} sent", self::syns(syns?))),
        Outcome::Local(cause) => local(protocol, *cause).into(),
        Outcome::Unfinished => "in flight when the run was stopped".into(),
    })
}

fn refused(syns: Option<u32>) -> Text {
    match syns {
        Some(syns) if syns > 1 => Text::words(format!("RST, after {}", self::syns(syns))),
        _ => "RST".into(),
    }
}

/// ETIMEDOUT of a connecting socket (tcp(7)). How many SYNs left does not show then.
pub(crate) const GAVE_UP: &str = if cfg!(target_os = "linux") {
    "the kernel gave up (net.ipv4.tcp_syn_retries)"
} else {
    "the system gave up (ETIMEDOUT)"
};

/// As [`detail`], with the content of the reply, the sender of a local ICMP error, the errno.
pub(crate) fn detail_with_evidence(protocol: Protocol, result: &ProbeResult) -> Option<Text> {
    let (outcome, evidence) = (&result.outcome, &result.evidence);
    if *outcome == Outcome::Reply {
        return result
            .reply_summary
            .map(|summary| Value::foreign(summary.as_str()).into());
    }
    if *outcome == Outcome::NoReply && evidence.errno == Some(Errno::TimedOut) {
        return Some(GAVE_UP.into());
    }
    let words = detail(protocol, outcome, result.syn_sent)?;
    let Outcome::Local(_) = outcome else {
        return Some(words);
    };
    Some(match (evidence.icmp, evidence.errno) {
        (Some(error), _) => text![words, " (", icmp(&error), ")"],
        (None, Some(errno)) => text![words, " (", errno.name(), ")"],
        (None, None) => words,
    })
}

fn unreachable(by: &UnreachableBy) -> Text {
    match by {
        UnreachableBy::Icmp(error) => icmp(error),
        UnreachableBy::Errno(errno) => {
            text![errno.name(), " (this system does not report the sender)"]
        }
    }
}

/// `ICMP admin-prohibited (3/13)`.
pub(crate) fn icmp_without_sender(error: &IcmpError) -> Text {
    icmp(&IcmpError {
        from: None,
        ..*error
    })
}

/// `ICMP admin-prohibited (3/13) from 10.20.0.1`.
pub(crate) fn icmp(error: &IcmpError) -> Text {
    let from = error.from.map(|from| text![" from ", from]);
    let mtu = error.mtu.map(|mtu| text![", MTU ", mtu]);
    let number = format!(" ({}/{})", error.kind, error.code);
    text!["ICMP ", error.reason(), Text::words(number), from, mtu]
}

fn retransmitted(handshake: Handshake, syns: Option<u32>) -> Option<String> {
    let lost = match handshake {
        Handshake::Clean => return None,
        Handshake::AfterSynLoss => "the first was lost or dropped (forward path or target)",
        Handshake::AfterSynAckLoss => "the SYN-ACK to the first was lost or late (return path)",
        Handshake::AfterRetransmission => "direction of the loss unknown",
    };
    let syns = syns.map_or_else(|| "more than one SYN".to_owned(), self::syns);
    Some(format!("{syns}: {lost}"))
}

/// `1 SYN`, `4 SYNs`.
pub(crate) fn syns(number: u32) -> String {
    human_numbers::count(number.into(), "SYN")
}

/// Why a name was not resolved.
pub(crate) fn unresolved(error: &ResolveError) -> Text {
    let (before, after) = error.words();
    let name = Value::Host(error.name().into());
    // The resolver's messages name no host: a target may be called `name` or `service`.
    text![before, " \"", name, "\"", Value::label(&after)]
}

/// Text of a local error.
pub(crate) fn local(protocol: Protocol, cause: LocalCause) -> &'static str {
    match cause {
        LocalCause::DroppedLocally if protocol != Protocol::Tcp => {
            "dropped in this machine's queue"
        }
        LocalCause::LocalFirewall if protocol != Protocol::Tcp => {
            "dropped by this machine's firewall"
        }
        LocalCause::NoRoute => "no route to the target",
        LocalCause::NoNeighbour => "the next hop does not answer ARP or ND",
        LocalCause::RouteUnreachable => "an `unreachable` route of this machine",
        LocalCause::RouteProhibited => "a `prohibit` route of this machine",
        LocalCause::RouteBlackhole => "a `blackhole` route of this machine",
        LocalCause::LocalFirewall => "rejected by this machine's firewall",
        LocalCause::DroppedLocally => "the SYN was dropped in this machine's output path",
        LocalCause::StuckInQueue => {
            "SYN not retransmitted: still queued here, or route or link is gone"
        }
        LocalCause::PortsExhausted => "no free local port",
        LocalCause::TooManyOpenFiles => "too many open files",
        LocalCause::AddressNotAvailable => "no usable source address",
        LocalCause::MessageTooLong => "larger than the interface MTU",
        LocalCause::GroupTarget => "a broadcast or multicast address",
        LocalCause::NoSuchInterface => "no such interface",
        LocalCause::NetworkDown => "the interface is down",
        LocalCause::FamilyNotSupported => "that IP version is disabled on this machine",
        LocalCause::Permission => "not permitted by this machine",
        LocalCause::SelfConnect => "TCP self-connect: nothing listens on that port",
        LocalCause::OutOfMemory => "the kernel is out of memory",
        LocalCause::SystemError => "a system call failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::IcmpVersion;
    use crate::report::Redactor;

    fn shown(text: Option<Text>) -> Option<String> {
        text.map(|text| Redactor::off().text(&text).to_string())
    }

    #[test]
    fn icmp_error_has_type_code_and_sender() {
        let error = IcmpError {
            version: IcmpVersion::V4,
            kind: 3,
            code: 13,
            from: Some([10, 20, 0, 1].into()),
            mtu: None,
        };
        let outcome = Outcome::Unreachable(UnreachableBy::Icmp(error));
        assert_eq!(
            shown(detail(Protocol::Tcp, &outcome, None)).as_deref(),
            Some("ICMP admin-prohibited (3/13) from 10.20.0.1")
        );
    }

    #[test]
    fn resolver_error_keeps_its_words_when_redacted() {
        let error = ResolveError::Resolver {
            name: "service".to_owned(),
            reason: "Name or service not known (EAI_NONAME)".to_owned(),
            is_negative: true,
        };
        assert_eq!(
            &*Redactor::new(true).text(&unresolved(&error)),
            "cannot resolve \"target-1\": Name or service not known (EAI_NONAME)"
        );
    }

    #[test]
    fn no_reply_has_the_number_of_syns() {
        let no_reply = |protocol, syns| shown(detail(protocol, &Outcome::NoReply, syns));
        assert_eq!(
            no_reply(Protocol::Tcp, Some(1)).as_deref(),
            Some("1 SYN sent")
        );
        assert_eq!(no_reply(Protocol::Tcp, None), None);
        assert_eq!(
            no_reply(Protocol::Udp, None).as_deref(),
            Some("open or filtered")
        );
    }
}
