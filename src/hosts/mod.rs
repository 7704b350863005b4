//! From `host:port` text to addresses: parsing is pure, resolving is not.

pub mod hosts_file;
mod parse;
mod protocol;
pub mod resolv_conf;
pub mod resolve;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use parse::{Host, TargetError, TargetSpec, parse};
pub use protocol::Protocol;

/// One address and port to probe, with the words the user used for it.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it is probed with.
    pub protocol: Protocol,
    /// The host as it was typed.
    pub host: Arc<str>,
    /// Where probes go; the port is 0 where the protocol has none.
    pub address: SocketAddr,
    /// The name lookup that found the address; absent for an address that was typed.
    pub lookup: Option<Arc<Lookup>>,
}

/// What a name lookup found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Every address of the wanted family, in the resolver's order (RFC 6724); their ports are 0.
    pub addresses: Vec<SocketAddr>,
    /// How long the lookup took.
    pub took: Duration,
}

impl Target {
    /// The name that was looked up, where one was.
    pub fn name(&self) -> Option<&str> {
        self.lookup.as_ref().map(|_| &*self.host)
    }

    /// The IP address in text, with the zone of a link-local one as it was typed (RFC 4007 section 11).
    pub fn address_text(&self) -> String {
        if self.host.contains('%') {
            self.host.to_string()
        } else {
            self.address.ip().to_string()
        }
    }

    /// The port, where the protocol has ports.
    pub fn port(&self) -> Option<u16> {
        self.protocol.has_ports().then_some(self.address.port())
    }

    /// `host:port` as the user would type it; the host alone where there is no port.
    pub fn label(&self) -> String {
        if !self.protocol.has_ports() {
            self.host.to_string()
        } else if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.address.port())
        } else {
            format!("{}:{}", self.host, self.address.port())
        }
    }
}
