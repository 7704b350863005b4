//! Discovery: the first sweep measures path length, delay, and the host's distance by ICMP echo.

use std::io;
use std::time::Duration;

use super::reply_timeout::{reply_timeout, slowest_rtt};
use super::ttl_sweep::sweep_series;
use super::{TARGET_PORT, Tracer};
use crate::path::{DistanceBy, ProbePurpose, TraceObserver};

/// Longest reply timeout of the rounds if discovery got no reply within the full timeout.
const TIMEOUT_WITHOUT_REPLIES: Duration = Duration::from_millis(500);

impl Tracer<'_> {
    /// Sweeps all TTLs to the port, and to the host with ICMP echoes where its distance is wanted.
    pub(super) fn discover(&mut self, observer: &mut dyn TraceObserver) -> io::Result<()> {
        let mut purposes = vec![(TARGET_PORT, ProbePurpose::Discovery)];
        if self.measures_distance() {
            purposes.extend(self.distance_purpose(DistanceBy::Echo));
        }
        let all_series = sweep_series(self.plan.max_hops, &purposes);
        let (sweeps, result) = self.run_sweeps(&purposes, &all_series, self.plan.timeout, observer);
        let mut sweeps = sweeps.into_iter();
        if let Some(sweep) = sweeps.next() {
            self.reply_timeout = match slowest_rtt(&sweep.hops) {
                None => self.plan.timeout.min(TIMEOUT_WITHOUT_REPLIES),
                slowest => reply_timeout(slowest, self.plan.timeout),
            };
            self.path.discovery_hops = sweep.hops;
            self.path.full_ttl_outcome = sweep.full_ttl_outcome;
        }
        if let Some(echo) = sweeps.next() {
            self.set_host_distance(echo);
        }
        result
    }
}
