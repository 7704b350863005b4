//! Reply timeout, adapted to the slowest hop so far.

use std::time::Duration;

use crate::path::Hop;

/// Shortest adapted timeout.
const MIN_TIMEOUT: Duration = Duration::from_millis(250);

/// Added for routers that are slow to generate ICMP errors.
const ICMP_DELAY: Duration = Duration::from_millis(100);

/// Reply timeout: three times the slowest round-trip time plus 100 ms, at least 250 ms, at most `max`.
pub(super) fn reply_timeout(slowest: Option<Duration>, max: Duration) -> Duration {
    let timeout = slowest.map_or(max, |slowest| slowest * 3 + ICMP_DELAY);
    timeout.clamp(MIN_TIMEOUT.min(max), max)
}

/// Largest round-trip time of these hops.
pub(super) fn slowest_rtt<'a>(hops: impl IntoIterator<Item = &'a Hop>) -> Option<Duration> {
    let figures = hops.into_iter().filter_map(|hop| hop.rtts.figures());
    let slowest = figures.map(|figures| figures.max).max_by(f64::total_cmp);
    slowest.map(|us| Duration::from_secs_f64(us / 1e6))
}
