//! Targets derived from the diagnosed one.

use std::net::SocketAddr;

use crate::hosts::{Protocol, Target};

/// A target given by its address alone.
pub(super) fn address_target(protocol: Protocol, address: SocketAddr) -> Target {
    Target {
        protocol,
        host: address.ip().to_string().into(),
        address,
        lookup: None,
    }
}

/// The same host with another protocol and port; an IPv6 zone is kept.
pub(super) fn same_host(target: &Target, protocol: Protocol, port: u16) -> Target {
    let mut address = target.address;
    address.set_port(port);
    Target {
        protocol,
        address,
        ..target.clone()
    }
}
