//! Statistics of one target, in constant memory.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use super::{Distribution, Jitter, Loss, Outages, Replies, Timeline};
use crate::outcome::{Errno, Outcome, OutcomeClass, OutcomeKind, RttClock, Sample};

/// Distinct outcomes counted one by one; further ones count by [`OutcomeKind`] only.
const MAX_OUTCOME_GROUPS: usize = 64;

/// Statistics of one target.
#[derive(Clone, Debug)]
pub struct Recorder {
    counts: [u64; OutcomeKind::ALL.len()],
    /// Replies received after the timeout.
    pub late: u64,
    /// Connect times (monotonic clock): completed handshakes and replies, as an application sees them.
    pub connect: Distribution,
    /// Path round-trip times (kernel): handshakes without retransmission, and replies.
    pub rtt: Distribution,
    /// Some of `rtt` start at this process's clock: the kernel gave no transmit timestamp.
    pub has_user_rtt: bool,
    /// Round-trip times of RSTs to a SYN that was sent once.
    pub refused: Distribution,
    /// Jitter of the path round-trip time, or of the connect time where the kernel measures none.
    pub jitter: Jitter,
    /// Runs of consecutive failed probes.
    pub outages: Outages,
    /// Counts of each outcome except clean handshakes and replies.
    pub outcome_groups: Vec<OutcomeGroup>,
    /// Probes whose outcome is not in `outcome_groups` for lack of room.
    pub other_outcomes: u64,
    /// Smallest and largest number of SYNs sent for a probe with no reply.
    pub syns_without_reply: Option<RangeInclusive<u32>>,
    /// Probes with no reply that the kernel ended before their timeout, and how long it waited at most.
    pub given_up: Option<(u64, Duration)>,
    /// Contents, TTLs and order of the replies.
    pub replies: Replies,
    /// Probes over time.
    pub timeline: Timeline,
    /// Local address of the latest probe.
    pub local: Option<SocketAddr>,
    /// Lowest and highest source port used.
    pub local_ports: Option<RangeInclusive<u16>>,
}

/// Probes with the same outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutcomeGroup {
    /// The outcome, including its reason and the ICMP sender.
    pub outcome: Outcome,
    /// Number of probes.
    pub count: u64,
    /// Send time of the first of them.
    pub first: Instant,
    /// Send time of the last of them.
    pub last: Instant,
}

impl Recorder {
    /// Empty statistics; histograms keep `digits` significant digits.
    pub fn new(digits: u8) -> Self {
        Self {
            counts: [0; OutcomeKind::ALL.len()],
            late: 0,
            connect: Distribution::new(digits),
            rtt: Distribution::new(digits),
            has_user_rtt: false,
            refused: Distribution::new(digits),
            jitter: Jitter::default(),
            outages: Outages::default(),
            outcome_groups: Vec::new(),
            other_outcomes: 0,
            syns_without_reply: None,
            given_up: None,
            replies: Replies::default(),
            timeline: Timeline::default(),
            local: None,
            local_ports: None,
        }
    }

    /// Records a sample that is no warm-up probe.
    pub fn record(&mut self, sample: &Sample) {
        if sample.late {
            self.late += 1;
            return;
        }
        let outcome = sample.result.outcome;
        self.counts[outcome.kind() as usize] += 1;
        self.outages.record(sample);
        self.timeline.record(sample);
        self.record_local(sample.result.local);
        if outcome == Outcome::Unfinished {
            return;
        }
        if outcome.is_answered() {
            self.replies.record(sample);
        }
        self.record_times(sample);
        self.record_outcome(sample);
    }

    fn record_local(&mut self, local: Option<SocketAddr>) {
        self.local = local.or(self.local);
        // ICMP echo has no port.
        if let Some(local) = local.filter(|local| local.port() > 0) {
            extend_range(&mut self.local_ports, local.port());
        }
    }

    fn record_times(&mut self, sample: &Sample) {
        let result = &sample.result;
        let answered = result.outcome.is_answered();
        if let Some(connect) = result.connect {
            if answered {
                self.connect.record(connect);
            } else if matches!(result.outcome, Outcome::Refused(_)) && !result.was_retransmitted() {
                self.refused.record(connect);
            }
        }
        if let Some(rtt) = result.rtt {
            self.has_user_rtt |= rtt.clock == RttClock::User;
            self.rtt.record(rtt.time);
            self.jitter.record(rtt.time);
        } else if let Some(connect) = result
            .connect
            .filter(|_| answered && result.syn_sent.is_none())
        {
            self.jitter.record(connect);
        }
    }

    fn record_outcome(&mut self, sample: &Sample) {
        let outcome = sample.result.outcome;
        if outcome == Outcome::NoReply
            && let Some(syns) = sample.result.syn_sent
        {
            extend_range(&mut self.syns_without_reply, syns);
        }
        if outcome == Outcome::NoReply && sample.result.evidence.errno == Some(Errno::TimedOut) {
            let (count, longest) = self.given_up.unwrap_or_default();
            self.given_up = Some((count + 1, longest.max(sample.result.duration())));
        }
        if outcome.is_clean() {
            return;
        }
        let at = sample.sent_at;
        let group = self
            .outcome_groups
            .iter_mut()
            .find(|group| group.outcome == outcome);
        if let Some(group) = group {
            group.count += 1;
            group.first = group.first.min(at);
            group.last = group.last.max(at);
        } else if self.outcome_groups.len() < MAX_OUTCOME_GROUPS {
            self.outcome_groups.push(OutcomeGroup {
                outcome,
                count: 1,
                first: at,
                last: at,
            });
        } else {
            self.other_outcomes += 1;
        }
    }

    /// Number of probes with an outcome of this kind.
    pub fn count(&self, kind: OutcomeKind) -> u64 {
        self.counts[kind as usize]
    }

    /// Number of probes with an outcome of this class.
    pub fn count_class(&self, class: OutcomeClass) -> u64 {
        let of_class = OutcomeKind::ALL.iter().filter(|kind| kind.class() == class);
        of_class.map(|kind| self.count(*kind)).sum()
    }

    /// Number of probes that were sent and ended; unfinished probes are excluded.
    pub fn sent(&self) -> u64 {
        self.counts.iter().sum::<u64>() - self.count(OutcomeKind::Unfinished)
    }

    /// Packet loss: failed probes of those that succeeded or failed. Local errors and unfinished probes are excluded.
    pub fn loss(&self) -> Option<Loss> {
        let failed = self.count_class(OutcomeClass::Failed);
        Loss::of(failed, failed + self.count_class(OutcomeClass::Succeeded))
    }
}

/// Extends a range to contain `value`.
fn extend_range<T: PartialOrd + Copy>(range: &mut Option<RangeInclusive<T>>, value: T) {
    let (low, high) = range
        .as_ref()
        .map_or((value, value), |r| (*r.start(), *r.end()));
    let low = if value < low { value } else { low };
    let high = if value > high { value } else { high };
    *range = Some(low..=high);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, LocalCause, Refusal, Rtt};
    use crate::stats::fixture::sample;

    const OK: Outcome = Outcome::Connected(Handshake::Clean);

    fn recorded(outcomes: &[Outcome]) -> Recorder {
        let start = Instant::now();
        let mut recorder = Recorder::new(3);
        for (seq, outcome) in (1..).zip(outcomes) {
            recorder.record(&sample(start, seq, *outcome));
        }
        recorder
    }

    #[test]
    fn local_errors_are_not_loss() {
        let local = Outcome::Local(LocalCause::NoRoute);
        let recorder = recorded(&[OK, local, Outcome::NoReply, local]);
        assert_eq!(recorder.sent(), 4);
        assert_eq!(recorder.count_class(OutcomeClass::Local), 2);
        let loss = recorder.loss().expect("two probes count");
        assert!((loss.percent - 50.0).abs() < 1e-9);
        assert_eq!(recorded(&[local]).loss(), None);
    }

    #[test]
    fn unfinished_probes_are_neither_lost_nor_sent() {
        let recorder = recorded(&[OK, Outcome::Unfinished]);
        assert_eq!(recorder.sent(), 1);
        assert!(recorder.loss().expect("one probe").percent.abs() < 1e-9);
    }

    #[test]
    fn timeouts_have_no_latency_and_refusals_have_their_own_histogram() {
        let recorder = recorded(&[Outcome::NoReply, Outcome::Refused(Refusal::Rst), OK]);
        assert_eq!(recorder.connect.count(), 1);
        assert_eq!(recorder.refused.count(), 1);
        assert_eq!(recorder.rtt.count(), 0);
    }

    #[test]
    fn late_replies_count_as_late_only() {
        let mut recorder = recorded(&[Outcome::NoReply]);
        let mut late = sample(Instant::now(), 1, OK);
        late.late = true;
        late.result.rtt = Some(Rtt {
            time: Duration::from_millis(600),
            clock: RttClock::Kernel,
        });
        recorder.record(&late);
        assert_eq!(recorder.late, 1);
        assert_eq!(recorder.sent(), 1);
        assert_eq!(recorder.connect.count() + recorder.rtt.count(), 0);
    }

    #[test]
    fn outcomes_are_grouped_by_reason_and_sender() {
        let recorder = recorded(&[
            OK,
            Outcome::Refused(Refusal::Rst),
            Outcome::Connected(Handshake::AfterSynLoss),
            Outcome::Refused(Refusal::Rst),
        ]);
        let groups: Vec<_> = recorder
            .outcome_groups
            .iter()
            .map(|group| (group.outcome, group.count))
            .collect();
        let syn_loss = Outcome::Connected(Handshake::AfterSynLoss);
        assert_eq!(groups, [(Outcome::Refused(Refusal::Rst), 2), (syn_loss, 1)]);
    }
}
