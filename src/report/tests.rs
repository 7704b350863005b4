//! What people read, as snapshots of a run made up to the microsecond.

mod forms;
pub(super) mod schema;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Report, RunInfo, WIDEST, live, summary};
use crate::clock::WallClock;
use crate::hosts::{Lookup, Protocol, Target};
use crate::outcome::{
    Errno, Evidence, EvidenceKind, Handshake, IcmpError, IcmpVersion, LocalCause, Outcome,
    ProbeResult, Refusal, Rtt, RttClock, Sample, TargetId, UnreachableBy,
};
use crate::plan::{
    AssertionPlan, DisplayPlan, HistogramForm, OutputPlan, PayloadPlan, PingPlan, SchedulePlan,
    SocketPlan, TargetPlan,
};
use crate::platform::{HostInfo, Route};
use crate::stats::{RunRecord, Statistics};

const SECOND: Duration = Duration::from_secs(1);

/// A run of six probes, a second apart, to targets on port 5432.
struct RunFixture {
    start: Instant,
    info: RunInfo,
    samples: Vec<Sample>,
}

/// What is known before a run to these hosts.
pub(super) fn info_of(hosts: &[&str]) -> RunInfo {
    RunFixture::new(hosts).info
}

impl RunFixture {
    fn new(hosts: &[&str]) -> Self {
        let start = Instant::now();
        let anchor = "2026-11-20T12:00:03Z".parse().expect("a time");
        let info = RunInfo {
            plan: plan(),
            targets: hosts.iter().map(|host| target(host)).collect(),
            unresolved: Vec::new(),
            routes: hosts.iter().map(|_| Some(route())).collect(),
            host: host(),
            columns: WIDEST,
            unicode: false,
            is_mixed: false,
            clock: WallClock::anchored(start, anchor),
        };
        Self {
            start,
            info,
            samples: Vec::new(),
        }
    }

    /// Adds the next probe of a target.
    fn probe(&mut self, target: u32, us: u64, outcome: Outcome, syns: u32) {
        let target = TargetId(target);
        let of_target = |sample: &&Sample| sample.target == target;
        let seq = 1 + self.samples.iter().filter(of_target).count() as u64;
        let sent_at = self.start + SECOND * u32::try_from(seq - 1).expect("few probes");
        let connect = Duration::from_micros(us);
        let clean = outcome == Outcome::Connected(Handshake::Clean);
        let local: SocketAddr = ([10, 20, 9, 4], 40_111 + u16::try_from(seq).expect("few")).into();
        self.samples.push(Sample {
            target,
            seq,
            warmup: false,
            scheduled_at: sent_at,
            sent_at,
            late: false,
            result: ProbeResult {
                outcome,
                evidence: evidence(&outcome),
                local: Some(local).filter(|_| !matches!(outcome, Outcome::Local(_))),
                connect: (us > 0).then_some(connect),
                rtt: clean.then(|| Rtt {
                    time: connect.saturating_sub(Duration::from_micros(16)),
                    clock: RttClock::Kernel,
                }),
                syn_sent: (syns > 0).then_some(syns),
                established_for: None,
                received_at: None,
                ttl: None,
                reply_summary: None,
            },
        });
    }

    fn lines(&self) -> String {
        let mut printer = live::Printer::new(&self.info, false);
        let lines = self
            .samples
            .iter()
            .map(|sample| printer.line(&self.info, sample));
        live::heading(&self.info) + &lines.collect::<String>()
    }

    fn summary(&self) -> String {
        self.reported(summary::text)
    }

    /// What is made of the run's report.
    fn reported<T>(&self, form: impl FnOnce(&Report) -> T) -> T {
        let targets = self.info.targets.len();
        let mut statistics = Statistics::new(targets, targets);
        for sample in &self.samples {
            statistics.record(sample);
        }
        let record = RunRecord {
            ended: self.start + SECOND * 8,
            ..RunRecord::starting(self.start)
        };
        form(&Report::new(&self.info, &statistics, record, &[]))
    }
}

fn evidence(outcome: &Outcome) -> Evidence {
    match outcome {
        Outcome::Local(_) => Evidence::errno(Errno::NetworkUnreachable),
        Outcome::Refused(_) => Evidence::of(EvidenceKind::Rst),
        _ => Evidence::of(EvidenceKind::SynAck),
    }
}

fn target(host: &str) -> Target {
    let address: SocketAddr = ([10, 20, 0, 7], 5432).into();
    Target {
        protocol: Protocol::Tcp,
        host: host.into(),
        address,
        lookup: Some(Arc::new(Lookup {
            addresses: vec![address],
            took: Duration::from_micros(3200),
        })),
    }
}

/// The machine that probes.
pub(super) fn host() -> HostInfo {
    HostInfo {
        system: "Linux 6.18".to_owned(),
        name: Some("desk".to_owned()),
        rtt_clock: Some("kernel"),
    }
}

pub(super) fn route() -> Route {
    Route {
        next_hop: Some([10, 20, 9, 1].into()),
        source: Some([10, 20, 9, 4].into()),
        interface: Some("eth0".into()),
    }
}

pub(super) fn plan() -> PingPlan {
    let (interval, timeout) = (Duration::from_secs(1), Duration::from_secs(4));
    PingPlan {
        targets: TargetPlan::default(),
        schedule: SchedulePlan::probes(6, interval, timeout),
        sockets: SocketPlan::default(),
        payload: PayloadPlan::default(),
        assertions: AssertionPlan::default(),
        trace_after: None,
        display: DisplayPlan::default(),
        output: OutputPlan {
            command_line: "synack db.example:5432 -n 6 -w 0".to_owned(),
            ..OutputPlan::default()
        },
    }
}

const OK: Outcome = Outcome::Connected(Handshake::Clean);

fn rejected() -> Outcome {
    Outcome::Unreachable(UnreachableBy::Icmp(IcmpError {
        version: IcmpVersion::V4,
        kind: 3,
        code: 13,
        from: Some([10, 20, 0, 1].into()),
        mtu: None,
    }))
}

/// The run that the design document tells.
fn mixed() -> RunFixture {
    let mut fixture = RunFixture::new(&["db.example"]);
    fixture.probe(0, 412, OK, 1);
    fixture.probe(0, 1_015_000, Outcome::Connected(Handshake::AfterSynLoss), 2);
    fixture.probe(0, 377, Outcome::Refused(Refusal::Rst), 1);
    fixture.probe(0, 501, rejected(), 1);
    fixture.probe(0, 4_000_000, Outcome::NoReply, 4);
    fixture.probe(0, 405, OK, 1);
    fixture
}

#[test]
fn a_mixed_run() {
    insta::assert_snapshot!("mixed_lines", mixed().lines());
    insta::assert_snapshot!("mixed_summary", mixed().summary());
}

#[test]
fn a_run_in_which_all_is_well() {
    let mut fixture = RunFixture::new(&["db.example"]);
    (0..6).for_each(|index| fixture.probe(0, 400 + 10 * index, OK, 1));
    fixture.info.plan.display.histogram = Some(HistogramForm::Buckets(3));
    insta::assert_snapshot!("all_well_summary", fixture.summary());
}

#[test]
fn several_targets() {
    let mut fixture = RunFixture::new(&["db.example", "old.example", "far.example"]);
    for _ in 0..2 {
        fixture.probe(0, 412, OK, 1);
        fixture.probe(1, 377, Outcome::Refused(Refusal::Rst), 1);
        fixture.probe(2, 0, Outcome::Local(LocalCause::NoRoute), 0);
    }
    insta::assert_snapshot!("several_lines", fixture.lines());
    insta::assert_snapshot!("several_summary", fixture.summary());
}

#[test]
fn targets_that_show_the_same_are_explained_once() {
    let mut fixture = RunFixture::new(&["db.example", "www.example", "db2.example"]);
    for target in 0..2 {
        fixture.probe(target, 377, Outcome::Refused(Refusal::Rst), 1);
    }
    fixture.probe(2, 4_000_000, Outcome::NoReply, 4);
    insta::assert_snapshot!("alike_summary", fixture.summary());
}

#[test]
fn targets_on_different_hosts_are_explained_apart() {
    let mut fixture = RunFixture::new(&["a.example", "b.example"]);
    // A port whose digit both addresses contain.
    fixture.info.targets[0].address = ([10, 20, 0, 7], 7).into();
    fixture.info.targets[1].address = ([10, 20, 0, 17], 7).into();
    for target in 0..2 {
        fixture.probe(target, 377, Outcome::Refused(Refusal::Rst), 1);
    }
    let text = fixture.summary();
    assert!(
        text.contains("in the name of 10.20.0.7.") && text.contains("in the name of 10.20.0.17."),
        "{text}"
    );
}

#[test]
fn no_line_is_wider_than_the_page() {
    for columns in [40, 80, WIDEST] {
        let mut fixture = mixed();
        fixture.info.columns = columns;
        // Figures stand in columns that a narrow page cannot have; prose always fits.
        let text = fixture.summary();
        let prose = text
            .lines()
            .skip_while(|line| !line.starts_with("What this means"));
        let wide: Vec<_> = prose
            .filter(|line| line.chars().count() > columns)
            .collect();
        let signature = |line: &&str| line.starts_with("synack ");
        assert!(wide.iter().all(signature), "{columns}: {wide:?}");
    }
}

#[test]
fn nothing_that_was_not_measured_shows_as_zero() {
    let mut fixture = RunFixture::new(&["far.example"]);
    fixture.probe(0, 0, Outcome::Local(LocalCause::NoRoute), 0);
    let text = fixture.summary();
    let measured = text
        .lines()
        .filter(|line| !line.starts_with("probes started late"));
    assert!(
        measured.clone().all(|line| !line.contains("0.000")),
        "{text}"
    );
    assert!(!text.contains("connect ms"), "{text}");
}
