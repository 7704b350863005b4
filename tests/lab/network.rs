//! Builds the network of a scenario around the calling thread.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::family::Family;
use crate::listeners::Listener;
use crate::netns::{self, Namespace};
use crate::responder::{Behaviour, Responder, Wire};
use crate::routed::Routed;
use crate::scenario::{Kind, Scenario, Setup, Target};
use crate::trouble::Result;
use crate::tun;

/// The port of targets without a listener; nobody else lives in these namespaces.
const PORT: u16 = 443;

/// A built network; it lasts until dropped.
pub(crate) struct Network {
    /// Where the tool's targets are, in the order of the scenario.
    pub(crate) targets: Vec<SocketAddr>,
    responder: Option<Responder>,
    _listeners: Vec<Listener>,
    _routed: Option<Routed>,
}

impl Network {
    /// Moves the calling thread into the network's (client's) namespace.
    pub(crate) fn build(scenario: &Scenario, family: Family) -> Result<Self> {
        let client = Namespace::enter_new()?;
        if scenario.setup.uses("nft ") {
            netns::need_nft()?;
        }
        let setup = &scenario.setup;
        match scenario.network {
            Kind::Scripted => scripted(&scenario.targets, setup, family),
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

fn scripted(targets: &[Target], setup: &Setup, family: Family) -> Result<Network> {
    let device = tun::create()?;
    netns::shell(&family.fill(
        "ip {f} addr add {host}/{prefix} dev lab0
         ip link set lab0 up
         ip {f} route add default dev lab0",
    ))?;
    netns::settle()?;
    netns::shell(&setup.client)?;
    let addresses: Vec<_> = targets.iter().map(fixed).collect();
    let behaviours = targets.iter().map(Target::behaviour);
    let by_address: HashMap<_, _> = addresses.iter().copied().zip(behaviours).collect();
    let responder = Responder::start(device, by_address)?;
    Ok(Network {
        targets: addresses,
        responder: Some(responder),
        _listeners: Vec::new(),
        _routed: None,
    })
}

/// The other end of `lab0` is here too, but has no address: whoever asks for neighbours asks in vain.
fn local(targets: &[Target], setup: &Setup, family: Family) -> Result<Network> {
    netns::shell(&family.fill(
        "ip link add lab0 type veth peer name lab1
         ip link set lab1 up
         ip {f} addr add {host}/{prefix} dev lab0
         ip link set lab0 up",
    ))?;
    netns::settle()?;
    netns::shell(&setup.client)?;
    let (targets, listeners) = open(targets)?;
    Ok(Network {
        targets,
        responder: None,
        _listeners: listeners,
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
    let (targets, listeners) = routed.server.inside(|| open(targets))?;
    Ok(Network {
        targets,
        responder: None,
        _listeners: listeners,
        _routed: Some(routed),
    })
}

/// Opens the targets' listeners in the namespace of the calling thread.
fn open(targets: &[Target]) -> Result<(Vec<SocketAddr>, Vec<Listener>)> {
    let mut addresses = Vec::new();
    let mut listeners = Vec::new();
    for target in targets {
        let Some(habit) = target.listener else {
            addresses.push(fixed(target));
            continue;
        };
        let listener = Listener::start(target.host, habit)?;
        addresses.push(listener.address()?);
        listeners.push(listener);
    }
    Ok((addresses, listeners))
}

fn fixed(target: &Target) -> SocketAddr {
    SocketAddr::new(target.host, PORT)
}

impl Target {
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
            hops: self.hops.clone(),
        }
    }
}
