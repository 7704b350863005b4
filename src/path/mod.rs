//! Where on the path to a port probes end, and how far away whoever answers is.
//!
//! Probes of the real protocol to the real port are sent with every TTL from 1 on, each on its leash
//! ([`crate::probe::ProbeOverride`]). A first look tries all of them side by side, from different ports, to learn how long the path
//! is and how slow. Then each flow is walked: one source port, one hop after the other, because TCP cannot have two
//! sockets with the same two ends, and routers choose among parallel links by these.

mod analysis;
mod discovery;
#[cfg(test)]
pub(crate) mod fixture;
mod flow_ports;
mod hop;
mod loss;
mod reverse_dns;
mod rounds;
mod tracer;
mod ttl_sweep;

use crate::hosts::{Protocol, Target};
use crate::outcome::{Outcome, Sample};

pub use analysis::{
    PathAnalysis, PathEnd, PathNote, Responder, RoutingLoop, analyze, describe_rejecting_hop,
    merged_hops,
};
pub use hop::{FinalReply, Hop, HopReply, ReplyKind};
pub use loss::{LossCount, LossOnset, loss_per_hop};
pub use reverse_dns::RouterNames;
pub use tracer::Tracer;

/// What was found on the way to one target.
#[derive(Clone, Debug)]
pub struct Path {
    /// Whom it leads to.
    pub target: Target,
    /// What the first look found, from a port of its own for every hop.
    pub discovery_hops: Vec<Hop>,
    /// How a probe with the usual TTL ended in that look.
    pub full_ttl_outcome: Option<Outcome>,
    /// What was heard for each TTL by all flows together, from 1 on.
    pub hops: Vec<Hop>,
    /// The flows, each with its source port.
    pub flows: Vec<Flow>,
    /// How far away the host is by its answers to something else than the probes.
    pub host_distance: Option<Distance>,
    /// What was heard on the way of the probes that told this.
    pub host_hops: Vec<Hop>,
    /// What many probes to every hop found, each from a port of its own (the flow's is 0): where loss begins. Those to a
    /// gateway that answers echoes are such.
    pub survey: Option<Flow>,
    /// Rounds that were begun.
    pub rounds: u64,
    /// Packets sent, apart from the kernel's own: each probe is one.
    pub sent: u64,
    /// Somebody stopped it.
    pub interrupted: bool,
}

/// The path of one source port.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The local port, or the identifier of ICMP echoes.
    pub port: u16,
    /// What was heard for each TTL, from 1 on.
    pub hops: Vec<Hop>,
    /// What was heard for the usual TTL, in rounds in which no smaller one was the end of the way.
    pub full_ttl: Hop,
    /// Times it was tried whether this port gets an answer from the target, or from who speaks for it.
    pub attempts: u64,
    /// Times it did; a rejection on the way is none.
    pub answered: u64,
}

/// How far away a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// The smallest TTL that it answers: hops, the host included.
    pub ttl: u8,
    /// It is no nearer than that: less than `ttl` where answers to smaller TTLs may only have been lost.
    pub min_ttl: u8,
    /// What it answered.
    pub by: DistanceBy,
}

impl Distance {
    /// `hop 7`; `one of hops 5 to 7`.
    pub fn describe(self) -> String {
        let Self {
            ttl,
            min_ttl: least,
            ..
        } = self;
        if least < ttl {
            format!("one of hops {least} to {ttl}")
        } else {
            format!("hop {ttl}")
        }
    }
}

/// What told the distance of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistanceBy {
    /// ICMP echo.
    Echo,
    /// A UDP port where nothing listens: the host says so itself.
    ClosedUdpPort,
    /// Another TCP port, whoever answers there: if he is further away than who answers for the asked one, one of both is
    /// not the host.
    TcpPort(u16),
}

impl DistanceBy {
    /// What is asked of the host.
    pub fn service(self) -> (Protocol, Option<u16>) {
        match self {
            Self::Echo => (Protocol::Icmp, None),
            Self::ClosedUdpPort => (Protocol::Udp, Some(CLOSED_UDP_PORT)),
            Self::TcpPort(port) => (Protocol::Tcp, Some(port)),
        }
    }
}

/// The first of traceroute's UDP ports, where nothing is meant to listen (traceroute(8)).
const CLOSED_UDP_PORT: u16 = 33434;

/// What a probe was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbePurpose {
    /// The first look.
    Discovery,
    /// To learn how far away the host is.
    Distance(DistanceBy),
    /// The walk of the flow of this index, in this round from 1.
    Round {
        /// Its place among the flows.
        flow: usize,
        /// From 1.
        round: u64,
    },
}

/// One probe on its leash that has ended.
#[derive(Clone, Copy, Debug)]
pub struct TraceProbe<'a> {
    /// What it was sent for.
    pub purpose: ProbePurpose,
    /// How far it could go; `None`: as far as usual.
    pub ttl: Option<u8>,
    /// How it ended.
    pub sample: &'a Sample,
}

/// Who wants to know of each probe.
pub trait TraceObserver {
    /// A probe has ended.
    fn probe_ended(&mut self, probe: &TraceProbe);
    /// A round begins; the first look is round 0.
    fn round_started(&mut self, _round: u64) {}
    /// The statistics so far are wanted.
    fn statistics_requested(&mut self, _path: &Path) {}
}

/// Nobody does.
impl TraceObserver for () {
    fn probe_ended(&mut self, _probe: &TraceProbe) {}
}
