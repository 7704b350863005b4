//! One file per output format. Bytes out, no I/O.

mod csv;
pub mod diagnosis;
mod exact;
mod form;
mod forms;
mod hgrm;
mod histogram;
mod html;
mod json;
pub(crate) mod live;
mod markdown;
mod markup;
mod notes;
mod numbers;
mod openmetrics;
mod page;
mod parts;
mod redact;
mod sparkline;
mod summary;
mod table;
#[cfg(test)]
pub(crate) mod tests;
pub mod trace;
mod words;

use std::net::SocketAddr;
use std::ops::RangeInclusive;

pub use diagnosis::DiagnosisReport;
pub use form::Form;
pub use forms::Forms;
pub use html::over_text;
pub(crate) use page::wrap;
pub use page::{NARROWEST, WIDEST};
pub use redact::Redactor;
pub use trace::{TraceInfo, TraceReport};

use crate::assertions::AssertionResult;
use crate::clock::WallClock;
use crate::hosts::{Protocol, Target};
use crate::plan::PingPlan;
use crate::platform::{HostInfo, Route};
use crate::stats::{Loss, Recorder, RunRecord, Statistics};
use crate::verdict::explain::{Among, Witness};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is known before the first probe.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// What was asked for.
    pub plan: PingPlan,
    /// Whom it is about, resolved.
    pub targets: Vec<Target>,
    /// What could not be resolved, and why, a line each.
    pub unresolved: Vec<String>,
    /// The way to each target, as this machine sees it.
    pub routes: Vec<Option<Route>>,
    /// This machine.
    pub host: HostInfo,
    /// Whether protocols differ, so that a target's name has to say its own.
    pub is_mixed: bool,
    /// How wide the text may be.
    pub columns: usize,
    /// Whether the text may hold characters beyond ASCII.
    pub unicode: bool,
    /// Turns instants into UTC.
    pub clock: WallClock,
}

/// A run that has ended, or goes on and is looked at.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// What was known before.
    pub info: &'a RunInfo,
    /// What was measured.
    pub statistics: &'a Statistics,
    /// How the run went.
    pub record: RunRecord,
    /// What the checks found.
    pub assertions: &'a [AssertionResult],
    /// What the targets tell about one another.
    among: Among,
}

/// One target's part of a report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TargetReport<'a> {
    pub(crate) info: &'a RunInfo,
    pub(crate) target: &'a Target,
    pub(crate) route: Option<&'a Route>,
    pub(crate) recorder: &'a Recorder,
    pub(crate) record: RunRecord,
    pub(crate) among: &'a Among,
}

impl<'a> Report<'a> {
    /// Puts together what is known of a run.
    pub fn new(
        info: &'a RunInfo,
        statistics: &'a Statistics,
        record: RunRecord,
        assertions: &'a [AssertionResult],
    ) -> Self {
        let targets = info.targets.iter().zip(&statistics.targets);
        let witnesses = targets.map(|(target, recorder)| Witness {
            name: target.name(),
            protocol: target.protocol,
            address: target.address,
            never_answers: info.never_answers(target),
            recorder,
        });
        Self {
            info,
            statistics,
            record,
            assertions,
            among: Among::of(witnesses),
        }
    }

    /// The same report with other knowledge of its page.
    #[must_use]
    pub fn on(&self, info: &'a RunInfo) -> Self {
        Self {
            info,
            ..self.clone()
        }
    }

    /// The summary as text, no wider than `columns` but for what has no spaces to break at.
    pub fn text(&self) -> String {
        summary::text(self)
    }

    /// The lowest and the highest local port that probes came from.
    pub(crate) fn local_ports(&self) -> Option<RangeInclusive<u16>> {
        let used = || {
            self.statistics
                .targets
                .iter()
                .flat_map(|it| &it.local_ports)
        };
        let lowest = used().map(|ports| *ports.start()).min()?;
        let highest = used().map(|ports| *ports.end()).max()?;
        Some(lowest..=highest)
    }

    /// The targets with their figures, in the plan's order.
    pub(crate) fn targets(&self) -> impl Iterator<Item = TargetReport<'_>> {
        let (info, record) = (self.info, self.record);
        let recorders = &self.statistics.targets;
        let known = info.targets.iter().zip(&info.routes).zip(recorders);
        known.map(move |((target, route), recorder)| TargetReport {
            info,
            target,
            route: route.as_ref(),
            recorder,
            record,
            among: &self.among,
        })
    }
}

impl RunInfo {
    /// The protocols of the run, each once, in a fixed order.
    pub(crate) fn protocols(&self) -> Vec<Protocol> {
        let mut protocols: Vec<_> = self.targets.iter().map(|target| target.protocol).collect();
        protocols.sort_unstable();
        protocols.dedup();
        protocols
    }

    /// Whether silence is what a working service of this kind looks like.
    fn never_answers(&self, target: &Target) -> bool {
        let payload = || self.plan.payload.for_port(target.address.port());
        target.protocol == Protocol::Udp && !payload().expects_reply()
    }

    /// `TCP`, or `TCP and UDP`.
    pub(crate) fn protocol_names(&self) -> String {
        let names: Vec<_> = self.protocols().iter().map(|it| it.title()).collect();
        match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} and {last}", others.join(", "))
            }
            _ => names.concat(),
        }
    }
}

impl TargetReport<'_> {
    /// The loss, where silence is one.
    pub(crate) fn loss(&self) -> Option<Loss> {
        let loss = self.recorder.loss();
        loss.filter(|_| !self.never_answers())
    }

    /// Whether silence is what a working service looks like, so that there is no loss to speak of.
    pub(crate) fn never_answers(&self) -> bool {
        self.info.never_answers(self.target)
    }

    /// The gateway to it, where one is known.
    pub(crate) fn gateway(&self) -> Option<std::net::IpAddr> {
        let next_hop = self.route.and_then(|route| route.next_hop);
        next_hop.filter(|hop| *hop != self.target.address.ip())
    }

    /// The source address probes came from, or would come from.
    pub(crate) fn source(&self) -> Option<std::net::IpAddr> {
        let used = self.recorder.local.map(|local: SocketAddr| local.ip());
        used.or_else(|| self.route.and_then(|route| route.source))
    }
}
