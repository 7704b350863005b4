//! Round-trip time from kernel timestamps. Pure.

use std::time::Duration;

use crate::clock::ClockReading;
use crate::outcome::{Rtt, RttClock};

/// The round-trip time of a probe sent at `sent`, whose reply was read at `now`. Both timestamps are wall-clock time
/// since 1970.
///
/// `None` if the wall clock was set in between, or if the timestamps lie outside the time from `sent` to `now`.
pub(super) fn rtt(
    sent: &ClockReading,
    tx_timestamp: Option<Duration>,
    rx_timestamp: Option<Duration>,
    now: &ClockReading,
) -> Option<Rtt> {
    let rx_timestamp = rx_timestamp?;
    if !sent.is_steady_until(now) || rx_timestamp > now.wall {
        return None;
    }
    let (from, clock) = match tx_timestamp {
        Some(tx_timestamp) => (tx_timestamp, RttClock::Kernel),
        None => (sent.wall, RttClock::User),
    };
    let time = rx_timestamp.checked_sub(from)?;
    (from >= sent.wall).then_some(Rtt { time, clock })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(tx_after_us: Option<u64>, clock_step_us: u64) -> Option<Rtt> {
        let sent = ClockReading::now();
        let rx = sent.wall + Duration::from_micros(480 + clock_step_us);
        let now = sent.later(
            Duration::from_micros(500),
            Duration::from_micros(clock_step_us),
        );
        let tx = tx_after_us.map(|us| sent.wall + Duration::from_micros(us));
        rtt(&sent, tx, Some(rx), &now)
    }

    #[test]
    fn two_kernel_timestamps_give_a_kernel_rtt() {
        let rtt = measured(Some(30), 0).expect("two timestamps");
        assert_eq!((rtt.time.as_micros(), rtt.clock), (450, RttClock::Kernel));
    }

    #[test]
    fn without_a_tx_timestamp_the_rtt_starts_with_the_user_clock() {
        let rtt = measured(None, 0).expect("one timestamp");
        assert_eq!((rtt.time.as_micros(), rtt.clock), (480, RttClock::User));
    }

    #[test]
    fn a_step_of_the_wall_clock_gives_no_rtt() {
        assert_eq!(measured(Some(30), 2_000_000), None);
    }

    #[test]
    fn a_timestamp_outside_the_wait_gives_no_rtt() {
        let sent = ClockReading::now();
        let now = sent.later(Duration::from_micros(500), Duration::ZERO);
        let before = sent.wall.checked_sub(Duration::from_micros(5));
        assert_eq!(rtt(&sent, None, before, &now), None);
        let after = Some(now.wall + Duration::from_micros(5));
        assert_eq!(rtt(&sent, None, after, &now), None);
        assert_eq!(rtt(&sent, None, None, &now), None);
    }
}
