//! Statistics of a run. Pure: samples in, figures out.
//!
//! | what | where |
//! | --- | --- |
//! | counts, outcomes, per target | `recorder` |
//! | minimum, mean, standard deviation, percentiles | `latency_distribution` |
//! | histogram and its `HdrHistogram` V2 encoding | `histogram` |
//! | packet loss and its 95 % confidence interval (Wilson) | `loss_confidence_interval` |
//! | jitter | `jitter` |
//! | outages (consecutive failed probes) | `outages` |
//! | up and down transitions | `state_changes` |
//! | reply contents, TTL, duplicates, reordering | `replies` |
//! | probes over time, for charts | `timeline` |

mod histogram;
mod jitter;
mod latency_distribution;
mod loss_confidence_interval;
mod outages;
mod recorder;
mod replies;
mod state_changes;
mod timeline;

pub use jitter::Jitter;
pub use latency_distribution::{Distribution, Figures};
pub use loss_confidence_interval::Loss;
pub use outages::{Outage, Outages};
pub use recorder::{OutcomeGroup, Recorder};
pub use replies::{Replies, ReplyTtls};
pub use state_changes::{StateChange, UpDownState};
pub use timeline::{TimeSlice, Timeline};

use crate::outcome::{ExtraReply, Sample, TargetId};

/// Statistics of a run: one [`Recorder`] per target.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Template for targets added after resolution.
    empty: Recorder,
    /// One per target, in the plan's order.
    pub targets: Vec<Recorder>,
    /// Schedule lag over all targets: start of each probe minus its scheduled start.
    pub lag: Distribution,
}

impl Statistics {
    /// Empty statistics of `targets` targets. `max_targets` includes targets that may be added later: it sets how much
    /// memory each target gets, see [`Self::digits`].
    pub fn new(targets: usize, max_targets: usize) -> Self {
        let mut empty = Recorder::new(Self::digits(max_targets));
        empty.timeline = Timeline::for_targets(max_targets);
        Self {
            targets: vec![empty.clone(); targets],
            empty,
            lag: Distribution::new(3),
        }
    }

    /// Adds a target.
    pub fn add_target(&mut self) {
        self.targets.push(self.empty.clone());
    }

    /// Significant digits of each target's histograms: fewer for more targets, to bound memory.
    pub fn digits(targets: usize) -> u8 {
        match targets {
            0..=32 => 3,
            33..=1000 => 2,
            _ => 1,
        }
    }

    /// Records a sample. Warm-up probes are not counted.
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

    /// Records a duplicate or stray reply.
    pub fn record_extra(&mut self, target: TargetId, extra: ExtraReply) {
        if let Some(recorder) = self.targets.get_mut(target.index()) {
            recorder.replies.record_extra(extra);
        }
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    //! Samples for tests.

    use std::time::{Duration, Instant};

    use crate::outcome::{Evidence, Outcome, ProbeResult, Sample, TargetId};

    /// A probe sent `seq` seconds after `start`, with a connect time of 1 ms.
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
                connect: Some(Duration::from_millis(1)),
                syn_sent: Some(1),
                ..ProbeResult::from((outcome, Evidence::default()))
            },
        }
    }
}
