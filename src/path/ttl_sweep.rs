//! The engine's targets, as the path knows them: each a course of TTLs to be tried one after the other.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;

use super::ProbePurpose;
use crate::hosts::Target;
use crate::outcome::{Evidence, Outcome, ProbeResult, TargetId};
use crate::probe::{Network, ProbeEvent, ProbeId, ProbeOverride, Probes, Started};

/// TTLs to be tried, one after the other or all at once, as the engine's pace has it.
#[derive(Debug)]
pub(super) struct TtlSeries {
    /// Which of the network's targets.
    pub(super) target: TargetId,
    /// From which local port; from any, each from another, where none is said.
    pub(super) port: Option<u16>,
    pub(super) ttls: Vec<Option<u8>>,
    pub(super) purpose: ProbePurpose,
}

impl TtlSeries {
    /// The TTL of a probe, which the engine counts from 1.
    pub(super) fn ttl(&self, seq: u64) -> Option<u8> {
        let nth = usize::try_from(seq.saturating_sub(1)).ok()?;
        self.ttls.get(nth).copied().flatten()
    }
}

/// The smallest TTL that is known to lead to the end of the way; beyond it nothing is learned.
#[derive(Debug)]
pub(super) struct TtlLimit(Cell<u8>);

impl TtlLimit {
    pub(super) fn none() -> Self {
        Self(Cell::new(u8::MAX))
    }

    pub(super) fn lower(&self, ttl: u8) {
        self.0.set(self.0.get().min(ttl));
    }

    pub(super) fn get(&self) -> Option<u8> {
        Some(self.0.get()).filter(|ttl| *ttl < u8::MAX)
    }

    /// Whether a probe with this TTL would tell anything new.
    fn admits(&self, ttl: Option<u8>) -> bool {
        ttl.unwrap_or(u8::MAX) <= self.0.get()
    }
}

/// Probes along courses, over a network whose targets they share.
pub(super) struct TtlSeriesNetwork<'a> {
    pub(super) probes: &'a mut Probes,
    pub(super) all: &'a [TtlSeries],
    /// For each course, how far it needs to go.
    pub(super) bounds: Vec<Rc<TtlLimit>>,
    /// Probes begun of each course.
    pub(super) begun: Vec<u64>,
    /// The next probe needs the port of one that was given up.
    pub(super) frees_ports: bool,
    pub(super) sent: &'a Cell<u64>,
}

impl Network for TtlSeriesNetwork<'_> {
    fn start(&mut self, id: ProbeId, target: TargetId) -> Started {
        let index = target.index();
        let series = &self.all[index];
        self.begun[index] += 1;
        let ttl = series.ttl(self.begun[index]);
        if !self.bounds[index].admits(ttl) {
            return Started::Ended {
                sent_at: Instant::now(),
                result: (Outcome::Unfinished, Evidence::default()).into(),
            };
        }
        let port = series.port;
        self.probes
            .set_override(series.target, ProbeOverride { ttl, port });
        let begun = self.probes.start(id, series.target);
        let left = match &begun {
            Started::InProgress { .. } => true,
            Started::Ended { result, .. } => !matches!(result.outcome, Outcome::Local(_)),
        };
        self.sent.set(self.sent.get() + u64::from(left));
        begun
    }

    fn time_out(&mut self, id: ProbeId, now: Instant, trusted_since: Instant) -> ProbeResult {
        let result = self.probes.time_out(id, now, trusted_since);
        if self.frees_ports && result.outcome == Outcome::NoReply {
            self.probes.cancel(id);
        }
        result
    }

    fn wait(&mut self, until: Option<Instant>) -> io::Result<()> {
        self.probes.wait(until)
    }

    fn collect(&mut self, now: Instant, trusted_since: Instant, progress: &mut Vec<ProbeEvent>) {
        self.probes.collect(now, trusted_since, progress);
        // Duplicates and strays are told of the network's targets, and say nothing of the path.
        progress.retain(|step| !matches!(step, ProbeEvent::ExtraReply(..)));
    }

    fn end_hold(&mut self, id: ProbeId) -> ProbeResult {
        self.probes.end_hold(id)
    }

    fn cancel(&mut self, id: ProbeId) -> ProbeResult {
        self.probes.cancel(id)
    }

    /// Courses are all there from the start, and their addresses stay.
    fn add_target(&mut self, _target: &Target) {}

    fn set_address(&mut self, _target: TargetId, _address: SocketAddr) {}
}
