//! From the plan's words to addresses.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;

use super::RunError;
use crate::plan::Plan;
use crate::platform::SignalState;
use crate::platform::signals::Signals;
use crate::target::resolve::resolve_all;
use crate::target::{Host, HostPorts, Lookup, Protocol, Target};
use crate::term::complain;

/// More targets than this are a mistake, or need another tool.
pub(super) const MOST_TARGETS: usize = 100_000;

/// Targets in the order in which they were given, each once.
#[derive(Default)]
struct Gathered {
    targets: Vec<Target>,
    seen: HashSet<(Protocol, Arc<str>, SocketAddr)>,
    repeated: Vec<String>,
}

/// The plan's targets, and what could not be resolved with the resolver's reason.
pub(super) struct Resolved {
    pub(super) targets: Vec<Target>,
    pub(super) unresolved: Vec<String>,
}

/// Resolves the plan's targets.
pub(super) fn targets(plan: &Plan, signals: &Signals) -> Result<Resolved, RunError> {
    let wanted = plan.targets.iter().map(HostPorts::len).sum();
    if wanted > MOST_TARGETS {
        return Err(RunError::TooManyTargets(wanted));
    }
    let (lookups, unresolved) = lookups(plan, signals);
    let mut gathered = Gathered::default();
    for wanted in &plan.targets {
        match &wanted.host {
            Host::Address { address, .. } => gathered.add(wanted, &[*address], None),
            Host::Name(name) => {
                if let Some(lookup) = lookups.get(name) {
                    let chosen = chosen(lookup, plan.names.all_addresses);
                    gathered.add(wanted, chosen, Some(lookup));
                }
            }
        }
    }
    gathered.tell_repeated();
    if gathered.targets.is_empty() {
        return Err(RunError::NoTarget(unresolved.join("; ")));
    }
    for error in &unresolved {
        complain(error);
    }
    Ok(Resolved {
        targets: gathered.targets,
        unresolved,
    })
}

impl Gathered {
    fn add(&mut self, wanted: &HostPorts, hosts: &[SocketAddr], lookup: Option<&Arc<Lookup>>) {
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

    fn tell_repeated(&self) {
        match self.repeated.as_slice() {
            [] => {}
            [one] => complain(&format!("{one} is given twice: it is probed once")),
            [first, others @ ..] => {
                let others = others.len();
                complain(&format!(
                    "{first} and {others} more are given twice: each is probed once"
                ));
            }
        }
    }
}

/// Looks up every different name once; what fails is told with its reason.
fn lookups(plan: &Plan, signals: &Signals) -> (HashMap<String, Arc<Lookup>>, Vec<String>) {
    let mut seen = HashSet::new();
    let mut names: Vec<String> = Vec::new();
    for target in &plan.targets {
        if let Host::Name(name) = &target.host
            && seen.insert(name)
        {
            names.push(name.clone());
        }
    }
    let stopped = || signals.stop_requested();
    let found = resolve_all(&names, plan.names.family, &stopped);
    let mut lookups = HashMap::new();
    let mut unresolved = Vec::new();
    for (name, result) in names.into_iter().zip(found) {
        match result {
            Ok(lookup) => drop(lookups.insert(name, lookup)),
            Err(error) => unresolved.push(error.to_string()),
        }
    }
    (lookups, unresolved)
}

fn chosen(lookup: &Lookup, all: bool) -> &[SocketAddr] {
    let number = if all { lookup.addresses.len() } else { 1 };
    &lookup.addresses[..number.min(lookup.addresses.len())]
}
