//! External values, by kind.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::CommandLine;
use crate::hosts::Target;

/// A value from the user, the network or the system. Redaction depends on its kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A host as typed, without brackets: a name or an address.
    Host(Arc<str>),
    /// `host:port` as typed; the host alone for a protocol without ports.
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
    /// A router: name from reverse DNS, and address.
    Router {
        /// Its name.
        name: Arc<str>,
        /// Its address.
        address: IpAddr,
    },
    /// The local host name.
    LocalName(Arc<str>),
    /// A link-layer address; it identifies a device.
    LinkAddress(Arc<str>),
    /// The command line.
    Command(CommandLine),
    /// Not redacted: an interface, a process, a system version, an error message of the system.
    Label(Arc<str>),
    /// Untrusted text from a peer or a system library: known names and addresses in it are redacted.
    Foreign(Arc<str>),
}

impl Value {
    /// The target as typed.
    pub fn service(target: &Target) -> Self {
        Self::Service {
            host: Arc::clone(&target.host),
            port: target.port(),
        }
    }

    /// The address of a target; a link-local one with its zone as typed (RFC 4007 section 11).
    pub fn address(target: &Target) -> Self {
        if target.host.contains('%') {
            Self::Host(Arc::clone(&target.host))
        } else {
            Self::Address(target.address.ip())
        }
    }

    /// Whether it consists of digits, dots and a colon: needs no escaping in any format.
    pub fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Address(IpAddr::V4(_)) | Self::Endpoint(SocketAddr::V4(_))
        )
    }

    /// A word that is not redacted.
    pub fn label(text: &str) -> Self {
        Self::Label(text.into())
    }

    /// Untrusted text.
    pub fn foreign(text: &str) -> Self {
        Self::Foreign(text.into())
    }
}

impl fmt::Display for Value {
    /// Neither escaped nor redacted.
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
