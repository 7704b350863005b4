//! Probes of every protocol over one poller.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::datagram::{DatagramProbes, LineId};
use super::tcp::TcpProbes;
use super::{Network, ProbeEvent, ProbeId, ProbeOverride, Started};
use crate::hosts::{Protocol, Target};
use crate::outcome::{ProbeResult, TargetId};
use crate::plan::{PayloadPlan, ProbePlan, Rate};
use crate::platform::{Poller, Readiness};

/// Bits of a poller's token that name a place.
const PLACE: u64 = (1 << 31) - 1;

/// The bit that tells a line from a TCP probe.
const LINE: u64 = 1 << 31;

/// What a poller's token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// The socket of a TCP probe.
    Tcp(ProbeId),
    /// A socket for datagrams.
    Line(LineId),
}

impl Watch {
    /// As the number a poller carries.
    pub(super) fn token(self) -> u64 {
        let (place, generation, line) = match self {
            Self::Tcp(id) => (id.slot, id.generation, 0),
            Self::Line(id) => (id.place, id.generation, LINE),
        };
        u64::from(generation) << 32 | line | u64::from(place) & PLACE
    }

    /// Back from the number.
    #[allow(clippy::cast_possible_truncation)] // the two halves of `token`
    fn from_token(token: u64) -> Self {
        let (place, generation) = ((token & PLACE) as u32, (token >> 32) as u32);
        if token & LINE == 0 {
            Self::Tcp(ProbeId {
                slot: place,
                generation,
            })
        } else {
            Self::Line(LineId { place, generation })
        }
    }
}

/// Where a target is known, and by which number.
#[derive(Clone, Copy, Debug)]
enum Place {
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
    targets: Vec<Place>,
    /// Whether a probe is one of the datagrams, by its slot.
    is_datagram: Vec<bool>,
}

impl Probes {
    /// Prepares probes to `targets` as `plan` wants them.
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

    /// From now on probes to this target go so far, from this port.
    pub fn set_override(&mut self, target: TargetId, set_override: ProbeOverride) {
        match self.targets[target.index()] {
            Place::Tcp(place) => self.tcp.set_override(place, set_override),
            Place::Datagram(place) => self.datagrams.set_override(place, set_override),
        }
    }

    fn note(&mut self, id: ProbeId, is_datagram: bool) {
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
            Place::Tcp(place) => {
                self.note(id, false);
                self.tcp.start(&self.poller, id, place)
            }
            Place::Datagram(place) => {
                self.note(id, true);
                self.datagrams.start(&self.poller, id, place)
            }
        }
    }

    fn add_target(&mut self, target: &Target) {
        let (protocol, address) = (target.protocol, target.address);
        let place = if protocol == Protocol::Tcp {
            Place::Tcp(self.tcp.add(address))
        } else {
            let id = TargetId(u32::try_from(self.targets.len()).unwrap_or(u32::MAX));
            Place::Datagram(self.datagrams.add(id, protocol, address, &self.payload))
        };
        self.targets.push(place);
    }

    fn set_address(&mut self, target: TargetId, address: SocketAddr) {
        match self.targets[target.index()] {
            Place::Tcp(place) => self.tcp.set_address(place, address),
            Place::Datagram(place) => self.datagrams.set_address(place, address),
        }
    }

    fn wait(&mut self, until: Option<Instant>) -> io::Result<()> {
        // What was noticed while a probe was sent is told at once.
        let now = self.datagrams.has_progress().then(Instant::now);
        self.poller.wait(now.or(until), &mut self.ready)
    }

    fn collect(&mut self, now: Instant, trusted_since: Instant, progress: &mut Vec<ProbeEvent>) {
        self.datagrams.looked_at(now);
        for ready in self.ready.drain(..) {
            match Watch::from_token(ready.token) {
                Watch::Tcp(id) => {
                    let step = self
                        .tcp
                        .advance(&self.poller, id, ready, now, trusted_since);
                    progress.extend(step);
                }
                Watch::Line(id) => {
                    let failed = ready.failed;
                    self.datagrams
                        .attend(&self.poller, id, failed, trusted_since);
                }
            }
        }
        self.datagrams.hand_over(progress);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_what_it_stands_for() {
        let (place, generation) = (4711, u32::MAX);
        let tcp = Watch::Tcp(ProbeId {
            slot: place,
            generation,
        });
        let line = Watch::Line(LineId { place, generation });
        assert_eq!(Watch::from_token(tcp.token()), tcp);
        assert_eq!(Watch::from_token(line.token()), line);
    }
}
