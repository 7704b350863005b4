//! State changes of a target: up to down, down to up, with the time spent in the previous state.

use std::time::{Duration, Instant};

use super::Recorder;
use crate::outcome::Outcome;

/// A target's current state.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpDownState {
    up_since: Option<Instant>,
    down_since: Option<Instant>,
}

/// A target went down or came up.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChange {
    /// Send time of the first probe in the new state.
    pub at: Instant,
    /// The new state.
    pub is_up: bool,
    /// Time in the previous state; absent if the target was never in it.
    pub previous_duration: Option<Duration>,
    /// Distinct outcomes of the failed probes while it was down.
    pub outcomes: Vec<Outcome>,
}

impl UpDownState {
    /// Updates the state after a probe sent at `at` was recorded. Probes count in send order: a change is reported once
    /// every earlier probe has ended, with the time at which the outage began or ended.
    pub fn note(&mut self, recorder: &Recorder, at: Instant) -> Option<StateChange> {
        let outages = &recorder.outages;
        match (outages.current(), self.down_since) {
            (Some(outage), None) => {
                self.down_since = Some(outage.from);
                let up_since = self.up_since.take();
                Some(StateChange {
                    at: outage.from,
                    is_up: false,
                    previous_duration: up_since
                        .map(|since| outage.from.saturating_duration_since(since)),
                    outcomes: outage.outcomes.clone(),
                })
            }
            (None, Some(since)) => {
                let over = outages.latest();
                let at = over.map_or(at, |outage| outage.to);
                self.down_since = None;
                self.up_since = Some(at);
                Some(StateChange {
                    at,
                    is_up: true,
                    previous_duration: Some(at.saturating_duration_since(since)),
                    outcomes: over
                        .map(|outage| outage.outcomes.clone())
                        .unwrap_or_default(),
                })
            }
            (None, None) => {
                self.up_since.get_or_insert(at);
                None
            }
            (Some(_), Some(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Handshake;
    use crate::stats::fixture::sample;

    const OK: Outcome = Outcome::Connected(Handshake::Clean);

    #[test]
    fn each_transition_is_reported_once_with_the_previous_duration() {
        let start = Instant::now();
        let (mut recorder, mut state) = (Recorder::new(3), UpDownState::default());
        let mut changes = Vec::new();
        let lost = Outcome::NoReply;
        for (seq, outcome) in (1..).zip([OK, OK, lost, lost, lost, OK, OK]) {
            let sample = sample(start, seq, outcome);
            recorder.record(&sample);
            changes.extend(state.note(&recorder, sample.sent_at));
        }
        let transitions: Vec<_> = changes
            .iter()
            .map(|change| {
                let previous = change.previous_duration.map(|duration| duration.as_secs());
                (change.is_up, previous)
            })
            .collect();
        assert_eq!(transitions, [(false, Some(2)), (true, Some(3))]);
        assert_eq!(changes[1].outcomes, [lost]);
    }

    /// A probe without a reply ends after the next one succeeded.
    #[test]
    fn a_target_is_up_from_the_first_success_on() {
        let start = Instant::now();
        let (mut recorder, mut state) = (Recorder::new(3), UpDownState::default());
        let order = [(1, OK), (3, OK), (2, Outcome::NoReply)];
        let changes = order.map(|(seq, outcome)| {
            let sample = sample(start, seq, outcome);
            recorder.record(&sample);
            state.note(&recorder, sample.sent_at)
        });
        // Down and up again are known at once: nothing is announced.
        assert_eq!(changes, [None, None, None]);
        let order = [
            (4, Outcome::NoReply),
            (6, OK),
            (7, OK),
            (5, Outcome::NoReply),
        ];
        let changes = order.map(|(seq, outcome)| {
            let sample = sample(start, seq, outcome);
            recorder.record(&sample);
            state.note(&recorder, sample.sent_at)
        });
        let up = changes[3].as_ref().expect("up");
        let outage = recorder.outages.latest().expect("an outage");
        assert_eq!((up.is_up, up.at), (true, outage.to));
        assert_eq!(outage.duration(), Duration::from_secs(2));
        assert_eq!(up.previous_duration, Some(Duration::from_secs(2)));
    }

    #[test]
    fn a_target_that_never_replied_was_never_up() {
        let start = Instant::now();
        let (mut recorder, mut state) = (Recorder::new(3), UpDownState::default());
        let sample = sample(start, 1, Outcome::NoReply);
        recorder.record(&sample);
        let change = state.note(&recorder, sample.sent_at).expect("down");
        assert_eq!((change.is_up, change.previous_duration), (false, None));
    }
}
