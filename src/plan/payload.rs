//! What UDP probes and ICMP echoes carry.

use crate::payload::Payload;

/// Payload of UDP probes and data of ICMP echoes.
#[derive(Clone, Debug, Default)]
pub struct PayloadPlan {
    /// Payload of UDP probes; chosen by the target's port if absent.
    pub udp: Option<Payload>,
    /// Bytes of a plain UDP payload and of an ICMP echo's data.
    pub size: Option<usize>,
}

impl PayloadPlan {
    /// Data of an ICMP echo unless a size is given, as ping(8) has it.
    const ECHO_SIZE: usize = 56;

    /// Payload of a UDP probe to `port`.
    pub fn for_port(&self, port: u16) -> Payload {
        match (&self.udp, self.size) {
            (Some(payload), _) => payload.clone(),
            (None, Some(size)) => Payload::Pattern(size),
            (None, None) => Payload::for_port(port),
        }
    }

    /// Bytes of data in an ICMP echo.
    pub fn echo_size(&self) -> usize {
        self.size.unwrap_or(Self::ECHO_SIZE)
    }
}
