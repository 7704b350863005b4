//! The story of a run: resolve, check, probe, report.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::clock::WallClock;
use crate::engine::{Engine, Sink};
use crate::outcome::{Class, Sample};
use crate::plan::{Limit, Plan};
use crate::platform::signals::Signals;
use crate::platform::{self, Poller, SignalState};
use crate::probe::TcpNetwork;
use crate::report::{Report, RunInfo, json, live};
use crate::stats::{RunRecord, Statistics};
use crate::target::resolve::{Family, ResolveError, resolve_all};
use crate::target::{Host, Lookup, Target};
use crate::term::{Output, Progress, complain};

/// More targets than this are a mistake, or need another tool.
const MOST_TARGETS: usize = 100_000;

/// Descriptors kept for everything that is no probe: standard streams, the poller, netlink, /proc.
const OTHER_DESCRIPTORS: usize = 12;

/// A run that takes longer than this shows its progress.
const LONG: Duration = Duration::from_secs(10);

/// Why a run could not be made. Each message is one line that names what was wrong.
#[derive(Debug, Error)]
pub enum RunError {
    /// No target is left to probe; each one's reason has been told.
    #[error("no target could be resolved")]
    NoTarget,
    /// More targets than any run can sensibly have.
    #[error("{0} targets are too many: at most {MOST_TARGETS} fit into one run")]
    TooManyTargets(usize),
    /// The source address cannot be used.
    #[error("cannot send from {address}: {error}")]
    Source {
        /// The address given.
        address: std::net::IpAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The interface cannot be used.
    #[error("cannot send through {0:?}: this machine has no such interface")]
    Interface(String),
    /// The event loop does not work.
    #[error("cannot wait for sockets: {0}")]
    Poller(#[source] io::Error),
    /// Signals cannot be caught.
    #[error("cannot listen for Ctrl-C: {0}")]
    Signals(#[source] io::Error),
    /// The demonstration could not be set up.
    #[error(transparent)]
    Demo(#[from] crate::demo::SetupError),
    /// Results could not be written.
    #[error("cannot write the results: {0}")]
    Output(String),
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every target answered at least once.
    EveryTargetAnswered,
    /// Some target never did.
    SomeTargetSilent,
}

/// Makes the run that `plan` asks for and prints its results to `output`.
pub fn run(plan: Plan, output: &mut Output) -> Result<Verdict, RunError> {
    let (poller, signals) = listen()?;
    let (targets, all_resolved) = targets(&plan, &signals)?;
    check_source(&plan)?;
    let verdict = measure(plan, targets, poller, &signals, output)?;
    Ok(if all_resolved {
        verdict
    } else {
        Verdict::SomeTargetSilent
    })
}

/// Makes a run over targets that need no resolving.
pub fn run_over(
    plan: Plan,
    targets: Vec<Target>,
    output: &mut Output,
) -> Result<Verdict, RunError> {
    let (poller, signals) = listen()?;
    measure(plan, targets, poller, &signals, output)
}

fn listen() -> Result<(Poller, Signals), RunError> {
    let poller = Poller::new().map_err(RunError::Poller)?;
    let signals = Signals::listen(&poller.waker()).map_err(RunError::Signals)?;
    Ok((poller, signals))
}

/// Probes `targets` and reports.
fn measure(
    plan: Plan,
    targets: Vec<Target>,
    poller: Poller,
    signals: &Signals,
    output: &mut Output,
) -> Result<Verdict, RunError> {
    let addresses: Vec<SocketAddr> = targets.iter().map(|target| target.address).collect();
    let info = RunInfo {
        routes: addresses
            .iter()
            .map(|&address| platform::route_to(address))
            .collect(),
        targets,
        host: platform::host(),
        clock: WallClock::start(),
        plan,
    };
    let pace = info.plan.pace;
    let hold = pace.hold.is_some();
    let network = TcpNetwork::new(poller, &addresses, info.plan.sockets.clone(), hold);
    let mut desk = Desk::new(&info, output);
    desk.open();
    let clock = Instant::now;
    let engine = Engine::new(
        network,
        pace,
        addresses.len(),
        descriptors(),
        signals,
        &clock,
    );
    let record = engine.run(&mut desk).map_err(RunError::Poller)?;
    desk.close(record)
}

/// Sockets that may be open at once.
fn descriptors() -> usize {
    let limit = platform::raise_descriptor_limit().unwrap_or(usize::MAX);
    limit.saturating_sub(OTHER_DESCRIPTORS).max(1)
}

/// Resolves the plan's targets; tells whether all of them could be.
fn targets(plan: &Plan, signals: &Signals) -> Result<(Vec<Target>, bool), RunError> {
    let wanted: usize = plan
        .targets
        .iter()
        .flat_map(|t| &t.ports)
        .map(ExactSizeIterator::len)
        .sum();
    if wanted > MOST_TARGETS {
        return Err(RunError::TooManyTargets(wanted));
    }
    let (names, found) = lookups(plan, signals);
    let mut targets = Vec::new();
    let mut seen = HashSet::new();
    for wanted in &plan.targets {
        let host: Arc<str> = wanted.host.text().into();
        let (addresses, lookup) = match &wanted.host {
            Host::Address { address, .. } => (vec![*address], None),
            Host::Name(name) => match lookup_of(name, &names, &found) {
                Some(lookup) => (chosen(&lookup, plan.names.all_addresses), Some(lookup)),
                None => continue,
            },
        };
        for port in wanted.ports.iter().cloned().flatten() {
            for mut address in addresses.iter().copied() {
                address.set_port(port);
                if seen.insert((Arc::clone(&host), address)) {
                    let (host, lookup) = (Arc::clone(&host), lookup.clone());
                    targets.push(Target {
                        host,
                        address,
                        lookup,
                    });
                } else {
                    complain(&format!(
                        "{host} port {port} is given twice: it is probed once"
                    ));
                }
            }
        }
    }
    if targets.is_empty() {
        return Err(RunError::NoTarget);
    }
    Ok((targets, found.iter().all(Result::is_ok)))
}

type Found = Vec<Result<Arc<Lookup>, ResolveError>>;

/// Looks up every different name once, and tells why where that fails.
fn lookups(plan: &Plan, signals: &Signals) -> (Vec<String>, Found) {
    let mut names: Vec<String> = Vec::new();
    for target in &plan.targets {
        if let Host::Name(name) = &target.host
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    let family = plan.names.family;
    let found = resolve_all(&names, family, &|| signals.stop_requested());
    for error in found.iter().filter_map(|result| result.as_ref().err()) {
        complain(&error.to_string());
    }
    (names, found)
}

fn lookup_of(name: &str, names: &[String], found: &Found) -> Option<Arc<Lookup>> {
    let index = names.iter().position(|known| known == name)?;
    found.get(index)?.as_ref().ok().cloned()
}

fn chosen(lookup: &Lookup, all: bool) -> Vec<SocketAddr> {
    let number = if all { usize::MAX } else { 1 };
    lookup.addresses.iter().copied().take(number).collect()
}

/// A source that cannot work is told before the first probe, not as a failure of every one.
fn check_source(plan: &Plan) -> Result<(), RunError> {
    if let Some(interface) = &plan.sockets.interface
        && platform::interface_index(interface).is_none()
    {
        return Err(RunError::Interface(interface.clone()));
    }
    if let Some(source) = &plan.sockets.source {
        let address = source.address;
        std::net::TcpListener::bind((address, 0))
            .map_err(|error| RunError::Source { address, error })?;
    }
    Ok(())
}

/// Where samples become statistics and lines.
struct Desk<'a> {
    info: &'a RunInfo,
    output: &'a mut Output,
    printer: live::Printer,
    statistics: Statistics,
    started: Instant,
    failed: u64,
}

impl<'a> Desk<'a> {
    fn new(info: &'a RunInfo, output: &'a mut Output) -> Self {
        Self {
            printer: live::Printer::new(info, output.colour()),
            statistics: Statistics::new(info.targets.len()),
            started: Instant::now(),
            info,
            output,
            failed: 0,
        }
    }

    /// Prints what comes before the first probe.
    fn open(&mut self) {
        let plan = &self.info.plan;
        let text = if plan.output.json {
            json::start(self.info)
        } else {
            live::heading(self.info)
        };
        self.output.write(&text);
        self.output.flush();
        let long = plan
            .pace
            .expected_duration()
            .is_none_or(|expected| expected > LONG);
        let silent = plan.output.quiet || !self.output.is_terminal();
        if (long || silent) && !plan.output.failures_only {
            let probes = expected_probes(plan, self.info.targets.len());
            self.output.show(Progress::on_stderr(probes));
        }
    }

    /// Prints the summary and decides.
    fn close(self, record: RunRecord) -> Result<Verdict, RunError> {
        self.output.finish_progress();
        let summary = self.summary(record);
        let blank = if self.info.plan.output.json { "" } else { "\n" };
        self.output.write(&format!("{blank}{summary}"));
        self.output.flush();
        if let Some(failure) = self.output.failure() {
            // Nothing measured is lost: what stdout did not take goes to stderr.
            let _ = io::Write::write_all(&mut io::stderr(), summary.as_bytes());
            return Err(RunError::Output(failure.to_string()));
        }
        Ok(self.verdict())
    }

    fn summary(&self, record: RunRecord) -> String {
        let report = Report {
            info: self.info,
            statistics: &self.statistics,
            record,
        };
        if self.info.plan.output.json {
            json::summaries(&report)
        } else {
            report.text()
        }
    }

    fn verdict(&self) -> Verdict {
        // A reader who left early has seen enough; there is nobody to fail for.
        let answered =
            |recorder: &crate::stats::Recorder| recorder.count_class(Class::Succeeded) > 0;
        if self.output.is_closed() || self.statistics.targets.iter().all(answered) {
            Verdict::EveryTargetAnswered
        } else {
            Verdict::SomeTargetSilent
        }
    }

    fn is_shown(&self, sample: &Sample) -> bool {
        let output = &self.info.plan.output;
        let succeeded = sample.ending.outcome.kind().class() == Class::Succeeded;
        let worth_a_line = !output.failures_only || !succeeded || sample.late;
        worth_a_line && !output.quiet
    }
}

impl Sink for Desk<'_> {
    fn sample(&mut self, sample: &Sample) {
        self.statistics.record(sample);
        if self.is_shown(sample) {
            let line = if self.info.plan.output.json {
                json::probe(self.info, sample)
            } else {
                self.printer.line(self.info, sample)
            };
            self.output.write(&line);
        }
        if !sample.late {
            let failed = sample.ending.outcome.kind().class() == Class::Failed;
            self.failed += u64::from(failed && !sample.warmup);
            self.output.progress().advance(self.failed);
        }
    }

    fn statistics_requested(&mut self) {
        let record = RunRecord {
            ended: Instant::now(),
            ..RunRecord::starting(self.started)
        };
        let report = Report {
            info: self.info,
            statistics: &self.statistics,
            record,
        };
        let text = report.text();
        if self.info.plan.output.json {
            // stdout carries one summary per target and no more.
            let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
        } else {
            self.output.write(&format!("\n{text}\n"));
        }
    }

    fn idle(&mut self) {
        self.output.flush();
    }

    fn has_enough(&self) -> bool {
        self.output.is_closed()
    }
}

fn expected_probes(plan: &Plan, targets: usize) -> Option<u64> {
    let Limit::Count(count) = plan.pace.limit else {
        return None;
    };
    let each = count.checked_add(plan.pace.warmup)?;
    each.checked_mul(targets as u64)
}

/// The family that probes from `source` can have.
pub fn family_of(source: std::net::IpAddr) -> Family {
    if source.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    }
}
