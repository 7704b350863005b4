//! A run with its statistics, target by target: what every format of the report is made from.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::PingPlan;
use crate::assertions::AssertionResult;
use crate::clock::WallClock;
use crate::engine::RunRecord;
use crate::hosts::resolve::{Family, ResolveError};
use crate::hosts::{Lookup, Protocol, Target};
use crate::outcome::OutcomeClass;
use crate::platform::{HostInfo, Route};
use crate::report::Redactor;
use crate::stats::{Loss, Recorder, Statistics};
use crate::text;
use crate::text::{Text, Value};
use crate::verdict::capture_filter::capture_filter;
use crate::verdict::conclusion::{Conclusion, conclude};
use crate::verdict::observe::correlation::Correlation;
use crate::verdict::observe::recorder::Pace;
use crate::verdict::observe::run::{Run, case, peer};
use crate::verdict::subject::Subject;

/// Facts known before the first probe.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// The plan.
    pub plan: PingPlan,
    /// Resolved targets.
    pub targets: Vec<Target>,
    /// Names that could not be resolved, and why, a line each.
    pub unresolved: Vec<ResolveError>,
    /// The route to each target.
    pub routes: Vec<Option<Route>>,
    /// This machine.
    pub host: HostInfo,
    /// Whether protocols differ, so that a target's name needs its scheme.
    pub is_mixed: bool,
    /// Turns instants into UTC.
    pub clock: WallClock,
}

/// A run that has ended, or its state so far.
#[derive(Clone, Debug)]
pub struct RunSummary<'a> {
    /// Facts known before the first probe.
    pub info: &'a RunInfo,
    /// Statistics.
    pub statistics: &'a Statistics,
    /// How the run went.
    pub record: RunRecord,
    /// Results of the assertions.
    pub assertions: &'a [AssertionResult],
    /// Correlation across targets.
    pub(super) correlation: Correlation,
}

/// One target's part of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetSummary<'a> {
    pub(super) info: &'a RunInfo,
    pub(super) target: &'a Target,
    pub(super) route: Option<&'a Route>,
    pub(super) recorder: &'a Recorder,
    pub(super) record: RunRecord,
    correlation: &'a Correlation,
}

impl<'a> RunSummary<'a> {
    /// Puts together what is known of a run.
    pub fn new(
        info: &'a RunInfo,
        statistics: &'a Statistics,
        record: RunRecord,
        assertions: &'a [AssertionResult],
    ) -> Self {
        let mut summary = Self {
            info,
            statistics,
            record,
            assertions,
            correlation: Correlation::default(),
        };
        let peers = summary.targets().filter_map(|it| peer(&it.run()));
        summary.correlation = Correlation::of(peers);
        summary
    }

    /// The lowest and the highest local port of all probes.
    pub(super) fn local_ports(&self) -> Option<RangeInclusive<u16>> {
        let targets = &self.statistics.targets;
        let used = || targets.iter().flat_map(|it| &it.local_ports);
        let lowest = used().map(|ports| *ports.start()).min()?;
        let highest = used().map(|ports| *ports.end()).max()?;
        Some(lowest..=highest)
    }

    /// The targets with their statistics, in the plan's order.
    pub(super) fn targets(&self) -> impl Iterator<Item = TargetSummary<'_>> {
        let (info, record) = (self.info, self.record);
        let recorders = &self.statistics.targets;
        let known = info.targets.iter().zip(&info.routes).zip(recorders);
        known.map(move |((target, route), recorder)| TargetSummary {
            info,
            target,
            route: route.as_ref(),
            recorder,
            record,
            correlation: &self.correlation,
        })
    }

    /// A pcap-filter(7) for the probes of the run and their answers.
    pub(super) fn capture_filter(&self) -> Option<Text> {
        let subjects = self.targets().map(|it| it.subject());
        let captures: Vec<_> = subjects.filter_map(|it| it.capture()).collect();
        capture_filter(captures.into_iter())
    }
}

impl RunInfo {
    /// The protocols of the run, each once, in a fixed order.
    pub(super) fn protocols(&self) -> Vec<Protocol> {
        let mut protocols: Vec<_> = self.targets.iter().map(|target| target.protocol).collect();
        protocols.sort_unstable();
        protocols.dedup();
        protocols
    }

    /// `TCP`, or `TCP and UDP`.
    pub(super) fn protocol_names(&self) -> Text {
        let names = self.protocols().into_iter();
        Text::list(names.map(|it| it.title().into()).collect())
    }

    /// Whether no reply is what a working service of this kind looks like.
    fn never_answers(&self, target: &Target) -> bool {
        let payload = || self.plan.payload.for_port(target.address.port());
        target.protocol == Protocol::Udp && !payload().expects_reply()
    }

    /// `host:port`, with the scheme where protocols differ and the address where several addresses of one name are
    /// probed.
    pub(super) fn label(&self, target: &Target) -> Text {
        let scheme = self.is_mixed.then(|| text![target.protocol.name(), "://"]);
        let is_one_of_several = self.plan.targets.all_addresses && target.lookup.is_some();
        let address = is_one_of_several.then(|| text![" (", target.address.ip(), ")"]);
        text![scheme, Value::service(target), address]
    }

    /// Replaces names and addresses of this run, if that is wanted.
    pub(super) fn redactor(&self) -> Redactor {
        let redactor = Redactor::new(self.plan.output.redact);
        for target in &self.targets {
            redactor.register_target(target);
        }
        for route in self.routes.iter().flatten() {
            if let Some(source) = route.source {
                redactor.register_source(source);
            }
        }
        if let Some(name) = &self.host.name {
            redactor.register_local_name(name);
        }
        redactor
    }
}

/// `host:port (address)`, or `address:port` alone where that was typed.
pub(super) fn title(target: &Target) -> Text {
    let address = target.name().map(|_| text![" (", target.address.ip(), ")"]);
    text![Value::service(target), address]
}

impl<'a> TargetSummary<'a> {
    /// The loss, where no reply is one.
    pub(super) fn loss(&self) -> Option<Loss> {
        let loss = self.recorder.loss();
        loss.filter(|_| !self.never_answers())
    }

    /// Whether a working service sends no reply (syslog): loss is undefined.
    pub(super) fn never_answers(&self) -> bool {
        self.info.never_answers(self.target)
    }

    /// The gateway, where there is one.
    pub(super) fn gateway(&self) -> Option<IpAddr> {
        self.route?.gateway(self.target.address.ip())
    }

    /// The source address of the probes.
    pub(super) fn source(&self) -> Option<IpAddr> {
        let used = self.recorder.local.map(|local: SocketAddr| local.ip());
        used.or_else(|| self.route.and_then(|route| route.source))
    }

    /// The target's name among others.
    pub(super) fn label(&self) -> Text {
        self.info.label(self.target)
    }

    /// Probes that succeeded, and those that failed.
    pub(super) fn succeeded_and_failed(&self) -> (u64, u64) {
        let count = |class| self.recorder.count_class(class);
        (count(OutcomeClass::Succeeded), count(OutcomeClass::Failed))
    }

    /// What the counts mean.
    pub(super) fn conclusion(&self) -> Conclusion {
        conclude(&case(&self.run(), self.correlation))
    }

    /// A pcap-filter(7) for its probes and their answers.
    pub(super) fn capture_filter(&self) -> Option<Text> {
        capture_filter(self.subject().capture().into_iter())
    }

    fn subject(&self) -> Subject {
        let target = self.target;
        let payload = self.info.plan.payload.for_port(target.address.port());
        Subject {
            protocol: target.protocol,
            target: Value::service(target),
            name: target.name().map(|_| Arc::clone(&target.host)),
            family: self.family(),
            address: Some(target.address),
            replies_from_any_port: target.protocol == Protocol::Udp
                && payload.replies_from_any_port(),
            source: self.source(),
            gateway: self.gateway(),
            interface: self.route.and_then(|it| it.interface.clone()),
            icmp: None,
            hop: None,
            other_address: None,
        }
    }

    /// The family that leads to this address: that of `-4` and `-6`, or its own where every address is probed.
    fn family(&self) -> Family {
        let plan = &self.info.plan.targets;
        let has_both = |lookup: &Arc<Lookup>| {
            let v4 = lookup.addresses.iter().filter(|it| it.is_ipv4()).count();
            v4 > 0 && v4 < lookup.addresses.len()
        };
        let is_one_of_both =
            plan.all_addresses && self.target.lookup.as_ref().is_some_and(has_both);
        if is_one_of_both {
            Family::of(self.target.address.ip())
        } else {
            plan.family
        }
    }

    fn run(&self) -> Run<'a> {
        let plan = &self.info.plan;
        let targets = u32::try_from(self.info.targets.len()).unwrap_or(u32::MAX);
        Run {
            subject: self.subject(),
            route: self.route,
            recorder: self.recorder,
            clock: self.info.clock,
            pace: Pace {
                interval: plan.schedule.interval / targets.max(1),
                lasted: self.record.duration(),
            },
            timeout: plan.schedule.timeout,
            has_own_ttl: plan.sockets.ttl.is_some(),
            expects_reply: !self.never_answers(),
            has_one_address: self.target.has_one_address(),
        }
    }
}
