//! When probes failed: at the start, at the end, in between, or all over the run.

use crate::outcome::{Outcome, OutcomeKind};
use crate::stats::{Outage, Outages};
use crate::verdict::observation::Course;

/// Fewer failed probes in a row are chance.
const LONG: u64 = 2;

/// The course of a run in which some probes succeeded. One that works all along, or fails now and then, has none.
pub fn course(outages: &Outages) -> Course {
    let all = outages.list();
    let [outage] = all.as_slice() else {
        return Course::None;
    };
    if outages.total() > 1 || outage.probes < LONG {
        return Course::None;
    }
    match (outage.first_seq, outage.ongoing) {
        (1, true) => Course::None,
        (_, true) => Course::Began,
        _ if is_reboot(outage) => Course::Reboot,
        (1, false) => Course::Ended,
        _ => Course::Stretch,
    }
}

/// First no reply, then refused, then it works: the kernel was back before the service.
fn is_reboot(outage: &Outage) -> bool {
    let kinds: Vec<_> = outage.outcomes.iter().map(Outcome::kind).collect();
    kinds == [OutcomeKind::NoReply, OutcomeKind::Refused]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, Outcome, Refusal};
    use crate::stats::fixture::sample;
    use std::time::Instant;

    fn course_of(pattern: &str) -> Course {
        let start = Instant::now();
        let mut outages = Outages::default();
        for (seq, letter) in (1..).zip(pattern.chars()) {
            let outcome = match letter {
                '.' => Outcome::Connected(Handshake::Clean),
                'r' => Outcome::Refused(Refusal::Rst),
                _ => Outcome::NoReply,
            };
            outages.record(&sample(start, seq, outcome));
        }
        course(&outages)
    }

    #[test]
    fn the_course_of_failures() {
        for (pattern, expected) in [
            ("......", Course::None),
            ("------", Course::None),
            ("...---", Course::Began),
            ("---...", Course::Ended),
            ("..--..", Course::Stretch),
            ("..-...", Course::None),
            ("..--rr..", Course::Reboot),
            ("..rr..", Course::Stretch),
            (".-.-.-", Course::None),
            ("..--..--", Course::None),
        ] {
            assert_eq!(course_of(pattern), expected, "{pattern}");
        }
    }
}
