//! Counts and latency extremes are exact for any number and order of probes.

use proptest::prelude::*;

use super::*;
use crate::outcome::{Handshake, LocalCause, Outcome, OutcomeClass, Refusal};
use crate::stats::fixture::sample;

const OUTCOMES: [Outcome; 5] = [
    Outcome::Connected(Handshake::Clean),
    Outcome::Refused(Refusal::Rst),
    Outcome::NoReply,
    Outcome::Local(LocalCause::NoRoute),
    Outcome::Unfinished,
];

const OK: Outcome = OUTCOMES[0];

/// Send time in ms from the start, index into `OUTCOMES`, connect time in us.
type Probe = (u64, usize, u64);

fn recorded(start: Instant, probes: &[Probe], capacity: usize) -> Timeline {
    let mut timeline = Timeline::with_capacity(capacity);
    for (ms, outcome, us) in probes {
        let mut sample = sample(start, 1, OUTCOMES[*outcome]);
        sample.sent_at = start + Duration::from_millis(*ms);
        sample.result.connect = Some(Duration::from_micros(*us));
        timeline.record(&sample);
    }
    timeline
}

fn constant_rate(number: u64, capacity: usize) -> Timeline {
    let probes: Vec<_> = (0..number).map(|n| (n * 1000, 0, 400)).collect();
    recorded(Instant::now(), &probes, capacity)
}

fn probes() -> impl Strategy<Value = Vec<Probe>> {
    let probe = (0..10_000_000_u64, 0..OUTCOMES.len(), 1..5_000_000_u64);
    prop::collection::vec(probe, 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn counts_and_extremes_are_kept(probes in probes(), capacity in 2..80_usize, columns in 1..90_usize) {
        let timeline = recorded(Instant::now(), &probes, capacity);
        let line: Vec<_> = timeline.sparkline(columns).into_iter().flatten().collect();
        for slices in [timeline.slices(), line] {
            for (index, outcome) in OUTCOMES.iter().enumerate() {
                let given = probes.iter().filter(|probe| probe.1 == index).count() as u64;
                let kept = slices.iter().map(|slice| slice.count(outcome.kind())).sum::<u64>();
                prop_assert_eq!(kept, given);
            }
            let answered = || probes.iter().filter(|probe| probe.1 == 0).map(|probe| probe.2 as f64);
            let fastest = slices.iter().filter_map(TimeSlice::latency).map(|it| it.0);
            let slowest = slices.iter().filter_map(TimeSlice::latency).map(|it| it.1);
            prop_assert_eq!(fastest.reduce(f64::min), answered().reduce(f64::min));
            prop_assert_eq!(slowest.reduce(f64::max), answered().reduce(f64::max));
        }
    }

    #[test]
    fn slices_are_in_time_order_and_bounded(probes in probes(), capacity in 2..80_usize) {
        let start = Instant::now();
        let timeline = recorded(start, &probes, capacity);
        let slices = timeline.slices();
        prop_assert!(slices.len() <= capacity);
        prop_assert_eq!(timeline.resolution().is_none(), probes.len() <= capacity);
        prop_assert!(slices.iter().all(|slice| slice.from <= slice.to));
        prop_assert!(slices.windows(2).all(|pair| pair[0].to <= pair[1].from));
        for (ms, ..) in &probes {
            let at = start + Duration::from_millis(*ms);
            prop_assert!(slices.iter().any(|it| it.from <= at && at <= it.to));
        }
    }

    #[test]
    fn completion_order_does_not_matter(
        (probes, shuffled) in probes().prop_flat_map(|probes| (Just(probes.clone()), Just(probes).prop_shuffle())),
        capacity in 2..80_usize,
    ) {
        let start = Instant::now();
        // The first probe sets the origin: it stays first.
        let first = [(5_000_000, 0, 1)];
        let [one, other] = [probes, shuffled].map(|rest| [&first[..], &rest].concat());
        let (one, other) = (recorded(start, &one, capacity), recorded(start, &other, capacity));
        prop_assert_eq!(one.resolution(), other.resolution());
        prop_assert_eq!(sorted(&one), sorted(&other));
    }
}

/// The order of probes sent at the same instant is undefined.
fn sorted(timeline: &Timeline) -> Vec<(Instant, String)> {
    let slices = timeline.slices();
    let mut sorted: Vec<_> = slices
        .iter()
        .map(|slice| (slice.from, format!("{slice:?}")))
        .collect();
    sorted.sort();
    sorted
}

#[test]
fn capacity_shrinks_with_the_number_of_targets() {
    let capacities =
        [0, 1, 10, 32, 33, 100_000].map(|targets| Timeline::for_targets(targets).capacity);
    assert_eq!(capacities, [2000, 2000, 2000, 625, 32, 32]);
    let Points::Single(points) = Timeline::for_targets(1).points else {
        panic!("no buckets yet");
    };
    assert_eq!(points.capacity(), 0, "no allocation for an idle target");
}

#[test]
fn at_least_half_of_the_buckets_are_used() {
    assert_eq!(constant_rate(64, 64).resolution(), None);
    assert_eq!(constant_rate(64, 64).slices().len(), 64);
    for number in [65, 100, 1000, 10_000] {
        let buckets = constant_rate(number, 64).slices().len();
        assert!((32..=64).contains(&buckets), "{number}: {buckets}");
    }
}

#[test]
fn a_constant_rate_fills_every_column() {
    for (number, columns, expected) in [(10, 60, 10), (60, 60, 60), (500, 60, 60), (1, 60, 1)] {
        let line = constant_rate(number, 2000).sparkline(columns);
        assert_eq!(line.len(), expected);
        assert!(line.iter().all(Option::is_some), "{number} in {columns}");
    }
    assert!(constant_rate(0, 2000).sparkline(60).is_empty());
    assert!(constant_rate(9, 2000).sparkline(0).is_empty());
}

#[test]
fn a_column_shows_the_worst_class_and_a_pause_is_empty() {
    let probes = [
        (0, 0, 400),
        (1, 2, 4_000_000),
        (9_000, 3, 0),
        (9_001, 4, 0),
        (10_000, 0, 500),
    ];
    let line = recorded(Instant::now(), &probes, 100).sparkline(4);
    let worst: Vec<_> = line.iter().map(|cell| cell.map(|c| c.worst())).collect();
    let expected = [
        Some(OutcomeClass::Failed),
        None,
        None,
        Some(OutcomeClass::Local),
    ];
    assert_eq!(worst, expected);
    let first = line[0].expect("two probes");
    assert_eq!((first.probes(), first.latency()), (2, Some((400.0, 400.0))));
}

#[test]
fn a_probe_without_a_reply_has_no_latency() {
    let timeline = recorded(Instant::now(), &[(0, 2, 4_000_000)], 10);
    assert_eq!(timeline.slices()[0].latency(), None);
    let mut answered = sample(Instant::now(), 1, OK);
    answered.result.connect = None;
    let mut timeline = Timeline::default();
    timeline.record(&answered);
    assert_eq!(timeline.slices()[0].latency(), None);
}
