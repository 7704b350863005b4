//! Paths made up for tests: a line for each walk, a word for each TTL from 1 on.
//!
//! `3` is router 10.20.1.3, where the TTL ran out, `*` silence, `S` a SYN-ACK, `R` a RST, `D` a datagram, `P` the
//! host's own word that a UDP port is closed, `N` the target's address where the TTL ran out, `X3` a rejection by router 3, `X` one by nobody known, `L` a probe that
//! never left, and `.` one that was not sent. `>` stands before the answer to a probe with the usual TTL.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::rounds::Round;
use super::ttl_sweep::{TtlLimit, TtlSeries};
use super::{Distance, DistanceBy, Flow, Hop, Path, ProbePurpose, TraceObserver, TraceProbe};
use crate::engine::SampleSink;
use crate::hosts::{Lookup, Protocol, Target};
use crate::outcome::{
    Evidence, EvidenceKind, Handshake, IcmpError, IcmpVersion, LocalCause, Outcome, ProbeResult,
    Refusal, Rtt, RttClock, Sample, TargetId, UnreachableBy,
};
use crate::plan::MAX_HOPS;

/// The port of the first flow.
const PORT: u16 = 40_001;

/// A path, and the probes that found it.
#[derive(Debug)]
pub(crate) struct PathFixture {
    pub(crate) path: Path,
    pub(crate) steps: Vec<(ProbePurpose, Option<u8>, Sample)>,
    pub(crate) start: Instant,
}

struct Steps<'a>(&'a mut Vec<(ProbePurpose, Option<u8>, Sample)>);

impl TraceObserver for Steps<'_> {
    fn probe_ended(&mut self, probe: &TraceProbe) {
        self.0.push((probe.purpose, probe.ttl, *probe.sample));
    }
}

/// The router of this number.
pub(crate) fn router(number: u8) -> IpAddr {
    [10, 20, 1, number].into()
}

impl PathFixture {
    /// A path to `db.example`, not looked at yet.
    pub(crate) fn new(protocol: Protocol) -> Self {
        let address: SocketAddr = ([10, 20, 0, 7], 5432).into();
        let lookup = Lookup {
            addresses: vec![address],
            took: Duration::from_micros(3200),
        };
        let target = Target {
            protocol,
            host: "db.example".into(),
            address,
            lookup: Some(Arc::new(lookup)),
        };
        let mut path = Path::new(target);
        path.discovery_hops = Hop::up_to(MAX_HOPS);
        Self {
            path,
            steps: Vec::new(),
            start: Instant::now(),
        }
    }

    /// A TCP path: flows apart by `/`, the rounds of one by `|`.
    pub(crate) fn of(walks: &str) -> Self {
        Self::new(Protocol::Tcp).walks(walks)
    }

    pub(crate) fn walks(mut self, walks: &str) -> Self {
        let flows: Vec<Vec<&str>> = walks.split('/').map(|it| it.split('|').collect()).collect();
        let rounds = flows.iter().map(Vec::len).max().unwrap_or(0);
        self.path.flows = (PORT..).take(flows.len()).map(Flow::new).collect();
        for round in 0..rounds {
            self.path.rounds += 1;
            for (flow, its) in flows.iter().enumerate() {
                if let Some(line) = its.get(round) {
                    self.walk(flow, line);
                }
            }
        }
        self
    }

    /// What the first look found.
    pub(crate) fn look(mut self, line: &str) -> Self {
        for (index, (ttl, outcome)) in words(&self.path.target, line).into_iter().enumerate() {
            let sample = self.sample(index as u64 + 1, 0, ttl, outcome);
            match ttl {
                None => self.path.full_ttl_outcome = Some(outcome),
                Some(_) => self.path.discovery_hops[index].record(&self.path.target, &sample),
            }
            self.path.sent += u64::from(left(&outcome));
            self.steps.push((ProbePurpose::Discovery, ttl, sample));
        }
        self
    }

    /// The host answers echoes from so far away.
    pub(crate) fn host(mut self, ttl: u8) -> Self {
        let by = DistanceBy::Echo;
        self.path.host_distance = Some(Distance {
            ttl,
            min_ttl: ttl,
            by,
        });
        self
    }

    fn walk(&mut self, flow: usize, line: &str) {
        let words = words(&self.path.target, line);
        let port = self.path.flows[flow].port;
        let round = self.path.rounds;
        let all_series = [TtlSeries {
            target: TargetId(0),
            port: Some(port),
            ttls: words.iter().map(|(ttl, _)| *ttl).collect(),
            purpose: ProbePurpose::Round { flow, round },
        }];
        let samples: Vec<_> = (1..)
            .zip(words)
            .map(|(seq, (ttl, outcome))| self.sample(seq, port, ttl, outcome))
            .collect();
        self.path.sent += samples.iter().filter(|it| left(&it.result.outcome)).count() as u64;
        let mut walk = Round {
            target: &self.path.target.clone(),
            all_series: &all_series,
            bounds: &[Rc::new(TtlLimit::none())],
            flows: &mut self.path.flows,
            hops: &mut self.path.hops,
            watcher: &mut Steps(&mut self.steps),
            wants_statistics: false,
        };
        for sample in &samples {
            walk.sample(sample);
        }
    }

    /// A probe that took 0.4 ms for each hop, and a little more in every round.
    fn sample(&self, seq: u64, port: u16, ttl: Option<u8>, outcome: Outcome) -> Sample {
        let late = Duration::from_micros(7 * self.path.rounds + 3 * u64::from(port % 10));
        let time = Duration::from_micros(400) * u32::from(ttl.unwrap_or(9)) + late;
        let answered = left(&outcome) && outcome != Outcome::NoReply;
        let sent_at = self.start + Duration::from_secs(self.path.rounds);
        Sample {
            target: TargetId(0),
            seq,
            warmup: false,
            scheduled_at: sent_at,
            sent_at,
            late: false,
            result: ProbeResult {
                local: Some(([10, 20, 9, 4], port).into()),
                connect: Some(time + Duration::from_micros(60)),
                rtt: answered.then_some(Rtt {
                    time,
                    clock: RttClock::Kernel,
                }),
                ..(outcome, evidence(&outcome)).into()
            },
        }
    }
}

fn left(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Local(_) | Outcome::Unfinished)
}

fn evidence(outcome: &Outcome) -> Evidence {
    match outcome {
        Outcome::Unreachable(UnreachableBy::Icmp(icmp)) => Evidence {
            icmp: Some(*icmp),
            ..Evidence::of(EvidenceKind::Icmp)
        },
        Outcome::Refused(_) => Evidence::of(EvidenceKind::Rst),
        Outcome::Reply => Evidence::of(EvidenceKind::Reply),
        Outcome::NoReply => Evidence::of(EvidenceKind::Silence),
        Outcome::Connected(_) => Evidence::of(EvidenceKind::SynAck),
        _ => Evidence::default(),
    }
}

fn words(target: &Target, line: &str) -> Vec<(Option<u8>, Outcome)> {
    let words = (1..).zip(line.split_whitespace());
    words
        .map(|(ttl, word)| match word.strip_prefix('>') {
            Some(word) => (None, outcome(target, word)),
            None => (Some(ttl), outcome(target, word)),
        })
        .collect()
}

fn outcome(target: &Target, word: &str) -> Outcome {
    match word.split_at(1) {
        ("*", _) => Outcome::NoReply,
        ("S", _) => Outcome::Connected(Handshake::Clean),
        ("R", _) => Outcome::Refused(Refusal::Rst),
        ("?", _) => Outcome::Refused(Refusal::Errno),
        ("D", _) => Outcome::Reply,
        ("P", _) => icmp(3, 3, Some(target.address.ip())),
        ("N", _) => icmp(11, 0, Some(target.address.ip())),
        ("X", from) => icmp(3, 13, from.parse().ok().map(router)),
        ("L", _) => Outcome::Local(LocalCause::NoRoute),
        (".", _) => Outcome::Unfinished,
        _ => icmp(
            11,
            0,
            Some(router(word.parse().expect("a router's number"))),
        ),
    }
}

fn icmp(kind: u8, code: u8, from: Option<IpAddr>) -> Outcome {
    Outcome::Unreachable(UnreachableBy::Icmp(IcmpError {
        version: IcmpVersion::V4,
        kind,
        code,
        from,
        mtu: None,
    }))
}
