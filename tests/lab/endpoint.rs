//! Where a target is, as the tool's command line and its output name it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use serde_json::Value;

/// What a target is probed with.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    #[default]
    Tcp,
    Udp,
    Icmp,
}

impl Protocol {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
        }
    }

    /// The port of a target that may want a certain one. If not, UDP has one that no protocol is known for, so that the
    /// tool sends its plain payload.
    fn port(self, wanted: Option<u16>) -> u16 {
        match self {
            Self::Tcp => wanted.unwrap_or(443),
            Self::Udp => wanted.unwrap_or(9999),
            Self::Icmp => 0,
        }
    }
}

/// One target's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) protocol: Protocol,
    pub(crate) host: IpAddr,
    /// 0 for ICMP, which has none.
    pub(crate) port: u16,
}

impl Place {
    pub(crate) fn new(protocol: Protocol, host: IpAddr, port: Option<u16>) -> Self {
        Self {
            protocol,
            host,
            port: protocol.port(port),
        }
    }

    pub(crate) fn tcp(address: SocketAddr) -> Self {
        Self::new(Protocol::Tcp, address.ip(), Some(address.port()))
    }

    pub(crate) fn udp(address: SocketAddr) -> Self {
        Self::new(Protocol::Udp, address.ip(), Some(address.port()))
    }

    pub(crate) fn icmp(host: IpAddr) -> Self {
        Self::new(Protocol::Icmp, host, None)
    }

    pub(crate) fn socket_address(self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// As it is typed on the command line, by that name.
    pub(crate) fn called(self, name: &str) -> String {
        let port = self.port;
        match self.protocol {
            Protocol::Tcp => format!("{name}:{port}"),
            Protocol::Udp => format!("udp://{name}:{port}"),
            Protocol::Icmp => format!("icmp://{name}"),
        }
    }

    /// Whether a line of the tool's output is about this target.
    pub(crate) fn is_of(self, line: &Value) -> bool {
        let port = match self.protocol {
            Protocol::Icmp => Value::Null,
            _ => self.port.into(),
        };
        line["protocol"] == self.protocol.name()
            && line["address"] == self.host.to_string()
            && line["port"] == port
    }
}

/// By its address.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self.host {
            IpAddr::V4(host) => self.called(&host.to_string()),
            IpAddr::V6(host) => self.called(&format!("[{host}]")),
        })
    }
}
