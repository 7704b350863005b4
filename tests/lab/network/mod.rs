//! Builds the network of a scenario around the calling thread.

pub(crate) mod routed;
pub(crate) mod tun;

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};

use crate::address_family::Family;
use crate::endpoint::{Place, Protocol};
use crate::netns::{self, Namespace};
use crate::network::routed::Routed;
use crate::peer::datagram_responder::{Conversations, Talk};
use crate::peer::path::{Host, Path};
use crate::peer::tcp_responder::{Behaviour, Handshakes};
use crate::peer::{Responder, Wire};
use crate::scenario::{IcmpRight, Kind, Scenario, Setup, Target};
use crate::servers::tcp::Listener;
use crate::servers::udp::Service;
use crate::trial_error::{Context, Result};

/// A built network; it lasts until dropped.
pub(crate) struct Network {
    /// Where the tool's targets are, in the order of the scenario.
    pub(crate) targets: Vec<Place>,
    responder: Option<Responder>,
    _open: Vec<Open>,
    _routed: Option<Routed>,
}

/// What really listens, in any protocol.
enum Open {
    Listener { _listener: Listener },
    Service { _service: Service },
}

impl Network {
    /// Moves the calling thread into the network's (client's) namespace.
    pub(crate) fn build(scenario: &Scenario, family: Family) -> Result<Self> {
        let client = Namespace::enter_new()?;
        if scenario.setup.uses("nft ") {
            netns::need_nft()?;
        }
        if scenario.tool.icmp == IcmpRight::PingSocket {
            allow_ping_sockets()?;
        }
        let setup = &scenario.setup;
        match scenario.network {
            Kind::Scripted => scripted(scenario, family),
            Kind::Local => local(&scenario.targets, setup, family),
            Kind::Routed => routed(&scenario.targets, setup, family, &client),
        }
    }

    /// Takes it down and tells what went over the wire, where that was watched.
    pub(crate) fn stop(self) -> Result<Option<Wire>> {
        self.responder.map(Responder::stop).transpose()
    }
}

impl Setup {
    fn uses(&self, command: &str) -> bool {
        let scripts = [&self.client, &self.router, &self.server];
        scripts.iter().any(|script| script.contains(command))
    }
}

/// A fresh namespace allows them to nobody, not even to root. The group is the one that is mapped.
fn allow_ping_sockets() -> Result<()> {
    let range = "/proc/sys/net/ipv4/ping_group_range";
    fs::write(range, "0 0").context(range)
}

fn scripted(scenario: &Scenario, family: Family) -> Result<Network> {
    let device = tun::create()?;
    netns::shell(&family.fill(
        "ip {f} addr add {host}/{prefix} dev lab0 {nodad}
         ip link set lab0 up
         ip {f} route add default dev lab0",
    ))?;
    netns::settle()?;
    if scenario.path.is_some() {
        netns::shell(&family.fill("ip {f} route replace default via {hop1} dev lab0 onlink"))?;
    }
    netns::shell(&scenario.setup.client)?;
    let targets = &scenario.targets;
    let path = scenario.path.as_ref().map(|path| path.build(family));
    let path = path.transpose()?.unwrap_or_default();
    let hosts = match &scenario.path {
        Some(plan) => everyone(targets, &path, &plan.host),
        None => Others::default(),
    };
    let (behaviours, talks) = scripts(targets);
    let handshakes = Handshakes::new(behaviours, hosts.0);
    let conversations = Conversations::new(talks, hosts.1);
    let responder = Responder::start(device, path, handshakes, conversations)?;
    Ok(Network {
        targets: targets.iter().map(Target::place).collect(),
        responder: Some(responder),
        _open: Vec::new(),
        _routed: None,
    })
}

type Scripts = (HashMap<SocketAddr, Behaviour>, HashMap<Place, Talk>);

fn scripts(targets: &[Target]) -> Scripts {
    let (mut behaviours, mut talks) = Scripts::default();
    for target in targets {
        let place = target.place();
        if place.protocol == Protocol::Tcp {
            behaviours.insert(place.socket_address(), target.behaviour());
        } else {
            talks.insert(place, target.talk());
        }
    }
    (behaviours, talks)
}

type Others = (
    HashMap<IpAddr, Behaviour>,
    HashMap<(Protocol, IpAddr), Talk>,
);

/// What is answered where no target says something else, by the targets' hosts and by the routers.
fn everyone(targets: &[Target], path: &Path, answers: &Host) -> Others {
    let (mut behaviours, mut talks) = Others::default();
    let hosts = targets.iter().map(|target| target.host);
    for host in hosts.chain(path.addresses()) {
        behaviours.insert(host, Behaviour::always(answers.tcp()));
        talks.insert((Protocol::Udp, host), Talk::always(answers.udp(host)));
        talks.insert((Protocol::Icmp, host), Talk::always(answers.icmp()));
    }
    (behaviours, talks)
}

/// The other end of `lab0` is here too, but has no address: whoever asks for neighbours asks in vain.
fn local(targets: &[Target], setup: &Setup, family: Family) -> Result<Network> {
    netns::shell(&family.fill(
        "ip link add lab0 type veth peer name lab1
         ip link set lab1 up
         ip {f} addr add {host}/{prefix} dev lab0 {nodad}
         ip link set lab0 up",
    ))?;
    netns::settle()?;
    netns::shell(&setup.client)?;
    let (targets, open) = open(targets)?;
    Ok(Network {
        targets,
        responder: None,
        _open: open,
        _routed: None,
    })
}

fn routed(
    targets: &[Target],
    setup: &Setup,
    family: Family,
    client: &Namespace,
) -> Result<Network> {
    let routed = Routed::build(client, family)?;
    netns::shell(&setup.client)?;
    routed.router.inside(|| netns::shell(&setup.router))?;
    routed.server.inside(|| netns::shell(&setup.server))?;
    let (targets, open) = routed.server.inside(|| open(targets))?;
    Ok(Network {
        targets,
        responder: None,
        _open: open,
        _routed: Some(routed),
    })
}

/// Opens whatever listens at the targets, in the namespace of the calling thread.
fn open(targets: &[Target]) -> Result<(Vec<Place>, Vec<Open>)> {
    let mut places = Vec::new();
    let mut all = Vec::new();
    for target in targets {
        let (place, open) = target.open()?;
        places.push(place);
        all.extend(open);
    }
    Ok((places, all))
}

impl Target {
    /// Where it is unless the kernel draws its port.
    fn place(&self) -> Place {
        Place::new(self.protocol, self.host, self.port)
    }

    fn open(&self) -> Result<(Place, Option<Open>)> {
        if let (Protocol::Tcp, Some(habit)) = (self.protocol, self.listener) {
            let listener = Listener::start(self.host, self.port, habit)?;
            let place = Place::tcp(listener.address()?);
            let open = Open::Listener {
                _listener: listener,
            };
            return Ok((place, Some(open)));
        }
        // Asked by ICMP, the kernel itself is the service.
        if let (Protocol::Udp, Some(habit)) = (self.protocol, self.service) {
            let service = Service::start(self.host, self.port, habit)?;
            let place = Place::udp(service.address());
            return Ok((place, Some(Open::Service { _service: service })));
        }
        Ok((self.place(), None))
    }

    fn talk(&self) -> Talk {
        Talk {
            answers: self.answers.clone(),
        }
    }

    fn behaviour(&self) -> Behaviour {
        let same = vec![self.syn.clone()];
        let differ = !self.connections.is_empty();
        Behaviour {
            connections: if differ {
                self.connections.clone()
            } else {
                same
            },
            after_handshake: self.after_handshake.clone(),
            time_stamps: !self.no_time_stamps,
        }
    }
}
