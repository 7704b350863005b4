//! The walk: steps that do not depend on one another are taken side by side.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::follow_up::follow_up;
use super::steps::{self, CheckContext};
use super::{Baseline, Findings, NameFindings};
use crate::hosts::{Lookup, Target, TargetSpec};
use crate::outcome::OutcomeKind;
use crate::plan::CheckPlan;
use crate::platform::{SignalState, StopSignals, counters, links};

/// A step of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStep {
    /// The name lookup.
    Name,
    /// This machine's own stack.
    LocalStack,
    /// Route, link, gateway.
    Route,
    /// ICMP echo, and large packets.
    Echo,
    /// The port itself.
    Port,
    /// Other usual ports of the host.
    OtherPorts,
    /// The name's other addresses.
    OtherAddresses,
    /// Where on the way probes end.
    Path,
    /// Whether it is a matter of the source port.
    Flows,
    /// From which hop on packets get lost.
    Losses,
    /// Listening sockets of this machine.
    Listeners,
    /// What arrives at this machine unasked.
    Noise,
}

impl CheckStep {
    /// As a reader knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::LocalStack => "local stack",
            Self::Route => "route",
            Self::Echo => "echo",
            Self::Port => "port",
            Self::OtherPorts => "other ports",
            Self::OtherAddresses => "other addresses",
            Self::Path => "path",
            Self::Flows => "source ports",
            Self::Losses => "losses",
            Self::Listeners => "listeners",
            Self::Noise => "noise",
        }
    }
}

/// What happens on the walk: a step begins, or has ended.
#[derive(Clone, Copy, Debug)]
pub enum CheckEvent {
    /// It is under way.
    Began(CheckStep),
    /// It has been taken.
    Ended(CheckStep),
}

/// Takes all steps for the one target of `plan`, and tells of each as it begins and ends.
pub fn run_checks(
    plan: &CheckPlan,
    signals: &(dyn SignalState + Sync),
    told: &mut dyn FnMut(CheckEvent),
) -> Findings {
    let (started, wanted) = (Instant::now(), &plan.target);
    let before = counters();
    told(CheckEvent::Began(CheckStep::Name));
    let stopped = || signals.stop_requested();
    let (name, addresses) = steps::name(wanted, plan.family, &stopped);
    told(CheckEvent::Ended(CheckStep::Name));
    let mut findings = Findings::new(asked(wanted), wanted.protocol, port(wanted));
    findings.name = name;
    let context = CheckContext {
        plan,
        signals: &StopSignals(signals),
    };
    if let Some((first, others)) = addresses.split_first() {
        let target = target(wanted, *first, &findings.name);
        take_steps(context, &target, others, &mut findings, told);
        follow_up(context, &target, &mut findings, told);
    } else if !findings.name.is_unknown_name && !signals.stop_requested() {
        told(CheckEvent::Began(CheckStep::Route));
        findings.local.links = links();
        findings.way = Some(context.way_to_name_server());
        told(CheckEvent::Ended(CheckStep::Route));
    }
    let grown = counters().zip(before);
    findings.counters = grown.map(|(now, before)| now.since(&before));
    if let Some(first) = addresses
        .first()
        .filter(|_| findings.dropped_on_arrival().is_some())
    {
        told(CheckEvent::Began(CheckStep::Noise));
        findings.baseline = baseline(first.is_ipv4(), &stopped);
        told(CheckEvent::Ended(CheckStep::Noise));
    }
    findings.sent = sent(&findings);
    findings.took = started.elapsed();
    findings.interrupted = signals.stop_requested();
    findings
}

/// How long nothing is sent, to see what arrives all the same, and how often.
const CALM: Duration = Duration::from_millis(250);
const CALMS: u32 = 4;

/// What arrives while nothing is sent, in the quietest of a few whiles: answers that are still sent again come in bursts,
/// noise is always there.
fn baseline(v4: bool, stopped: &dyn Fn() -> bool) -> Option<Baseline> {
    let calms = (0..CALMS).take_while(|_| !stopped()).filter_map(|_| {
        let (began, before) = (Instant::now(), counters()?);
        thread::sleep(CALM);
        let counters = counters()?.since(&before);
        let took = began.elapsed();
        Some(Baseline { counters, took })
    });
    calms.min_by_key(|baseline| baseline.counters.dropped_on_arrival(v4))
}

/// The port that was asked about, at one address.
fn target(wanted: &TargetSpec, mut address: SocketAddr, name: &NameFindings) -> Target {
    address.set_port(port(wanted).unwrap_or(0));
    Target {
        protocol: wanted.protocol,
        host: wanted.host.text().into(),
        address,
        lookup: lookup(name),
    }
}

fn port(wanted: &TargetSpec) -> Option<u16> {
    let first = wanted.ports.first().map(|ports| *ports.start());
    first.filter(|_| wanted.protocol.has_ports())
}

/// What was asked about, as a user would type it.
fn asked(wanted: &TargetSpec) -> String {
    let host = wanted.host.text();
    match port(wanted) {
        Some(port) if host.contains(':') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The lookup as targets carry it.
fn lookup(name: &NameFindings) -> Option<Arc<Lookup>> {
    let addresses = name.addresses.iter().map(|it| SocketAddr::new(*it, 0));
    let took = name.took?;
    Some(Arc::new(Lookup {
        addresses: addresses.collect(),
        took,
    }))
}

/// The steps that only need an address, all at once.
fn take_steps(
    context: CheckContext,
    target: &Target,
    other_addresses: &[SocketAddr],
    findings: &mut Findings,
    told: &mut dyn FnMut(CheckEvent),
) {
    let (sender, events) = mpsc::channel();
    thread::scope(|scope| {
        let tell = |step| StepReporter::began(&sender, step);
        let (here, there, echo) = (
            tell(CheckStep::LocalStack),
            tell(CheckStep::Route),
            tell(CheckStep::Echo),
        );
        let (port, others) = (tell(CheckStep::Port), tell(CheckStep::OtherPorts));
        let (elsewhere, path) = (tell(CheckStep::OtherAddresses), tell(CheckStep::Path));
        let local = scope.spawn(move || here.after(context.local(target)));
        let way = scope.spawn(move || there.after(context.way(target)));
        let echo = scope.spawn(move || echo.after(context.echo(target)));
        let port = scope.spawn(move || port.after(context.port(target)));
        let others = scope.spawn(move || others.after(context.other_ports(target)));
        let elsewhere =
            scope.spawn(move || elsewhere.after(context.other_addresses(target, other_addresses)));
        let path = scope.spawn(move || path.after(context.path(target)));
        drop(sender);
        events.iter().for_each(told);
        findings.local = local.join().unwrap_or_default();
        findings.way = way.join().ok();
        (findings.echo, findings.sizes) = echo.join().unwrap_or_default();
        findings.port_batch = port.join().ok().flatten();
        findings.other_ports = others.join().unwrap_or_default();
        findings.other_addresses = elsewhere.join().unwrap_or_default();
        findings.path = path.join().ok().flatten();
    });
}

fn sent(findings: &Findings) -> u64 {
    let sizes = findings.sizes.iter();
    let sizes = sizes.flat_map(|it| [&it.small_batch, &it.large_batch]);
    let tried = [
        findings.local.loopback.as_ref(),
        findings.local.own_address.as_ref(),
        findings.echo.as_ref(),
        findings.port_batch.as_ref(),
        findings
            .way
            .as_ref()
            .and_then(|it| it.gateway_echo.as_ref()),
    ];
    let tried = tried.into_iter().flatten().chain(sizes);
    let tried = tried
        .chain(&findings.other_ports)
        .chain(&findings.other_addresses);
    let of_steps: u64 = tried
        .map(|tried| tried.sent - tried.count(OutcomeKind::Local))
        .sum();
    let of_path = findings.path.as_ref().map_or(0, |(path, _)| path.sent);
    of_steps + of_path
}

/// Tells when a step has been taken.
pub(super) struct StepReporter {
    step: CheckStep,
    events: Sender<CheckEvent>,
}

impl StepReporter {
    pub(super) fn began(events: &Sender<CheckEvent>, step: CheckStep) -> Self {
        // Whoever no longer listens has the findings already.
        let _ = events.send(CheckEvent::Began(step));
        Self {
            step,
            events: events.clone(),
        }
    }

    pub(super) fn after<T>(self, found: T) -> T {
        let _ = self.events.send(CheckEvent::Ended(self.step));
        found
    }
}
