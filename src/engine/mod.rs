//! When to send, whom to wait for, when to give up: one loop for one target and for thousands.

mod flights;
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
use crate::plan::Pace;
use crate::platform::SignalState;
use crate::probe::{Network, ProbeId, Progress, Started};
use crate::stats::RunRecord;
use flights::{Flight, Flights, Phase};
use schedule::{Schedule, Slot};

/// A loop that comes round this much later than it wanted to has stood still.
const STANDSTILL: Duration = Duration::from_secs(1);

/// Probes started in one go before the loop looks at answers again.
const BATCH: usize = 64;

/// How long an answer past the deadline is waited for: as long again as the timeout, but long
/// enough for a second SYN and not for ever.
const LATE_AT_LEAST: Duration = Duration::from_secs(3);
const LATE_AT_MOST: Duration = Duration::from_secs(10);

/// Where samples go.
pub trait Sink {
    /// A probe has ended.
    fn sample(&mut self, sample: &Sample);
    /// Something came from a target that ended no probe.
    fn extra(&mut self, target: TargetId, extra: ExtraReply);
    /// The user wants the statistics so far.
    fn statistics_requested(&mut self, so_far: &RunRecord);
    /// Targets that have another address now.
    fn moved(&mut self) -> Vec<(TargetId, SocketAddr)> {
        Vec::new()
    }
    /// Targets that have come to be known.
    fn joined(&mut self) -> Vec<Target> {
        Vec::new()
    }
    /// Whether more targets may come.
    fn expects_more(&self) -> bool {
        false
    }
    /// Whether the local port of the probe that has just failed is wanted for something else, so that a late answer
    /// to it is not waited for.
    fn takes_port(&self, _target: TargetId) -> bool {
        false
    }
    /// Nothing to do for now: a good moment to flush.
    fn idle(&mut self);
    /// Whether the run is to stop early, for a reason of the sink's own.
    fn has_enough(&self) -> bool {
        false
    }
}

/// Drives probes over a network.
pub struct Engine<'a, N> {
    network: N,
    pace: Pace,
    schedule: Schedule,
    flights: Flights,
    signals: &'a dyn SignalState,
    clock: &'a dyn Fn() -> Instant,
    progress: Vec<Progress>,
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
        pace: Pace,
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
    pub fn run(mut self, sink: &mut dyn Sink) -> (RunRecord, io::Result<()>) {
        let mut result = Ok(());
        while result.is_ok() && !self.signals.stop_requested() && !sink.has_enough() {
            let blocked = self.start_due(sink);
            let expects_more = sink.expects_more() && !self.schedule.has_ended(self.now);
            if self.is_idle() && !expects_more {
                break;
            }
            result = self.wait(blocked, sink);
            self.collect(sink);
            self.expire(sink);
            if self.signals.take_statistics_request() || self.is_summary_due() {
                sink.statistics_requested(&self.so_far());
            }
            self.follow(sink);
        }
        self.finish(sink);
        (self.record, result)
    }

    /// Takes in new targets, and new addresses of old ones.
    fn follow(&mut self, sink: &mut dyn Sink) {
        for (target, address) in sink.moved() {
            self.network.redirect(target, address);
        }
        for target in sink.joined() {
            self.network.join(&target);
            self.schedule.join(self.now);
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
    fn start_due(&mut self, sink: &mut dyn Sink) -> bool {
        for _ in 0..BATCH {
            let Some(slot) = self.schedule.pop(self.now) else {
                break;
            };
            if !self.has_room() || !self.start(slot, sink) {
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
    fn start(&mut self, slot: Slot, sink: &mut dyn Sink) -> bool {
        let id = self.flights.reserve();
        match self.network.begin(id, slot.target) {
            Started::UnderWay { sent_at } => {
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
                sink.sample(&sample(slot, sent_at, false, result));
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

    fn wait(&mut self, blocked: bool, sink: &mut dyn Sink) -> io::Result<()> {
        sink.idle();
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

    fn collect(&mut self, sink: &mut dyn Sink) {
        let mut progress = std::mem::take(&mut self.progress);
        self.network
            .collect(self.now, self.trusted_since, &mut progress);
        for step in progress.drain(..) {
            match step {
                Progress::Ended(id, result) => self.end(id, result, sink),
                Progress::Connected(id) => self.hold(id, sink),
                Progress::ExtraReply(target, extra) => sink.extra(target, extra),
            }
        }
        self.progress = progress;
    }

    fn hold(&mut self, id: ProbeId, sink: &mut dyn Sink) {
        let until = self.now + self.pace.hold.unwrap_or_default();
        match self.flights.get(id).map(|flight| flight.phase) {
            Some(Phase::Connecting) => self.flights.enter(id, Phase::Holding, until),
            // A late answer is what was waited for; there is no point in holding it.
            Some(Phase::Overdue) => {
                let result = self.network.release(id);
                self.end(id, result, sink);
            }
            _ => {}
        }
    }

    fn end(&mut self, id: ProbeId, result: ProbeResult, sink: &mut dyn Sink) {
        let Some(flight) = self.landed(id) else {
            return;
        };
        let kind = result.outcome.kind();
        if flight.phase != Phase::Overdue {
            self.report(&flight, result, sink);
        } else if kind.class() != OutcomeClass::Local && kind != OutcomeKind::NoReply {
            // Only an answer is late: neither our own trouble nor the kernel's giving up is one.
            sink.sample(&sample(flight.slot, flight.sent_at, true, result));
        }
    }

    /// A flight is over, and its descriptor free again.
    fn landed(&mut self, id: ProbeId) -> Option<Flight> {
        let flight = self.flights.land(id)?;
        self.cap = self.limit.min(self.cap + 1);
        Some(flight)
    }

    fn report(&mut self, flight: &Flight, result: ProbeResult, sink: &mut dyn Sink) {
        sink.sample(&sample(flight.slot, flight.sent_at, false, result));
        self.schedule.ended(flight.slot.target, self.now);
    }

    fn expire(&mut self, sink: &mut dyn Sink) {
        while let Some(id) = self.flights.expired(Phase::Connecting, self.now) {
            self.give_up(id, sink);
        }
        while let Some(id) = self.flights.expired(Phase::Holding, self.now) {
            let result = self.network.release(id);
            self.end(id, result, sink);
        }
        while let Some(id) = self.flights.expired(Phase::Overdue, self.now) {
            self.drop_overdue(id);
        }
    }

    /// The deadline has passed: the probe has failed, but its answer may still come.
    fn give_up(&mut self, id: ProbeId, sink: &mut dyn Sink) {
        let Some(flight) = self.flights.get(id).copied() else {
            return;
        };
        let result = self.network.give_up(id, self.now, self.trusted_since);
        if result.outcome == Outcome::NoReply {
            let patience = self.pace.timeout.clamp(LATE_AT_LEAST, LATE_AT_MOST);
            self.flights.enter(id, Phase::Overdue, self.now + patience);
        } else {
            self.landed(id);
        }
        self.report(&flight, result, sink);
        if result.outcome == Outcome::NoReply && sink.takes_port(flight.slot.target) {
            self.drop_overdue(id);
        }
    }

    fn drop_overdue(&mut self, id: ProbeId) {
        self.landed(id);
        self.network.abandon(id);
    }

    /// The run is over: what is still under way is neither lost nor sent.
    fn finish(&mut self, sink: &mut dyn Sink) {
        let waits = sink.expects_more() && !self.schedule.has_ended(self.now);
        self.record.interrupted = waits || !self.is_idle();
        for id in self.flights.ids() {
            let Some(flight) = self.flights.land(id) else {
                continue;
            };
            let result = match flight.phase {
                Phase::Connecting => self.network.abandon(id),
                Phase::Holding => self.network.release(id),
                Phase::Overdue => {
                    self.network.abandon(id);
                    continue;
                }
            };
            sink.sample(&sample(flight.slot, flight.sent_at, false, result));
        }
        self.now = (self.clock)();
        self.record = self.so_far();
        sink.idle();
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
