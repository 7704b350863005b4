//! What this machine knows about the surroundings of one probe.

use std::net::IpAddr;
use std::time::Duration;

use crate::outcome::evidence::{NextHop, Surroundings};
use crate::platform::{Here, Journey};

/// One probe's way, and how long it has waited.
pub(super) struct Around<'a> {
    pub(super) here: &'a Here,
    pub(super) journey: Journey,
    /// Since the probe was sent, if that can be trusted.
    pub(super) waited: Option<Duration>,
}

impl Surroundings for Around<'_> {
    fn is_own(&self, address: IpAddr) -> bool {
        let source = self.journey.local.map(|local| local.ip());
        source == Some(address) || Here::is_own(address)
    }

    fn next_hop(&self) -> NextHop {
        self.here.next_hop(&self.journey, self.waited)
    }
}
