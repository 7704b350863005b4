//! Endpoint of a probe: protocol, address and port.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use serde_json::Value;

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

    /// UDP port 9999 has no known protocol: the tool sends its default payload.
    fn port_or_default(self, port: Option<u16>) -> u16 {
        match self {
            Self::Tcp => port.unwrap_or(443),
            Self::Udp => port.unwrap_or(9999),
            Self::Icmp => 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    pub(crate) protocol: Protocol,
    pub(crate) address: IpAddr,
    /// 0 for ICMP.
    pub(crate) port: u16,
}

impl Endpoint {
    pub(crate) fn new(protocol: Protocol, address: IpAddr, port: Option<u16>) -> Self {
        Self {
            protocol,
            address,
            port: protocol.port_or_default(port),
        }
    }

    pub(crate) fn tcp(address: SocketAddr) -> Self {
        Self::new(Protocol::Tcp, address.ip(), Some(address.port()))
    }

    pub(crate) fn udp(address: SocketAddr) -> Self {
        Self::new(Protocol::Udp, address.ip(), Some(address.port()))
    }

    pub(crate) fn icmp(address: IpAddr) -> Self {
        Self::new(Protocol::Icmp, address, None)
    }

    pub(crate) fn socket_addr(self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }

    /// Target argument of the command line, with this host name or address.
    pub(crate) fn target_argument(self, host: &str) -> String {
        let port = self.port;
        match self.protocol {
            Protocol::Tcp => format!("{host}:{port}"),
            Protocol::Udp => format!("udp://{host}:{port}"),
            Protocol::Icmp => format!("icmp://{host}"),
        }
    }

    /// Port as JSON has it: null for ICMP.
    pub(crate) fn json_port(self) -> Value {
        match self.protocol {
            Protocol::Icmp => Value::Null,
            _ => self.port.into(),
        }
    }

    /// Whether protocol, address and port of this JSON object are those of the endpoint.
    pub(crate) fn matches(self, object: &Value) -> bool {
        object["protocol"] == self.protocol.name()
            && object["address"] == self.address.to_string()
            && object["port"] == self.json_port()
    }
}

/// The target argument with the address.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self.address {
            IpAddr::V4(address) => self.target_argument(&address.to_string()),
            IpAddr::V6(address) => self.target_argument(&format!("[{address}]")),
        })
    }
}
