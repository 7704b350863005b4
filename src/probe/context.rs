//! What this machine knows about the surroundings of one probe.

use std::net::IpAddr;
use std::time::Duration;

use crate::outcome::evidence::{HostContext, NextHop};
use crate::platform::{FlowKey, LocalHost};

/// One probe's way, and how long it has waited.
pub(super) struct Around<'a> {
    pub(super) here: &'a LocalHost,
    pub(super) flow_key: FlowKey,
    /// Since the probe was sent, if that can be trusted.
    pub(super) waited: Option<Duration>,
}

impl HostContext for Around<'_> {
    fn is_own(&self, address: IpAddr) -> bool {
        let source = self.flow_key.local.map(|local| local.ip());
        source == Some(address) || LocalHost::is_own(address)
    }

    fn next_hop(&self) -> NextHop {
        self.here.next_hop(&self.flow_key, self.waited)
    }
}
