//! `host:port` text to addresses: parsing (pure) and name resolution.

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

/// Address and port to probe, with the host as typed.
#[derive(Clone, Debug)]
pub struct Target {
    /// Protocol of the probes.
    pub protocol: Protocol,
    /// Host as typed.
    pub host: Arc<str>,
    /// Destination address; port 0 where the protocol has no ports.
    pub address: SocketAddr,
    /// Lookup that gave the address; absent if an address was typed.
    pub lookup: Option<Arc<Lookup>>,
}

/// Result of a name lookup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// All addresses of the requested family in the resolver's order (RFC 6724), with port 0.
    pub addresses: Vec<SocketAddr>,
    /// Duration of the lookup.
    pub took: Duration,
}

impl Target {
    /// Whether no other address is known: its name has one, or an address was typed.
    pub fn has_one_address(&self) -> bool {
        let lookup = self.lookup.as_ref();
        lookup.is_none_or(|it| it.addresses.len() < 2)
    }

    /// The name that was resolved; absent if an address was typed.
    pub fn name(&self) -> Option<&str> {
        self.lookup.as_ref().map(|_| &*self.host)
    }

    /// IP address as text, with the zone as typed (RFC 4007 section 11).
    pub fn address_text(&self) -> String {
        if self.host.contains('%') {
            self.host.to_string()
        } else {
            self.address.ip().to_string()
        }
    }

    /// The port; absent where the protocol has no ports.
    pub fn port(&self) -> Option<u16> {
        self.protocol.has_ports().then_some(self.address.port())
    }

    /// `host:port` as typed; `host` where the protocol has no ports.
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
