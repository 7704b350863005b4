//! Which source ports flows have.

use std::net::SocketAddr;

use socket2::{SockAddr, Socket};

use crate::plan::{PathPlan, Plan};
use crate::platform;
use crate::target::{Protocol, Target};

/// A local port, or an identifier of ICMP echoes, for each flow: those that were chosen, or free ones that the kernel
/// names. Fewer than wanted where there are no more.
pub(super) fn flow_ports(target: &Target, plan: &PathPlan, sockets: &Plan) -> Vec<u16> {
    let source = sockets.sockets.source.as_ref();
    let chosen = source.and_then(|source| source.ports.clone());
    let wanted = usize::from(plan.flows);
    if let Some(first) = plan.port {
        return (first..=u16::MAX).take(wanted).collect();
    }
    if let Some(chosen) = chosen {
        return chosen.take(wanted).collect();
    }
    let from = source.map(|source| source.address);
    let held: Vec<_> = (0..wanted)
        .map_while(|_| free_port(target, from.map(|from| SocketAddr::new(from, 0))))
        .collect();
    // Held until all are known, so that none is named twice.
    held.iter().map(|(port, _)| *port).collect()
}

/// A port that nothing uses, and the socket that holds it.
fn free_port(target: &Target, from: Option<SocketAddr>) -> Option<(u16, Socket)> {
    let socket = match target.protocol {
        Protocol::Tcp => platform::tcp_socket(target.address),
        Protocol::Udp => platform::udp_socket(target.address),
        Protocol::Icmp => platform::echo_socket(target.address).map(|(socket, _)| socket),
    };
    let socket = socket.ok()?;
    let any: SocketAddr = if target.address.is_ipv4() {
        ([0; 4], 0).into()
    } else {
        ([0; 16], 0).into()
    };
    socket.bind(&SockAddr::from(from.unwrap_or(any))).ok()?;
    let port = socket.local_addr().ok()?.as_socket()?.port();
    // A raw socket has no identifier of its own: any will do.
    let port = if port == 0 { chance() } else { port };
    Some((port, socket))
}

fn chance() -> u16 {
    use std::hash::{BuildHasher, Hasher};
    let random = std::collections::hash_map::RandomState::new();
    let bits = random.build_hasher().finish();
    u16::try_from(bits >> 48).unwrap_or(1).max(1)
}
