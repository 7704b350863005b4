//! ICMP errors that quote too little to identify one of several requests (RFC 792 asks for 8 bytes behind the IP
//! header: the UDP header and no payload).
//!
//! Such an error is kept until replies to the other requests leave one candidate, or until a candidate times out.

use std::time::Instant;

use super::codec::Codec;
use super::request::Request;
use crate::outcome::classify::datagram::DatagramEvidence;
use crate::probe::ProbeId;

/// A failed probe and the evidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub(super) probe: ProbeId,
    pub(super) evidence: DatagramEvidence,
    /// When the error was read.
    pub(super) at: Instant,
}

/// An error and its quote.
#[derive(Clone, Debug)]
struct AmbiguousError {
    evidence: DatagramEvidence,
    at: Instant,
    quoted: Box<[u8]>,
    /// The first sequence number sent after the error was read.
    next_seq: u64,
}

impl AmbiguousError {
    fn may_be_about(&self, request: &Request, codec: &Codec) -> bool {
        request.seq < self.next_seq && codec.matches_quote(request, &self.quoted)
    }

    fn failure_of(&self, probe: ProbeId) -> Failure {
        let (evidence, at) = (self.evidence, self.at);
        Failure {
            probe,
            evidence,
            at,
        }
    }
}

/// The ambiguous errors of one socket.
#[derive(Debug, Default)]
pub(super) struct AmbiguousErrors(Vec<AmbiguousError>);

impl AmbiguousErrors {
    /// Matches an error just read with the unanswered requests, oldest first. Returns the failed probe if there is
    /// one candidate; keeps the error if there are several.
    pub(super) fn add<'a>(
        &mut self,
        evidence: DatagramEvidence,
        quoted: &[u8],
        codec: &Codec,
        unanswered: &(impl DoubleEndedIterator<Item = &'a Request> + Clone),
    ) -> Option<Failure> {
        let error = AmbiguousError {
            evidence,
            at: Instant::now(),
            quoted: quoted.into(),
            next_seq: unanswered.clone().next_back()?.seq + 1,
        };
        match candidates(&error, codec, unanswered.clone()) {
            (Some(only), None) => Some(error.failure_of(only)),
            // More errors than requests are of no use.
            (Some(_), Some(_)) if self.0.len() < unanswered.clone().count() => {
                self.0.push(error);
                None
            }
            _ => None,
        }
    }

    /// After a reply: the failed probe of an error with one candidate left. Drops errors without a candidate.
    pub(super) fn take_resolved<'a>(
        &mut self,
        codec: &Codec,
        unanswered: &(impl Iterator<Item = &'a Request> + Clone),
    ) -> Option<Failure> {
        let has_candidate =
            |error: &AmbiguousError| candidates(error, codec, unanswered.clone()).0.is_some();
        self.0.retain(has_candidate);
        let found = self.0.iter().enumerate().find_map(|(index, error)| {
            let (only, another) = candidates(error, codec, unanswered.clone());
            only.filter(|_| another.is_none()).map(|only| (index, only))
        });
        found.map(|(index, only)| self.0.remove(index).failure_of(only))
    }

    /// After a timeout of `request`: the first error that may be about it.
    pub(super) fn take_for(&mut self, request: &Request, codec: &Codec) -> Option<Failure> {
        let may_be = |error: &AmbiguousError| error.may_be_about(request, codec);
        let index = self.0.iter().position(may_be)?;
        Some(self.0.remove(index).failure_of(request.probe))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Up to two probes that an error may be about.
fn candidates<'a>(
    error: &AmbiguousError,
    codec: &Codec,
    unanswered: impl Iterator<Item = &'a Request>,
) -> (Option<ProbeId>, Option<ProbeId>) {
    let matching = unanswered.filter(|request| error.may_be_about(request, codec));
    let mut matching = matching.map(|request| request.probe);
    (matching.next(), matching.next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockReading;
    use crate::outcome::{Errno, IcmpError, IcmpVersion};
    use crate::payload::{Payload, Transaction};
    use slotmap::KeyData;

    fn probe_id(number: u32) -> ProbeId {
        KeyData::from_ffi(number.into()).into()
    }

    fn request(number: u32) -> Request {
        Request {
            probe: probe_id(number),
            transaction: Transaction {
                token: u64::from(number) << 56,
                local: ([127, 0, 0, 1], 1).into(),
                target: ([127, 0, 0, 1], 2).into(),
            },
            seq: number.into(),
            tx_index: number,
            sent: ClockReading::now(),
            tx_timestamp: None,
        }
    }

    fn evidence() -> DatagramEvidence {
        let icmp = IcmpError {
            version: IcmpVersion::V4,
            kind: 3,
            code: 13,
            from: None,
            mtu: None,
        };
        DatagramEvidence::by_icmp(icmp, Some(Errno::HostUnreachable))
    }

    fn codec() -> Codec {
        Codec::Udp(Payload::Pattern(32))
    }

    fn probe(failure: Option<Failure>) -> Option<ProbeId> {
        failure.map(|failure| failure.probe)
    }

    #[test]
    fn a_quoted_token_identifies_its_probe() {
        let requests = [request(1), request(2), request(3)];
        let mut errors = AmbiguousErrors::default();
        let mut payload = Vec::new();
        codec().encode(&request(2).transaction, 2, &mut payload);
        let failure = errors.add(evidence(), &payload[..1], &codec(), &requests.iter());
        assert_eq!(probe(failure), Some(probe_id(2)));
        assert!(errors.is_empty());
    }

    #[test]
    fn an_error_without_a_quote_is_kept_until_one_candidate_is_left() {
        let mut requests = vec![request(1), request(2), request(3)];
        let mut errors = AmbiguousErrors::default();
        assert_eq!(
            probe(errors.add(evidence(), &[], &codec(), &requests.iter())),
            None
        );
        requests.push(request(4));
        requests.remove(0);
        assert_eq!(
            probe(errors.take_resolved(&codec(), &requests.iter())),
            None,
            "two are left"
        );
        requests.remove(0);
        let failure = errors.take_resolved(&codec(), &requests.iter());
        assert_eq!(
            probe(failure),
            Some(probe_id(3)),
            "the fourth was sent later"
        );
        assert!(errors.is_empty());
    }

    #[test]
    fn an_error_whose_candidates_were_answered_is_dropped() {
        let requests = [request(1), request(2)];
        let mut errors = AmbiguousErrors::default();
        errors.add(evidence(), &[], &codec(), &requests.iter());
        assert_eq!(probe(errors.take_resolved(&codec(), &[].iter())), None);
        assert!(errors.is_empty());
    }

    #[test]
    fn an_error_goes_to_the_candidate_that_times_out_first() {
        let requests = [request(1), request(2)];
        let mut errors = AmbiguousErrors::default();
        errors.add(evidence(), &[], &codec(), &requests.iter());
        assert_eq!(
            probe(errors.take_for(&request(3), &codec())),
            None,
            "sent later"
        );
        assert_eq!(
            probe(errors.take_for(&request(1), &codec())),
            Some(probe_id(1))
        );
        assert_eq!(
            probe(errors.take_for(&request(2), &codec())),
            None,
            "only one error"
        );
    }

    #[test]
    fn no_more_errors_than_requests_are_kept() {
        let requests = [request(1), request(2)];
        let mut errors = AmbiguousErrors::default();
        for _ in 0..100 {
            errors.add(evidence(), &[], &codec(), &requests.iter());
        }
        assert_eq!(errors.0.len(), 2);
    }
}
