//! Plan and signals shared by all checks.

use super::batch::run_batch;
use super::probe_batch::ProbeBatch;
use super::timing::BatchTiming;
use crate::hosts::Target;
use crate::plan::{CheckPlan, PayloadPlan, SocketPlan};
use crate::platform::{LocalHost, SignalState};

/// Plan and signals shared by all checks.
#[derive(Clone, Copy)]
pub(super) struct CheckContext<'a> {
    pub(super) plan: &'a CheckPlan,
    pub(super) signals: &'a (dyn SignalState + Sync),
}

impl CheckContext<'_> {
    /// Probes all targets in parallel; empty where the probes could not be set up.
    pub(super) fn probe_all(&self, targets: Vec<Target>, timing: BatchTiming) -> Vec<ProbeBatch> {
        let CheckPlan {
            sockets, payload, ..
        } = self.plan;
        run_batch(targets, sockets, payload, timing, self.signals).unwrap_or_default()
    }

    /// Probes one target.
    pub(super) fn probe(&self, target: Target, timing: BatchTiming) -> Option<ProbeBatch> {
        self.probe_all(vec![target], timing).pop()
    }

    /// Probes one target with its own socket options and payload.
    pub(super) fn probe_with(
        &self,
        target: Target,
        sockets: &SocketPlan,
        payload: &PayloadPlan,
        timing: BatchTiming,
    ) -> Option<ProbeBatch> {
        run_batch(vec![target], sockets, payload, timing, self.signals)
            .ok()?
            .pop()
    }

    /// This machine with the plan's source address and interface (-S, -I).
    pub(super) fn local_host(&self) -> LocalHost {
        LocalHost::from(&self.plan.sockets)
    }
}
