//! The story of a run: resolve, check, probe, report.

mod desk;
mod lookout;
mod outlets;
mod patience;
mod single;
mod targets;
mod trails;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use thiserror::Error;

use crate::clock::WallClock;
use crate::engine::Engine;
use crate::hosts::{Host, Protocol, Target, TargetSpec};
use crate::plan::Plan;
use crate::platform::signals::Signals;
use crate::platform::{self, LocalHost, Poller};
use crate::probe::Probes;
use crate::report::{self, RunInfo};
use crate::term::Output;
use desk::Desk;
use lookout::Lookout;
pub(crate) use outlets::tell_so_far;
pub(crate) use single::{hand_over, open_files, prepared, ready};
use targets::Resolved;
use trails::Trails;

/// Probes under way at once; no system has descriptors or ports for more.
const MOST_AT_ONCE: usize = 1_000_000;

/// Descriptors kept free for everything that is no probe: questions to the kernel's routing tables.
const SPARE_DESCRIPTORS: usize = 2;

/// Open descriptors that are no probe, where the system does not tell: standard streams, the poller, signals.
const OTHER_DESCRIPTORS: usize = 12;

/// Why an interface cannot be used.
const NO_INTERFACE: &str = if platform::CAN_BIND_TO_INTERFACE {
    "this machine has no such interface"
} else {
    "this system cannot bind a socket to an interface"
};

/// What allows ICMP echoes: icmp(7) for the ping socket, capabilities(7) for the raw one.
const ECHO_HELP: &str = if cfg!(target_os = "linux") {
    "allow your group with sysctl -w net.ipv4.ping_group_range='0 2147483647', or give synack CAP_NET_RAW"
} else {
    "this system wants administrator rights for them"
};

/// Why a run could not be made. Each message is one line that names what was wrong.
#[derive(Debug, Error)]
pub enum RunError {
    /// No name could be resolved, each for its own reason.
    #[error("{0}")]
    NoTarget(String),
    /// More targets than any run can sensibly have.
    #[error("{0} targets are too many: at most {most} fit into one run", most = targets::MOST_TARGETS)]
    TooManyTargets(usize),
    /// More probes at once than any machine can have.
    #[error(
        "{0} probes at once are too many: --in-flight times the targets must stay within {MOST_AT_ONCE}"
    )]
    TooManyAtOnce(usize),
    /// The source address cannot be used.
    #[error("cannot send from {from}: {error}")]
    Source {
        /// The address given, and the first port where ports were.
        from: String,
        /// What the system says.
        error: io::Error,
    },
    /// The interface cannot be used.
    #[error("cannot send through {0:?}: {reason}", reason = NO_INTERFACE)]
    Interface(String),
    /// This user may not send ICMP echoes.
    #[error("cannot send ICMP echoes: {0}; {ECHO_HELP}")]
    Echo(#[source] io::Error),
    /// The event loop does not work.
    #[error("cannot wait for sockets: {0}")]
    Poller(#[source] io::Error),
    /// Signals cannot be caught.
    #[error("cannot listen for Ctrl-C: {0}")]
    Signals(#[source] io::Error),
    /// A file for results cannot be written.
    #[error("cannot write {path}: {error}")]
    File {
        /// Its path, safe to print.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// A form that holds one target only.
    #[error("{0} holds the percentiles of one target: probe one, or choose another form")]
    OneTargetOnly(String),
    /// Results could not be written.
    #[error("cannot write the results: {0}")]
    Output(String),
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every target answered at least once, or did what was expected of it, and every check passed.
    Success,
    /// Not so.
    Failure,
}

/// Makes the run that `plan` asks for and prints its results to `output`.
pub fn run(mut plan: Plan, output: &mut Output) -> Result<Verdict, RunError> {
    let (poller, signals) = listen()?;
    let resolved = patience::targets(&mut plan, &signals, &poller.waker())?;
    check_source(&plan)?;
    check_load(&plan, wanted(&plan, &resolved))?;
    check_echo(&resolved.targets)?;
    measure(plan, resolved, poller, &signals, output)
}

/// Makes a run over targets that need no resolving.
pub fn run_over(
    plan: Plan,
    targets: Vec<Target>,
    output: &mut Output,
) -> Result<Verdict, RunError> {
    let (poller, signals) = listen()?;
    let resolved = Resolved {
        targets,
        ..Resolved::default()
    };
    measure(plan, resolved, poller, &signals, output)
}

fn listen() -> Result<(Poller, Signals), RunError> {
    let poller = Poller::new().map_err(RunError::Poller)?;
    let signals = Signals::listen(&poller.waker()).map_err(RunError::Signals)?;
    Ok((poller, signals))
}

/// Probes `targets` and reports.
fn measure(
    plan: Plan,
    resolved: Resolved,
    poller: Poller,
    signals: &Signals,
    output: &mut Output,
) -> Result<Verdict, RunError> {
    let most = wanted(&plan, &resolved);
    let files = outlets::open_files(&plan, most)?;
    let lookout = lookout(&plan, &poller);
    let trails = Trails::wanted(&plan, signals, poller.waker());
    // Whatever takes its time with thousands of targets comes before the clock starts.
    let network = Probes::new(poller, &resolved.targets, &plan);
    let here = LocalHost::from(&plan.sockets);
    let protocols = plan.targets.iter().map(|wanted| wanted.protocol);
    let is_mixed = !protocols.is_sorted_by(|a, b| a == b);
    let info = RunInfo {
        routes: here.routes_to(resolved.targets.iter().map(|it| (it.protocol, it.address))),
        targets: resolved.targets,
        unresolved: resolved.unresolved,
        host: platform::host(),
        clock: WallClock::start(),
        unicode: output.shows_unicode(),
        is_mixed,
        columns: output.columns().clamp(report::NARROWEST, report::WIDEST),
        plan,
    };
    let pace = info.plan.pace;
    let targets = info.targets.len();
    let mut desk = Desk::new(info, most, output, files);
    desk.lookout = lookout;
    desk.latecomers = resolved.latecomers;
    desk.trails = trails;
    desk.open();
    let clock = Instant::now;
    let engine = Engine::new(network, pace, targets, descriptors(), signals, &clock);
    let (record, result) = engine.run(&mut desk);
    let verdict = desk.close(record)?;
    result.map_err(RunError::Poller)?;
    Ok(verdict)
}

/// How many targets there may be in the end: those that are known, and what is known of the others.
fn wanted(plan: &Plan, resolved: &Resolved) -> usize {
    let late = resolved.latecomers.is_some();
    let planned = plan.targets.iter().map(TargetSpec::len).sum();
    let known = resolved.targets.len();
    if late { known.max(planned) } else { known }
}

/// Somebody who looks the names of targets up again, if that is wanted.
fn lookout(plan: &Plan, poller: &Poller) -> Option<Lookout> {
    let every = plan.names.resolve_every?;
    let names = plan.targets.iter().filter_map(|target| match &target.host {
        Host::Name(name) => Some(name.clone()),
        Host::Address { .. } => None,
    });
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.dedup();
    let waker = poller.waker();
    (!names.is_empty()).then(|| Lookout::start(names, plan.names.family, every, waker))
}

/// Sockets that may be open at once.
fn descriptors() -> usize {
    let limit = platform::raise_descriptor_limit().unwrap_or(usize::MAX);
    let taken = platform::open_descriptors().unwrap_or(OTHER_DESCRIPTORS);
    limit.saturating_sub(taken + SPARE_DESCRIPTORS).max(1)
}

/// A closed loop keeps a place for each probe under way.
fn check_load(plan: &Plan, targets: usize) -> Result<(), RunError> {
    let at_once = plan.pace.in_flight.saturating_mul(targets);
    if plan.pace.is_closed_loop() && at_once > MOST_AT_ONCE {
        return Err(RunError::TooManyAtOnce(at_once));
    }
    Ok(())
}

/// Echoes need a permission that many users have, and some have not.
fn check_echo(targets: &[Target]) -> Result<(), RunError> {
    let families = [true, false].map(|v4| {
        let of_family =
            |target: &&Target| target.protocol == Protocol::Icmp && target.address.is_ipv4() == v4;
        targets.iter().find(of_family)
    });
    for target in families.into_iter().flatten() {
        match platform::echo_socket(target.address) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(RunError::Echo(error));
            }
            // Everything else is the probes' to tell.
            _ => {}
        }
    }
    Ok(())
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
        if address.is_multicast() {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is a multicast address");
            let from = address.to_string();
            return Err(RunError::Source { from, error });
        }
        let port = source.ports.as_ref().map_or(0, |ports| *ports.start());
        // A port that is taken now may be free for the probe; one that is forbidden stays so.
        match UdpSocket::bind((address, port)) {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                let from = match port {
                    0 => address.to_string(),
                    _ => SocketAddr::new(address, port).to_string(),
                };
                return Err(RunError::Source { from, error });
            }
            _ => {}
        }
    }
    Ok(())
}
