//! Traces of failing targets: once per target, in parallel with the run, from the source port of a failed probe.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Instant;

use super::PingPlan;
use crate::hosts::Target;
use crate::outcome::{OutcomeClass, Sample, TargetId};
use crate::path::{Path, Tracer};
use crate::plan::PathPlan;
use crate::platform::signals::Signals;
use crate::platform::{Poller, StopSignals, Waker};

/// Maximum traces per run: many failing targets mostly share one cause, and routers rate-limit their ICMP errors.
const MAX_TRACES: usize = 16;

/// The path to a target, and when the trace started.
pub(super) struct FailureTrace {
    pub(super) target: TargetId,
    pub(super) path: Path,
    pub(super) started: Instant,
}

/// Traces each target once, after a number of failed probes.
pub(super) struct FailureTraces {
    after: u64,
    plan: PathPlan,
    signals: Signals,
    waker: Waker,
    failures: Vec<u64>,
    begun: Vec<TargetId>,
    /// Not printed yet.
    under_way: usize,
    sender: Sender<Option<FailureTrace>>,
    found: Receiver<Option<FailureTrace>>,
}

impl FailureTraces {
    /// Waits for failures, if requested.
    pub(super) fn wanted(plan: &PingPlan, signals: &Signals, waker: Waker) -> Option<Self> {
        let after = plan.trace_after?;
        let (sender, found) = mpsc::channel();
        Some(Self {
            after,
            plan: PathPlan {
                rounds: Some(1),
                ..PathPlan::new(plan.sockets.clone(), plan.payload.clone())
            },
            signals: signals.clone(),
            waker,
            failures: Vec::new(),
            begun: Vec::new(),
            under_way: 0,
            sender,
            found,
        })
    }

    /// Records a probe; its socket is needed at once if it starts a trace.
    pub(super) fn record(&mut self, target: &Target, sample: &Sample) {
        let index = sample.target.index();
        if sample.late || sample.result.outcome.kind().class() != OutcomeClass::Failed {
            return;
        }
        if self.failures.len() <= index {
            self.failures.resize(index + 1, 0);
        }
        self.failures[index] += 1;
        if self.failures[index] == self.after && self.begun.len() < MAX_TRACES {
            self.begin(sample.target, target.clone(), sample.result.local);
        }
    }

    /// Whether the trace uses this probe's source port: it was the last of the required failures.
    pub(super) fn needs_port(&self, target: TargetId) -> bool {
        self.failures.get(target.index()) == Some(&self.after) && self.begun.contains(&target)
    }

    fn begin(&mut self, id: TargetId, target: Target, local: Option<SocketAddr>) {
        let plan = PathPlan {
            source_port: local
                .filter(|_| target.protocol.has_ports())
                .map(|it| it.port()),
            ..self.plan.clone()
        };
        let signals = StopSignals(self.signals.clone());
        let (sender, waker) = (self.sender.clone(), self.waker.clone());
        self.begun.push(id);
        self.under_way += 1;
        thread::spawn(move || {
            let started = Instant::now();
            let trace = || {
                let tracer = Tracer::new(target, plan, Poller::new().ok()?, &signals);
                let (path, _) = tracer.run(&mut ());
                Some(FailureTrace {
                    target: id,
                    path,
                    started,
                })
            };
            // The receiver is dropped when the run has ended.
            let _ = sender.send(trace());
            waker.wake();
        });
    }

    /// A trace finished since the last call.
    pub(super) fn found(&mut self) -> Option<FailureTrace> {
        loop {
            let found = self.found.try_recv().ok()?;
            self.under_way -= 1;
            if found.is_some() {
                return found;
            }
        }
    }

    /// Waits for a trace in progress; none if no trace is running.
    pub(super) fn last(&mut self) -> Option<FailureTrace> {
        while self.under_way > 0 {
            let found = self.found.recv().ok()?;
            self.under_way -= 1;
            if found.is_some() {
                return found;
            }
        }
        None
    }
}
