//! When to send, whom to wait for, when to give up: one loop for one target and for thousands.

mod in_flight;
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
use crate::stats::RunRecord;
use in_flight::{Flight, Flights, Phase};
use schedule::{Schedule, Slot};

/// A loop that comes round this much later than it wanted to has stood still.
const STANDSTILL: Duration = Duration::from_secs(1);

/// Probes started in one go before the loop looks at answers again.
const BATCH: usize = 64;

/// How long an answer past the deadline is waited for: as long again as the timeout, but long
/// enough for a second SYN and not for ever.
const LATE_AT_LEAST: Duration = Duration::from_secs(3);
const LATE_AT_MOST: Duration = Duration::from_secs(10);

/// Takes what was measured.
pub trait SampleSink {
    /// A probe has ended.
    fn sample(&mut self, sample: &Sample);
    /// A datagram came from a target that ended no probe.
    fn extra_reply(&mut self, _target: TargetId, _extra: ExtraReply) {}
}

/// What the engine asks of the run that it drives: new targets, new addresses, whether to stop.
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
    /// Whether the local port of the probe that has just failed is needed elsewhere, so that no late reply to it is
    /// waited for.
    fn needs_port(&self, _target: TargetId) -> bool {
        false
    }
    /// Interim statistics are wanted: by a signal, or because the interval between them has passed.
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
    pace: SchedulePlan,
    schedule: Schedule,
    flights: Flights,
    signals: &'a dyn SignalState,
    clock: &'a dyn Fn() -> Instant,
    progress: Vec<ProbeEvent>,
    /// Most sockets that may be open at once.
    limit: usize,
    /// Fewer, while the system has no descriptor left for more.
    cap: usize,
    /// User-clock times of probes sent before this are not to be trusted.
    trusted_since: Instant,
    now: Instant,
    next_summary: Option<Instant>,
    record: RunRecord,
}

impl<'a, N: Network> Engine<'a, N> {
    /// An engine for `targets` targets with at most `cap` sockets open at once.
    pub fn new(
        network: N,
        pace: SchedulePlan,
        targets: usize,
        cap: usize,
        signals: &'a dyn SignalState,
        clock: &'a dyn Fn() -> Instant,
    ) -> Self {
        let now = clock();
        Self {
            network,
            pace,
            schedule: Schedule::new(pace, targets, now),
            flights: Flights::default(),
            signals,
            clock,
            progress: Vec::new(),
            limit: cap.max(1),
            cap: cap.max(1),
            trusted_since: now,
            now,
            next_summary: pace.summary_every.map(|every| now + every),
            record: RunRecord::starting(now),
        }
    }

    /// Runs until the plan is done or the user has had enough. If the network fails, what was measured until
    /// then is still recorded.
    pub fn run(mut self, run: &mut dyn Run) -> (RunRecord, io::Result<()>) {
        let mut result = Ok(());
        while result.is_ok() && !self.signals.stop_requested() && !run.is_done() {
            let blocked = self.start_due(run);
            let expects_targets = run.expects_targets() && !self.schedule.has_ended(self.now);
            if self.is_idle() && !expects_targets {
                break;
            }
            result = self.wait(blocked, run);
            self.collect(run);
            self.expire(run);
            if self.signals.take_statistics_request() || self.is_summary_due() {
                run.statistics_requested(&self.so_far());
            }
            self.follow(run);
        }
        self.finish(run);
        (self.record, result)
    }

    /// Takes in new targets, and new addresses of old ones.
    fn follow(&mut self, run: &mut dyn Run) {
        for (target, address) in run.changed_addresses() {
            self.network.set_address(target, address);
        }
        for target in run.new_targets() {
            self.network.add_target(&target);
            self.schedule.add_target(self.now);
        }
    }

    /// Whether it is time to tell the statistics so far; not for every time that was missed.
    fn is_summary_due(&mut self) -> bool {
        let (Some(next), Some(every)) = (self.next_summary, self.pace.summary_every) else {
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
            behind: self.record.behind + self.schedule.cut(),
            ..self.record
        }
    }

    /// Whether nothing is under way and nothing is due.
    fn is_idle(&self) -> bool {
        let waiting = self.flights.count(Phase::Connecting) + self.flights.count(Phase::Holding);
        waiting == 0 && self.schedule.next_due().is_none()
    }

    /// Starts what is due; tells whether something had to wait for a free descriptor.
    fn start_due(&mut self, run: &mut dyn Run) -> bool {
        for _ in 0..BATCH {
            let Some(slot) = self.schedule.pop(self.now) else {
                break;
            };
            if !self.has_room() || !self.start(slot, run) {
                self.schedule.put_back(slot);
                return true;
            }
        }
        false
    }

    /// Makes room by no longer waiting for the oldest late answer.
    fn has_room(&mut self) -> bool {
        while self.flights.open() >= self.cap {
            let Some(oldest) = self.flights.oldest(Phase::Overdue) else {
                self.record.descriptor_cap = Some(self.cap);
                return false;
            };
            self.drop_overdue(oldest);
        }
        true
    }

    /// Starts one probe. False: there was no descriptor for it, and it must wait for one.
    fn start(&mut self, slot: Slot, run: &mut dyn Run) -> bool {
        let id = self.flights.reserve();
        match self.network.start(id, slot.target) {
            Started::InProgress { sent_at } => {
                let flight = Flight {
                    slot,
                    sent_at,
                    phase: Phase::Connecting,
                };
                self.flights.launch(id, flight, sent_at + self.pace.timeout);
            }
            Started::Ended { sent_at, result } => {
                self.flights.cancel(id);
                if self.must_wait_for_descriptor(&result) {
                    return false;
                }
                run.sample(&sample(slot, sent_at, false, result));
                self.schedule.ended(slot.target, sent_at);
            }
        }
        true
    }

    /// Out of descriptors while probes are under way: fewer at once will do, and none has failed.
    fn must_wait_for_descriptor(&mut self, result: &ProbeResult) -> bool {
        let none_left = result.outcome == Outcome::Local(LocalCause::TooManyOpenFiles);
        let wait = none_left && self.flights.open() > 0;
        if wait {
            self.cap = self.flights.open();
            self.record.descriptor_cap = Some(self.cap);
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
        let wake = [due, self.flights.next_alarm()].into_iter().flatten().min();
        let told = [
            wake,
            self.next_summary,
            self.schedule.end_of_waiting(self.now),
        ];
        let told = told.into_iter().flatten().min();
        self.network.wait(told)?;
        let before = std::mem::replace(&mut self.now, (self.clock)());
        // What was due long ago is a backlog, not a standstill.
        self.notice_standstill(wake.map(|wake| wake.max(before)));
        self.notice_backlog();
        Ok(())
    }

    /// A process that was stopped, starved, or held up by its own output has not measured anything
    /// meanwhile: the gap is nobody's outage. The schedule and all deadlines move on by it.
    fn notice_standstill(&mut self, wake: Option<Instant>) {
        let gap = wake.map_or(Duration::ZERO, |wake| {
            self.now.saturating_duration_since(wake)
        });
        if self.signals.take_continued() || gap >= STANDSTILL {
            self.trusted_since = self.now;
        }
        if gap >= STANDSTILL {
            self.flights.delay(gap);
            self.schedule.skip(gap);
            self.record.stalled += gap;
        }
    }

    /// A schedule that this machine cannot keep is not made up for later: it moves on.
    fn notice_backlog(&mut self) {
        let due = self.schedule.next_due().unwrap_or(self.now);
        let behind = self.now.saturating_duration_since(due);
        if behind >= STANDSTILL && !self.pace.is_closed_loop() {
            self.schedule.skip(behind);
            self.record.behind += behind;
        }
    }

    fn collect(&mut self, run: &mut dyn Run) {
        let mut progress = std::mem::take(&mut self.progress);
        self.network
            .collect(self.now, self.trusted_since, &mut progress);
        for step in progress.drain(..) {
            match step {
                ProbeEvent::Ended(id, result) => self.end(id, result, run),
                ProbeEvent::Connected(id) => self.hold(id, run),
                ProbeEvent::ExtraReply(target, extra) => run.extra_reply(target, extra),
            }
        }
        self.progress = progress;
    }

    fn hold(&mut self, id: ProbeId, run: &mut dyn Run) {
        let until = self.now + self.pace.hold.unwrap_or_default();
        match self.flights.get(id).map(|flight| flight.phase) {
            Some(Phase::Connecting) => self.flights.enter(id, Phase::Holding, until),
            // A late answer is what was waited for; there is no point in holding it.
            Some(Phase::Overdue) => {
                let result = self.network.end_hold(id);
                self.end(id, result, run);
            }
            _ => {}
        }
    }

    fn end(&mut self, id: ProbeId, result: ProbeResult, run: &mut dyn Run) {
        let Some(flight) = self.landed(id) else {
            return;
        };
        let kind = result.outcome.kind();
        if flight.phase != Phase::Overdue {
            self.report(&flight, result, run);
        } else if kind.class() != OutcomeClass::Local && kind != OutcomeKind::NoReply {
            // Only an answer is late: neither our own trouble nor the kernel's giving up is one.
            run.sample(&sample(flight.slot, flight.sent_at, true, result));
        }
    }

    /// A flight is over, and its descriptor free again.
    fn landed(&mut self, id: ProbeId) -> Option<Flight> {
        let flight = self.flights.land(id)?;
        self.cap = self.limit.min(self.cap + 1);
        Some(flight)
    }

    fn report(&mut self, flight: &Flight, result: ProbeResult, run: &mut dyn Run) {
        run.sample(&sample(flight.slot, flight.sent_at, false, result));
        self.schedule.ended(flight.slot.target, self.now);
    }

    fn expire(&mut self, run: &mut dyn Run) {
        while let Some(id) = self.flights.expired(Phase::Connecting, self.now) {
            self.time_out(id, run);
        }
        while let Some(id) = self.flights.expired(Phase::Holding, self.now) {
            let result = self.network.end_hold(id);
            self.end(id, result, run);
        }
        while let Some(id) = self.flights.expired(Phase::Overdue, self.now) {
            self.drop_overdue(id);
        }
    }

    /// The deadline has passed: the probe has failed, but its answer may still come.
    fn time_out(&mut self, id: ProbeId, run: &mut dyn Run) {
        let Some(flight) = self.flights.get(id).copied() else {
            return;
        };
        let result = self.network.time_out(id, self.now, self.trusted_since);
        if result.outcome == Outcome::NoReply {
            let patience = self.pace.timeout.clamp(LATE_AT_LEAST, LATE_AT_MOST);
            self.flights.enter(id, Phase::Overdue, self.now + patience);
        } else {
            self.landed(id);
        }
        self.report(&flight, result, run);
        if result.outcome == Outcome::NoReply && run.needs_port(flight.slot.target) {
            self.drop_overdue(id);
        }
    }

    fn drop_overdue(&mut self, id: ProbeId) {
        self.landed(id);
        self.network.cancel(id);
    }

    /// The run is over: what is still under way is neither lost nor sent.
    fn finish(&mut self, run: &mut dyn Run) {
        let waits = run.expects_targets() && !self.schedule.has_ended(self.now);
        self.record.interrupted = waits || !self.is_idle();
        for id in self.flights.ids() {
            let Some(flight) = self.flights.land(id) else {
                continue;
            };
            let result = match flight.phase {
                Phase::Connecting => self.network.cancel(id),
                Phase::Holding => self.network.end_hold(id),
                Phase::Overdue => {
                    self.network.cancel(id);
                    continue;
                }
            };
            run.sample(&sample(flight.slot, flight.sent_at, false, result));
        }
        self.now = (self.clock)();
        self.record = self.so_far();
        run.idle();
    }
}

fn sample(slot: Slot, sent_at: Instant, late: bool, result: ProbeResult) -> Sample {
    Sample {
        target: slot.target,
        seq: slot.seq,
        warmup: slot.warmup,
        scheduled_at: slot.due,
        sent_at,
        late,
        result,
    }
}
