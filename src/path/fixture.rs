//! Paths for tests: one line per round, one word per TTL from 1 on.
//!
//! | word | reply |
//! | --- | --- |
//! | `3` | time exceeded from router 10.20.1.3 |
//! | `N` | time exceeded from the target's address |
//! | `*` | none |
//! | `S`, `R`, `D` | SYN-ACK, RST, datagram |
//! | `P` | port unreachable from the target |
//! | `X3`, `X` | admin-prohibited from router 3, from an unreported sender |
//! | `?` | refused, without the sender |
//! | `L` | the probe never left |
//! | `.` | the probe was not sent |
//!
//! `>` precedes the reply to a full-TTL probe.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tracer::{Round, TtlLimit, TtlSeries};
use super::{Distance, DistanceBy, Flow, Hop, Path, ProbePurpose, TraceObserver, TraceProbe};
use crate::engine::SampleSink;
use crate::hosts::{Lookup, Protocol, Target};
use crate::outcome::{
    Evidence, EvidenceKind, Handshake, IcmpError, IcmpVersion, LocalCause, Outcome, ProbeResult,
    Refusal, Rtt, RttClock, Sample, TargetId, UnreachableBy,
};
use crate::plan::MAX_HOPS;

/// Source port of the first flow.
const PORT: u16 = 40_001;

/// A path and its probes.
#[derive(Debug)]
pub(crate) struct PathFixture {
    pub(crate) path: Path,
    pub(crate) probes: Vec<(ProbePurpose, Option<u8>, Sample)>,
    pub(crate) start: Instant,
}

struct Probes<'a>(&'a mut Vec<(ProbePurpose, Option<u8>, Sample)>);

impl TraceObserver for Probes<'_> {
    fn probe_ended(&mut self, probe: &TraceProbe) {
        self.0.push((probe.purpose, probe.ttl, *probe.sample));
    }
}

/// The address of a router.
pub(crate) fn router(number: u8) -> IpAddr {
    [10, 20, 1, number].into()
}

impl PathFixture {
    /// A path to `db.example` without probes.
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
            probes: Vec::new(),
            start: Instant::now(),
        }
    }

    /// A TCP path: `/` separates flows, `|` the rounds of a flow.
    pub(crate) fn of(rounds: &str) -> Self {
        Self::new(Protocol::Tcp).rounds(rounds)
    }

    pub(crate) fn rounds(mut self, rounds: &str) -> Self {
        let flows: Vec<Vec<&str>> = rounds
            .split('/')
            .map(|it| it.split('|').collect())
            .collect();
        let count = flows.iter().map(Vec::len).max().unwrap_or(0);
        self.path.flows = (PORT..).take(flows.len()).map(Flow::new).collect();
        for round in 0..count {
            self.path.rounds += 1;
            for (flow, lines) in flows.iter().enumerate() {
                if let Some(line) = lines.get(round) {
                    self.round(flow, line);
                }
            }
        }
        self
    }

    /// Replies to the discovery sweep.
    pub(crate) fn discovery(mut self, line: &str) -> Self {
        for (index, (ttl, outcome)) in outcomes(&self.path.target, line).into_iter().enumerate() {
            let sample = self.sample(index as u64 + 1, 0, ttl, outcome);
            match ttl {
                None => self.path.full_ttl_outcome = Some(outcome),
                Some(_) => self.path.discovery_hops[index].record(&self.path.target, &sample),
            }
            self.path.sent += u64::from(has_left(&outcome));
            self.probes.push((ProbePurpose::Discovery, ttl, sample));
        }
        self
    }

    /// Distance of the host by ICMP echo.
    pub(crate) fn host(mut self, ttl: u8) -> Self {
        self.path.host_distance = Some(Distance {
            ttl,
            min_ttl: ttl,
            by: DistanceBy::Echo,
        });
        self
    }

    fn round(&mut self, flow: usize, line: &str) {
        let outcomes = outcomes(&self.path.target, line);
        let port = self.path.flows[flow].port;
        let round = self.path.rounds;
        let all_series = [TtlSeries {
            target: TargetId(0),
            port: Some(port),
            ttls: outcomes.iter().map(|(ttl, _)| *ttl).collect(),
            purpose: ProbePurpose::Round { flow, round },
        }];
        let samples: Vec<_> = (1..)
            .zip(outcomes)
            .map(|(seq, (ttl, outcome))| self.sample(seq, port, ttl, outcome))
            .collect();
        let left = samples.iter().filter(|it| has_left(&it.result.outcome));
        self.path.sent += left.count() as u64;
        let mut round = Round {
            target: &self.path.target.clone(),
            all_series: &all_series,
            limits: &[Rc::new(TtlLimit::none())],
            flows: &mut self.path.flows,
            hops: &mut self.path.hops,
            observer: &mut Probes(&mut self.probes),
            statistics_requested: false,
        };
        for sample in &samples {
            round.sample(sample);
        }
    }

    /// A probe with an RTT of 0.4 ms per hop plus 7 us per round.
    fn sample(&self, seq: u64, port: u16, ttl: Option<u8>, outcome: Outcome) -> Sample {
        let offset = Duration::from_micros(7 * self.path.rounds + 3 * u64::from(port % 10));
        let time = Duration::from_micros(400) * u32::from(ttl.unwrap_or(9)) + offset;
        let is_answered = has_left(&outcome) && outcome != Outcome::NoReply;
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
                rtt: is_answered.then_some(Rtt {
                    time,
                    clock: RttClock::Kernel,
                }),
                ..(outcome, evidence(&outcome)).into()
            },
        }
    }
}

fn has_left(outcome: &Outcome) -> bool {
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

fn outcomes(target: &Target, line: &str) -> Vec<(Option<u8>, Outcome)> {
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
