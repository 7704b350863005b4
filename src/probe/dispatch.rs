//! Dispatches probes to TCP or to datagram (UDP, ICMP echo) code, over one poller.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::datagram::DatagramProbes;
use super::poll_token::PollToken;
use super::tcp::TcpProbes;
use super::{Network, ProbeEvent, ProbeId, ProbeOverride, Started};
use crate::hosts::{Protocol, Target};
use crate::outcome::{ProbeResult, TargetId};
use crate::plan::{PayloadPlan, ProbePlan, Rate};
use crate::platform::{Poller, Readiness};

/// A target's index among those of its kind of protocol.
#[derive(Clone, Copy, Debug)]
enum TargetIndex {
    Tcp(usize),
    Datagram(usize),
}

/// Probes to targets of any protocol.
pub struct Probes {
    poller: Poller,
    ready: Vec<Readiness>,
    tcp: TcpProbes,
    datagrams: DatagramProbes,
    payload: PayloadPlan,
    targets: Vec<TargetIndex>,
    /// Whether a probe in flight is a datagram, by its slot.
    is_datagram: Vec<bool>,
}

impl Probes {
    /// Prepares probes to `targets`.
    pub fn new(mut poller: Poller, targets: &[Target], plan: &ProbePlan) -> Self {
        if let Rate::Dense(interval) = plan.rate {
            poller.stay_awake(interval);
        }
        let mut probes = Self {
            poller,
            ready: Vec::new(),
            tcp: TcpProbes::new(plan),
            datagrams: DatagramProbes::new(&plan.sockets, plan.rate == Rate::Maximum),
            payload: plan.payload.clone(),
            targets: Vec::with_capacity(targets.len()),
            is_datagram: Vec::new(),
        };
        for target in targets {
            probes.add_target(target);
        }
        probes
    }

    /// Sets TTL and local port of a target's further probes.
    pub fn set_override(&mut self, target: TargetId, probe_override: ProbeOverride) {
        match self.targets[target.index()] {
            TargetIndex::Tcp(index) => self.tcp.set_override(index, probe_override),
            TargetIndex::Datagram(index) => self.datagrams.set_override(index, probe_override),
        }
    }

    fn set_is_datagram(&mut self, id: ProbeId, is_datagram: bool) {
        let slot = id.slot as usize;
        if slot >= self.is_datagram.len() {
            self.is_datagram.resize(slot + 1, false);
        }
        self.is_datagram[slot] = is_datagram;
    }

    fn is_datagram(&self, id: ProbeId) -> bool {
        self.is_datagram.get(id.slot as usize) == Some(&true)
    }
}

impl Network for Probes {
    fn start(&mut self, id: ProbeId, target: TargetId) -> Started {
        match self.targets[target.index()] {
            TargetIndex::Tcp(index) => {
                self.set_is_datagram(id, false);
                self.tcp.start(&self.poller, id, index)
            }
            TargetIndex::Datagram(index) => {
                self.set_is_datagram(id, true);
                self.datagrams.start(&self.poller, id, index)
            }
        }
    }

    fn add_target(&mut self, target: &Target) {
        let (protocol, address) = (target.protocol, target.address);
        let index = if protocol == Protocol::Tcp {
            TargetIndex::Tcp(self.tcp.add(address))
        } else {
            let id = TargetId(u32::try_from(self.targets.len()).unwrap_or(u32::MAX));
            TargetIndex::Datagram(self.datagrams.add(id, protocol, address, &self.payload))
        };
        self.targets.push(index);
    }

    fn set_address(&mut self, target: TargetId, address: SocketAddr) {
        match self.targets[target.index()] {
            TargetIndex::Tcp(index) => self.tcp.set_address(index, address),
            TargetIndex::Datagram(index) => self.datagrams.set_address(index, address),
        }
    }

    fn wait(&mut self, until: Option<Instant>) -> io::Result<()> {
        // Events found while a probe was sent are reported at once.
        let now = self.datagrams.has_events().then(Instant::now);
        self.poller.wait(now.or(until), &mut self.ready)
    }

    fn collect(&mut self, now: Instant, trusted_since: Instant, events: &mut Vec<ProbeEvent>) {
        self.datagrams.set_now(now);
        for ready in self.ready.drain(..) {
            match PollToken::decode(ready.token) {
                PollToken::TcpProbe(id) => {
                    let event =
                        self.tcp
                            .handle_readiness(&self.poller, id, ready, now, trusted_since);
                    events.extend(event);
                }
                PollToken::DatagramSocket(id) => {
                    let failed = ready.failed;
                    self.datagrams
                        .handle_readiness(&self.poller, id, failed, trusted_since);
                }
            }
        }
        self.datagrams.take_events(events);
    }

    fn time_out(&mut self, id: ProbeId, now: Instant, trusted_since: Instant) -> ProbeResult {
        if self.is_datagram(id) {
            self.datagrams.time_out(&self.poller, id, trusted_since)
        } else {
            self.tcp.time_out(&self.poller, id, now, trusted_since)
        }
    }

    fn end_hold(&mut self, id: ProbeId) -> ProbeResult {
        self.tcp.end_hold(&self.poller, id)
    }

    fn cancel(&mut self, id: ProbeId) -> ProbeResult {
        if self.is_datagram(id) {
            self.datagrams.cancel(&self.poller, id)
        } else {
            self.tcp.cancel(&self.poller, id)
        }
    }
}
