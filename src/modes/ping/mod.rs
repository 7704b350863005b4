//! `synack TARGET...`: resolve, preflight, probe, report.

mod csv;
mod document;
mod failure_traces;
mod hgrm;
mod json;
mod log_lines;
mod monitor;
mod openmetrics;
mod outputs;
mod plan;
mod summary;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Instant;

use crate::clock::WallClock;
use crate::engine::Engine;
use crate::hosts::{Host, Target, TargetSpec};
use crate::plan::{Format, OutputPlan, TargetPlan};
use crate::platform::{self, LocalHost, Poller};
use crate::probe::Probes;
use crate::session::outputs::Outputs;
use crate::session::reresolution::Reresolver;
use crate::session::resolution::Resolved;
use crate::session::{ExitStatus, RunError, Session, preflight, wait_for_dns};
use crate::term::{Output, escape_controls};
use failure_traces::FailureTraces;
use monitor::Monitor;
use outputs::PingOutputs;
pub use plan::{DisplayPlan, PingData, PingPlan};
pub use summary::{RunInfo, RunSummary};

/// Runs `plan` and writes the results to `output` and to its files.
pub fn run(mut plan: PingPlan, output: &mut Output) -> Result<ExitStatus, RunError> {
    let session = Session::start()?;
    let (signals, waker) = (&session.signals, session.poller.waker());
    let limit = &mut plan.schedule.limit;
    let resolved = wait_for_dns::resolve(&plan.targets, limit, signals, &waker)?;
    preflight::check_source(&plan.sockets)?;
    preflight::check_load(&plan.schedule, max_targets(&plan.targets, &resolved))?;
    preflight::check_echo(&resolved.targets)?;
    measure(plan, resolved, session, output)
}

/// As [`run`], over targets that need no resolving.
pub fn run_resolved(
    plan: PingPlan,
    targets: Vec<Target>,
    output: &mut Output,
) -> Result<ExitStatus, RunError> {
    let resolved = Resolved {
        targets,
        ..Resolved::default()
    };
    measure(plan, resolved, Session::start()?, output)
}

/// Probes the targets and reports.
fn measure(
    plan: PingPlan,
    resolved: Resolved,
    session: Session,
    output: &mut Output,
) -> Result<ExitStatus, RunError> {
    let Session { poller, signals } = session;
    let most = max_targets(&plan.targets, &resolved);
    check_formats(&plan.output, most)?;
    let outputs = Outputs::open(&plan.output, output)?;
    let reresolver = reresolver(&plan.targets, &poller);
    let traces = FailureTraces::wanted(&plan, &signals, poller.waker());
    // What takes long with thousands of targets comes before the clock starts.
    let network = Probes::new(poller, &resolved.targets, &plan.probes());
    let host = LocalHost::from(&plan.sockets);
    // Some of those asked for may join later.
    let asked = plan.targets.specs.iter().map(|spec| spec.protocol);
    let mut protocols = asked.chain(resolved.targets.iter().map(|it| it.protocol));
    let first = protocols.next();
    let is_mixed = protocols.any(|it| Some(it) != first);
    let info = RunInfo {
        routes: host.routes_to(resolved.targets.iter().map(|it| (it.protocol, it.address))),
        targets: resolved.targets,
        unresolved: resolved.unresolved,
        host: platform::host(),
        clock: WallClock::start(),
        is_mixed,
        plan,
    };
    let (schedule, targets) = (info.plan.schedule, info.targets.len());
    let outputs = PingOutputs::new(&info, outputs);
    let mut monitor = Monitor::new(info, most, outputs);
    monitor.reresolver = reresolver;
    monitor.pending = resolved.pending;
    monitor.traces = traces;
    monitor.open();
    let (limit, clock) = (preflight::max_sockets(), Instant::now);
    let engine = Engine::new(network, schedule, targets, limit, &signals, &clock);
    let (record, result) = engine.run(&mut monitor);
    let status = monitor.close(record)?;
    result.map_err(RunError::Poller)?;
    Ok(status)
}

/// An hgrm file has the percentiles of one target.
fn check_formats(plan: &OutputPlan<PingData>, targets: usize) -> Result<(), RunError> {
    let mut files = plan.files.iter();
    match files.find(|file| file.format == Format::Data(PingData::Hgrm)) {
        Some(file) if targets > 1 => Err(RunError::OneTargetOnly(escape_controls(
            &file.path.to_string_lossy(),
        ))),
        _ => Ok(()),
    }
}

/// Maximum number of targets: resolved and pending ones.
fn max_targets(plan: &TargetPlan, resolved: &Resolved) -> usize {
    let planned = plan.specs.iter().map(TargetSpec::len).sum();
    let known = resolved.targets.len();
    match resolved.pending {
        Some(_) => known.max(planned),
        None => known,
    }
}

/// Starts periodic re-resolution, if it is wanted and there are names.
fn reresolver(plan: &TargetPlan, poller: &Poller) -> Option<Reresolver> {
    let every = plan.resolve_every?;
    let names = plan.specs.iter().filter_map(|spec| match &spec.host {
        Host::Name(name) => Some(name.clone()),
        Host::Address { .. } => None,
    });
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| Reresolver::start(names, plan.family, every, poller.waker()))
}
