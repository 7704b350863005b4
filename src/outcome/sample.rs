//! The record of one probe, as it travels from the engine to statistics and printers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::classify::Classified;
use super::{Evidence, Outcome, ReplySummary};

/// Index of a target within the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetId(pub u32);

impl TargetId {
    /// As an index into a slice ordered like the plan's targets.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One probe that ended, or was cut short.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Whom it went to.
    pub target: TargetId,
    /// Which probe of that target: 1, 2, 3, ...; warm-up probes count on their own.
    pub seq: u64,
    /// Shown, but in no statistic.
    pub warmup: bool,
    /// When the schedule wanted it to start.
    pub scheduled_at: Instant,
    /// When it did start: just before `connect()` or `send()`.
    pub sent_at: Instant,
    /// The answer came after the deadline; the probe was reported as `no-reply` before.
    pub late: bool,
    /// How it ended.
    pub result: ProbeResult,
}

/// How one probe ended, with what was measured on the way.
#[derive(Clone, Copy, Debug)]
pub struct ProbeResult {
    /// What happened.
    pub outcome: Outcome,
    /// How we know.
    pub evidence: Evidence,
    /// The local address and port, once the kernel has chosen them.
    pub local: Option<SocketAddr>,
    /// Monotonic time from just before `connect()` (or `send()`) to the wake-up that saw its end (the end of the
    /// handshake, where one completed). Absent if it never ended, or if this process was stopped meanwhile.
    pub connect: Option<Duration>,
    /// The path's round-trip time, where a clock other than our own measured it.
    pub rtt: Option<Rtt>,
    /// How many SYNs were sent, where the kernel tells.
    pub syn_sent: Option<u32>,
    /// From the end of the handshake to the reset or close that followed it.
    pub established_for: Option<Duration>,
    /// When the kernel received a datagram's answer, as wall-clock time since 1970: it puts answers in order.
    pub received_at: Option<Duration>,
    /// The TTL or hop limit with which the answer arrived, where the system tells.
    pub ttl: Option<u8>,
    /// What a datagram's answer said, where it said something.
    pub reply_summary: Option<ReplySummary>,
}

impl From<Classified> for ProbeResult {
    /// An ending of which nothing was measured.
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

/// Something that came from a target and ended no probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraReply {
    /// A further answer to a probe that had ended already: by its first answer, or by an error.
    Duplicate,
    /// A datagram that answers no probe.
    Stray,
}

/// A round-trip time and the clock that took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rtt {
    /// SYN to SYN-ACK, or a datagram's sending to its answer's arrival.
    pub time: Duration,
    /// Who measured.
    pub clock: RttClock,
}

/// Who measured a round-trip time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RttClock {
    /// The kernel, on the packets: free of this process' waits.
    Kernel,
    /// The kernel noted the answer's arrival, but this process the sending.
    User,
}

impl RttClock {
    /// The stable name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::User => "user",
        }
    }
}

impl ProbeResult {
    /// From the start of the probe to its end, as far as it was measured.
    pub fn duration(&self) -> Duration {
        self.connect.unwrap_or_default() + self.established_for.unwrap_or_default()
    }

    /// Whether the SYN is known to have been sent more than once, so that the time is no round trip.
    pub fn was_retransmitted(&self) -> bool {
        self.syn_sent.is_some_and(|syns| syns > 1)
    }
}

impl Sample {
    /// How late the probe started against the schedule.
    pub fn lag(&self) -> Duration {
        self.sent_at.saturating_duration_since(self.scheduled_at)
    }
}
