//! Outages as bands of a chart.

use std::time::Instant;

use crate::outcome::OutcomeClass;
use crate::stats::TimeSlice;

/// A period in which probes failed and none succeeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report) struct OutageBand {
    pub(in crate::report) from: Instant,
    /// Send time of the next probe that succeeded; absent if none did.
    pub(in crate::report) to: Option<Instant>,
    pub(in crate::report) failed: u64,
}

/// All outages, not limited in number. A slice of several probes counts only if none succeeded. A band ends when the
/// next successful probe was sent.
pub(in crate::report) fn outage_bands(slices: &[TimeSlice]) -> Vec<OutageBand> {
    let mut bands = Vec::new();
    let mut current: Option<OutageBand> = None;
    for slice in slices {
        let failed = slice.count_class(OutcomeClass::Failed);
        if slice.count_class(OutcomeClass::Succeeded) > 0 {
            let to = Some(slice.from);
            bands.extend(current.take().map(|band| OutageBand { to, ..band }));
        } else if let Some(band) = &mut current {
            band.failed += failed;
        } else if failed > 0 {
            let from = slice.from;
            current = Some(OutageBand {
                from,
                to: None,
                failed,
            });
        }
    }
    bands.extend(current);
    bands
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outcome::{Handshake, LocalCause, Outcome};
    use crate::stats::Timeline;
    use crate::stats::fixture::sample;

    #[test]
    fn bands_end_at_the_next_success_not_at_a_local_error() {
        let start = Instant::now();
        let ok = Outcome::Connected(Handshake::Clean);
        let local = Outcome::Local(LocalCause::NoRoute);
        let silence = Outcome::NoReply;
        let mut timeline = Timeline::default();
        for (seq, outcome) in (0..).zip([local, silence, local, silence, ok, ok, silence]) {
            timeline.record(&sample(start, seq, outcome));
        }
        let at = |seconds| start + Duration::from_secs(seconds);
        let first = OutageBand {
            from: at(1),
            to: Some(at(4)),
            failed: 2,
        };
        let last = OutageBand {
            from: at(6),
            to: None,
            failed: 1,
        };
        assert_eq!(outage_bands(&timeline.slices()), [first, last]);
    }
}
