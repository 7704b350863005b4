//! The engine with a fake network and a fake clock that advances only while the engine waits.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Engine, RunControl, RunRecord, SampleSink};
use crate::hosts::{Protocol, Target};
use crate::outcome::{
    Evidence, Handshake, LocalCause, Outcome, OutcomeKind, ProbeResult, Sample, TargetId,
};
use crate::plan::{Limit, SchedulePlan};
use crate::platform::SignalState;
use crate::probe::{Network, ProbeEvent, ProbeId, Started};

const MS: Duration = Duration::from_millis(1);
const OK: Outcome = Outcome::Connected(Handshake::Clean);

/// The delay and outcome of a reply to the nth probe; `None`: no reply.
type Script = fn(probe: u64) -> Option<(Duration, Outcome)>;

/// Fake clock and signals.
struct FakeHost {
    now: Cell<Instant>,
    stop_at: Cell<Option<Instant>>,
    /// When the process is suspended, and for how long.
    suspended: Cell<Option<(Instant, Duration)>>,
    continued: Cell<bool>,
    /// When a further target is resolved.
    resolved_at: Cell<Option<Instant>>,
}

impl SignalState for FakeHost {
    fn stop_requested(&self) -> bool {
        self.stop_at.get().is_some_and(|at| self.now.get() >= at)
    }
    fn take_statistics_request(&self) -> bool {
        false
    }
    fn take_continued(&self) -> bool {
        self.continued.take()
    }
}

struct FakeNetwork<'a> {
    host: &'a FakeHost,
    script: Script,
    started: u64,
    replies: HashMap<ProbeId, (Instant, Outcome)>,
    max_open: &'a Cell<usize>,
    open: usize,
    /// EMFILE beyond this many open sockets.
    descriptors: usize,
}

fn result(outcome: Outcome) -> ProbeResult {
    (outcome, Evidence::default()).into()
}

impl FakeNetwork<'_> {
    fn close(&mut self, id: ProbeId) {
        self.replies.remove(&id);
        self.open -= 1;
    }
}

impl Network for FakeNetwork<'_> {
    fn start(&mut self, id: ProbeId, _: TargetId) -> Started {
        let sent_at = self.host.now.get();
        if self.open >= self.descriptors {
            let result = result(Outcome::Local(LocalCause::TooManyOpenFiles));
            return Started::Ended { sent_at, result };
        }
        if let Some((after, outcome)) = (self.script)(self.started) {
            self.replies.insert(id, (sent_at + after, outcome));
        }
        self.started += 1;
        self.open += 1;
        self.max_open.set(self.max_open.get().max(self.open));
        Started::InProgress { sent_at }
    }

    fn add_target(&mut self, _: &Target) {}

    fn wait(&mut self, until: Option<Instant>) -> io::Result<()> {
        let reply = self.replies.values().map(|(at, _)| *at).min();
        let stop = self.host.stop_at.get();
        let resolved_at = self.host.resolved_at.get();
        let next = [until, reply, stop, resolved_at]
            .into_iter()
            .flatten()
            .min();
        let mut now = next
            .expect("something to wait for")
            .max(self.host.now.get());
        if let Some((at, gap)) = self.host.suspended.get()
            && now >= at
        {
            now = now.max(at + gap);
            self.host.suspended.set(None);
            self.host.continued.set(true);
        }
        self.host.now.set(now);
        Ok(())
    }

    fn collect(&mut self, now: Instant, _: Instant, events: &mut Vec<ProbeEvent>) {
        let due = self.replies.iter().filter(|(_, (at, _))| *at <= now);
        let due: Vec<_> = due.map(|(id, (_, outcome))| (*id, *outcome)).collect();
        for (id, outcome) in due {
            self.close(id);
            events.push(ProbeEvent::Ended(id, result(outcome)));
        }
    }

    fn time_out(&mut self, id: ProbeId, now: Instant, _: Instant) -> ProbeResult {
        match self.replies.get(&id) {
            Some((at, outcome)) if *at <= now => {
                let outcome = *outcome;
                self.close(id);
                result(outcome)
            }
            _ => result(Outcome::NoReply),
        }
    }

    fn end_hold(&mut self, id: ProbeId) -> ProbeResult {
        self.close(id);
        result(OK)
    }

    fn set_address(&mut self, _: TargetId, _: SocketAddr) {}

    fn cancel(&mut self, id: ProbeId) -> ProbeResult {
        self.close(id);
        result(Outcome::Unfinished)
    }
}

#[derive(Default)]
struct Samples(RefCell<Vec<Sample>>);

/// A run that records its samples; the host decides when the further target is resolved.
struct TestRun<'a> {
    samples: &'a Samples,
    host: &'a FakeHost,
}

impl SampleSink for TestRun<'_> {
    fn sample(&mut self, sample: &Sample) {
        self.samples.0.borrow_mut().push(*sample);
    }
}

impl RunControl for TestRun<'_> {
    fn new_targets(&mut self) -> Vec<Target> {
        let now = self.host.now.get();
        let resolved_at = self.host.resolved_at.take();
        let is_due = resolved_at.is_some_and(|at| at <= now);
        if !is_due {
            self.host.resolved_at.set(resolved_at);
        }
        let target = Target {
            protocol: Protocol::Tcp,
            host: "late.example".into(),
            address: ([10, 20, 0, 7], 443).into(),
            lookup: None,
        };
        is_due.then_some(target).into_iter().collect()
    }
    fn expects_targets(&self) -> bool {
        self.host.resolved_at.get().is_some()
    }
}

impl Samples {
    fn outcomes(&self) -> Vec<(u64, bool, OutcomeKind)> {
        let samples = self.0.borrow();
        let outcomes = samples
            .iter()
            .map(|s| (s.seq, s.late, s.result.outcome.kind()));
        outcomes.collect()
    }
}

/// The parameters of one run, and its samples.
struct EngineTest {
    host: FakeHost,
    start: Instant,
    plan: SchedulePlan,
    descriptors: usize,
    targets: usize,
    max_open: Cell<usize>,
    samples: Samples,
}

impl EngineTest {
    fn new(count: u64, interval: Duration, timeout: Duration) -> Self {
        let start = Instant::now();
        Self {
            host: FakeHost {
                now: Cell::new(start),
                stop_at: Cell::new(None),
                suspended: Cell::new(None),
                continued: Cell::new(false),
                resolved_at: Cell::new(None),
            },
            start,
            plan: SchedulePlan {
                limit: Limit::Count(count),
                interval,
                warmup: 0,
                timeout,
                in_flight: 4,
                hold: None,
                summary_every: None,
            },
            descriptors: usize::MAX,
            targets: 1,
            max_open: Cell::new(0),
            samples: Samples::default(),
        }
    }

    fn run(&self, script: Script) -> RunRecord {
        let network = FakeNetwork {
            host: &self.host,
            script,
            started: 0,
            replies: HashMap::new(),
            max_open: &self.max_open,
            open: 0,
            descriptors: self.descriptors,
        };
        let clock = || self.host.now.get();
        let engine = Engine::new(network, self.plan, self.targets, 100, &self.host, &clock);
        let mut sink = TestRun {
            samples: &self.samples,
            host: &self.host,
        };
        let (record, result) = engine.run(&mut sink);
        result.expect("the fake network does not fail");
        record
    }
}

#[test]
fn a_probe_without_reply_ends_at_its_timeout_and_delays_no_other() {
    let test = EngineTest::new(3, MS * 100, MS * 250);
    test.run(|probe| (probe != 0).then_some((MS, OK)));
    let kinds: Vec<_> = test
        .samples
        .outcomes()
        .iter()
        .map(|(seq, _, kind)| (*seq, *kind))
        .collect();
    let connected = OutcomeKind::Connected;
    assert_eq!(
        kinds,
        [(2, connected), (3, connected), (1, OutcomeKind::NoReply)]
    );
    let sent = test
        .samples
        .0
        .borrow()
        .iter()
        .map(|s| s.sent_at - test.start)
        .max();
    assert_eq!(sent, Some(MS * 200));
}

#[test]
fn a_reply_after_the_timeout_is_a_second_sample_marked_late() {
    let test = EngineTest::new(8, MS * 100, MS * 250);
    test.run(|probe| Some(if probe == 0 { (MS * 400, OK) } else { (MS, OK) }));
    let first: Vec<_> = test
        .samples
        .outcomes()
        .into_iter()
        .filter(|(seq, _, _)| *seq == 1)
        .collect();
    let expected = [
        (1, false, OutcomeKind::NoReply),
        (1, true, OutcomeKind::Connected),
    ];
    assert_eq!(first, expected);
}

#[test]
fn etimedout_after_the_timeout_is_no_late_reply() {
    let test = EngineTest::new(8, MS * 100, MS * 250);
    test.run(|probe| {
        Some(if probe == 0 {
            (MS * 400, Outcome::NoReply)
        } else {
            (MS, OK)
        })
    });
    assert!(test.samples.outcomes().iter().all(|(_, late, _)| !late));
    assert_eq!(test.samples.outcomes().len(), 8, "no second sample for it");
}

#[test]
fn a_probe_in_flight_at_an_interrupt_is_unfinished() {
    let test = EngineTest::new(9, MS * 100, MS * 1000);
    test.host.stop_at.set(Some(test.start + MS * 150));
    let record = test.run(|probe| (probe == 0).then_some((MS, OK)));
    let expected = [
        (1, false, OutcomeKind::Connected),
        (2, false, OutcomeKind::Unfinished),
    ];
    assert_eq!(test.samples.outcomes(), expected);
    assert!(record.interrupted);
}

#[test]
fn a_stall_postpones_deadlines_and_schedule_and_fails_no_probe() {
    let test = EngineTest::new(5, MS * 100, MS * 300);
    test.host
        .suspended
        .set(Some((test.start + MS * 150, MS * 5000)));
    let record = test.run(|_| Some((MS * 250, OK)));
    let failed = test
        .samples
        .outcomes()
        .iter()
        .filter(|(_, _, kind)| *kind != OutcomeKind::Connected)
        .count();
    assert_eq!(failed, 0, "{:?}", test.samples.outcomes());
    assert_eq!(test.samples.outcomes().len(), 5, "the whole count is sent");
    assert!(record.stalled >= MS * 4000, "{record:?}");
    assert_eq!(record.skipped, 0, "a run with a probe count skips none");
}

#[test]
fn a_run_with_a_duration_counts_probes_skipped_by_a_stall() {
    let mut test = EngineTest::new(1, MS * 100, MS * 300);
    test.plan.limit = Limit::Duration(MS * 7000);
    test.host
        .suspended
        .set(Some((test.start + MS * 150, MS * 5000)));
    let record = test.run(|_| Some((MS, OK)));
    let sent = test.samples.outcomes().len() as u64;
    assert!((49..=51).contains(&record.skipped), "{record:?}");
    assert_eq!(sent + record.skipped, 70);
}

#[test]
fn probes_skipped_at_the_end_of_a_run_are_reported_as_behind() {
    let mut test = EngineTest::new(1, MS * 100, MS * 300);
    test.plan.limit = Limit::Duration(MS * 1000);
    // Shorter than a stall, and the run ends before the schedule is postponed.
    let pause = (test.start + MS * 450, MS * 800);
    test.host.suspended.set(Some(pause));
    let record = test.run(|_| Some((MS, OK)));
    let sent = test.samples.outcomes().len() as u64;
    assert_eq!((sent, record.skipped), (5, 5), "{record:?}");
    assert_eq!(record.stalled, Duration::ZERO);
    assert_eq!(
        record.behind,
        MS * 500,
        "from the first skipped probe to the end"
    );
}

#[test]
fn a_reply_at_the_timeout_counts() {
    let test = EngineTest::new(1, MS * 100, MS * 300);
    test.run(|_| Some((MS * 300, OK)));
    assert_eq!(
        test.samples.outcomes(),
        [(1, false, OutcomeKind::Connected)]
    );
}

#[test]
fn with_few_descriptors_every_target_is_probed() {
    let mut test = EngineTest::new(1, MS * 10, MS * 100);
    test.descriptors = 4;
    test.targets = 30;
    test.run(|_| None);
    let mut targets: Vec<_> = test.samples.0.borrow().iter().map(|s| s.target).collect();
    targets.sort();
    targets.dedup();
    assert_eq!(targets.len(), 30);
}

#[test]
fn a_closed_loop_keeps_the_configured_number_in_flight() {
    let test = EngineTest::new(50, Duration::ZERO, MS * 1000);
    test.run(|_| Some((MS, OK)));
    assert_eq!(test.max_open.get(), 4);
    assert_eq!(test.samples.outcomes().len(), 50);
}

#[test]
fn without_a_free_descriptor_probes_wait() {
    let mut test = EngineTest::new(20, Duration::ZERO, MS * 1000);
    test.descriptors = 2;
    let record = test.run(|_| Some((MS, OK)));
    assert_eq!(test.samples.outcomes().len(), 20);
    assert!(
        test.samples
            .outcomes()
            .iter()
            .all(|(_, _, kind)| *kind == OutcomeKind::Connected)
    );
    assert_eq!(record.descriptor_cap, Some(2));
}

#[test]
fn sockets_waiting_for_late_replies_are_closed_first() {
    let mut test = EngineTest::new(30, MS * 10, MS * 20);
    test.descriptors = 5;
    test.run(|_| None);
    assert_eq!(test.samples.outcomes().len(), 30, "every probe ran");
    assert!(
        test.samples
            .outcomes()
            .iter()
            .all(|(_, _, kind)| *kind == OutcomeKind::NoReply)
    );
}

#[test]
fn without_any_descriptor_probes_fail_as_local() {
    let mut test = EngineTest::new(2, MS, MS * 1000);
    test.descriptors = 0;
    test.run(|_| Some((MS, OK)));
    let kinds: Vec<_> = test
        .samples
        .outcomes()
        .iter()
        .map(|(_, _, kind)| *kind)
        .collect();
    assert_eq!(kinds, [OutcomeKind::Local, OutcomeKind::Local]);
}

/// The target of each sample and when it was sent, in ms after the start.
fn probed(test: &EngineTest) -> Vec<(u32, u128)> {
    let samples = test.samples.0.borrow();
    let probed = samples.iter().map(|sample| {
        let sent = sample.sent_at.duration_since(test.start);
        (sample.target.0, sent.as_millis())
    });
    probed.collect()
}

#[test]
fn a_target_added_during_the_run_gets_all_its_probes_and_delays_no_other() {
    let test = EngineTest::new(2, MS * 100, MS * 250);
    test.host.resolved_at.set(Some(test.start + MS * 130));
    let record = test.run(|_| Some((MS, OK)));
    assert_eq!(probed(&test), [(0, 0), (0, 100), (1, 130), (1, 230)]);
    assert!(!record.interrupted);
}

#[test]
fn the_run_waits_for_a_target_still_being_resolved() {
    let test = EngineTest::new(1, MS * 100, MS * 250);
    test.host.resolved_at.set(Some(test.start + MS * 900));
    test.run(|_| Some((MS, OK)));
    assert_eq!(probed(&test), [(0, 0), (1, 900)]);
}

#[test]
fn the_run_does_not_wait_for_targets_beyond_its_duration() {
    let mut test = EngineTest::new(1, MS * 100, MS * 250);
    test.plan.limit = Limit::Duration(MS * 150);
    test.host.resolved_at.set(Some(test.start + MS * 900));
    let record = test.run(|_| Some((MS, OK)));
    assert_eq!(probed(&test), [(0, 0), (0, 100)]);
    assert!(!record.interrupted);
    assert!(record.ended < test.start + MS * 200);
}

#[test]
fn in_a_closed_loop_an_added_target_gets_all_its_probes_in_flight() {
    let mut test = EngineTest::new(4, Duration::ZERO, MS * 250);
    test.plan.in_flight = 2;
    test.host.resolved_at.set(Some(test.start + MS * 5));
    test.run(|_| Some((MS * 10, OK)));
    let late: Vec<_> = probed(&test)
        .into_iter()
        .filter(|(id, _)| *id == 1)
        .collect();
    assert_eq!(late, [(1, 5), (1, 5), (1, 15), (1, 15)]);
}
