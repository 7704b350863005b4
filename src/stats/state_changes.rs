//! Whether a target is up or down, and since when: what a long watch announces.

use std::time::{Duration, Instant};

use super::Recorder;
use crate::outcome::Outcome;

/// One target's state, as its samples have shown it so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpDownState {
    up_since: Option<Instant>,
    down_since: Option<Instant>,
}

/// A target has gone down or come up again.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChange {
    /// When the first probe was sent that showed it.
    pub at: Instant,
    /// Whether it is up now.
    pub is_up: bool,
    /// How long it was otherwise; absent if it was never seen so.
    pub previous_duration: Option<Duration>,
    /// The different ways in which probes failed while it was down.
    pub outcomes: Vec<Outcome>,
}

impl UpDownState {
    /// Looks at the tallies after a probe that was sent at `at` has been recorded. Probes count in the order in
    /// which they were sent, so what a slow one shows is told when it has ended.
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
                self.down_since = None;
                self.up_since = Some(at);
                Some(StateChange {
                    at,
                    is_up: true,
                    previous_duration: Some(at.saturating_duration_since(since)),
                    outcomes: outages
                        .latest()
                        .map(|it| it.outcomes.clone())
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
    fn going_down_and_coming_up_are_told_once_with_how_long_it_was_so() {
        let start = Instant::now();
        let (mut recorder, mut state) = (Recorder::new(3), UpDownState::default());
        let mut changes = Vec::new();
        let lost = Outcome::NoReply;
        for (seq, outcome) in (1..).zip([OK, OK, lost, lost, lost, OK, OK]) {
            let sample = sample(start, seq, outcome);
            recorder.record(&sample);
            changes.extend(state.note(&recorder, sample.sent_at));
        }
        let told: Vec<_> = changes
            .iter()
            .map(|change| {
                (
                    change.is_up,
                    change.previous_duration.map(|it| it.as_secs()),
                )
            })
            .collect();
        assert_eq!(told, [(false, Some(2)), (true, Some(3))]);
        assert_eq!(changes[1].outcomes, [lost]);
    }

    #[test]
    fn a_target_that_never_answered_was_never_up() {
        let start = Instant::now();
        let (mut recorder, mut state) = (Recorder::new(3), UpDownState::default());
        let sample = sample(start, 1, Outcome::NoReply);
        recorder.record(&sample);
        let change = state.note(&recorder, sample.sent_at).expect("down");
        assert_eq!((change.is_up, change.previous_duration), (false, None));
    }
}
