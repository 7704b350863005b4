//! When nothing succeeded: outages as the pictures shade them.

use std::time::Instant;

use crate::outcome::OutcomeClass;
use crate::stats::TimeSlice;

/// Time in which probes failed and none succeeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shade {
    pub(super) from: Instant,
    /// When the next one was sent that succeeded; absent if none did any more.
    pub(super) to: Option<Instant>,
    pub(super) failed: u64,
}

/// All of them, also those that the list of outages is too short for. A stretch of many probes counts only if none of
/// them succeeded.
///
/// The list ends an outage when its last probe was given up. That may have waited for long while a later one was
/// answered already: in a picture the answer would lie within the outage, so here it ends where that was sent.
pub(super) fn of(slices: &[TimeSlice]) -> Vec<Shade> {
    let mut shades = Vec::new();
    let mut current: Option<Shade> = None;
    for slice in slices {
        let failed = slice.count_class(OutcomeClass::Failed);
        if slice.count_class(OutcomeClass::Succeeded) > 0 {
            let to = Some(slice.from);
            shades.extend(current.take().map(|shade| Shade { to, ..shade }));
        } else if let Some(shade) = &mut current {
            shade.failed += failed;
        } else if failed > 0 {
            let from = slice.from;
            current = Some(Shade {
                from,
                to: None,
                failed,
            });
        }
    }
    shades.extend(current);
    shades
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outcome::{Handshake, LocalCause, Outcome};
    use crate::stats::Timeline;
    use crate::stats::fixture::sample;

    #[test]
    fn a_shade_reaches_to_the_next_success_and_local_trouble_does_not_end_it() {
        let start = Instant::now();
        let ok = Outcome::Connected(Handshake::Clean);
        let local = Outcome::Local(LocalCause::NoRoute);
        let silence = Outcome::NoReply;
        let mut timeline = Timeline::default();
        for (seq, outcome) in (0..).zip([local, silence, local, silence, ok, ok, silence]) {
            timeline.record(&sample(start, seq, outcome));
        }
        let at = |seconds| start + Duration::from_secs(seconds);
        let first = Shade {
            from: at(1),
            to: Some(at(4)),
            failed: 2,
        };
        let last = Shade {
            from: at(6),
            to: None,
            failed: 1,
        };
        assert_eq!(of(&timeline.slices()), [first, last]);
    }
}
