//! What the targets of one run show of one another: other ports of a host, other addresses of a name, other destinations
//! beyond the same gateway.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::attempts::Attempts;
use super::host::Ports;
use crate::hosts::Protocol;
use crate::text;
use crate::text::Text;
use crate::verdict::observation::{Elsewhere, Observations, OtherAddress};

/// A target as others see it.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The name it was looked up by.
    pub name: Option<Arc<str>>,
    /// Protocol of its probes.
    pub protocol: Protocol,
    /// Where they went.
    pub address: SocketAddr,
    /// The gateway, where there is one.
    pub gateway: Option<IpAddr>,
    /// How they ended.
    pub attempts: Attempts,
}

/// Name, protocol and port.
type NamedService = (Arc<str>, Protocol, u16);

/// The targets of a run, in memory and time that grow with their number only.
#[derive(Clone, Debug, Default)]
pub struct Correlation {
    hosts: HashMap<IpAddr, Host>,
    names: HashMap<NamedService, Vec<(IpAddr, bool)>>,
    gateways: HashMap<IpAddr, Beyond>,
}

/// The services of one address.
#[derive(Clone, Debug, Default)]
struct Host {
    echoes: Option<Box<Attempts>>,
    ports: Ports,
    replies: bool,
}

/// Hosts beyond a gateway.
#[derive(Clone, Copy, Debug, Default)]
struct Beyond {
    hosts: usize,
    replying: usize,
}

impl Correlation {
    /// Puts targets side by side.
    pub fn of(peers: impl Iterator<Item = Peer>) -> Self {
        let mut correlation = Self::default();
        let mut gateways: HashMap<IpAddr, IpAddr> = HashMap::new();
        for peer in peers {
            gateways.extend(peer.gateway.map(|gateway| (peer.address.ip(), gateway)));
            correlation.add(peer);
        }
        for (host, gateway) in gateways {
            // Absent where nothing was measured.
            let Some(found) = correlation.hosts.get(&host) else {
                continue;
            };
            let beyond = correlation.gateways.entry(gateway).or_default();
            beyond.hosts += 1;
            beyond.replying += usize::from(found.replies);
        }
        correlation
    }

    fn add(&mut self, peer: Peer) {
        if peer.attempts.replied() + peer.attempts.silent == 0 {
            return;
        }
        let ip = peer.address.ip();
        let host = self.hosts.entry(ip).or_default();
        host.replies |= peer.attempts.replied() > 0;
        if let Some(name) = peer.name {
            let service = (name, peer.protocol, peer.address.port());
            let works = peer.attempts.succeeded() > 0;
            self.names.entry(service).or_default().push((ip, works));
        }
        match peer.protocol {
            Protocol::Icmp => host.echoes = Some(Box::new(peer.attempts)),
            Protocol::Tcp => {
                host.ports.add(peer.address.port(), &peer.attempts);
            }
            Protocol::Udp => {}
        }
    }

    /// Echoes to the target's host, where these are another target.
    pub fn echoes(&self, target: &Peer) -> Option<Attempts> {
        let host = self.hosts.get(&target.address.ip())?;
        let echoes = host.echoes.as_deref().cloned();
        echoes.filter(|_| target.protocol != Protocol::Icmp)
    }

    /// Other TCP ports of the target's host.
    pub fn ports(&self, target: &Peer) -> Ports {
        let Some(host) = self.hosts.get(&target.address.ip()) else {
            return Ports::default();
        };
        match target.protocol {
            Protocol::Tcp => host.ports.without(target.address.port(), &target.attempts),
            Protocol::Udp | Protocol::Icmp => host.ports.clone(),
        }
    }

    /// Adds what other hosts and addresses show of a target.
    pub fn observe(&self, seen: &mut Observations, target: &Peer) {
        self.observe_elsewhere(seen, target);
        if let Some((address, others)) = self.other_address(target) {
            seen.set_with(address, others);
        }
    }

    fn observe_elsewhere(&self, seen: &mut Observations, target: &Peer) {
        let host = self.hosts.get(&target.address.ip());
        let beyond = target.gateway.and_then(|it| self.gateways.get(&it));
        let (Some(host), Some(beyond)) = (host, beyond) else {
            return;
        };
        let others = beyond.hosts - 1;
        let replying = beyond.replying - usize::from(host.replies);
        let figures = text![replying, " of ", others];
        match (others, replying) {
            (0, _) => {}
            (_, 0) => seen.set_with(Elsewhere::Fails, figures),
            _ => seen.set_with(Elsewhere::Works, figures),
        }
    }

    /// How other addresses of the name do, and which of them work.
    fn other_address(&self, target: &Peer) -> Option<(OtherAddress, Text)> {
        let name = Arc::clone(target.name.as_ref()?);
        let service = (name, target.protocol, target.address.port());
        let all = self.names.get(&service).filter(|all| all.len() > 1)?;
        let own = target.address.ip();
        let working = all.iter().filter(|(ip, works)| *works && *ip != own);
        let working: Vec<_> = working.map(|(ip, _)| *ip).collect();
        let of_family = working.iter().any(|ip| ip.is_ipv4() == own.is_ipv4());
        let value = match working.first() {
            None => OtherAddress::Fails,
            Some(_) if of_family => OtherAddress::Works,
            Some(_) => OtherAddress::OtherFamily,
        };
        Some((value, text![working.len(), " of ", all.len() - 1]))
    }

    /// Another address of the name that works.
    pub fn working_address(&self, target: &Peer) -> Option<IpAddr> {
        let name = Arc::clone(target.name.as_ref()?);
        let service = (name, target.protocol, target.address.port());
        let all = self.names.get(&service)?.iter();
        let own = target.address.ip();
        let mut working = all.filter(|(ip, works)| *works && *ip != own);
        working.next().map(|(ip, _)| *ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Handshake, Outcome};
    use crate::verdict::observation::Others;

    const OK: Outcome = Outcome::Connected(Handshake::Clean);
    const LOST: Outcome = Outcome::NoReply;

    fn peer(name: &str, address: &str, outcome: Outcome) -> Peer {
        Peer {
            name: Some(name.into()),
            protocol: Protocol::Tcp,
            address: address.parse().expect(address),
            gateway: Some([10, 0, 0, 1].into()),
            attempts: Attempts::of([(outcome, 3)]),
        }
    }

    fn observed(peers: &[Peer], nth: usize) -> Observations {
        let correlation = Correlation::of(peers.iter().cloned());
        let mut seen = Observations::default();
        correlation.observe(&mut seen, &peers[nth]);
        seen
    }

    #[test]
    fn other_ports_of_the_same_host() {
        let peers = [
            peer("a", "10.1.0.1:22", OK),
            peer("a", "10.1.0.1:443", LOST),
            peer("b", "10.1.0.2:22", LOST),
        ];
        let correlation = Correlation::of(peers.iter().cloned());
        assert_eq!(correlation.ports(&peers[1]).observe(), Some(Others::Answer));
        assert_eq!(correlation.ports(&peers[0]).observe(), Some(Others::Silent));
        assert_eq!(correlation.ports(&peers[2]).observe(), None);
    }

    #[test]
    fn other_destinations_beyond_the_gateway() {
        let works = peer("b", "10.1.0.2:22", OK);
        let fails = peer("a", "10.1.0.1:22", LOST);
        let also_fails = peer("c", "10.1.0.3:22", LOST);
        let seen = observed(&[fails.clone(), works], 0);
        assert_eq!(seen.get(), Some(Elsewhere::Works));
        let seen = observed(&[fails.clone(), also_fails], 0);
        assert_eq!(seen.get(), Some(Elsewhere::Fails));
        assert_eq!(observed(&[fails], 0).get::<Elsewhere>(), None);
    }

    #[test]
    fn other_addresses_of_the_same_name() {
        let fails = peer("a", "10.1.0.1:22", LOST);
        let works = peer("a", "10.1.0.2:22", OK);
        let works_over_ipv6 = peer("a", "[fd00::2]:22", OK);
        let seen = observed(&[fails.clone(), works], 0);
        assert_eq!(seen.get(), Some(OtherAddress::Works));
        let seen = observed(&[fails.clone(), works_over_ipv6], 0);
        assert_eq!(seen.get(), Some(OtherAddress::OtherFamily));
        let also_fails = peer("a", "10.1.0.3:22", LOST);
        let seen = observed(&[fails, also_fails], 0);
        assert_eq!(seen.get(), Some(OtherAddress::Fails));
    }
}
