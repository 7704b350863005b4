//! Histograms, tallies, outages and the loss interval. Pure: samples in, figures out.

mod histogram;
mod latency_distribution;
mod loss_interval;
mod outages;
mod recorder;
mod replies;
mod run_record;
mod state_changes;
mod timeline;

use std::time::Duration;

pub use latency_distribution::{Distribution, Figures};
pub use loss_interval::Loss;
pub use outages::{Outage, Outages};
pub use recorder::{OutcomeGroup, Recorder};
pub use replies::{Replies, ReplyTtls};
pub use run_record::RunRecord;
pub use state_changes::{StateChange, UpDownState};
pub use timeline::{TimeSlice, Timeline};

use crate::outcome::{ExtraReply, Sample, TargetId};

/// The statistics of a whole run.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// As new; for targets that join.
    empty: Recorder,
    /// One for each target, in the plan's order.
    pub targets: Vec<Recorder>,
    /// How late probes started against the schedule, over all targets.
    pub lag: Distribution,
}

impl Statistics {
    /// Empty statistics of `targets` targets, where there may be `most` in the end. The more targets, the fewer digits
    /// each one's histograms keep.
    pub fn new(targets: usize, most: usize) -> Self {
        let mut empty = Recorder::new(Self::digits(most));
        empty.timeline = Timeline::for_targets(most);
        Self {
            targets: vec![empty.clone(); targets],
            empty,
            lag: Distribution::new(3),
        }
    }

    /// One more target.
    pub fn add_target(&mut self) {
        self.targets.push(self.empty.clone());
    }

    /// How many significant digits each of so many targets' histograms keeps.
    pub fn digits(targets: usize) -> u8 {
        match targets {
            0..=32 => 3,
            33..=1000 => 2,
            _ => 1,
        }
    }

    /// Takes in one sample. Warm-up probes count nowhere.
    pub fn record(&mut self, sample: &Sample) {
        if sample.warmup {
            return;
        }
        if !sample.late {
            self.lag.record(sample.lag());
        }
        if let Some(recorder) = self.targets.get_mut(sample.target.index()) {
            recorder.record(sample);
        }
    }

    /// Takes in what came from a target and ended no probe.
    pub fn record_extra(&mut self, target: TargetId, extra: ExtraReply) {
        if let Some(recorder) = self.targets.get_mut(target.index()) {
            recorder.replies.record_extra(extra);
        }
    }
}

/// The mean absolute difference of successive values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jitter {
    last: Option<Duration>,
    sum: Duration,
    count: u64,
}

impl Jitter {
    /// Takes in the next value.
    pub fn record(&mut self, value: Duration) {
        if let Some(last) = self.last.replace(value) {
            self.sum += value.abs_diff(last);
            self.count += 1;
        }
    }

    /// In microseconds; absent before the second value.
    pub fn mean_us(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.as_secs_f64() * 1e6 / self.count as f64)
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    //! Samples for tests.

    use std::time::{Duration, Instant};

    use crate::outcome::{Evidence, Outcome, ProbeResult, Sample, TargetId};

    /// A probe sent `seq` seconds after `start` that took a millisecond.
    pub(crate) fn sample(start: Instant, seq: u64, outcome: Outcome) -> Sample {
        let sent_at = start + Duration::from_secs(seq);
        Sample {
            target: TargetId(0),
            seq,
            warmup: false,
            scheduled_at: sent_at,
            sent_at,
            late: false,
            result: ProbeResult {
                outcome,
                evidence: Evidence::default(),
                local: None,
                connect: Some(Duration::from_millis(1)),
                rtt: None,
                syn_sent: Some(1),
                established_for: None,
                received_at: None,
                ttl: None,
                reply_summary: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_needs_two_values() {
        let mut jitter = Jitter::default();
        jitter.record(Duration::from_micros(100));
        assert_eq!(jitter.mean_us(), None);
        jitter.record(Duration::from_micros(140));
        jitter.record(Duration::from_micros(120));
        assert_eq!(jitter.mean_us(), Some(30.0));
    }
}
