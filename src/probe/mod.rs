//! One attempt: begin, and complete. The engine sees probes only through [`Network`].

mod chance;
mod context;
mod datagram;
mod dispatch;
mod local_ports;
mod rtt;
mod setup_error;
mod socket_options;
mod tcp;

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use crate::hosts::Target;
use crate::outcome::{ExtraReply, ProbeResult, TargetId};
use dispatch::Watch;

pub use dispatch::Probes;
pub(crate) use local_ports::free_ports;

/// Names one probe under way. Never used twice in a run, so an old probe's event cannot be taken for
/// a new one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProbeId {
    /// Where it is kept; used again when the probe is gone.
    pub slot: u32,
    /// Which user of that slot it is.
    pub generation: u32,
}

/// How far a target's probes go, and from which local port: what looks at the path wants both in its own hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeOverride {
    /// Time to live or hop limit; as the plan has it where none is said.
    pub ttl: Option<u8>,
    /// The local port, or the identifier of ICMP echoes; any where none is said.
    pub port: Option<u16>,
}

/// How a probe began.
#[derive(Debug)]
pub enum Started {
    /// It is under way.
    InProgress {
        /// Just before `connect()` or `send()`.
        sent_at: Instant,
    },
    /// It ended at once.
    Ended {
        /// When it was tried.
        sent_at: Instant,
        /// How.
        result: ProbeResult,
    },
}

/// What became of a probe under way.
#[derive(Debug)]
pub enum ProbeEvent {
    /// It has ended, and the network has forgotten it.
    Ended(ProbeId, ProbeResult),
    /// The handshake completed; now it is held and watched.
    Connected(ProbeId),
    /// Something came from a target that ended no probe.
    ExtraReply(TargetId, ExtraReply),
}

/// What the engine needs of the network.
pub trait Network {
    /// Starts a probe to `target`.
    fn start(&mut self, id: ProbeId, target: TargetId) -> Started;

    /// One more target, whose id is the next number.
    fn add_target(&mut self, target: &Target);

    /// The target has another address from now on; its port stays.
    fn set_address(&mut self, target: TargetId, address: SocketAddr);

    /// Waits until something happens, or until a time; may end earlier for nothing.
    fn wait(&mut self, until: Option<Instant>) -> io::Result<()>;

    /// Says what has happened to probes under way, as seen at `now`. Times of probes that began
    /// before `trusted_since` are not to be trusted: this process stood still meanwhile.
    fn collect(&mut self, now: Instant, trusted_since: Instant, progress: &mut Vec<ProbeEvent>);

    /// The deadline of a probe has passed: says how it stands. After `no-reply` the probe stays open, to
    /// see whether an answer comes late, until it is forgotten; otherwise it has ended.
    fn time_out(&mut self, id: ProbeId, now: Instant, trusted_since: Instant) -> ProbeResult;

    /// The hold time of a connected probe is over: it ends as connected.
    fn end_hold(&mut self, id: ProbeId) -> ProbeResult;

    /// Nobody waits for the probe any more: closes it.
    fn cancel(&mut self, id: ProbeId) -> ProbeResult;
}
