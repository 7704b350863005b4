//! TTL series: the engine's targets. Each is a list of TTLs to probe in order.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use crate::hosts::Target;
use crate::outcome::{Evidence, Outcome, ProbeResult, TargetId};
use crate::path::ProbePurpose;
use crate::probe::{Network, ProbeEvent, ProbeId, ProbeOverride, Probes, Started};

/// TTLs to probe in order; how many are in flight at once is up to the engine.
#[derive(Debug)]
pub(in crate::path) struct TtlSeries {
    /// Target in the network.
    pub(in crate::path) target: TargetId,
    /// Source port; `None`: a different one per probe.
    pub(in crate::path) port: Option<u16>,
    /// TTL of each probe; `None`: full TTL.
    pub(in crate::path) ttls: Vec<Option<u8>>,
    pub(in crate::path) purpose: ProbePurpose,
}

impl TtlSeries {
    /// One probe from its own source port.
    pub(super) fn single((target, purpose): (TargetId, ProbePurpose), ttl: Option<u8>) -> Self {
        Self {
            target,
            port: None,
            ttls: vec![ttl],
            purpose,
        }
    }

    /// TTL of a probe; `seq` counts from 1.
    pub(super) fn ttl(&self, seq: u64) -> Option<u8> {
        let index = usize::try_from(seq.saturating_sub(1)).ok()?;
        self.ttls.get(index).copied().flatten()
    }
}

/// Smallest TTL known to reach the path end. Larger TTLs are not probed.
#[derive(Debug)]
pub(in crate::path) struct TtlLimit(Cell<u8>);

impl TtlLimit {
    pub(in crate::path) fn none() -> Self {
        Self(Cell::new(u8::MAX))
    }

    pub(super) fn lower(&self, ttl: u8) {
        self.0.set(self.0.get().min(ttl));
    }

    pub(super) fn get(&self) -> Option<u8> {
        Some(self.0.get()).filter(|ttl| *ttl < u8::MAX)
    }

    fn admits(&self, ttl: Option<u8>) -> bool {
        ttl.unwrap_or(u8::MAX) <= self.0.get()
    }
}

/// Runs TTL series over the probes of one network.
pub(super) struct TtlSeriesNetwork<'a> {
    pub(super) probes: &'a mut Probes,
    pub(super) all_series: &'a [TtlSeries],
    /// TTL limit of each series.
    pub(super) limits: Vec<Rc<TtlLimit>>,
    /// Probes started of each series.
    pub(super) started: Vec<u64>,
    /// Close a socket at its timeout, because the next probe may need its port.
    pub(super) closes_on_timeout: bool,
    /// Probes that left.
    pub(super) sent: &'a Cell<u64>,
}

impl Network for TtlSeriesNetwork<'_> {
    fn start(&mut self, id: ProbeId, target: TargetId) -> Started {
        let index = target.index();
        let series = &self.all_series[index];
        self.started[index] += 1;
        let ttl = series.ttl(self.started[index]);
        if !self.limits[index].admits(ttl) {
            return Started::Ended {
                sent_at: Instant::now(),
                result: (Outcome::Unfinished, Evidence::default()).into(),
            };
        }
        let port = series.port;
        self.probes
            .set_override(series.target, ProbeOverride { ttl, port });
        let started = self.probes.start(id, series.target);
        let has_left = match &started {
            Started::InProgress { .. } => true,
            Started::Ended { result, .. } => !matches!(result.outcome, Outcome::Local(_)),
        };
        self.sent.set(self.sent.get() + u64::from(has_left));
        started
    }

    fn time_out(&mut self, id: ProbeId, now: Instant, trusted_since: Instant) -> ProbeResult {
        let result = self.probes.time_out(id, now, trusted_since);
        if self.closes_on_timeout && result.outcome == Outcome::NoReply {
            self.probes.cancel(id);
        }
        result
    }

    fn wait(&mut self, until: Option<Instant>) -> io::Result<()> {
        self.probes.wait(until)
    }

    fn collect(&mut self, now: Instant, trusted_since: Instant, events: &mut Vec<ProbeEvent>) {
        self.probes.collect(now, trusted_since, events);
        // Duplicate and stray replies belong to the network's targets, not to a series.
        events.retain(|event| !matches!(event, ProbeEvent::ExtraReply(..)));
    }

    fn end_hold(&mut self, id: ProbeId) -> ProbeResult {
        self.probes.end_hold(id)
    }

    fn cancel(&mut self, id: ProbeId) -> ProbeResult {
        self.probes.cancel(id)
    }

    /// The series are fixed.
    fn add_target(&mut self, _target: &Target) {}

    fn set_address(&mut self, _target: TargetId, _address: SocketAddr) {}
}
