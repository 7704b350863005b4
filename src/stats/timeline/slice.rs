//! What happened to the probes in a slice of time: counts per outcome, latency range.

use std::time::Instant;

use super::point::Point;
use crate::outcome::{OutcomeClass, OutcomeKind};

const KINDS: usize = OutcomeKind::ALL.len();

/// Outcomes and latency range of some probes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bucket {
    counts: [u32; KINDS],
    /// Lowest latency in microseconds; infinite if no probe has one.
    min_us: f32,
    /// Highest latency in microseconds; 0 if no probe has one.
    max_us: f32,
}

/// Probes in a slice of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSlice {
    /// Start; for a single probe its send time.
    pub from: Instant,
    /// End; for a single probe equal to `from`.
    pub to: Instant,
    pub(super) bucket: Bucket,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            counts: [0; KINDS],
            min_us: f32::INFINITY,
            max_us: 0.0,
        }
    }
}

impl Bucket {
    pub(super) fn add(&mut self, point: &Point) {
        let count = &mut self.counts[point.kind as usize];
        *count = count.saturating_add(1);
        if point.latency_us.is_finite() {
            self.min_us = self.min_us.min(point.latency_us);
            self.max_us = self.max_us.max(point.latency_us);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (count, other) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(other);
        }
        self.min_us = self.min_us.min(other.min_us);
        self.max_us = self.max_us.max(other.max_us);
    }
}

impl TimeSlice {
    /// Number of probes with an outcome of this kind.
    pub fn count(&self, kind: OutcomeKind) -> u64 {
        self.bucket.counts[kind as usize].into()
    }

    /// Number of probes with an outcome of this class.
    pub fn count_class(&self, class: OutcomeClass) -> u64 {
        let of_class = OutcomeKind::ALL
            .iter()
            .copied()
            .filter(|kind| kind.class() == class);
        of_class.map(|kind| self.count(kind)).sum()
    }

    /// Number of probes.
    pub fn probes(&self) -> u64 {
        self.bucket.counts.iter().copied().map(u64::from).sum()
    }

    /// Lowest and highest latency in microseconds; absent if no probe succeeded.
    pub fn latency(&self) -> Option<(f64, f64)> {
        let Bucket { min_us, max_us, .. } = self.bucket;
        min_us.is_finite().then(|| (min_us.into(), max_us.into()))
    }

    /// The most severe outcome class: failed, then local error, then unfinished.
    pub fn worst(&self) -> OutcomeClass {
        let present = OutcomeKind::ALL
            .iter()
            .filter(|kind| self.count(**kind) > 0);
        let classes = present.map(|kind| kind.class());
        classes
            .max_by_key(|class| severity(*class))
            .unwrap_or(OutcomeClass::Unfinished)
    }

    /// Midpoint of the slice.
    pub fn middle(&self) -> Instant {
        self.from + (self.to - self.from) / 2
    }

    pub(super) fn merged(mut self, other: &Self) -> Self {
        self.bucket.merge(&other.bucket);
        self.from = self.from.min(other.from);
        self.to = self.to.max(other.to);
        self
    }
}

fn severity(class: OutcomeClass) -> u8 {
    match class {
        OutcomeClass::Succeeded => 0,
        OutcomeClass::Unfinished => 1,
        OutcomeClass::Local => 2,
        OutcomeClass::Failed => 3,
    }
}
