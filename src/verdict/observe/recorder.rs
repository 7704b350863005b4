//! Observations from the statistics of a run: how its probes ended, and when they failed.

use std::time::Duration;

use super::attempts::Attempts;
use super::course::course;
use crate::clock::{WallClock, format_duration};
use crate::outcome::{Handshake, Outcome, OutcomeClass, OutcomeKind};
use crate::stats::{Outage, Outages, Recorder};
use crate::text::Text;
use crate::verdict::observation::Course;

/// Senders of ICMP errors limit their rate, by default to about one per second and destination (icmp(7),
/// `icmp_ratelimit`).
const ICMP_RATE: Duration = Duration::from_secs(1);

/// A router reports a host that is down after three seconds without ARP or Neighbor Discovery.
const FIRST_ERROR: Duration = Duration::from_secs(4);

/// The pace of a run.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time between any two probes of the run; zero for none.
    pub interval: Duration,
    /// How long the run took.
    pub lasted: Duration,
}

/// Probes of a target by how they ended.
pub fn attempts(recorder: &Recorder, pace: Pace) -> Attempts {
    let groups = &recorder.outcome_groups;
    let in_groups = |kind| {
        let of_kind = groups.iter().filter(|it| it.outcome.kind() == kind);
        of_kind.map(|it| it.count).sum::<u64>()
    };
    // Clean handshakes and replies have no group, and groups are limited: the rest of a kind ended as its first group did.
    let rests = OutcomeKind::ALL.iter().copied().filter_map(|kind| {
        let first = groups
            .iter()
            .map(|it| it.outcome)
            .find(|it| it.kind() == kind);
        let outcome = match kind {
            OutcomeKind::Connected => Outcome::Connected(Handshake::Clean),
            OutcomeKind::Reply => Outcome::Reply,
            OutcomeKind::NoReply => Outcome::NoReply,
            OutcomeKind::ResetAfterConnect => Outcome::ResetAfterConnect,
            OutcomeKind::ClosedAfterConnect => Outcome::ClosedAfterConnect,
            _ => first?,
        };
        Some((outcome, recorder.count(kind) - in_groups(kind)))
    });
    let counted = groups.iter().map(|it| (it.outcome, it.count));
    Attempts {
        strays: recorder.replies.strays,
        late: recorder.late,
        unexplained_silence: !is_rate_limited(recorder, pace),
        ..Attempts::of(counted.chain(rests).filter(|(_, count)| *count > 0))
    }
}

/// Whether silence is the rate limit of a sender of ICMP errors: rejects come about as often as it permits, and silence is
/// never longer than it explains.
pub fn is_rate_limited(recorder: &Recorder, pace: Pace) -> bool {
    let rejects = recorder.count(OutcomeKind::Unreachable) as f64;
    let never_works = recorder.count_class(OutcomeClass::Succeeded) == 0;
    let is_often = rejects >= pace.lasted.as_secs_f64() / 2.0;
    pace.interval < ICMP_RATE && rejects > 0.0 && never_works && is_often && takes_turns(recorder)
}

/// Whether silence and ICMP errors take turns.
fn takes_turns(recorder: &Recorder) -> bool {
    let span = |kind| {
        let groups = recorder.outcome_groups.iter();
        let mut of_kind = groups.filter(move |it| it.outcome.kind() == kind);
        let first = of_kind.next()?;
        let span = (first.first, first.last);
        Some(of_kind.fold(span, |(from, to), it| (from.min(it.first), to.max(it.last))))
    };
    let (silent, rejected) = (span(OutcomeKind::NoReply), span(OutcomeKind::Unreachable));
    silent.zip(rejected).is_some_and(|(silent, rejected)| {
        rejected.0.saturating_duration_since(silent.0) <= FIRST_ERROR
            && silent.1.saturating_duration_since(rejected.1) <= 2 * ICMP_RATE
    })
}

/// When probes failed; absent where none did, or none succeeded.
pub fn course_of(recorder: &Recorder, clock: WallClock) -> Option<(Course, Text)> {
    let count = |class| recorder.count_class(class);
    if count(OutcomeClass::Failed) == 0 || count(OutcomeClass::Succeeded) == 0 {
        return None;
    }
    let course = course(&recorder.outages);
    Some((
        course,
        Text::words(figures(course, &recorder.outages, clock)),
    ))
}

fn figures(course: Course, outages: &Outages, clock: WallClock) -> String {
    let Some(longest) = outages.longest() else {
        return String::new();
    };
    let (from, to) = (clock.time_label(longest.from), clock.time_label(longest.to));
    match course {
        Course::Began => format!("since {from}"),
        Course::Ended => format!("until {to}"),
        Course::Stretch | Course::Reboot => format!("from {from} to {to}"),
        Course::None => scattered(outages, longest, &from),
    }
}

/// `4 outages, the longest from 12:00:07Z for 3.2 s`
fn scattered(outages: &Outages, longest: &Outage, from: &str) -> String {
    match outages.total() {
        0 | 1 => String::new(),
        total if longest.probes > 1 => {
            // Tenths of a second say enough.
            let tenths = u32::try_from(longest.duration().as_millis() / 100).unwrap_or(u32::MAX);
            let lasted = format_duration(Duration::from_millis(100) * tenths);
            format!("{total} outages, the longest from {from} for {lasted}")
        }
        total => format!("{total} outages"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::outcome::{IcmpError, IcmpVersion, UnreachableBy};
    use crate::stats::fixture::sample;

    const OK: Outcome = Outcome::Connected(Handshake::Clean);
    const AGAIN: Outcome = Outcome::Connected(Handshake::AfterSynLoss);

    fn icmp_error() -> IcmpError {
        IcmpError::new(IcmpVersion::V4, 3, 13)
    }

    fn rejected() -> Outcome {
        Outcome::Unreachable(UnreachableBy::Icmp(icmp_error()))
    }

    /// A probe every 100 ms: `.` connects, `a` after a second SYN, `x` is rejected, `-` gets no reply.
    fn recorded(pattern: &str) -> (Recorder, WallClock) {
        recorded_every(Duration::from_millis(100), pattern)
    }

    fn recorded_every(interval: Duration, pattern: &str) -> (Recorder, WallClock) {
        let start = Instant::now();
        let mut recorder = Recorder::new(3);
        for (seq, letter) in (1..).zip(pattern.chars()) {
            let outcome = match letter {
                '.' => OK,
                'a' => AGAIN,
                'x' => rejected(),
                _ => Outcome::NoReply,
            };
            let mut sample = sample(start, seq, outcome);
            sample.sent_at = start + interval * u32::try_from(seq).expect("few");
            recorder.record(&sample);
        }
        let noon = "2026-11-20T12:00:00Z".parse().expect("a time");
        (recorder, WallClock::anchored(start, noon))
    }

    fn pace(pattern: &str) -> Pace {
        let probes = u32::try_from(pattern.len()).expect("few");
        Pace {
            interval: Duration::from_millis(100),
            lasted: Duration::from_millis(100) * probes,
        }
    }

    #[test]
    fn clean_probes_and_others_are_counted_once() {
        let (recorder, _) = recorded("..a-x");
        let attempts = attempts(&recorder, pace("..a-x"));
        assert_eq!((attempts.clean, attempts.after_syn_loss), (2, 1));
        assert_eq!((attempts.silent, attempts.rejected()), (1, 1));
        assert_eq!(attempts.total(), 5);
    }

    #[test]
    fn outcomes_beyond_the_groups_of_a_recorder_are_counted() {
        let start = Instant::now();
        let mut recorder = Recorder::new(3);
        for seq in 1..=200 {
            let from = Some([10, 0, 0, u8::try_from(seq).expect("an octet")].into());
            let error = IcmpError {
                from,
                ..icmp_error()
            };
            let outcome = Outcome::Unreachable(UnreachableBy::Icmp(error));
            recorder.record(&sample(start, seq, outcome));
        }
        recorder.record(&sample(start, 201, Outcome::NoReply));
        let attempts = attempts(&recorder, pace("x"));
        assert_eq!((attempts.rejected(), attempts.silent), (200, 1));
    }

    #[test]
    fn silence_between_icmp_errors_is_their_rate_limit() {
        for (pattern, expected) in [
            ("xxxxxx----------x----------x", true),
            // Neighbour discovery of the router fails first.
            ("------------------------------x---------x---------x", true),
            ("xxxx", false),
            ("----", false),
            (
                "x---------------------------------------------------",
                false,
            ),
            ("xxx---...", false),
        ] {
            let (recorder, _) = recorded(pattern);
            let found = is_rate_limited(&recorder, pace(pattern));
            assert_eq!(found, expected, "{pattern}");
        }
        let slow = Pace {
            interval: Duration::from_secs(1),
            lasted: Duration::from_secs(6),
        };
        assert!(!is_rate_limited(&recorded("xxx---").0, slow));
    }

    #[test]
    fn the_course_has_its_times() {
        for (pattern, expected) in [
            ("....", None),
            ("----", None),
            ("...---", Some((Course::Began, "since 12:00:04Z"))),
            ("---...", Some((Course::Ended, "until 12:00:04Z"))),
            (
                "..--..--..",
                Some((Course::None, "2 outages, the longest from")),
            ),
        ] {
            let (recorder, clock) = recorded_every(Duration::from_secs(1), pattern);
            let found = course_of(&recorder, clock);
            let found = found.map(|(course, figures)| (course, figures.plain()));
            match (found, expected) {
                (Some((course, figures)), Some((as_expected, start))) => {
                    assert_eq!(course, as_expected, "{pattern}");
                    assert!(figures.starts_with(start), "{pattern}: {figures}");
                }
                (found, expected) => {
                    assert_eq!(found.is_some(), expected.is_some(), "{pattern}");
                }
            }
        }
    }
}
