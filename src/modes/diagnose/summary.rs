//! A diagnosis with its findings: input of every report format.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::checks::Findings;
use crate::clock::WallClock;
use crate::hosts::{Lookup, Target};
use crate::platform::HostInfo;
use crate::report::Redactor;
use crate::text::CommandLine;
use crate::verdict::conclusion::Conclusion;

/// A diagnosis that was made.
#[derive(Clone, Debug)]
pub struct DiagnosisSummary<'a> {
    /// What was found.
    pub findings: &'a Findings,
    /// What it means.
    pub conclusion: &'a Conclusion,
    /// This machine.
    pub host: &'a HostInfo,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// When it began.
    pub started: Instant,
    /// The command as it was typed.
    pub command_line: CommandLine,
}

impl DiagnosisSummary<'_> {
    /// Replaces names and addresses of this diagnosis, if `active`.
    pub(super) fn redactor(&self, active: bool) -> Redactor {
        let redactor = Redactor::new(active);
        redactor.register_target(&self.target());
        let route = self
            .findings
            .route
            .as_ref()
            .and_then(|way| way.route.as_ref());
        if let Some(source) = route.and_then(|route| route.source) {
            redactor.register_source(source);
        }
        let own = self.findings.local.links.iter();
        for (address, _) in own.flat_map(|(_, link)| &link.addresses) {
            if !address.is_loopback() {
                redactor.register_source(*address);
            }
        }
        if let Some(name) = &self.host.name {
            redactor.register_local_name(name);
        }
        redactor
    }

    /// The target with every address that is known of it.
    fn target(&self) -> Target {
        let (findings, name) = (self.findings, &self.findings.name);
        let known = name.addresses.iter().chain(&name.hosts_file);
        let addresses: Vec<_> = known.map(|it| SocketAddr::new(*it, 0)).collect();
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        Target {
            protocol: findings.protocol,
            host: name.name.as_deref().unwrap_or(&findings.target).into(),
            address: addresses.first().copied().unwrap_or(unknown),
            lookup: Some(Arc::new(Lookup {
                addresses,
                took: name.took.unwrap_or_default(),
            })),
        }
    }
}
