//! Probes of every protocol: sends one, matches its reply, classifies how it ended. The engine uses [`Network`] only.

mod context;
mod datagram;
mod dispatch;
mod local_ports;
mod poll_token;
mod rtt;
mod setup_error;
mod socket_options;
mod tcp;

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use slotmap::new_key_type;

use crate::hosts::Target;
use crate::outcome::{ExtraReply, ProbeResult, TargetId};

pub use dispatch::Probes;
pub use local_ports::free_ports;

new_key_type! {
    /// Identifies a probe in flight: slot and generation. Not reused within a run, so an event of an earlier probe is
    /// not taken for one of a later probe.
    pub struct ProbeId;
}

/// TTL and local port of one target's probes, instead of those of the plan: for path discovery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeOverride {
    /// Time to live or hop limit; `None`: as in the plan.
    pub ttl: Option<u8>,
    /// The local port, or the ICMP echo identifier; `None`: any.
    pub port: Option<u16>,
}

/// How the start of a probe went.
#[derive(Debug)]
pub enum Started {
    /// The probe is in flight.
    InProgress {
        /// Just before `connect()` or `send()`.
        sent_at: Instant,
    },
    /// The probe has ended.
    Ended {
        /// When it was started.
        sent_at: Instant,
        /// How it ended.
        result: ProbeResult,
    },
}

/// An event of a probe in flight.
#[derive(Debug)]
pub enum ProbeEvent {
    /// It has ended, and its id is invalid.
    Ended(ProbeId, ProbeResult),
    /// The handshake completed; the connection is held and watched.
    Connected(ProbeId),
    /// A target sent a datagram that ended no probe.
    ExtraReply(TargetId, ExtraReply),
}

/// An unpredictable number from the operating system.
///
/// Panics without a random source (getrandom(2), /dev/urandom), as `HashMap` of the standard library does.
fn random_u64() -> u64 {
    getrandom::u64().expect("a random source")
}

/// The network as the engine sees it.
pub trait Network {
    /// Starts a probe to `target`.
    fn start(&mut self, id: ProbeId, target: TargetId) -> Started;

    /// Adds a target; its id is the next number.
    fn add_target(&mut self, target: &Target);

    /// Changes the address of a target; its port stays.
    fn set_address(&mut self, target: TargetId, address: SocketAddr);

    /// Waits for an event or until a time. May return early without an event.
    fn wait(&mut self, until: Option<Instant>) -> io::Result<()>;

    /// Appends the events of probes in flight, as seen at `now`. User-clock times of probes sent before
    /// `trusted_since` are invalid: this process stalled meanwhile.
    fn collect(&mut self, now: Instant, trusted_since: Instant, events: &mut Vec<ProbeEvent>);

    /// The timeout of a probe has passed: its result. After `no-reply` the probe stays open for a late reply, until
    /// [`Self::cancel`]; after any other result it has ended.
    fn time_out(&mut self, id: ProbeId, now: Instant, trusted_since: Instant) -> ProbeResult;

    /// The hold time of a connected probe is over: it ends as connected.
    fn end_hold(&mut self, id: ProbeId) -> ProbeResult;

    /// Closes a probe whose reply is no longer waited for.
    fn cancel(&mut self, id: ProbeId) -> ProbeResult;
}
