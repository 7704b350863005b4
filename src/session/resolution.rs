//! Name resolution of a plan's targets. Targets with slow lookups are added after resolution.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::RunError;
use super::limits::MAX_TARGETS;
use crate::hosts::resolve::{LookupResult, ResolveError, resolve_each};
use crate::hosts::{Host, Lookup, Protocol, Target, TargetSpec};
use crate::plan::TargetPlan;
use crate::platform::signals::Signals;
use crate::platform::{SignalState, Waker};
use crate::term::print_diagnostic;

/// Resolved targets are probed after this time, without waiting for slow lookups.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// Interval of checks whether the run was stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Distinct targets in the order of resolution.
#[derive(Debug, Default)]
struct TargetList {
    targets: Vec<Target>,
    seen: HashSet<(Protocol, Arc<str>, SocketAddr)>,
    duplicates: Vec<String>,
}

/// Resolved targets, errors of unresolved names, and lookups still in progress.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) targets: Vec<Target>,
    pub(crate) unresolved: Vec<ResolveError>,
    pub(crate) pending: Option<PendingTargets>,
}

/// Lookups in progress; their targets are added after resolution.
#[derive(Debug)]
pub(crate) struct PendingTargets {
    specs: Vec<TargetSpec>,
    all_addresses: bool,
    names: Vec<String>,
    /// For each name, the indices of its targets in `specs`.
    specs_of_name: Vec<Vec<usize>>,
    waiting: BTreeSet<usize>,
    results: Receiver<(usize, LookupResult)>,
    list: TargetList,
}

/// Resolves the plan's targets. Results that arrive later wake `waker`.
pub(crate) fn resolve(
    plan: &TargetPlan,
    signals: &Signals,
    waker: &Waker,
) -> Result<Resolved, RunError> {
    let count = plan.specs.iter().map(TargetSpec::len).sum();
    if count > MAX_TARGETS {
        return Err(RunError::TooManyTargets(count));
    }
    let mut pending = PendingTargets::start(plan, waker);
    let mut unresolved = Vec::new();
    pending.add_typed_addresses();
    let started = Instant::now();
    while !pending.waiting.is_empty() && !signals.stop_requested() {
        let has_targets = !pending.list.targets.is_empty();
        if has_targets && started.elapsed() >= MAX_WAIT {
            pending.warn_waiting();
            break;
        }
        if let Ok((index, result)) = pending.results.recv_timeout(POLL_INTERVAL) {
            unresolved.extend(pending.apply(index, result));
        }
    }
    pending.sort_as_typed();
    pending.list.warn_duplicates();
    if pending.list.targets.is_empty() {
        if unresolved.is_empty() {
            unresolved = pending.unresolved();
        }
        return Err(RunError::NoTarget(unresolved));
    }
    for error in &unresolved {
        print_diagnostic(&error.to_string());
    }
    Ok(Resolved {
        targets: pending.list.targets.clone(),
        unresolved,
        pending: Some(pending).filter(|pending| !pending.waiting.is_empty()),
    })
}

impl PendingTargets {
    /// Starts the lookup of each distinct name.
    fn start(plan: &TargetPlan, waker: &Waker) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut specs_of_name: Vec<Vec<usize>> = Vec::new();
        let mut index_of = HashMap::new();
        for (spec, target) in plan.specs.iter().enumerate() {
            if let Host::Name(name) = &target.host {
                let index = *index_of.entry(name).or_insert(names.len());
                if index == names.len() {
                    names.push(name.clone());
                    specs_of_name.push(Vec::new());
                }
                specs_of_name[index].push(spec);
            }
        }
        let (sender, results) = mpsc::channel();
        let (looked_up, family, waker) = (names.clone(), plan.family, waker.clone());
        let look_up = move || {
            resolve_each(&looked_up, family, &|| false, &mut |index, result| {
                // Fails only after the end of the run.
                let _ = sender.send((index, result));
                waker.wake();
            });
        };
        // Without names no thread: starting one takes longer than a handshake.
        if !names.is_empty() {
            thread::spawn(look_up);
        }
        Self {
            specs: plan.specs.clone(),
            all_addresses: plan.all_addresses,
            waiting: (0..names.len()).collect(),
            names,
            specs_of_name,
            results,
            list: TargetList::default(),
        }
    }

    /// Adds targets typed as addresses.
    fn add_typed_addresses(&mut self) {
        for spec in &self.specs {
            if let Host::Address { address, .. } = &spec.host {
                self.list.add(spec, &[*address], None);
            }
        }
    }

    /// Applies the result of a lookup; returns its error.
    fn apply(&mut self, index: usize, result: LookupResult) -> Option<ResolveError> {
        self.waiting.remove(&index);
        let lookup = match result {
            Ok(lookup) => lookup,
            Err(error) => return Some(error),
        };
        let addresses = selected(&lookup, self.all_addresses);
        for spec in &self.specs_of_name[index] {
            let spec = &self.specs[*spec];
            self.list.add(spec, addresses, Some(&lookup));
        }
        None
    }

    /// Sorts the targets resolved so far in the order of the command line.
    fn sort_as_typed(&mut self) {
        let mut order = HashMap::new();
        for (index, spec) in self.specs.iter().enumerate() {
            let host = (spec.protocol, spec.host.text());
            order.entry(host).or_insert(index);
        }
        let position = |target: &Target| order.get(&(target.protocol, &*target.host)).copied();
        self.list.targets.sort_by_cached_key(position);
    }

    fn warn_waiting(&self) {
        let mut names = self.waiting.iter().map(|index| &self.names[*index]);
        let first = names.next().map_or("", |name| name);
        let more = match names.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        print_diagnostic(&format!(
            "still resolving {first}{more}; probing the other targets meanwhile"
        ));
    }

    /// Whether lookups are in progress.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Targets resolved since the last call, and errors of names.
    pub(crate) fn take_resolved(&mut self) -> (Vec<Target>, Vec<ResolveError>) {
        let known = self.list.targets.len();
        let mut unresolved = Vec::new();
        while let Ok((index, result)) = self.results.try_recv() {
            unresolved.extend(self.apply(index, result));
        }
        (self.list.targets[known..].to_vec(), unresolved)
    }

    /// Errors of lookups still in progress at the end of the run.
    pub(crate) fn unresolved(&self) -> Vec<ResolveError> {
        let names = self.waiting.iter().map(|index| self.names[*index].clone());
        names.map(|name| ResolveError::Stopped { name }).collect()
    }
}

impl TargetList {
    fn add(&mut self, spec: &TargetSpec, addresses: &[SocketAddr], lookup: Option<&Arc<Lookup>>) {
        let host: Arc<str> = spec.host.text().into();
        for port in spec.ports.iter().cloned().flatten() {
            for address in addresses {
                let mut address = *address;
                address.set_port(port);
                let target = Target {
                    protocol: spec.protocol,
                    host: Arc::clone(&host),
                    address,
                    lookup: lookup.cloned(),
                };
                if self
                    .seen
                    .insert((spec.protocol, Arc::clone(&host), address))
                {
                    self.targets.push(target);
                } else {
                    self.duplicates.push(target.label());
                }
            }
        }
    }

    fn warn_duplicates(&self) {
        match self.duplicates.as_slice() {
            [] => {}
            [one] => print_diagnostic(&format!("{one} is listed twice: probed once")),
            [first, others @ ..] => {
                let others = others.len();
                print_diagnostic(&format!(
                    "{first} and {others} more are listed twice: each is probed once"
                ));
            }
        }
    }
}

/// All addresses, or the first.
fn selected(lookup: &Lookup, all: bool) -> &[SocketAddr] {
    let count = if all { lookup.addresses.len() } else { 1 };
    &lookup.addresses[..count.min(lookup.addresses.len())]
}
