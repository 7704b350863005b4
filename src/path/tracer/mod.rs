//! Traces the path to one target: discovery, rounds, host distance.

mod discovery;
mod distance_methods;
mod flow_ports;
mod host_distance;
mod loss_survey;
mod reply_timeout;
mod rounds;
mod ttl_series;
mod ttl_sweep;

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::{DistanceBy, Flow, Hop, Path, TraceObserver};
use crate::engine::{Engine, Run};
use crate::hosts::Target;
use crate::outcome::{Outcome, TargetId};
use crate::plan::{PathPlan, ProbePlan, SchedulePlan};
use crate::platform::{Poller, SignalState};
use crate::probe::{Network, Probes};
use distance_methods::{distance_methods, distance_target};
use flow_ports::flow_ports;
use ttl_series::TtlSeriesNetwork;

#[cfg(test)]
pub(super) use rounds::Round;
#[cfg(test)]
pub(super) use ttl_series::{TtlLimit, TtlSeries};

/// Sockets open at once; discovery needs up to three per hop.
const MAX_SOCKETS: usize = 128;

/// Probes to one hop at once. Linux sends bursts of six ICMP errors (`XRLIM_BURST_FACTOR` in net/ipv4/inetpeer.c), and
/// discovery has used some.
const ICMP_BURST: usize = 4;

/// Network target of the probes to the port. Those of the distance methods follow in order.
const TARGET_PORT: TargetId = TargetId(0);

/// Traces the path to one target.
pub struct Tracer<'a> {
    probes: Probes,
    /// Targets of the network.
    targets: Vec<Target>,
    distance_methods: Vec<DistanceBy>,
    signals: &'a dyn SignalState,
    plan: PathPlan,
    path: Path,
    /// Reply timeout of a hop, adapted by discovery.
    reply_timeout: Duration,
    /// Probes that left.
    sent: Cell<u64>,
}

impl<'a> Tracer<'a> {
    /// Prepares a trace of the path to `target`.
    pub fn new(
        target: Target,
        plan: PathPlan,
        poller: Poller,
        signals: &'a dyn SignalState,
    ) -> Self {
        let distance_methods = distance_methods(&target);
        let mut targets = vec![target.clone()];
        let others = distance_methods.iter();
        targets.extend(others.map(|by| distance_target(&target, *by)));
        let probes = ProbePlan::new(plan.sockets.clone(), plan.payload.clone());
        Self {
            probes: Probes::new(poller, &targets, &probes),
            targets,
            distance_methods,
            signals,
            reply_timeout: plan.timeout,
            plan,
            path: Path::new(target),
            sent: Cell::new(0),
        }
    }

    /// Traces the path. Returns it also if the event loop fails, together with that error.
    pub fn run(mut self, observer: &mut dyn TraceObserver) -> (Path, io::Result<()>) {
        let result = self.trace(observer);
        // A trace without a round limit always ends by a signal.
        let has_end = self.plan.rounds.is_some() || self.path.rounds == 0;
        self.path.interrupted = has_end && self.signals.stop_requested();
        self.path.sent = self.sent.get();
        (self.path, result)
    }

    fn trace(&mut self, observer: &mut dyn TraceObserver) -> io::Result<()> {
        observer.round_started(0);
        if !self.plan.full_ttl_only {
            self.discover(observer)?;
            if self.needs_other_distance_method() {
                self.measure_without_echo(observer)?;
            }
        }
        let ports = flow_ports(&self.path.target, &self.plan);
        self.path.flows = ports.into_iter().map(Flow::new).collect();
        let mut next = Instant::now();
        while !self.is_over() {
            self.pause(next, observer)?;
            if self.signals.stop_requested() {
                break;
            }
            self.path.rounds += 1;
            observer.round_started(self.path.rounds);
            next = self.run_round(observer)?;
        }
        self.confirm_host_distance(observer)
    }

    /// Whether the path has an end but the host answers no echoes.
    fn needs_other_distance_method(&self) -> bool {
        self.measures_distance()
            && self.path.discovery_hops.iter().any(Hop::is_path_end)
            && self.path.host_distance.is_none()
            && !self.signals.stop_requested()
    }

    fn is_over(&self) -> bool {
        let enough = |rounds| self.path.rounds >= rounds;
        self.signals.stop_requested()
            || self.path.flows.is_empty()
            || self.discovery_never_left()
            || self.plan.rounds.is_some_and(enough)
    }

    /// Whether no probe of discovery left this machine: those of rounds would not either.
    fn discovery_never_left(&self) -> bool {
        let is_local = matches!(self.path.full_ttl_outcome, Some(Outcome::Local(_)));
        is_local && self.path.discovery_hops.iter().all(Hop::is_unanswered)
    }

    /// Waits for the next round.
    fn pause(&mut self, until: Instant, observer: &mut dyn TraceObserver) -> io::Result<()> {
        while Instant::now() < until && !self.signals.stop_requested() {
            self.probes.wait(Some(until))?;
            if self.signals.take_statistics_request() {
                observer.statistics_requested(&self.path);
            }
        }
        Ok(())
    }

    /// Runs TTL series.
    fn run_engine(
        &mut self,
        all_series: &[ttl_series::TtlSeries],
        limits: Vec<Rc<ttl_series::TtlLimit>>,
        closes_on_timeout: bool,
        schedule: SchedulePlan,
        run: &mut dyn Run,
    ) -> io::Result<()> {
        let network = TtlSeriesNetwork {
            probes: &mut self.probes,
            all_series,
            limits,
            started: vec![0; all_series.len()],
            closes_on_timeout,
            sent: &self.sent,
        };
        let (clock, count) = (Instant::now, all_series.len());
        let engine = Engine::new(network, schedule, count, MAX_SOCKETS, self.signals, &clock);
        engine.run(run).1
    }
}
