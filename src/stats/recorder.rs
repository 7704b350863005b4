//! One target's tallies, in memory that does not grow with the length of the run.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Instant;

use super::{Distribution, Jitter, Loss, Outages, Replies, Timeline};
use crate::outcome::{Outcome, OutcomeClass, OutcomeKind, RttClock, Sample};

/// Different causes told apart; beyond these only outcomes are counted.
const CAUSES: usize = 64;

/// Everything known about one target.
#[derive(Clone, Debug)]
pub struct Recorder {
    counts: [u64; OutcomeKind::ALL.len()],
    /// Replies that came after their probe's deadline.
    pub late: u64,
    /// Completed handshakes and replies, as an application would wait for them.
    pub connect: Distribution,
    /// Clean handshakes and replies as the kernel timed them.
    pub rtt: Distribution,
    /// Some of these began with this process' clock, because the kernel did not tell when the datagram left.
    pub has_user_rtt: bool,
    /// RSTs to a first SYN: a round trip, too.
    pub refused: Distribution,
    /// Of the path's round-trip time, or of connect times where the kernel measures none.
    pub jitter: Jitter,
    /// Runs of failed probes.
    pub outages: Outages,
    /// Every kind of ending but the clean handshake and the reply.
    pub outcome_groups: Vec<OutcomeGroup>,
    /// Probes whose cause was one too many to be told apart.
    pub other_outcomes: u64,
    /// The fewest and the most SYNs that left for a probe nobody answered.
    pub syns_without_reply: Option<RangeInclusive<u32>>,
    /// What the answers were like.
    pub replies: Replies,
    /// When what happened.
    pub timeline: Timeline,
    /// The local address used last.
    pub local: Option<SocketAddr>,
    /// The lowest and the highest local port used.
    pub local_ports: Option<RangeInclusive<u16>>,
}

/// One way in which probes ended, with its tally.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutcomeGroup {
    /// How they ended; equal outcomes share reason and sender.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
    /// When the first of them was sent.
    pub first: Instant,
    /// When the last of them was sent.
    pub last: Instant,
}

impl Recorder {
    /// An empty record whose histograms keep `digits` significant digits.
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
            replies: Replies::default(),
            timeline: Timeline::default(),
            local: None,
            local_ports: None,
        }
    }

    /// Takes in one counted sample.
    pub fn record(&mut self, sample: &Sample) {
        if sample.late {
            self.late += 1;
            return;
        }
        let outcome = sample.result.outcome;
        self.counts[outcome.kind() as usize] += 1;
        self.outages.record(sample);
        self.timeline.record(sample);
        self.note_local(sample.result.local);
        if outcome == Outcome::Unfinished {
            return;
        }
        if outcome.is_answered() {
            self.replies.record(sample);
        }
        self.note_times(sample);
        self.note_cause(sample);
    }

    fn note_local(&mut self, local: Option<SocketAddr>) {
        self.local = local.or(self.local);
        // An ICMP echo has an address only.
        if let Some(local) = local.filter(|local| local.port() > 0) {
            widen(&mut self.local_ports, local.port());
        }
    }

    fn note_times(&mut self, sample: &Sample) {
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

    fn note_cause(&mut self, sample: &Sample) {
        let outcome = sample.result.outcome;
        if outcome == Outcome::NoReply
            && let Some(syns) = sample.result.syn_sent
        {
            widen(&mut self.syns_without_reply, syns);
        }
        if outcome.is_clean() {
            return;
        }
        let at = sample.sent_at;
        let known = self
            .outcome_groups
            .iter_mut()
            .find(|cause| cause.outcome == outcome);
        if let Some(cause) = known {
            cause.count += 1;
            cause.first = cause.first.min(at);
            cause.last = cause.last.max(at);
        } else if self.outcome_groups.len() < CAUSES {
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

    /// How many probes ended this way.
    pub fn count(&self, kind: OutcomeKind) -> u64 {
        self.counts[kind as usize]
    }

    /// How many probes' outcomes mean this.
    pub fn count_class(&self, class: OutcomeClass) -> u64 {
        let of_class = OutcomeKind::ALL.iter().filter(|kind| kind.class() == class);
        of_class.map(|kind| self.count(*kind)).sum()
    }

    /// Probes that were sent and ended; those cut short by the end of the run are not among them.
    pub fn sent(&self) -> u64 {
        self.counts.iter().sum::<u64>() - self.count(OutcomeKind::Unfinished)
    }

    /// The share of failed probes; this machine's own trouble is not loss and stays out of it.
    pub fn loss(&self) -> Option<Loss> {
        let failed = self.count_class(OutcomeClass::Failed);
        Loss::of(failed, failed + self.count_class(OutcomeClass::Succeeded))
    }
}

/// Widens a range so that it holds `value`.
fn widen<T: PartialOrd + Copy>(range: &mut Option<RangeInclusive<T>>, value: T) {
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
    use std::time::Duration;

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
    fn local_trouble_is_never_loss() {
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
    fn a_timeout_enters_no_latency_and_a_refusal_has_its_own() {
        let recorder = recorded(&[Outcome::NoReply, Outcome::Refused(Refusal::Rst), OK]);
        assert_eq!(recorder.connect.count(), 1);
        assert_eq!(recorder.refused.count(), 1);
        assert_eq!(recorder.rtt.count(), 0);
    }

    #[test]
    fn a_late_answer_is_counted_apart_and_nowhere_else() {
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
    fn causes_are_tallied_by_outcome_reason_and_sender() {
        let recorder = recorded(&[
            OK,
            Outcome::Refused(Refusal::Rst),
            Outcome::Connected(Handshake::AfterSynLoss),
            Outcome::Refused(Refusal::Rst),
        ]);
        let tally: Vec<_> = recorder
            .outcome_groups
            .iter()
            .map(|c| (c.outcome, c.count))
            .collect();
        let lost = Outcome::Connected(Handshake::AfterSynLoss);
        assert_eq!(tally, [(Outcome::Refused(Refusal::Rst), 2), (lost, 1)]);
    }
}
