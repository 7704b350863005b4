//! A probe that has ended.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::hosts::{Protocol, Target};
use crate::outcome::{Outcome, OutcomeClass, RttClock, Sample};

/// A probe that has ended. Its text is one line: `connected in 0.131 ms`, `unreachable: admin-prohibited from 10.20.9.1`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Protocol of the probe.
    pub protocol: Protocol,
    /// Where it was sent; port 0 for an ICMP echo.
    pub address: SocketAddr,
    /// Where it was sent from, if the kernel chose an address.
    pub source: Option<SocketAddr>,
    /// Number of the probe, from 1.
    pub number: u64,
    /// Just before `connect(2)` or `send(2)`.
    pub sent_at: Instant,
    /// How it ended.
    pub outcome: Outcome,
    /// A reply after the timeout. The probe was reported as [`Outcome::NoReply`] before.
    pub late: bool,
    /// What an application waits for the handshake or the reply: monotonic clock, retransmitted SYNs included. Absent where
    /// neither came, or where this process was suspended meanwhile.
    pub connect: Option<Duration>,
    /// From the start of the probe to its end, whatever that was: the time to a RST, the timeout.
    pub elapsed: Option<Duration>,
    /// Round-trip time by the kernel's clocks alone. Absent where they are not to be had, and after a retransmission.
    pub path_rtt: Option<Duration>,
    /// SYNs sent, retransmissions included; absent where the system does not report it.
    pub syns: Option<u32>,
    /// What a datagram's reply says in a few words: `NXDOMAIN`, `stratum 3`.
    pub reply: Option<String>,
}

impl Attempt {
    pub(super) fn new(target: &Target, sample: &Sample) -> Self {
        let result = &sample.result;
        Self {
            protocol: target.protocol,
            address: target.address,
            source: result.local,
            number: sample.seq,
            sent_at: sample.sent_at,
            outcome: result.outcome,
            late: sample.late,
            connect: result.connect.filter(|_| result.outcome.is_answered()),
            elapsed: result.connect,
            path_rtt: result
                .rtt
                .filter(|rtt| rtt.clock == RttClock::Kernel)
                .map(|rtt| rtt.time),
            syns: result.syn_sent,
            reply: result.reply_summary.map(|it| it.as_str().to_owned()),
        }
    }

    /// Whether the handshake completed and was not reset, or a reply came.
    pub fn succeeded(&self) -> bool {
        self.outcome.kind().class() == OutcomeClass::Succeeded
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.outcome.kind().name())?;
        if let Some(reason) = self.outcome.reason() {
            write!(f, ": {reason}")?;
        }
        if let Outcome::Unreachable(by) = self.outcome
            && let Some(from) = by.from()
        {
            write!(f, " from {from}")?;
        }
        if let Some(time) = self.connect {
            write!(f, " in {:.3} ms", time.as_secs_f64() * 1e3)?;
        }
        f.write_str(if self.late { ", late" } else { "" })
    }
}
