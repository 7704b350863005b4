//! What a target is probed with.

/// The protocol of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// A TCP handshake.
    Tcp,
    /// A UDP datagram and its answer.
    Udp,
    /// An ICMP echo request and its reply (RFC 792, RFC 4443).
    Icmp,
}

impl Protocol {
    /// The stable name: the scheme of a target and the word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
        }
    }

    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
        }
    }

    /// A service in text: `tcp/443`, or what has no port.
    pub fn service(self, port: u16) -> String {
        match self {
            Self::Icmp => "ICMP echo".to_owned(),
            _ => format!("{}/{port}", self.name()),
        }
    }

    /// The protocol of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp, Self::Icmp]
            .into_iter()
            .find(|protocol| protocol.name() == name)
    }

    /// Whether its targets have a port.
    pub fn has_ports(self) -> bool {
        self != Self::Icmp
    }
}
