//! Runs made up to the microsecond.

use std::time::{Duration, Instant};

use crate::assertions::AssertionResult;
use crate::clock::WallClock;
use crate::outcome::{
    Evidence, Handshake, IcmpError, IcmpVersion, LocalCause, Outcome, ProbeResult, Refusal, Rtt,
    RttClock, Sample, TargetId, UnreachableBy,
};
use crate::report::tests::info_of;
use crate::report::{Report, RunInfo, html};
use crate::stats::{RunRecord, Statistics};

const SECOND: Duration = Duration::from_secs(1);

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
        let mut info = info_of(hosts);
        info.clock = WallClock::anchored(start, anchor);
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
        let sent_at = self.start + SECOND * (self.sent[target] - 1);
        let connect = Duration::from_micros(us);
        let rtt = Rtt {
            time: connect.saturating_sub(Duration::from_micros(16)),
            clock: RttClock::Kernel,
        };
        self.samples.push(Sample {
            target: TargetId(u32::try_from(target).expect("few targets")),
            seq: self.sent[target].into(),
            warmup: false,
            scheduled_at: sent_at,
            sent_at,
            late: false,
            result: ProbeResult {
                outcome,
                evidence: Evidence::default(),
                local: None,
                connect: (us > 0).then_some(connect),
                rtt: outcome.is_clean().then_some(rtt),
                syn_sent: Some(if outcome == Outcome::NoReply { 4 } else { 1 }),
                established_for: None,
                received_at: None,
                ttl: None,
                reply_summary: None,
            },
        });
    }

    pub(super) fn page(&self) -> String {
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
        let report = Report::new(&self.info, &statistics, record, &self.assertions);
        html::page(&report, &[])
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

/// The run that the documentation tells.
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

/// So many probes in all, most of them well, with an outage, scattered failures of every kind and a slow tail.
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
