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
}

impl Probes {
    /// Prepares probes to `targets`.
    pub fn new(mut poller: Poller, targets: &[Target], plan: &ProbePlan) -> Self {
        if let Rate::Dense(interval) = plan.rate {
            poller.set_busy_poll(interval);
        }
        let mut probes = Self {
            poller,
            ready: Vec::new(),
            tcp: TcpProbes::new(plan),
            datagrams: DatagramProbes::new(&plan.sockets, plan.rate == Rate::Maximum),
            payload: plan.payload.clone(),
            targets: Vec::with_capacity(targets.len()),
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
}

impl Network for Probes {
    fn start(&mut self, id: ProbeId, target: TargetId) -> Started {
        match self.targets[target.index()] {
            TargetIndex::Tcp(index) => self.tcp.start(&self.poller, id, index),
            TargetIndex::Datagram(index) => self.datagrams.start(&self.poller, id, index),
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
        if self.datagrams.has_probe(id) {
            self.datagrams.time_out(&self.poller, id, trusted_since)
        } else {
            self.tcp.time_out(&self.poller, id, now, trusted_since)
        }
    }

    fn end_hold(&mut self, id: ProbeId) -> ProbeResult {
        self.tcp.end_hold(&self.poller, id)
    }

    fn cancel(&mut self, id: ProbeId) -> ProbeResult {
        if self.datagrams.has_probe(id) {
            self.datagrams.cancel(&self.poller, id)
        } else {
            self.tcp.cancel(&self.poller, id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::plan::SocketPlan;
    use slotmap::SlotMap;
    use std::net::{TcpListener, UdpSocket};
    use std::time::Duration;

    fn target(protocol: Protocol, address: SocketAddr) -> Target {
        Target {
            protocol,
            host: "loopback".into(),
            address,
            lookup: None,
        }
    }

    /// The ids that two engines allocate for the same slot: the second one starts with a lower generation.
    fn ids_of_two_engines() -> [ProbeId; 2] {
        let mut first = SlotMap::with_key();
        for _ in 0..10 {
            let id = first.insert(());
            first.remove(id);
        }
        [first.insert(()), SlotMap::with_key().insert(())]
    }

    /// Waits until the probe ends.
    fn result(probes: &mut Probes, id: ProbeId) -> Option<ProbeResult> {
        let start = Instant::now();
        let until = start + Duration::from_secs(5);
        while Instant::now() < until {
            let mut events = Vec::new();
            probes.wait(Some(until)).expect("a poll");
            probes.collect(Instant::now(), start, &mut events);
            for event in events {
                if let ProbeEvent::Ended(ended, result) = event {
                    return (ended == id).then_some(result);
                }
            }
        }
        None
    }

    #[test]
    fn a_second_engine_may_reuse_the_slots_of_the_first_with_lower_generations() {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let targets = [
            target(Protocol::Tcp, tcp.local_addr().expect("an address")),
            target(Protocol::Udp, udp.local_addr().expect("an address")),
        ];
        let plan = ProbePlan::new(SocketPlan::default(), PayloadPlan::default());
        let mut probes = Probes::new(Poller::new().expect("a poller"), &targets, &plan);
        let [first, second] = ids_of_two_engines();
        probes.start(first, TargetId(1));
        let mut request = [0; 64];
        let (length, from) = udp.recv_from(&mut request).expect("a request");
        udp.send_to(&request[..length], from).expect("a reply");
        let replied = result(&mut probes, first).map(|result| result.outcome);
        assert_eq!(replied, Some(Outcome::Reply));
        probes.start(second, TargetId(1));
        let cancelled = probes.cancel(second);
        assert!(cancelled.local.is_some(), "a probe with a socket");
        for id in ids_of_two_engines() {
            probes.start(id, TargetId(0));
            let connected = result(&mut probes, id).map(|result| result.outcome);
            assert!(matches!(connected, Some(Outcome::Connected(_))));
        }
    }
}
