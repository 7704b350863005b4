//! A datagram's round-trip time, from the kernel's time stamps. Pure.

use std::time::Duration;

use super::speech::Asked;
use crate::clock::Moment;
use crate::outcome::{Rtt, RttClock};

/// The time from `asked`'s sending to its answer's arrival, `received` as the time since 1970 and looked at `now`.
///
/// The stamps are wall-clock time: where that was set in between there is no round-trip time, and none can be
/// longer than the wait that this process saw, or negative.
pub(super) fn rtt(asked: &Asked, received: Option<Duration>, now: &Moment) -> Option<Rtt> {
    let received = received?;
    if !asked.sent.is_steady_until(now) || received > now.wall {
        return None;
    }
    let (sent, clock) = match asked.left {
        Some(left) => (left, RttClock::Kernel),
        None => (asked.sent.wall, RttClock::User),
    };
    let time = received.checked_sub(sent)?;
    (sent >= asked.sent.wall).then_some(Rtt { time, clock })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Question;
    use crate::probe::ProbeId;

    fn asked(sent: Moment, left_after_us: Option<u64>) -> Asked {
        Asked {
            probe: ProbeId {
                slot: 0,
                generation: 0,
            },
            question: Question {
                token: 1,
                local: ([127, 0, 0, 1], 1).into(),
                target: ([127, 0, 0, 1], 1).into(),
            },
            number: 0,
            nth: 0,
            sent,
            left: left_after_us.map(|us| sent.wall + Duration::from_micros(us)),
        }
    }

    fn measured(left_after_us: Option<u64>, step_us: u64) -> Option<Rtt> {
        let sent = Moment::now();
        let received = sent.wall + Duration::from_micros(480 + step_us);
        let now = sent.later(Duration::from_micros(500), Duration::from_micros(step_us));
        rtt(&asked(sent, left_after_us), Some(received), &now)
    }

    #[test]
    fn two_stamps_of_the_kernel_are_the_path_s_time() {
        let rtt = measured(Some(30), 0).expect("two stamps");
        assert_eq!((rtt.time.as_micros(), rtt.clock), (450, RttClock::Kernel));
    }

    #[test]
    fn without_a_stamp_of_the_sending_it_is_not_the_kernel_s_time_alone() {
        let rtt = measured(None, 0).expect("one stamp");
        assert_eq!((rtt.time.as_micros(), rtt.clock), (480, RttClock::User));
    }

    #[test]
    fn a_wall_clock_that_was_set_measures_nothing() {
        assert_eq!(measured(Some(30), 2_000_000), None);
    }

    #[test]
    fn no_stamp_lies_outside_the_wait() {
        let sent = Moment::now();
        let now = sent.later(Duration::from_micros(500), Duration::ZERO);
        let before = sent.wall.checked_sub(Duration::from_micros(5));
        assert_eq!(rtt(&asked(sent, None), before, &now), None);
        let after = Some(now.wall + Duration::from_micros(5));
        assert_eq!(rtt(&asked(sent, None), after, &now), None);
        assert_eq!(rtt(&asked(sent, None), None, &now), None);
    }
}
