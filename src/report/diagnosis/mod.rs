//! What `synack diagnose` prints, in every form.

mod json;
mod lines;
mod markdown;
#[cfg(test)]
mod tests;
mod text;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use super::Redactor;
use crate::checks::Findings;
use crate::clock::WallClock;
use crate::hosts::{Lookup, Target};
use crate::plan::{Format, OutputPlan};
use crate::platform::HostInfo;
use crate::verdict::diagnosis::Diagnosis;

/// A walk that has been taken.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosisReport<'a> {
    /// Formats and files.
    pub output: &'a OutputPlan,
    /// What was found.
    pub findings: &'a Findings,
    /// What that comes to.
    pub diagnosis: &'a Diagnosis,
    /// This machine.
    pub host: &'a HostInfo,
    /// Turns instants into UTC.
    pub clock: WallClock,
    /// When it began.
    pub started: Instant,
    /// How wide the text may be.
    pub columns: usize,
}

impl DiagnosisReport<'_> {
    /// Takes the names and addresses of this diagnosis out of its results.
    pub fn redactor(&self) -> Redactor {
        let findings = self.findings;
        let name = &findings.name;
        let known = name.addresses.iter().chain(&name.hosts_file);
        let addresses: Vec<_> = known.map(|it| SocketAddr::new(*it, 0)).collect();
        let unknown = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let target = Target {
            protocol: findings.protocol,
            host: name.name.as_deref().unwrap_or(&findings.target).into(),
            address: addresses.first().copied().unwrap_or(unknown),
            lookup: Some(Arc::new(Lookup {
                addresses,
                took: name.took.unwrap_or_default(),
            })),
        };
        let route = findings.route.as_ref().and_then(|way| way.route.as_ref());
        Redactor::new([&target], route.and_then(|route| route.source), self.host)
    }
}

/// The whole result in one form.
pub fn of(format: Format, report: &DiagnosisReport) -> String {
    match format {
        Format::Json => json::text(report),
        Format::Markdown => markdown::text(report),
        _ => text::text(report),
    }
}
