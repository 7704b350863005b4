//! Every outcome and reason that exists.

use super::icmp::{IcmpError, IcmpVersion};
use super::{Errno, Handshake, LocalCause, Outcome, Refusal, UnreachableBy};

/// Types of ICMP errors; the codes of each.
const ICMP_TYPES: std::ops::RangeInclusive<u8> = 1..=12;
const ICMP_CODES: std::ops::RangeInclusive<u8> = 0..=15;

/// An outcome for each reason, and for each kind without one.
pub fn outcomes() -> impl Iterator<Item = Outcome> {
    let handshakes = [
        Handshake::Clean,
        Handshake::AfterSynLoss,
        Handshake::AfterSynAckLoss,
        Handshake::AfterRetransmission,
    ];
    let others = [
        Outcome::Reply,
        Outcome::ResetAfterConnect,
        Outcome::ClosedAfterConnect,
        Outcome::Refused(Refusal::Rst),
        Outcome::Refused(Refusal::Errno),
        Outcome::Unreachable(UnreachableBy::Errno(Errno::HostUnreachable)),
        Outcome::NoReply,
        Outcome::Unfinished,
    ];
    let icmp = icmp_errors().map(|it| Outcome::Unreachable(UnreachableBy::Icmp(it)));
    let local = LocalCause::ALL.iter().map(|it| Outcome::Local(*it));
    let handshakes = handshakes.into_iter().map(Outcome::Connected);
    handshakes.chain(others).chain(icmp).chain(local)
}

/// Every ICMP error with a name.
fn icmp_errors() -> impl Iterator<Item = IcmpError> {
    let versions = [IcmpVersion::V4, IcmpVersion::V6].into_iter();
    let errors = versions.flat_map(|version| {
        ICMP_TYPES
            .flat_map(move |kind| ICMP_CODES.map(move |code| IcmpError::new(version, kind, code)))
    });
    errors.filter(|it| !it.reason().starts_with("icmp-"))
}

/// Whether a reason of this name exists; `icmp-TYPE-CODE` for ICMP errors without a name.
pub fn is_reason(name: &str) -> bool {
    let is_number = |it: &str| it.parse::<u8>().is_ok();
    let numbers = name.strip_prefix("icmp-").and_then(|it| it.split_once('-'));
    numbers.is_some_and(|(kind, code)| is_number(kind) && is_number(code))
        || outcomes().any(|it| it.reason().is_some_and(|reason| reason == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::OutcomeKind;

    #[test]
    fn every_kind_of_outcome_is_there() {
        for kind in OutcomeKind::ALL.iter().copied() {
            assert!(outcomes().any(|it| it.kind() == kind), "{kind:?}");
        }
    }

    #[test]
    fn reasons_by_name() {
        for name in [
            "rst",
            "silence",
            "beyond-scope",
            "no-neighbour",
            "icmp-3-99",
        ] {
            assert!(is_reason(name), "{name}");
        }
        for name in ["", "refused", "icmp-3", "icmp-3-999", "icmp--", "RST"] {
            assert!(!is_reason(name), "{name}");
        }
    }
}
