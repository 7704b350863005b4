//! Runs made up to the microsecond.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::assertions::{AssertionPlan, AssertionResult};
use crate::clock::WallClock;
use crate::engine::RunRecord;
use crate::hosts::{Lookup, Protocol, Target};
use crate::modes::ping::log_lines::{self, LinePrinter};
use crate::modes::ping::summary::{RunInfo, RunSummary};
use crate::modes::ping::{DisplayPlan, PingPlan, document};
use crate::outcome::{
    Errno, Evidence, EvidenceKind, Handshake, IcmpError, IcmpVersion, LocalCause, Outcome,
    ProbeResult, Refusal, Rtt, RttClock, Sample, TargetId, UnreachableBy,
};
use crate::plan::{DocumentFormat, OutputPlan, PayloadPlan, SchedulePlan, SocketPlan, TargetPlan};
use crate::platform::{HostInfo, Route};
use crate::report::{self, MAX_WIDTH, Page, Redactor};
use crate::stats::Statistics;
use crate::text::CommandLine;

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) const OK: Outcome = Outcome::Connected(Handshake::Clean);

/// A run of probes a second apart, to targets on port 5432.
pub(super) struct RunFixture {
    pub(super) info: RunInfo,
    pub(super) samples: Vec<Sample>,
    pub(super) assertions: Vec<AssertionResult>,
    start: Instant,
    sent: Vec<u32>,
}

impl RunFixture {
    pub(super) fn new(hosts: &[&str]) -> Self {
        let start = Instant::now();
        let anchor = "2026-11-20T12:00:03Z".parse().expect("a time");
        let info = RunInfo {
            plan: plan(),
            targets: hosts.iter().map(|host| target(host)).collect(),
            unresolved: Vec::new(),
            routes: hosts.iter().map(|_| Some(route())).collect(),
            host: host(),
            is_mixed: false,
            clock: WallClock::anchored(start, anchor),
        };
        Self {
            sent: vec![0; hosts.len()],
            samples: Vec::new(),
            assertions: Vec::new(),
            info,
            start,
        }
    }

    /// Adds the next probe of a target.
    pub(super) fn probe(&mut self, target: usize, us: u64, outcome: Outcome) {
        self.sent[target] += 1;
        let seq = self.sent[target];
        let sent_at = self.start + SECOND * (seq - 1);
        let connect = Duration::from_micros(us);
        let rtt = Rtt {
            time: connect.saturating_sub(Duration::from_micros(16)),
            clock: RttClock::Kernel,
        };
        let port = 40_111 + u16::try_from(seq).unwrap_or(0) % 20_000;
        let local: SocketAddr = ([10, 20, 9, 4], port).into();
        self.samples.push(Sample {
            target: TargetId(u32::try_from(target).expect("few targets")),
            seq: seq.into(),
            warmup: false,
            scheduled_at: sent_at,
            sent_at,
            late: false,
            result: ProbeResult {
                outcome,
                evidence: evidence(&outcome),
                local: Some(local).filter(|_| !matches!(outcome, Outcome::Local(_))),
                connect: (us > 0).then_some(connect),
                rtt: (outcome == OK).then_some(rtt),
                syn_sent: syns(&outcome),
                established_for: None,
                received_at: None,
                ttl: None,
                reply_summary: None,
            },
        });
    }

    /// What is printed while it goes on.
    pub(super) fn lines(&self) -> String {
        let off = Redactor::off();
        let mut printer = LinePrinter::new(&self.info, &off);
        let heading = log_lines::heading(&self.info).into_iter();
        let heading = heading.map(|line| report::line(&line, &off) + "\n");
        let samples = self.samples.iter();
        let lines = samples.map(|it| printer.line(&self.info, it, &off).render(false));
        let lines: Vec<_> = lines.collect();
        heading.chain(lines).collect()
    }

    /// The report as text of this width.
    pub(super) fn text(&self, columns: usize) -> String {
        let page = Page {
            columns,
            unicode: false,
            colour: false,
        };
        self.render(DocumentFormat::Text, &page)
    }

    /// The report in a format.
    pub(super) fn document(&self, format: DocumentFormat) -> String {
        let page = Page {
            columns: MAX_WIDTH,
            unicode: false,
            colour: false,
        };
        self.render(format, &page)
    }

    fn render(&self, format: DocumentFormat, page: &Page) -> String {
        self.summarized(|summary| {
            let document = document::document(summary, Vec::new());
            report::render(&document, format, page, &self.info.redactor())
        })
    }

    /// What is made of the run's summary.
    pub(super) fn summarized<T>(&self, make: impl FnOnce(&RunSummary) -> T) -> T {
        let targets = self.info.targets.len();
        let mut statistics = Statistics::new(targets, targets);
        for sample in &self.samples {
            statistics.record(sample);
        }
        let most = self.sent.iter().max().copied().unwrap_or(0);
        let record = RunRecord {
            ended: self.start + SECOND * (most + 2),
            ..RunRecord::starting(self.start)
        };
        make(&RunSummary::new(
            &self.info,
            &statistics,
            record,
            &self.assertions,
        ))
    }
}

fn syns(outcome: &Outcome) -> Option<u32> {
    match outcome {
        Outcome::Local(_) | Outcome::Reply => None,
        Outcome::NoReply => Some(4),
        Outcome::Connected(shake) if *shake != Handshake::Clean => Some(2),
        _ => Some(1),
    }
}

/// What proves this outcome in a real run.
fn evidence(outcome: &Outcome) -> Evidence {
    match outcome {
        Outcome::Local(_) => Evidence::errno(Errno::NetworkUnreachable),
        Outcome::Refused(_) => Evidence::of(EvidenceKind::Rst),
        Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => Evidence {
            icmp: Some(*icmp),
            ..Evidence::of(EvidenceKind::Icmp)
        },
        Outcome::Reply => Evidence::of(EvidenceKind::Reply),
        Outcome::NoReply => Evidence::of(EvidenceKind::Silence),
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
pub(crate) fn host() -> HostInfo {
    HostInfo {
        system: "Linux 6.18".to_owned(),
        name: Some("desk".to_owned()),
        rtt_clock: Some("kernel"),
    }
}

/// Its route to the targets.
pub(crate) fn route() -> Route {
    Route {
        is_point_to_point: None,
        next_hop: Some([10, 20, 9, 1].into()),
        source: Some([10, 20, 9, 4].into()),
        interface: Some("eth0".into()),
    }
}

fn plan() -> PingPlan {
    PingPlan {
        targets: TargetPlan::default(),
        schedule: SchedulePlan::probes(6, SECOND, SECOND * 4),
        sockets: SocketPlan::default(),
        payload: PayloadPlan::default(),
        assertions: AssertionPlan::default(),
        trace_after: None,
        display: DisplayPlan::default(),
        output: OutputPlan {
            command_line: CommandLine::of("synack db.example:5432 -n 6 -w 0"),
            ..OutputPlan::default()
        },
    }
}

pub(super) fn rejected() -> Outcome {
    Outcome::Unreachable(UnreachableBy::Icmp(IcmpError {
        version: IcmpVersion::V4,
        kind: 3,
        code: 13,
        from: Some([10, 20, 0, 1].into()),
        mtu: None,
    }))
}

pub(super) fn lost_syn() -> Outcome {
    Outcome::Connected(Handshake::AfterSynLoss)
}

/// A run with most outcomes.
pub(super) fn mixed() -> RunFixture {
    let mut fixture = RunFixture::new(&["db.example"]);
    fixture.probe(0, 412, OK);
    fixture.probe(0, 1_015_000, lost_syn());
    fixture.probe(0, 377, Outcome::Refused(Refusal::Rst));
    fixture.probe(0, 501, rejected());
    fixture.probe(0, 4_000_000, Outcome::NoReply);
    fixture.probe(0, 405, OK);
    fixture
}

/// Targets of which one works, one refuses, and one has no route.
pub(super) fn several() -> RunFixture {
    let mut fixture = RunFixture::new(&["db.example", "old.example", "far.example"]);
    for _ in 0..2 {
        fixture.probe(0, 412, OK);
        fixture.probe(1, 377, Outcome::Refused(Refusal::Rst));
        fixture.probe(2, 0, Outcome::Local(LocalCause::NoRoute));
    }
    fixture
}

/// A number of probes in all: most succeed, with an outage, scattered failures of every kind and a slow tail.
pub(super) fn long(probes: u64, targets: usize) -> RunFixture {
    let names: Vec<_> = (1..=targets).map(|n| format!("host{n}.example")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut fixture = RunFixture::new(&names);
    let each = probes / targets as u64;
    for target in 0..targets {
        let mut noise = Noise(target as u64 + 1);
        for seq in 0..each {
            let failing = target % 3 == 0;
            let down = failing && (each * 6 / 10..each * 7 / 10).contains(&seq);
            let outcome = if down {
                Outcome::NoReply
            } else {
                scattered(noise.next(100), failing)
            };
            fixture.probe(target, latency(&mut noise, outcome), outcome);
        }
    }
    fixture
}

/// As many different probes as there can be.
pub(super) fn worst(probes: u64, targets: usize) -> RunFixture {
    let mut fixture = long(0, targets);
    let endings = [
        OK,
        Outcome::Refused(Refusal::Rst),
        rejected(),
        Outcome::NoReply,
        Outcome::Local(LocalCause::NoRoute),
        Outcome::ResetAfterConnect,
    ];
    let mut noise = Noise(7);
    for probe in 0..probes {
        let outcome = endings[usize::try_from(noise.next(6)).expect("small")];
        let target = usize::try_from(probe).expect("few") % targets;
        fixture.probe(target, 10 + noise.next(1_000_000), outcome);
    }
    fixture
}

fn scattered(percent: u64, failing: bool) -> Outcome {
    match percent {
        0 if failing => Outcome::Refused(Refusal::Rst),
        1 if failing => rejected(),
        2 if failing => Outcome::NoReply,
        3 if failing => Outcome::Local(LocalCause::NoNeighbour),
        4 => lost_syn(),
        _ => OK,
    }
}

fn latency(noise: &mut Noise, outcome: Outcome) -> u64 {
    let usual = 380 + noise.next(60) + noise.next(60) * noise.next(60) / 30;
    let tail = if noise.next(40) == 0 {
        noise.next(9000)
    } else {
        0
    };
    match outcome {
        Outcome::NoReply => 4_000_000,
        outcome if outcome == lost_syn() => 1_000_000 + usual,
        _ => usual + tail,
    }
}

/// The same numbers in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}
