//! Runs the checks; those that do not depend on each other run in parallel.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::context::CheckContext;
use super::follow_up::follow_up;
use super::progress::{CheckEvent, CheckStep, StepReporter};
use super::{
    Findings, NameFindings, ProbeBatch, SizeFindings, baseline_counters, icmp_echo, local_stack,
    name_resolution, other_addresses, other_ports, path_mtu, path_trace, route, target_port,
};
use crate::hosts::{Lookup, Target, TargetSpec};
use crate::plan::CheckPlan;
use crate::platform::{SignalState, StopSignals, counters, links};

/// Runs all checks for the target of `plan`; `on_event` receives start and end of each.
pub fn run_checks(
    plan: &CheckPlan,
    signals: &(dyn SignalState + Sync),
    on_event: &mut dyn FnMut(CheckEvent),
) -> Findings {
    let (started, spec) = (Instant::now(), &plan.target);
    let counters_before = counters();
    let stopped = || signals.stop_requested();
    on_event(CheckEvent::Began(CheckStep::NameResolution));
    let (name, addresses) = name_resolution::check(spec, plan.family, &stopped);
    on_event(CheckEvent::Ended(CheckStep::NameResolution));
    let mut findings = Findings::new(target_text(spec), spec.protocol, port(spec));
    findings.name = name;
    let context = CheckContext {
        plan,
        signals: &StopSignals(signals),
    };
    if let Some((first, others)) = addresses.split_first() {
        let target = target(spec, *first, &findings.name);
        run_parallel_checks(context, &target, others, &mut findings, on_event);
        follow_up(context, &target, &mut findings, on_event);
    } else if !findings.name.is_unknown_name() && !stopped() {
        check_route_to_name_server(context, &mut findings, on_event);
    }
    let now_and_before = counters().zip(counters_before);
    findings.counters = now_and_before.map(|(now, before)| now.since(&before));
    if let Some(first) = addresses.first()
        && findings.dropped_on_arrival().is_some()
    {
        on_event(CheckEvent::Began(CheckStep::Baseline));
        findings.baseline = baseline_counters::check(first.is_ipv4(), &stopped);
        on_event(CheckEvent::Ended(CheckStep::Baseline));
    }
    findings.sent = findings.count_sent();
    findings.took = started.elapsed();
    findings.interrupted = stopped();
    findings
}

/// No name server replied: interfaces and the route to it.
fn check_route_to_name_server(
    context: CheckContext,
    findings: &mut Findings,
    on_event: &mut dyn FnMut(CheckEvent),
) {
    on_event(CheckEvent::Began(CheckStep::Route));
    findings.local.links = links();
    findings.route = Some(route::check_to_name_server(&context));
    on_event(CheckEvent::Ended(CheckStep::Route));
}

/// Checks that only need an address.
fn run_parallel_checks(
    context: CheckContext,
    target: &Target,
    addresses: &[SocketAddr],
    findings: &mut Findings,
    on_event: &mut dyn FnMut(CheckEvent),
) {
    let context = &context;
    let (sender, events) = mpsc::channel();
    let start = |step| StepReporter::start(&sender, step);
    let (local_step, route_step) = (start(CheckStep::LocalStack), start(CheckStep::Route));
    let (echo_step, port_step) = (start(CheckStep::Echo), start(CheckStep::Port));
    let others_step = start(CheckStep::OtherPorts);
    let addresses_step = start(CheckStep::OtherAddresses);
    let path_step = start(CheckStep::Path);
    drop(sender);
    thread::scope(|scope| {
        let local = scope.spawn(move || local_step.finish(local_stack::check(context, target)));
        let route = scope.spawn(move || route_step.finish(route::check(context, target)));
        let echo = scope.spawn(move || echo_step.finish(echo_and_path_mtu(context, target)));
        let port = scope.spawn(move || port_step.finish(target_port::check(context, target)));
        let others = scope.spawn(move || others_step.finish(other_ports::check(context, target)));
        let addresses = scope.spawn(move || {
            addresses_step.finish(other_addresses::check(context, target, addresses))
        });
        let path = scope.spawn(move || path_step.finish(path_trace::check(context, target)));
        events.iter().for_each(on_event);
        findings.local = local.join().unwrap_or_default();
        findings.route = route.join().ok();
        (findings.echo, findings.sizes) = echo.join().unwrap_or_default();
        findings.port_probes = port.join().ok().flatten();
        findings.other_ports = others.join().unwrap_or_default();
        findings.other_addresses = addresses.join().unwrap_or_default();
        findings.path = path.join().ok().flatten();
    });
}

/// ICMP echo, then the path MTU where echoes are answered.
fn echo_and_path_mtu(
    context: &CheckContext,
    target: &Target,
) -> (Option<ProbeBatch>, Option<SizeFindings>) {
    let echo = icmp_echo::check(context, target);
    let answered = echo.as_ref().filter(|echo| echo.succeeded() > 0);
    let sizes = answered.and_then(|echo| path_mtu::check(context, &echo.target));
    (echo, sizes)
}

/// The target at one address.
fn target(spec: &TargetSpec, mut address: SocketAddr, name: &NameFindings) -> Target {
    address.set_port(port(spec).unwrap_or(0));
    Target {
        protocol: spec.protocol,
        host: spec.host.text().into(),
        address,
        lookup: lookup(name),
    }
}

fn port(spec: &TargetSpec) -> Option<u16> {
    let first = spec.ports.first().map(|ports| *ports.start());
    first.filter(|_| spec.protocol.has_ports())
}

/// The target as a user types it.
fn target_text(spec: &TargetSpec) -> String {
    let host = spec.host.text();
    match port(spec) {
        Some(port) if host.contains(':') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn lookup(name: &NameFindings) -> Option<Arc<Lookup>> {
    let addresses = name.addresses.iter().map(|it| SocketAddr::new(*it, 0));
    let took = name.took?;
    Some(Arc::new(Lookup {
        addresses: addresses.collect(),
        took,
    }))
}
