//! Payload of UDP probes and ICMP echoes.

use crate::payload::Payload;

/// Payload of UDP probes and data of ICMP echoes.
#[derive(Clone, Debug, Default)]
pub struct PayloadPlan {
    /// Payload of UDP probes; `None`: by target port.
    pub udp: Option<Payload>,
    /// Size in bytes of a pattern payload and of ICMP echo data.
    pub size: Option<usize>,
}

impl PayloadPlan {
    /// Default size of ICMP echo data, as in ping(8).
    const ECHO_SIZE: usize = 56;

    /// Payload of a UDP probe to `port`.
    pub fn for_port(&self, port: u16) -> Payload {
        match (&self.udp, self.size) {
            (Some(payload), _) => payload.clone(),
            (None, Some(size)) => Payload::Pattern(size),
            (None, None) => Payload::for_port(port),
        }
    }

    /// Size of ICMP echo data in bytes.
    pub fn echo_size(&self) -> usize {
        self.size.unwrap_or(Self::ECHO_SIZE)
    }
}
