//! Resolves the targets of a plan; names whose lookup takes long are added later.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::RunError;
use crate::hosts::resolve::{LookupResult, ResolveError, resolve_each};
use crate::hosts::{Host, Lookup, Protocol, Target, TargetSpec};
use crate::plan::TargetPlan;
use crate::platform::signals::Signals;
use crate::platform::{SignalState, Waker};
use crate::term::print_diagnostic;

/// More targets than this are a mistake, or need another tool.
pub(crate) const MAX_TARGETS: usize = 100_000;

/// Targets that are known do not wait longer than this for names that are not.
const GRACE: Duration = Duration::from_millis(500);

/// How often waiting looks whether the user has had enough.
const PATIENCE: Duration = Duration::from_millis(20);

/// Targets in the order in which they came to be known, each once.
#[derive(Debug, Default)]
struct TargetList {
    targets: Vec<Target>,
    seen: HashSet<(Protocol, Arc<str>, SocketAddr)>,
    repeated: Vec<String>,
}

/// The plan's targets, what could not be resolved with the resolver's reason, and who may still come.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) targets: Vec<Target>,
    pub(crate) unresolved: Vec<String>,
    pub(crate) pending: Option<PendingTargets>,
}

/// Names whose lookup takes long; their targets join when it has ended.
#[derive(Debug)]
pub(crate) struct PendingTargets {
    specs: Vec<TargetSpec>,
    all_addresses: bool,
    names: Vec<String>,
    /// For each name, who wants it.
    specs_of_name: Vec<Vec<usize>>,
    waiting: BTreeSet<usize>,
    found: Receiver<(usize, LookupResult)>,
    list: TargetList,
}

/// Resolves the plan's targets; `waker` is woken for each that comes late.
pub(crate) fn resolve(
    plan: &TargetPlan,
    signals: &Signals,
    waker: &Waker,
) -> Result<Resolved, RunError> {
    let wanted = plan.specs.iter().map(TargetSpec::len).sum();
    if wanted > MAX_TARGETS {
        return Err(RunError::TooManyTargets(wanted));
    }
    let mut late = PendingTargets::start(plan, waker);
    let mut unresolved = Vec::new();
    late.add_typed_addresses();
    let started = Instant::now();
    while !late.waiting.is_empty() && !signals.stop_requested() {
        let has_some = !late.list.targets.is_empty();
        if has_some && started.elapsed() >= GRACE {
            late.warn_waiting();
            break;
        }
        if let Ok((index, result)) = late.found.recv_timeout(PATIENCE) {
            unresolved.extend(late.take(index, result));
        }
    }
    late.sort_as_typed();
    late.list.warn_repeated();
    if late.list.targets.is_empty() {
        if unresolved.is_empty() {
            unresolved = late.unresolved();
        }
        return Err(RunError::NoTarget(unresolved.join("; ")));
    }
    for error in &unresolved {
        print_diagnostic(error);
    }
    Ok(Resolved {
        targets: late.list.targets.clone(),
        unresolved,
        pending: Some(late).filter(|late| !late.waiting.is_empty()),
    })
}

fn stopped(name: &str) -> String {
    let name = name.to_owned();
    ResolveError::Stopped { name }.to_string()
}

impl PendingTargets {
    /// Starts to look up every different name.
    fn start(plan: &TargetPlan, waker: &Waker) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut specs_of_name: Vec<Vec<usize>> = Vec::new();
        let mut places = HashMap::new();
        for (wanted, target) in plan.specs.iter().enumerate() {
            if let Host::Name(name) = &target.host {
                let place = *places.entry(name).or_insert(names.len());
                if place == names.len() {
                    names.push(name.clone());
                    specs_of_name.push(Vec::new());
                }
                specs_of_name[place].push(wanted);
            }
        }
        let (sender, found) = mpsc::channel();
        let (asked, family, waker) = (names.clone(), plan.family, waker.clone());
        let look_up = move || {
            resolve_each(&asked, family, &|| false, &mut |index, result| {
                // Whoever no longer listens has ended the run.
                let _ = sender.send((index, result));
                waker.wake();
            });
        };
        // Most runs have none, and a thread costs more than a handshake.
        if !names.is_empty() {
            thread::spawn(look_up);
        }
        Self {
            specs: plan.specs.clone(),
            all_addresses: plan.all_addresses,
            waiting: (0..names.len()).collect(),
            names,
            specs_of_name,
            found,
            list: TargetList::default(),
        }
    }

    /// Targets that were typed as addresses.
    fn add_typed_addresses(&mut self) {
        for wanted in &self.specs {
            if let Host::Address { address, .. } = &wanted.host {
                self.list.add(wanted, &[*address], None);
            }
        }
    }

    /// Takes in what became of a name; what to tell if that is nothing.
    fn take(&mut self, index: usize, result: LookupResult) -> Option<String> {
        self.waiting.remove(&index);
        let lookup = match result {
            Ok(lookup) => lookup,
            Err(error) => return Some(error.to_string()),
        };
        let chosen = chosen(&lookup, self.all_addresses);
        for wanted in &self.specs_of_name[index] {
            let wanted = &self.specs[*wanted];
            self.list.add(wanted, chosen, Some(&lookup));
        }
        None
    }

    /// What is known so far, in the order in which it was asked for.
    fn sort_as_typed(&mut self) {
        let mut places = HashMap::new();
        for (place, wanted) in self.specs.iter().enumerate() {
            let host = (wanted.protocol, wanted.host.text());
            places.entry(host).or_insert(place);
        }
        let place = |target: &Target| places.get(&(target.protocol, &*target.host)).copied();
        self.list.targets.sort_by_cached_key(place);
    }

    fn warn_waiting(&self) {
        let mut names = self.waiting.iter().map(|index| &self.names[*index]);
        let first = names.next().map_or("", |name| name);
        let more = match names.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        print_diagnostic(&format!(
            "still looking up {first}{more}; the others are probed meanwhile"
        ));
    }

    /// Whether some lookups have not ended.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Who has come since the last time, and what was told of those who cannot.
    pub(crate) fn take_resolved(&mut self) -> (Vec<Target>, Vec<String>) {
        let known = self.list.targets.len();
        let mut unresolved = Vec::new();
        while let Ok((index, result)) = self.found.try_recv() {
            unresolved.extend(self.take(index, result));
        }
        (self.list.targets[known..].to_vec(), unresolved)
    }

    /// What to tell of those who have not come when the run ends.
    pub(crate) fn unresolved(&self) -> Vec<String> {
        let names = self.waiting.iter().map(|index| &self.names[*index]);
        names.map(|name| stopped(name)).collect()
    }
}

impl TargetList {
    fn add(&mut self, wanted: &TargetSpec, hosts: &[SocketAddr], lookup: Option<&Arc<Lookup>>) {
        let host: Arc<str> = wanted.host.text().into();
        for port in wanted.ports.iter().cloned().flatten() {
            for address in hosts {
                let mut address = *address;
                address.set_port(port);
                let target = Target {
                    protocol: wanted.protocol,
                    host: Arc::clone(&host),
                    address,
                    lookup: lookup.cloned(),
                };
                if self
                    .seen
                    .insert((wanted.protocol, Arc::clone(&host), address))
                {
                    self.targets.push(target);
                } else {
                    self.repeated.push(target.label());
                }
            }
        }
    }

    fn warn_repeated(&self) {
        match self.repeated.as_slice() {
            [] => {}
            [one] => print_diagnostic(&format!("{one} is given twice: it is probed once")),
            [first, others @ ..] => {
                let others = others.len();
                print_diagnostic(&format!(
                    "{first} and {others} more are given twice: each is probed once"
                ));
            }
        }
    }
}

fn chosen(lookup: &Lookup, all: bool) -> &[SocketAddr] {
    let number = if all { lookup.addresses.len() } else { 1 };
    &lookup.addresses[..number.min(lookup.addresses.len())]
}
