//! A round-trip time from the kernel's time stamps. Pure.

use std::time::Duration;

use crate::clock::Moment;
use crate::outcome::{Rtt, RttClock};

/// The time of a probe that was handed over at `sent` and left the machine at `left`, where that is known, until its
/// answer was `received`; both as the time since 1970, looked at `now`.
///
/// The stamps are wall-clock time: where that was set in between there is no round-trip time, and none can be
/// longer than the wait that this process saw, or negative.
pub(super) fn rtt(
    sent: &Moment,
    left: Option<Duration>,
    received: Option<Duration>,
    now: &Moment,
) -> Option<Rtt> {
    let received = received?;
    if !sent.is_steady_until(now) || received > now.wall {
        return None;
    }
    let (from, clock) = match left {
        Some(left) => (left, RttClock::Kernel),
        None => (sent.wall, RttClock::User),
    };
    let time = received.checked_sub(from)?;
    (from >= sent.wall).then_some(Rtt { time, clock })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(left_after_us: Option<u64>, step_us: u64) -> Option<Rtt> {
        let sent = Moment::now();
        let received = sent.wall + Duration::from_micros(480 + step_us);
        let now = sent.later(Duration::from_micros(500), Duration::from_micros(step_us));
        let left = left_after_us.map(|us| sent.wall + Duration::from_micros(us));
        rtt(&sent, left, Some(received), &now)
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
        assert_eq!(rtt(&sent, None, before, &now), None);
        let after = Some(now.wall + Duration::from_micros(5));
        assert_eq!(rtt(&sent, None, after, &now), None);
        assert_eq!(rtt(&sent, None, None, &now), None);
    }
}
