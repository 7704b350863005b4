//! Values from outside, by kind.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::CommandLine;
use crate::hosts::Target;

/// A value that this program did not make up. Its kind decides what redaction does with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A host as it was typed, without brackets: a name or an address.
    Host(Arc<str>),
    /// `host:port` as it was typed; the host alone where the protocol has no ports.
    Service {
        /// The host, without brackets.
        host: Arc<str>,
        /// The port.
        port: Option<u16>,
    },
    /// An address.
    Address(IpAddr),
    /// An address and a port.
    Endpoint(SocketAddr),
    /// The name of a router, from reverse DNS, and its address.
    Router {
        /// Its name.
        name: Arc<str>,
        /// Its address.
        address: IpAddr,
    },
    /// This machine's own name.
    LocalName(Arc<str>),
    /// A link-layer address, which identifies a device.
    LinkAddress(Arc<str>),
    /// The command as it was typed.
    Command(CommandLine),
    /// A word that reveals no host: an interface, a process, a system version.
    Label(Arc<str>),
    /// What a peer or a system library wrote: known names and any address in it are redacted.
    Foreign(Arc<str>),
}

impl Value {
    /// The target as it was typed.
    pub fn service(target: &Target) -> Self {
        Self::Service {
            host: Arc::clone(&target.host),
            port: target.port(),
        }
    }

    /// The address of a target, with the zone of a link-local one as it was typed (RFC 4007 section 11).
    pub fn address(target: &Target) -> Self {
        if target.host.contains('%') {
            Self::Host(Arc::clone(&target.host))
        } else {
            Self::Address(target.address.ip())
        }
    }

    /// Whether it is made of digits and dots alone, which mean nothing in any format.
    pub fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Address(IpAddr::V4(_)) | Self::Endpoint(SocketAddr::V4(_))
        )
    }

    /// A word that reveals no host.
    pub fn label(text: &str) -> Self {
        Self::Label(text.into())
    }

    /// Text of a peer or a system library.
    pub fn foreign(text: &str) -> Self {
        Self::Foreign(text.into())
    }
}

impl fmt::Display for Value {
    /// As it is; nothing is escaped or redacted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(text)
            | Self::LocalName(text)
            | Self::LinkAddress(text)
            | Self::Label(text)
            | Self::Foreign(text) => f.write_str(text),
            Self::Service { host, port: None } => f.write_str(host),
            Self::Service {
                host,
                port: Some(port),
            } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Service {
                host,
                port: Some(port),
            } => write!(f, "{host}:{port}"),
            Self::Address(address) => address.fmt(f),
            Self::Endpoint(endpoint) => endpoint.fmt(f),
            Self::Router { name, address } => write!(f, "{name} ({address})"),
            Self::Command(command) => command.fmt(f),
        }
    }
}
