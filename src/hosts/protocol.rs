//! Protocol of a probe.

/// Protocol of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Protocol {
    /// TCP handshake.
    Tcp,
    /// UDP datagram and reply.
    Udp,
    /// ICMP echo request and reply (RFC 792, RFC 4443).
    Icmp,
}

impl Protocol {
    /// Stable name: URL scheme of a target, used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
        }
    }

    /// Name in text.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
        }
    }

    /// Service in text: `tcp/443`, `ICMP echo`.
    pub fn service(self, port: u16) -> String {
        match self {
            Self::Icmp => "ICMP echo".to_owned(),
            _ => format!("{}/{port}", self.name()),
        }
    }

    /// The protocol of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp, Self::Icmp]
            .into_iter()
            .find(|protocol| protocol.name() == name)
    }

    /// Whether the protocol has ports.
    pub fn has_ports(self) -> bool {
        self != Self::Icmp
    }
}
