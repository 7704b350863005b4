//! Builds the network of a scenario: namespaces, devices, servers, scripted peer.

mod default_replies;
pub(crate) mod routed;
mod servers;
mod tun;

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;

use crate::address_family::AddressFamily;
use crate::endpoint::{Endpoint, Protocol};
use crate::netns::{self, Namespace};
use crate::peer::ScriptedPeer;
use crate::peer::capture::Capture;
use crate::peer::datagram_responder::{DatagramResponder, DatagramScript};
use crate::peer::path::Path;
use crate::peer::tcp_responder::{TcpResponder, TcpScript};
use crate::scenario::{IcmpPermission, NetworkKind, Scenario, Setup, Target};
use crate::trial_error::{Context, Result};
use default_replies::HostScripts;
use routed::RoutedNetwork;
use servers::Server;

/// The network exists until this is dropped.
pub(crate) struct Network {
    /// In the order of the scenario.
    pub(crate) targets: Vec<Endpoint>,
    peer: Option<ScriptedPeer>,
    _servers: Vec<Server>,
    _routed: Option<RoutedNetwork>,
}

impl Network {
    /// Moves the calling thread into the client's namespace.
    pub(crate) fn build(scenario: &Scenario, family: AddressFamily) -> Result<Self> {
        let client = Namespace::enter_new()?;
        if scenario.setup.uses("nft ") {
            netns::require_nft()?;
        }
        if scenario.tool.icmp_permission == IcmpPermission::PingSocket {
            allow_ping_sockets()?;
        }
        let setup = &scenario.setup;
        match scenario.network {
            NetworkKind::Scripted => scripted(scenario, family),
            NetworkKind::Local => local(&scenario.targets, setup, family),
            NetworkKind::Routed => routed(&scenario.targets, setup, family, &client),
        }
    }

    /// Stops the scripted peer, if there is one, and returns its capture.
    pub(crate) fn stop(self) -> Result<Option<Capture>> {
        self.peer.map(ScriptedPeer::stop).transpose()
    }
}

impl Setup {
    fn uses(&self, command: &str) -> bool {
        let scripts = [&self.client, &self.router, &self.server];
        scripts.iter().any(|script| script.contains(command))
    }
}

/// A new namespace allows no group, root's included. 0 is the only mapped group.
fn allow_ping_sockets() -> Result<()> {
    let range = "/proc/sys/net/ipv4/ping_group_range";
    fs::write(range, "0 0").context(range)
}

fn scripted(scenario: &Scenario, family: AddressFamily) -> Result<Network> {
    let device = tun::create()?;
    netns::shell(&family.expand(
        "ip {family} addr add {client}/{prefix} dev lab0 {nodad}
         ip link set lab0 up
         ip {family} route add default dev lab0",
    ))?;
    netns::wait_until_up()?;
    if scenario.path.is_some() {
        netns::shell(
            &family.expand("ip {family} route replace default via {hop1} dev lab0 onlink"),
        )?;
    }
    netns::shell(&scenario.setup.client)?;
    let targets = &scenario.targets;
    let path = scenario.path.as_ref().map(|it| Path::new(it, family));
    let path = path.transpose()?.unwrap_or_default();
    let hosts = scenario
        .path
        .as_ref()
        .map(|it| HostScripts::new(targets, &path, &it.default_replies))
        .unwrap_or_default();
    let (tcp, datagrams) = target_scripts(targets);
    let tcp = TcpResponder::new(tcp, hosts.tcp);
    let datagrams = DatagramResponder::new(datagrams, hosts.datagrams);
    Ok(Network {
        targets: targets.iter().map(Target::endpoint).collect(),
        peer: Some(ScriptedPeer::start(device, path, tcp, datagrams)?),
        _servers: Vec::new(),
        _routed: None,
    })
}

type TargetScripts = (
    HashMap<SocketAddr, TcpScript>,
    HashMap<Endpoint, DatagramScript>,
);

fn target_scripts(targets: &[Target]) -> TargetScripts {
    let (mut tcp, mut datagrams) = TargetScripts::default();
    for target in targets {
        let endpoint = target.endpoint();
        if endpoint.protocol == Protocol::Tcp {
            tcp.insert(endpoint.socket_addr(), target.tcp_script());
        } else {
            datagrams.insert(endpoint, DatagramScript(target.replies.clone()));
        }
    }
    (tcp, datagrams)
}

/// The peer of `lab0` has no address: no neighbour resolves.
fn local(targets: &[Target], setup: &Setup, family: AddressFamily) -> Result<Network> {
    netns::shell(&family.expand(
        "ip link add lab0 type veth peer name lab1
         ip link set lab1 up
         ip {family} addr add {client}/{prefix} dev lab0 {nodad}
         ip link set lab0 up",
    ))?;
    netns::wait_until_up()?;
    netns::shell(&setup.client)?;
    let (targets, servers) = servers::start_all(targets)?;
    Ok(Network {
        targets,
        peer: None,
        _servers: servers,
        _routed: None,
    })
}

fn routed(
    targets: &[Target],
    setup: &Setup,
    family: AddressFamily,
    client: &Namespace,
) -> Result<Network> {
    let routed = RoutedNetwork::build(client, family)?;
    netns::shell(&setup.client)?;
    routed.router.run_inside(|| netns::shell(&setup.router))?;
    routed.server.run_inside(|| netns::shell(&setup.server))?;
    let (targets, servers) = routed.server.run_inside(|| servers::start_all(targets))?;
    Ok(Network {
        targets,
        peer: None,
        _servers: servers,
        _routed: Some(routed),
    })
}
