//! The event loop: starts probes when they are due, waits for replies, times probes out. One loop serves one target
//! or thousands.

mod in_flight;
mod run_record;
mod schedule;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::hosts::Target;
use crate::outcome::{
    ExtraReply, LocalCause, Outcome, OutcomeClass, OutcomeKind, ProbeResult, Sample, TargetId,
};
use crate::plan::SchedulePlan;
use crate::platform::SignalState;
use crate::probe::{Network, ProbeEvent, ProbeId, Started};
use in_flight::{InFlight, InFlightProbe, Phase};
pub use run_record::RunRecord;
use schedule::{DueProbe, Schedule};

/// A wake-up this late is a stall: the process was suspended, starved of CPU, or blocked on its output.
const STALL: Duration = Duration::from_secs(1);

/// Probes started before the loop handles replies again.
const MAX_STARTS: usize = 64;

/// How long a late reply is waited for: the timeout once more, within these limits. The lower one covers a
/// retransmitted SYN.
const MIN_LATE_WAIT: Duration = Duration::from_secs(3);
const MAX_LATE_WAIT: Duration = Duration::from_secs(10);

/// Receives measurements.
pub trait SampleSink {
    /// A probe has ended.
    fn sample(&mut self, sample: &Sample);
    /// A target sent a datagram that ended no probe.
    fn extra_reply(&mut self, _target: TargetId, _extra: ExtraReply) {}
}

/// The run's side of the event loop: new targets, changed addresses, stop conditions.
pub trait RunControl {
    /// Targets whose address has changed.
    fn changed_addresses(&mut self) -> Vec<(TargetId, SocketAddr)> {
        Vec::new()
    }
    /// Targets that were resolved since the last call.
    fn new_targets(&mut self) -> Vec<Target> {
        Vec::new()
    }
    /// Whether more targets may be resolved.
    fn expects_targets(&self) -> bool {
        false
    }
    /// Whether the local port of the probe that has just timed out is needed for another one. Its late reply is not
    /// waited for then.
    fn needs_port(&self, _target: TargetId) -> bool {
        false
    }
    /// Interim statistics are due: by a signal or by the interval.
    fn statistics_requested(&mut self, _so_far: &RunRecord) {}
    /// Nothing is due: output can be flushed.
    fn idle(&mut self) {}
    /// Whether to stop before the schedule ends.
    fn is_done(&self) -> bool {
        false
    }
}

/// A run as the engine sees it.
pub trait Run: SampleSink + RunControl {}

impl<T: SampleSink + RunControl> Run for T {}

/// Drives probes over a network.
pub struct Engine<'a, N> {
    network: N,
    plan: SchedulePlan,
    schedule: Schedule,
    in_flight: InFlight,
    signals: &'a dyn SignalState,
    clock: &'a dyn Fn() -> Instant,
    events: Vec<ProbeEvent>,
    /// Configured limit of open sockets.
    max_sockets: usize,
    /// The current limit; lower while the system is out of descriptors.
    socket_limit: usize,
    /// User-clock times of probes sent before this are invalid: the process stalled.
    trusted_since: Instant,
    now: Instant,
    next_summary: Option<Instant>,
    record: RunRecord,
}

impl<'a, N: Network> Engine<'a, N> {
    /// An engine for `targets` targets with at most `max_sockets` open sockets.
    pub fn new(
        network: N,
        plan: SchedulePlan,
        targets: usize,
        max_sockets: usize,
        signals: &'a dyn SignalState,
        clock: &'a dyn Fn() -> Instant,
    ) -> Self {
        let now = clock();
        Self {
            network,
            plan,
            schedule: Schedule::new(plan, targets, now),
            in_flight: InFlight::default(),
            signals,
            clock,
            events: Vec::new(),
            max_sockets: max_sockets.max(1),
            socket_limit: max_sockets.max(1),
            trusted_since: now,
            now,
            next_summary: plan.summary_every.map(|every| now + every),
            record: RunRecord::starting(now),
        }
    }

    /// Runs until the schedule ends or the run is stopped. If the network fails, the record covers what was measured
    /// until then.
    pub fn run(mut self, run: &mut dyn Run) -> (RunRecord, io::Result<()>) {
        let mut result = Ok(());
        while result.is_ok() && !self.signals.stop_requested() && !run.is_done() {
            let blocked = self.start_due(run);
            let expects_targets = run.expects_targets() && !self.schedule.has_ended(self.now);
            if self.is_idle() && !expects_targets {
                break;
            }
            result = self.wait(blocked, run);
            self.handle_events(run);
            self.handle_deadlines(run);
            if self.signals.take_statistics_request() || self.is_summary_due() {
                run.statistics_requested(&self.so_far());
            }
            self.update_targets(run);
        }
        self.finish(run);
        (self.record, result)
    }

    /// Adds new targets and applies changed addresses.
    fn update_targets(&mut self, run: &mut dyn Run) {
        for (target, address) in run.changed_addresses() {
            self.network.set_address(target, address);
        }
        for target in run.new_targets() {
            self.network.add_target(&target);
            self.schedule.add_target(self.now);
        }
    }

    /// Whether interim statistics are due. Missed ones are not made up for.
    fn is_summary_due(&mut self) -> bool {
        let (Some(next), Some(every)) = (self.next_summary, self.plan.summary_every) else {
            return false;
        };
        let due = next <= self.now;
        if due {
            self.next_summary = Some(self.now + every);
        }
        due
    }

    fn so_far(&self) -> RunRecord {
        RunRecord {
            ended: self.now,
            skipped: self.schedule.skipped(),
            behind: self.record.behind + self.schedule.behind_at_end(),
            ..self.record
        }
    }

    /// Whether no probe is in flight and none is scheduled.
    fn is_idle(&self) -> bool {
        let awaiting_reply = self.in_flight.count(Phase::AwaitingReply);
        let holding = self.in_flight.count(Phase::Holding);
        awaiting_reply + holding == 0 && self.schedule.next_due().is_none()
    }

    /// Starts the probes that are due. True: one of them needs a descriptor, and none is free.
    fn start_due(&mut self, run: &mut dyn Run) -> bool {
        for _ in 0..MAX_STARTS {
            let Some(probe) = self.schedule.pop(self.now) else {
                break;
            };
            if !self.free_socket() || !self.start(probe, run) {
                self.schedule.put_back(probe);
                return true;
            }
        }
        false
    }

    /// Frees sockets of probes that wait for a late reply, the oldest first. False: the limit is reached.
    fn free_socket(&mut self) -> bool {
        while self.in_flight.len() >= self.socket_limit {
            let Some(oldest) = self.in_flight.oldest(Phase::AwaitingLateReply) else {
                self.record.descriptor_cap = Some(self.socket_limit);
                return false;
            };
            self.abandon_late_reply(oldest);
        }
        true
    }

    /// Starts one probe. False: there was no descriptor for it.
    fn start(&mut self, probe: DueProbe, run: &mut dyn Run) -> bool {
        let id = self.in_flight.reserve();
        match self.network.start(id, probe.target) {
            Started::InProgress { sent_at } => {
                let started = InFlightProbe {
                    due: probe,
                    sent_at,
                    phase: Phase::AwaitingReply,
                };
                let deadline = sent_at + self.plan.timeout;
                self.in_flight.start(id, started, deadline);
            }
            Started::Ended { sent_at, result } => {
                self.in_flight.release(id);
                if self.must_wait_for_descriptor(&result) {
                    return false;
                }
                run.sample(&sample(probe, sent_at, false, result));
                self.schedule.probe_ended(probe.target, sent_at);
            }
        }
        true
    }

    /// EMFILE while probes are in flight lowers the limit of open sockets; the probe has not failed.
    fn must_wait_for_descriptor(&mut self, result: &ProbeResult) -> bool {
        let none_left = result.outcome == Outcome::Local(LocalCause::TooManyOpenFiles);
        let wait = none_left && self.in_flight.len() > 0;
        if wait {
            self.socket_limit = self.in_flight.len();
            self.record.descriptor_cap = Some(self.socket_limit);
        }
        wait
    }

    fn wait(&mut self, blocked: bool, run: &mut dyn Run) -> io::Result<()> {
        run.idle();
        let due = if blocked {
            None
        } else {
            self.schedule.next_due()
        };
        let wake = [due, self.in_flight.next_deadline()]
            .into_iter()
            .flatten()
            .min();
        let until = [
            wake,
            self.next_summary,
            self.schedule.target_deadline(self.now),
        ];
        let until = until.into_iter().flatten().min();
        self.network.wait(until)?;
        let before = std::mem::replace(&mut self.now, (self.clock)());
        // A deadline that had passed before the wait is a backlog, not a stall.
        self.detect_stall(wake.map(|wake| wake.max(before)));
        self.detect_backlog();
        Ok(())
    }

    /// A process that was suspended, starved of CPU or blocked on its output has measured nothing meanwhile: the gap
    /// is no outage. Schedule and deadlines are postponed by it.
    fn detect_stall(&mut self, wake: Option<Instant>) {
        let late = wake.map_or(Duration::ZERO, |wake| {
            self.now.saturating_duration_since(wake)
        });
        if self.signals.take_continued() || late >= STALL {
            self.trusted_since = self.now;
        }
        if late >= STALL {
            self.in_flight.postpone_deadlines(late);
            self.schedule.postpone(late);
            self.record.stalled += late;
        }
    }

    /// A schedule too fast for this machine is postponed, not caught up with.
    fn detect_backlog(&mut self) {
        let due = self.schedule.next_due().unwrap_or(self.now);
        let behind = self.now.saturating_duration_since(due);
        if behind >= STALL && !self.plan.is_closed_loop() {
            self.schedule.postpone(behind);
            self.record.behind += behind;
        }
    }

    fn handle_events(&mut self, run: &mut dyn Run) {
        let mut events = std::mem::take(&mut self.events);
        self.network
            .collect(self.now, self.trusted_since, &mut events);
        for event in events.drain(..) {
            match event {
                ProbeEvent::Ended(id, result) => self.end(id, result, run),
                ProbeEvent::Connected(id) => self.hold(id, run),
                ProbeEvent::ExtraReply(target, extra) => run.extra_reply(target, extra),
            }
        }
        self.events = events;
    }

    fn hold(&mut self, id: ProbeId, run: &mut dyn Run) {
        let until = self.now + self.plan.hold.unwrap_or_default();
        match self.in_flight.get(id).map(|probe| probe.phase) {
            Some(Phase::AwaitingReply) => self.in_flight.enter_phase(id, Phase::Holding, until),
            // A late connection is not held: its handshake is all that counts.
            Some(Phase::AwaitingLateReply) => {
                let result = self.network.end_hold(id);
                self.end(id, result, run);
            }
            _ => {}
        }
    }

    fn end(&mut self, id: ProbeId, result: ProbeResult, run: &mut dyn Run) {
        let Some(probe) = self.remove(id) else {
            return;
        };
        let kind = result.outcome.kind();
        if probe.phase != Phase::AwaitingLateReply {
            self.report(&probe, result, run);
        } else if kind.class() != OutcomeClass::Local && kind != OutcomeKind::NoReply {
            // A local error or the kernel's own timeout is not a late reply.
            run.sample(&sample(probe.due, probe.sent_at, true, result));
        }
    }

    /// Removes a probe whose socket is closed.
    fn remove(&mut self, id: ProbeId) -> Option<InFlightProbe> {
        let probe = self.in_flight.remove(id)?;
        self.socket_limit = self.max_sockets.min(self.socket_limit + 1);
        Some(probe)
    }

    fn report(&mut self, probe: &InFlightProbe, result: ProbeResult, run: &mut dyn Run) {
        run.sample(&sample(probe.due, probe.sent_at, false, result));
        self.schedule.probe_ended(probe.due.target, self.now);
    }

    fn handle_deadlines(&mut self, run: &mut dyn Run) {
        while let Some(id) = self.in_flight.take_expired(Phase::AwaitingReply, self.now) {
            self.time_out(id, run);
        }
        while let Some(id) = self.in_flight.take_expired(Phase::Holding, self.now) {
            let result = self.network.end_hold(id);
            self.end(id, result, run);
        }
        while let Some(id) = self
            .in_flight
            .take_expired(Phase::AwaitingLateReply, self.now)
        {
            self.abandon_late_reply(id);
        }
    }

    /// A probe has timed out. Without a reply it stays open for a late one.
    fn time_out(&mut self, id: ProbeId, run: &mut dyn Run) {
        let Some(probe) = self.in_flight.get(id).copied() else {
            return;
        };
        let result = self.network.time_out(id, self.now, self.trusted_since);
        if result.outcome == Outcome::NoReply {
            let wait = self.plan.timeout.clamp(MIN_LATE_WAIT, MAX_LATE_WAIT);
            let deadline = self.now + wait;
            self.in_flight
                .enter_phase(id, Phase::AwaitingLateReply, deadline);
        } else {
            self.remove(id);
        }
        self.report(&probe, result, run);
        if result.outcome == Outcome::NoReply && run.needs_port(probe.due.target) {
            self.abandon_late_reply(id);
        }
    }

    fn abandon_late_reply(&mut self, id: ProbeId) {
        self.remove(id);
        self.network.cancel(id);
    }

    /// Ends the run. Probes still in flight are unfinished: neither lost nor sent.
    fn finish(&mut self, run: &mut dyn Run) {
        let expects_targets = run.expects_targets() && !self.schedule.has_ended(self.now);
        self.record.interrupted = expects_targets || !self.is_idle();
        for id in self.in_flight.ids() {
            let Some(probe) = self.in_flight.remove(id) else {
                continue;
            };
            let result = match probe.phase {
                Phase::AwaitingReply => self.network.cancel(id),
                Phase::Holding => self.network.end_hold(id),
                Phase::AwaitingLateReply => {
                    self.network.cancel(id);
                    continue;
                }
            };
            run.sample(&sample(probe.due, probe.sent_at, false, result));
        }
        self.now = (self.clock)();
        self.record = self.so_far();
        run.idle();
    }
}

fn sample(probe: DueProbe, sent_at: Instant, late: bool, result: ProbeResult) -> Sample {
    Sample {
        target: probe.target,
        seq: probe.seq,
        warmup: probe.warmup,
        scheduled_at: probe.due,
        sent_at,
        late,
        result,
    }
}
