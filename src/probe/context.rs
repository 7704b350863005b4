//! What the local host knows about one probe's flow.

use std::net::IpAddr;
use std::time::Duration;

use crate::outcome::evidence::{HostContext, NextHopState};
use crate::platform::{FlowKey, LocalHost};

/// The flow of one probe and the time since it was sent.
pub(super) struct ProbeContext<'a> {
    pub(super) local_host: &'a LocalHost,
    pub(super) flow_key: FlowKey,
    /// Since the probe was sent; `None` after a stall.
    pub(super) elapsed: Option<Duration>,
}

impl HostContext for ProbeContext<'_> {
    fn is_local_address(&self, address: IpAddr) -> bool {
        let source = self.flow_key.local.map(|local| local.ip());
        source == Some(address) || LocalHost::is_local_address(address)
    }

    fn next_hop_state(&self) -> NextHopState {
        self.local_host.next_hop(&self.flow_key, self.elapsed)
    }
}
