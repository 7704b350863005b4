//! Starts the real servers of the targets.

use crate::endpoint::{Endpoint, Protocol};
use crate::scenario::Target;
use crate::servers::tcp_listener::Listener;
use crate::servers::udp_service::Service;
use crate::trial_error::Result;

/// A server; it runs until dropped.
pub(super) enum Server {
    Tcp { _listener: Listener },
    Udp { _service: Service },
}

/// Starts them in the namespace of the calling thread.
pub(super) fn start_all(targets: &[Target]) -> Result<(Vec<Endpoint>, Vec<Server>)> {
    let mut endpoints = Vec::new();
    let mut servers = Vec::new();
    for target in targets {
        let (endpoint, server) = start(target)?;
        endpoints.push(endpoint);
        servers.extend(server);
    }
    Ok((endpoints, servers))
}

/// ICMP echo needs no server: the kernel replies.
fn start(target: &Target) -> Result<(Endpoint, Option<Server>)> {
    match (target.protocol, target.listener, target.service) {
        (Protocol::Tcp, Some(behaviour), _) => {
            let listener = Listener::start(target.address, target.port, behaviour)?;
            let endpoint = Endpoint::tcp(listener.address()?);
            let server = Server::Tcp {
                _listener: listener,
            };
            Ok((endpoint, Some(server)))
        }
        (Protocol::Udp, _, Some(behaviour)) => {
            let service = Service::start(target.address, target.port, behaviour)?;
            let endpoint = Endpoint::udp(service.address());
            Ok((endpoint, Some(Server::Udp { _service: service })))
        }
        _ => Ok((target.endpoint(), None)),
    }
}
