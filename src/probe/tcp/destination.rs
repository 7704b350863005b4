//! The state kept for one target of TCP probes.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::probe::ProbeOverride;
use crate::probe::local_ports::PortCursor;

/// Local addresses and routes may change during a run, so a local address is read again after this time.
const LOCAL_ADDRESS_MAX_AGE: Duration = Duration::from_secs(1);

/// The destination of TCP probes.
pub(super) struct TcpDestination {
    pub(super) address: SocketAddr,
    pub(super) port_cursor: PortCursor,
    pub(super) probe_override: Option<ProbeOverride>,
    /// The local address towards it, and when it was read.
    local: Option<(Instant, IpAddr)>,
}

impl TcpDestination {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            port_cursor: PortCursor::random(),
            probe_override: None,
            local: None,
        }
    }

    pub(super) fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
        self.local = None;
    }

    /// The cached local address, unless it is too old.
    pub(super) fn cached_local(&self, now: Instant) -> Option<IpAddr> {
        let (at, address) = self.local?;
        let is_fresh = now.saturating_duration_since(at) < LOCAL_ADDRESS_MAX_AGE;
        is_fresh.then_some(address)
    }

    pub(super) fn cache_local(&mut self, now: Instant, address: IpAddr) {
        self.local = Some((now, address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cached_local_address_expires_by_age_and_by_a_new_address() {
        let mut destination = TcpDestination::new(([127, 0, 0, 1], 1).into());
        let now = Instant::now();
        let local = [127, 0, 0, 1].into();
        assert_eq!(destination.cached_local(now), None);
        destination.cache_local(now, local);
        assert_eq!(destination.cached_local(now), Some(local));
        let later = now + LOCAL_ADDRESS_MAX_AGE;
        assert_eq!(destination.cached_local(later), None);
        destination.set_address(([127, 0, 0, 2], 1).into());
        assert_eq!(destination.cached_local(now), None);
    }
}
