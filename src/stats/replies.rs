//! What answers were like: what they said, how far they came, whether in order.

use std::time::{Duration, Instant};

use crate::outcome::{ExtraReply, Outcome, ReplySummary, Sample};

/// Different answers told apart; beyond these they are counted together.
const KINDS: usize = 8;

/// Changes of the TTL kept; beyond these they are counted.
const CHANGES: usize = 8;

/// One target's answers, in memory that does not grow with the length of the run.
#[derive(Clone, Debug, Default)]
pub struct Replies {
    /// What they said, and how often.
    pub summaries: Vec<(ReplySummary, u64)>,
    /// Answers that said something else again.
    pub other_summaries: u64,
    /// The TTLs they arrived with.
    pub ttl: ReplyTtls,
    /// Further answers to a probe that had ended already.
    pub duplicates: u64,
    /// Datagrams that answered no probe.
    pub strays: u64,
    /// Answers that came after the answer to a later probe.
    pub reordered: u64,
    /// The latest probe that was answered, and when its answer arrived.
    latest: (u64, Option<Duration>),
}

/// The TTLs that answers arrived with, and when they changed: then the path did, or somebody else answers.
#[derive(Clone, Debug, Default)]
pub struct ReplyTtls {
    /// Each value from the probe on that was sent then; the first ones, if there are many.
    pub changes: Vec<(Instant, u8)>,
    /// Changes in all.
    pub total: u64,
    last: Option<u8>,
}

impl Replies {
    /// Takes in the sample of a probe that was answered in time.
    pub(super) fn record(&mut self, sample: &Sample) {
        self.ttl.record(sample);
        // A handshake may wait for its second SYN while the next one completes: that is no disorder.
        if sample.result.outcome == Outcome::Reply {
            self.note_order(sample);
        }
        let Some(said) = sample.result.reply_summary else {
            return;
        };
        if let Some((_, count)) = self.summaries.iter_mut().find(|(known, _)| *known == said) {
            *count += 1;
        } else if self.summaries.len() < KINDS {
            self.summaries.push((said, 1));
        } else {
            self.other_summaries += 1;
        }
    }

    /// Answers that wait together are looked at in any order, so the time of arrival decides, where it is known.
    fn note_order(&mut self, sample: &Sample) {
        let (latest, then) = self.latest;
        let arrived = sample.result.received_at;
        if sample.seq > latest {
            self.latest = (sample.seq, arrived);
        } else if arrived.is_none() || then.is_none() || arrived > then {
            self.reordered += 1;
        }
    }

    /// Takes in what answered no waiting probe.
    pub fn record_extra(&mut self, extra: ExtraReply) {
        match extra {
            ExtraReply::Duplicate => self.duplicates += 1,
            ExtraReply::Stray => self.strays += 1,
        }
    }
}

impl ReplyTtls {
    fn record(&mut self, sample: &Sample) {
        let Some(ttl) = sample.result.ttl else {
            return;
        };
        let changed = self.last.replace(ttl).is_some_and(|last| last != ttl);
        self.total += u64::from(changed);
        if (changed || self.changes.is_empty()) && self.changes.len() <= CHANGES {
            self.changes.push((sample.sent_at, ttl));
        }
    }

    /// The TTL of the latest answer.
    pub fn last(&self) -> Option<u8> {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::fixture::sample;

    fn recorded(answers: &[(u64, &str, u8)]) -> Replies {
        let start = Instant::now();
        let mut all = Replies::default();
        for &(seq, said, ttl) in answers {
            let mut sample = sample(start, seq, Outcome::Reply);
            sample.result.reply_summary = Some(ReplySummary::new(said));
            sample.result.ttl = Some(ttl);
            all.record(&sample);
        }
        all
    }

    #[test]
    fn answers_are_told_apart_by_what_they_say_up_to_a_limit() {
        let few = recorded(&[(1, "a", 64), (2, "b", 64), (3, "a", 64)]);
        assert_eq!(
            few.summaries,
            [(ReplySummary::new("a"), 2), (ReplySummary::new("b"), 1)]
        );
        let texts: Vec<_> = (1..=20).map(|n| (n, n.to_string())).collect();
        let answers: Vec<_> = texts
            .iter()
            .map(|(n, text)| (*n, text.as_str(), 64))
            .collect();
        let many = recorded(&answers);
        assert_eq!(
            (many.summaries.len(), many.other_summaries),
            (KINDS, 20 - KINDS as u64)
        );
    }

    #[test]
    fn a_changed_ttl_is_kept_with_its_time() {
        let steady = recorded(&[(1, "", 64), (2, "", 64)]);
        assert_eq!((steady.ttl.changes.len(), steady.ttl.total), (1, 0));
        let changed = recorded(&[(1, "", 64), (2, "", 57), (3, "", 57), (4, "", 64)]);
        assert_eq!(changed.ttl.total, 2);
        let values: Vec<_> = changed.ttl.changes.iter().map(|(_, ttl)| *ttl).collect();
        assert_eq!(values, [64, 57, 64]);
        assert_eq!(changed.ttl.last(), Some(64));
    }

    #[test]
    fn an_answer_behind_a_later_one_s_is_out_of_order() {
        assert_eq!(recorded(&[(1, "", 1), (2, "", 1), (3, "", 1)]).reordered, 0);
        assert_eq!(recorded(&[(2, "", 1), (1, "", 1), (3, "", 1)]).reordered, 1);
    }

    #[test]
    fn the_time_of_arrival_decides_not_the_order_of_looking() {
        let mut answers = Replies::default();
        let mut arrive = |seq, ms| {
            let mut sample = sample(Instant::now(), seq, Outcome::Reply);
            sample.result.received_at = Some(Duration::from_millis(ms));
            answers.record(&sample);
            answers.reordered
        };
        assert_eq!((arrive(2, 20), arrive(1, 10)), (0, 0));
        assert_eq!((arrive(4, 40), arrive(3, 50)), (0, 1));
    }
}
