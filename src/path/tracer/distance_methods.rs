//! Methods that measure the host distance: ICMP echo, a closed UDP port, other TCP ports.

use crate::hosts::Target;
use crate::path::DistanceBy;

/// TCP ports that hosts often answer.
const COMMON_TCP_PORTS: [u16; 3] = [443, 80, 22];

/// Methods for a target, in order of preference.
pub(super) fn distance_methods(target: &Target) -> Vec<DistanceBy> {
    let other_ports = COMMON_TCP_PORTS
        .into_iter()
        .filter(|port| *port != target.address.port());
    let methods = [DistanceBy::Echo, DistanceBy::ClosedUdpPort];
    methods
        .into_iter()
        .chain(other_ports.map(DistanceBy::TcpPort))
        .collect()
}

/// Target of the probes: same address, other protocol and port.
pub(super) fn distance_target(target: &Target, by: DistanceBy) -> Target {
    let (protocol, port) = by.service();
    let mut address = target.address;
    address.set_port(port.unwrap_or(0));
    Target {
        protocol,
        address,
        ..target.clone()
    }
}
