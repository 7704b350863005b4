//! Record of one probe: input of statistics and reports.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::classify::Classified;
use super::{Evidence, Outcome, ReplySummary};

/// Index of a target in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetId(pub u32);

impl TargetId {
    /// Index into slices in the order of the plan's targets.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A probe that ended, or was in flight at the end of the run.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The target.
    pub target: TargetId,
    /// Sequence number per target, from 1; warm-up probes have their own.
    pub seq: u64,
    /// Warm-up probe: printed, not counted.
    pub warmup: bool,
    /// Scheduled start.
    pub scheduled_at: Instant,
    /// Actual start: just before `connect()` or `send()`.
    pub sent_at: Instant,
    /// A reply after the timeout; the probe was reported as `no-reply` before.
    pub late: bool,
    /// The result.
    pub result: ProbeResult,
}

/// Outcome of a probe with evidence and measurements.
#[derive(Clone, Copy, Debug)]
pub struct ProbeResult {
    /// The outcome.
    pub outcome: Outcome,
    /// Evidence for the outcome.
    pub evidence: Evidence,
    /// Local address and port; absent if the kernel chose none.
    pub local: Option<SocketAddr>,
    /// `CLOCK_MONOTONIC`, from just before `connect()` or `send()` to the wake-up at the end of the handshake or probe.
    /// Absent if it did not end, or if this process was suspended meanwhile.
    pub connect: Option<Duration>,
    /// Path round-trip time by kernel timestamps or `TCP_INFO`.
    pub rtt: Option<Rtt>,
    /// SYNs sent, including retransmissions; absent without `TCP_INFO`.
    pub syn_sent: Option<u32>,
    /// From the end of the handshake to the RST or FIN.
    pub established_for: Option<Duration>,
    /// Kernel receive timestamp of a datagram reply, since 1970; orders replies.
    pub received_at: Option<Duration>,
    /// TTL or hop limit of the reply, if known.
    pub ttl: Option<u8>,
    /// Summary of a datagram reply's contents.
    pub reply_summary: Option<ReplySummary>,
}

impl From<Classified> for ProbeResult {
    /// A result without measurements.
    fn from((outcome, evidence): Classified) -> Self {
        Self {
            outcome,
            evidence,
            local: None,
            connect: None,
            rtt: None,
            syn_sent: None,
            established_for: None,
            received_at: None,
            ttl: None,
            reply_summary: None,
        }
    }
}

/// A datagram from a target that ended no probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraReply {
    /// Further reply to a probe that had ended with a reply or an error.
    Duplicate,
    /// Datagram that matches no probe.
    Stray,
}

/// Round-trip time and its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtt {
    /// SYN to SYN-ACK, or transmission of a datagram to reception of its reply.
    pub time: Duration,
    /// The clock.
    pub clock: RttClock,
}

/// Clock of a round-trip time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RttClock {
    /// Kernel timestamps at both ends: without scheduling latency of this process.
    Kernel,
    /// User-space clock at transmission, kernel timestamp at reception.
    User,
}

impl RttClock {
    /// Stable name, used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::User => "user",
        }
    }
}

impl ProbeResult {
    /// From the start of the probe to its end; 0 if not measured.
    pub fn duration(&self) -> Duration {
        self.connect.unwrap_or_default() + self.established_for.unwrap_or_default()
    }

    /// Whether more than one SYN was sent: the connect time is no round-trip time then.
    pub fn was_retransmitted(&self) -> bool {
        self.syn_sent.is_some_and(|syns| syns > 1)
    }
}

impl Sample {
    /// Schedule lag: actual minus scheduled start.
    pub fn lag(&self) -> Duration {
        self.sent_at.saturating_duration_since(self.scheduled_at)
    }
}
