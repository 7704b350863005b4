//! Replies: contents, TTL changes, duplicates, strays, reordering.

use std::time::{Duration, Instant};

use crate::outcome::{ExtraReply, Outcome, ReplySummary, Sample};

/// Distinct summaries counted one by one; further ones are counted together.
const MAX_SUMMARIES: usize = 8;

/// TTL changes kept; further ones are only counted.
const MAX_TTL_CHANGES: usize = 8;

/// One target's replies, in constant memory.
#[derive(Clone, Debug, Default)]
pub struct Replies {
    /// Distinct reply summaries with their counts, in order of appearance.
    pub summaries: Vec<(ReplySummary, u64)>,
    /// Replies whose summary is not in `summaries`.
    pub other_summaries: u64,
    /// TTLs of the replies.
    pub ttl: ReplyTtls,
    /// Further replies to a probe that had ended.
    pub duplicates: u64,
    /// Datagrams that match no probe.
    pub strays: u64,
    /// Replies received after the reply to a later probe, by receive timestamps.
    pub reordered: u64,
    /// Highest sequence number with a reply, and when the kernel received that.
    latest: (u64, Option<Duration>),
}

/// TTLs of the replies. A change means a route change or another responder.
#[derive(Clone, Debug, Default)]
pub struct ReplyTtls {
    /// The first TTL and each change: send time of the probe, new value. At most 8 changes.
    pub changes: Vec<(Instant, u8)>,
    /// Number of changes.
    pub total: u64,
    last: Option<u8>,
}

impl Replies {
    /// Records the sample of a probe with a reply in time.
    pub(super) fn record(&mut self, sample: &Sample) {
        self.ttl.record(sample);
        // TCP handshakes with a retransmitted SYN overtake each other without reordering on the path.
        if sample.result.outcome == Outcome::Reply {
            self.record_order(sample);
        }
        let Some(summary) = sample.result.reply_summary else {
            return;
        };
        let known = self.summaries.iter_mut().find(|(it, _)| *it == summary);
        if let Some((_, count)) = known {
            *count += 1;
        } else if self.summaries.len() < MAX_SUMMARIES {
            self.summaries.push((summary, 1));
        } else {
            self.other_summaries += 1;
        }
    }

    /// Replies in the receive queue are read in any order: only kernel receive timestamps show that one overtook another.
    fn record_order(&mut self, sample: &Sample) {
        let (latest, latest_received_at) = self.latest;
        let received_at = sample.result.received_at;
        if sample.seq > latest {
            self.latest = (sample.seq, received_at);
        } else if let (Some(received), Some(latest)) = (received_at, latest_received_at) {
            self.reordered += u64::from(received > latest);
        }
    }

    /// Records a duplicate or stray reply.
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
        if (changed || self.changes.is_empty()) && self.changes.len() <= MAX_TTL_CHANGES {
            self.changes.push((sample.sent_at, ttl));
        }
    }

    /// TTL of the latest reply.
    pub fn last(&self) -> Option<u8> {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::fixture::sample;

    fn recorded(replies: &[(u64, &str, u8)]) -> Replies {
        let start = Instant::now();
        let mut all = Replies::default();
        for &(seq, summary, ttl) in replies {
            let mut sample = sample(start, seq, Outcome::Reply);
            sample.result.reply_summary = Some(ReplySummary::new(summary));
            sample.result.ttl = Some(ttl);
            all.record(&sample);
        }
        all
    }

    #[test]
    fn distinct_summaries_are_counted_up_to_a_limit() {
        let few = recorded(&[(1, "a", 64), (2, "b", 64), (3, "a", 64)]);
        assert_eq!(
            few.summaries,
            [(ReplySummary::new("a"), 2), (ReplySummary::new("b"), 1)]
        );
        let texts: Vec<_> = (1..=20).map(|n| (n, n.to_string())).collect();
        let replies: Vec<_> = texts
            .iter()
            .map(|(n, text)| (*n, text.as_str(), 64))
            .collect();
        let many = recorded(&replies);
        let expected = (MAX_SUMMARIES, 20 - MAX_SUMMARIES as u64);
        assert_eq!((many.summaries.len(), many.other_summaries), expected);
    }

    #[test]
    fn ttl_changes_are_kept_with_their_time() {
        let constant = recorded(&[(1, "", 64), (2, "", 64)]);
        assert_eq!((constant.ttl.changes.len(), constant.ttl.total), (1, 0));
        let changed = recorded(&[(1, "", 64), (2, "", 57), (3, "", 57), (4, "", 64)]);
        assert_eq!(changed.ttl.total, 2);
        let values: Vec<_> = changed.ttl.changes.iter().map(|(_, ttl)| *ttl).collect();
        assert_eq!(values, [64, 57, 64]);
        assert_eq!(changed.ttl.last(), Some(64));
    }

    #[test]
    fn without_receive_timestamps_no_order_shows() {
        assert_eq!(recorded(&[(2, "", 1), (1, "", 1), (3, "", 1)]).reordered, 0);
    }

    #[test]
    fn receive_timestamps_decide_the_order() {
        let mut replies = Replies::default();
        let mut receive = |seq, ms| {
            let mut sample = sample(Instant::now(), seq, Outcome::Reply);
            sample.result.received_at = Some(Duration::from_millis(ms));
            replies.record(&sample);
            replies.reordered
        };
        assert_eq!((receive(2, 20), receive(1, 10)), (0, 0));
        assert_eq!((receive(4, 40), receive(3, 50)), (0, 1));
    }
}
