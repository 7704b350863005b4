//! The engine against a made-up network and a clock that moves only when it waits.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Engine, RunControl, SampleSink};
use crate::hosts::{Protocol, Target};
use crate::outcome::{
    Evidence, Handshake, LocalCause, Outcome, OutcomeKind, ProbeResult, Sample, TargetId,
};
use crate::plan::{Limit, SchedulePlan};
use crate::platform::SignalState;
use crate::probe::{Network, ProbeEvent, ProbeId, Started};
use crate::stats::RunRecord;

const MS: Duration = Duration::from_millis(1);
const OK: Outcome = Outcome::Connected(Handshake::Clean);

/// When a probe is answered after its start, and how; silence for ever if there is no entry.
type Script = fn(probe: u64) -> Option<(Duration, Outcome)>;

/// A world with a clock of its own.
struct World {
    now: Cell<Instant>,
    stop_at: Cell<Option<Instant>>,
    /// The process is stopped at this time, for so long.
    stopped: Cell<Option<(Instant, Duration)>>,
    continued: Cell<bool>,
    /// When a target comes to be known, if one does.
    arrival: Cell<Option<Instant>>,
}

impl SignalState for World {
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

struct Fake<'a> {
    world: &'a World,
    script: Script,
    begun: u64,
    answers: HashMap<ProbeId, (Instant, Outcome)>,
    most_open: &'a Cell<usize>,
    open: usize,
    /// Beyond this many sockets there are no descriptors.
    descriptors: usize,
}

fn result(outcome: Outcome) -> ProbeResult {
    (outcome, Evidence::default()).into()
}

impl Fake<'_> {
    fn close(&mut self, id: ProbeId) {
        self.answers.remove(&id);
        self.open -= 1;
    }
}

impl Network for Fake<'_> {
    fn start(&mut self, id: ProbeId, _: TargetId) -> Started {
        let sent_at = self.world.now.get();
        if self.open >= self.descriptors {
            let result = result(Outcome::Local(LocalCause::TooManyOpenFiles));
            return Started::Ended { sent_at, result };
        }
        if let Some((after, outcome)) = (self.script)(self.begun) {
            self.answers.insert(id, (sent_at + after, outcome));
        }
        self.begun += 1;
        self.open += 1;
        self.most_open.set(self.most_open.get().max(self.open));
        Started::InProgress { sent_at }
    }

    fn add_target(&mut self, _: &Target) {}

    fn wait(&mut self, until: Option<Instant>) -> io::Result<()> {
        let answer = self.answers.values().map(|(at, _)| *at).min();
        let stop = self.world.stop_at.get();
        let arrival = self.world.arrival.get();
        let next = [until, answer, stop, arrival].into_iter().flatten().min();
        let mut now = next
            .expect("something to wait for")
            .max(self.world.now.get());
        if let Some((at, gap)) = self.world.stopped.get()
            && now >= at
        {
            now = now.max(at + gap);
            self.world.stopped.set(None);
            self.world.continued.set(true);
        }
        self.world.now.set(now);
        Ok(())
    }

    fn collect(&mut self, now: Instant, _: Instant, progress: &mut Vec<ProbeEvent>) {
        let due = self.answers.iter().filter(|(_, (at, _))| *at <= now);
        let due: Vec<_> = due.map(|(id, (_, outcome))| (*id, *outcome)).collect();
        for (id, outcome) in due {
            self.close(id);
            progress.push(ProbeEvent::Ended(id, result(outcome)));
        }
    }

    fn time_out(&mut self, id: ProbeId, now: Instant, _: Instant) -> ProbeResult {
        match self.answers.get(&id) {
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
struct Seen(RefCell<Vec<Sample>>);

/// A target is known only when the world says so.
struct Late<'a> {
    seen: &'a Seen,
    world: &'a World,
}

impl SampleSink for Late<'_> {
    fn sample(&mut self, sample: &Sample) {
        self.seen.0.borrow_mut().push(*sample);
    }
}

impl RunControl for Late<'_> {
    fn new_targets(&mut self) -> Vec<Target> {
        let now = self.world.now.get();
        let arrival = self.world.arrival.take();
        let is_due = arrival.is_some_and(|at| at <= now);
        if !is_due {
            self.world.arrival.set(arrival);
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
        self.world.arrival.get().is_some()
    }
}

impl Seen {
    fn story(&self) -> Vec<(u64, bool, OutcomeKind)> {
        let samples = self.0.borrow();
        let story = samples
            .iter()
            .map(|s| (s.seq, s.late, s.result.outcome.kind()));
        story.collect()
    }
}

/// One run in a world of its own.
struct Case {
    world: World,
    start: Instant,
    pace: SchedulePlan,
    descriptors: usize,
    targets: usize,
    most_open: Cell<usize>,
    seen: Seen,
}

impl Case {
    fn new(count: u64, interval: Duration, timeout: Duration) -> Self {
        let start = Instant::now();
        Self {
            world: World {
                now: Cell::new(start),
                stop_at: Cell::new(None),
                stopped: Cell::new(None),
                continued: Cell::new(false),
                arrival: Cell::new(None),
            },
            start,
            pace: SchedulePlan {
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
            most_open: Cell::new(0),
            seen: Seen::default(),
        }
    }

    fn run(&self, script: Script) -> RunRecord {
        let network = Fake {
            world: &self.world,
            script,
            begun: 0,
            answers: HashMap::new(),
            most_open: &self.most_open,
            open: 0,
            descriptors: self.descriptors,
        };
        let clock = || self.world.now.get();
        let engine = Engine::new(network, self.pace, self.targets, 100, &self.world, &clock);
        let mut sink = Late {
            seen: &self.seen,
            world: &self.world,
        };
        let (record, result) = engine.run(&mut sink);
        result.expect("a made-up network never fails");
        record
    }
}

#[test]
fn a_silent_probe_ends_at_its_deadline_and_delays_nothing() {
    let case = Case::new(3, MS * 100, MS * 250);
    case.run(|probe| (probe != 0).then_some((MS, OK)));
    let kinds: Vec<_> = case
        .seen
        .story()
        .iter()
        .map(|(seq, _, kind)| (*seq, *kind))
        .collect();
    let connected = OutcomeKind::Connected;
    assert_eq!(
        kinds,
        [(2, connected), (3, connected), (1, OutcomeKind::NoReply)]
    );
    let sent = case
        .seen
        .0
        .borrow()
        .iter()
        .map(|s| s.sent_at - case.start)
        .max();
    assert_eq!(sent, Some(MS * 200));
}

#[test]
fn an_answer_past_the_deadline_is_late_and_comes_on_top() {
    let case = Case::new(8, MS * 100, MS * 250);
    case.run(|probe| Some(if probe == 0 { (MS * 400, OK) } else { (MS, OK) }));
    let first: Vec<_> = case
        .seen
        .story()
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
fn the_kernel_s_giving_up_past_the_deadline_is_no_late_answer() {
    let case = Case::new(8, MS * 100, MS * 250);
    case.run(|probe| {
        Some(if probe == 0 {
            (MS * 400, Outcome::NoReply)
        } else {
            (MS, OK)
        })
    });
    assert!(case.seen.story().iter().all(|(_, late, _)| !late));
    assert_eq!(case.seen.story().len(), 8, "and no second line for it");
}

#[test]
fn an_interrupted_run_leaves_its_probe_unfinished() {
    let case = Case::new(9, MS * 100, MS * 1000);
    case.world.stop_at.set(Some(case.start + MS * 150));
    let record = case.run(|probe| (probe == 0).then_some((MS, OK)));
    let expected = [
        (1, false, OutcomeKind::Connected),
        (2, false, OutcomeKind::Unfinished),
    ];
    assert_eq!(case.seen.story(), expected);
    assert!(record.interrupted);
}

#[test]
fn a_standstill_moves_deadlines_and_schedule_and_fails_no_probe() {
    let case = Case::new(5, MS * 100, MS * 300);
    case.world
        .stopped
        .set(Some((case.start + MS * 150, MS * 5000)));
    let record = case.run(|_| Some((MS * 250, OK)));
    let failed = case
        .seen
        .story()
        .iter()
        .filter(|(_, _, kind)| *kind != OutcomeKind::Connected)
        .count();
    assert_eq!(failed, 0, "{:?}", case.seen.story());
    assert_eq!(
        case.seen.story().len(),
        5,
        "those asked for, whatever was left out"
    );
    assert!(record.stalled >= MS * 4000, "{record:?}");
    assert_eq!(
        record.skipped, 0,
        "a run that counts its probes leaves none out"
    );
}

#[test]
fn a_run_by_time_counts_what_a_standstill_left_out() {
    let mut case = Case::new(1, MS * 100, MS * 300);
    case.pace.limit = Limit::Duration(MS * 7000);
    case.world
        .stopped
        .set(Some((case.start + MS * 150, MS * 5000)));
    let record = case.run(|_| Some((MS, OK)));
    let sent = case.seen.story().len() as u64;
    assert!((49..=51).contains(&record.skipped), "{record:?}");
    assert_eq!(sent + record.skipped, 70);
}

#[test]
fn what_the_end_of_a_run_leaves_out_has_a_reason() {
    let mut case = Case::new(1, MS * 100, MS * 300);
    case.pace.limit = Limit::Duration(MS * 1000);
    // Too short for a standstill, and the end comes before the schedule has moved on.
    let nap = (case.start + MS * 450, MS * 800);
    case.world.stopped.set(Some(nap));
    let record = case.run(|_| Some((MS, OK)));
    let sent = case.seen.story().len() as u64;
    assert_eq!((sent, record.skipped), (5, 5), "{record:?}");
    assert_eq!(record.stalled, Duration::ZERO);
    assert_eq!(record.behind, MS * 500, "from the first of them to the end");
}

#[test]
fn an_answer_that_is_there_at_the_deadline_counts() {
    let case = Case::new(1, MS * 100, MS * 300);
    case.run(|_| Some((MS * 300, OK)));
    assert_eq!(case.seen.story(), [(1, false, OutcomeKind::Connected)]);
}

#[test]
fn few_descriptors_starve_no_target() {
    let mut case = Case::new(1, MS * 10, MS * 100);
    case.descriptors = 4;
    case.targets = 30;
    case.run(|_| None);
    let mut targets: Vec<_> = case.seen.0.borrow().iter().map(|s| s.target).collect();
    targets.sort();
    targets.dedup();
    assert_eq!(targets.len(), 30);
}

#[test]
fn a_closed_loop_keeps_as_many_under_way_as_asked_for() {
    let case = Case::new(50, Duration::ZERO, MS * 1000);
    case.run(|_| Some((MS, OK)));
    assert_eq!(case.most_open.get(), 4);
    assert_eq!(case.seen.story().len(), 50);
}

#[test]
fn without_descriptors_probes_wait_instead_of_failing() {
    let mut case = Case::new(20, Duration::ZERO, MS * 1000);
    case.descriptors = 2;
    let record = case.run(|_| Some((MS, OK)));
    assert_eq!(case.seen.story().len(), 20);
    assert!(
        case.seen
            .story()
            .iter()
            .all(|(_, _, kind)| *kind == OutcomeKind::Connected)
    );
    assert_eq!(record.descriptor_cap, Some(2));
}

#[test]
fn descriptors_held_for_late_answers_are_given_up_first() {
    let mut case = Case::new(30, MS * 10, MS * 20);
    case.descriptors = 5;
    case.run(|_| None);
    assert_eq!(case.seen.story().len(), 30, "every probe ran");
    assert!(
        case.seen
            .story()
            .iter()
            .all(|(_, _, kind)| *kind == OutcomeKind::NoReply)
    );
}

#[test]
fn with_no_descriptor_at_all_the_failure_is_told() {
    let mut case = Case::new(2, MS, MS * 1000);
    case.descriptors = 0;
    case.run(|_| Some((MS, OK)));
    let kinds: Vec<_> = case.seen.story().iter().map(|(_, _, kind)| *kind).collect();
    assert_eq!(kinds, [OutcomeKind::Local, OutcomeKind::Local]);
}

/// The numbers of the targets that were probed, in order, and when after the start.
fn probed(case: &Case) -> Vec<(u32, u128)> {
    let samples = case.seen.0.borrow();
    let probed = samples.iter().map(|sample| {
        let after = sample.sent_at.duration_since(case.start);
        (sample.target.0, after.as_millis())
    });
    probed.collect()
}

#[test]
fn a_target_that_joins_has_all_its_probes_and_delays_nobody() {
    let case = Case::new(2, MS * 100, MS * 250);
    case.world.arrival.set(Some(case.start + MS * 130));
    let record = case.run(|_| Some((MS, OK)));
    assert_eq!(probed(&case), [(0, 0), (0, 100), (1, 130), (1, 230)]);
    assert!(!record.interrupted);
}

#[test]
fn one_who_comes_after_all_others_have_ended_is_waited_for() {
    let case = Case::new(1, MS * 100, MS * 250);
    case.world.arrival.set(Some(case.start + MS * 900));
    case.run(|_| Some((MS, OK)));
    assert_eq!(probed(&case), [(0, 0), (1, 900)]);
}

#[test]
fn nobody_is_waited_for_beyond_the_time_of_the_run() {
    let mut case = Case::new(1, MS * 100, MS * 250);
    case.pace.limit = Limit::Duration(MS * 150);
    case.world.arrival.set(Some(case.start + MS * 900));
    let record = case.run(|_| Some((MS, OK)));
    assert_eq!(probed(&case), [(0, 0), (0, 100)]);
    assert!(!record.interrupted);
    assert!(record.ended < case.start + MS * 200);
}

#[test]
fn in_a_closed_loop_who_joins_gets_all_its_places() {
    let mut case = Case::new(4, Duration::ZERO, MS * 250);
    case.pace.in_flight = 2;
    case.world.arrival.set(Some(case.start + MS * 5));
    case.run(|_| Some((MS * 10, OK)));
    let late: Vec<_> = probed(&case)
        .into_iter()
        .filter(|(id, _)| *id == 1)
        .collect();
    assert_eq!(late, [(1, 5), (1, 5), (1, 15), (1, 15)]);
}
