//! A run as a sparkline of block characters.

use crate::outcome::OutcomeClass;
use crate::stats::{TimeSlice, Timeline};

/// From the fastest to the slowest reply.
const BLOCKS: [char; 8] = [
    '\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}',
];

/// Minimum number of probes.
const MIN_PROBES: u64 = 8;

/// A sparkline of at most `columns` characters. Block height: the slowest reply, logarithmic; `x`: a failure; `!`: a
/// local error; blank: no probe. Absent below [`MIN_PROBES`].
pub(super) fn line(timeline: &Timeline, columns: usize) -> Option<String> {
    let slices = timeline.sparkline(columns);
    let probes: u64 = slices.iter().flatten().map(TimeSlice::probes).sum();
    if probes < MIN_PROBES {
        return None;
    }
    let slowest = slices.iter().flatten().filter_map(TimeSlice::latency);
    let (low, high) = slowest.fold((f64::INFINITY, 0_f64), |(low, high), (_, slowest)| {
        (low.min(slowest), high.max(slowest))
    });
    let cell = |slice: &Option<TimeSlice>| slice.as_ref().map_or(' ', |it| cell(it, low, high));
    Some(slices.iter().map(cell).collect())
}

fn cell(slice: &TimeSlice, low: f64, high: f64) -> char {
    match (slice.worst(), slice.latency()) {
        (OutcomeClass::Failed, _) => 'x',
        (OutcomeClass::Local, _) => '!',
        (_, Some((_, slowest))) => block(slowest, low, high),
        (_, None) => ' ',
    }
}

/// The scale spans at least a factor of e: noise stays flat.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 7
fn block(value: f64, low: f64, high: f64) -> char {
    let span = (high / low).ln().max(1.0);
    let place = (value / low).ln() / span * (BLOCKS.len() - 1) as f64;
    let place = place.round().clamp(0.0, (BLOCKS.len() - 1) as f64);
    BLOCKS.get(place as usize).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, LocalCause, Outcome};
    use crate::stats::fixture::sample;
    use std::time::{Duration, Instant};

    fn timeline(outcomes: &[Outcome], us: impl Fn(usize) -> u64) -> Timeline {
        let start = Instant::now();
        let mut timeline = Timeline::for_targets(1);
        for (index, outcome) in outcomes.iter().enumerate() {
            let mut sample = sample(start, index as u64 + 1, *outcome);
            sample.result.connect = Some(Duration::from_micros(us(index)));
            timeline.record(&sample);
        }
        timeline
    }

    const OK: Outcome = Outcome::Connected(Handshake::Clean);

    #[test]
    fn failures_and_slow_replies_are_visible() {
        let mut outcomes = [OK; 10];
        outcomes[3] = Outcome::NoReply;
        outcomes[5] = Outcome::Local(LocalCause::NoRoute);
        let line = line(
            &timeline(&outcomes, |n| if n == 8 { 100_000 } else { 100 }),
            10,
        );
        let line = line.expect("ten probes");
        assert_eq!(line.chars().count(), 10, "{line}");
        assert_eq!(line.chars().nth(3), Some('x'), "{line}");
        assert_eq!(line.chars().nth(5), Some('!'), "{line}");
        assert_eq!(line.chars().nth(8), Some(BLOCKS[7]), "{line}");
        assert_eq!(line.chars().next(), Some(BLOCKS[0]), "{line}");
    }

    #[test]
    fn noise_is_flat_and_few_probes_give_no_sparkline() {
        let flat = line(&timeline(&[OK; 20], |n| 100 + n as u64), 20).expect("twenty probes");
        assert!(flat.chars().all(|c| BLOCKS[..3].contains(&c)), "{flat}");
        assert_eq!(line(&timeline(&[OK; 5], |_| 100), 20), None);
    }
}
