//! The lab: every way a probe can end, provoked with real packets in networks of its own.
//!
//! Each file in `scenarios/` is run for IPv4 and IPv6. A trial builds its network in a fresh
//! namespace, runs the tool in it without any privileges, and compares what the tool says in
//! JSON with what the scenario expects. Where this machine cannot hold a trial it says SKIP and
//! why; with `CI=true` in the environment that is a failure.

mod address_family;
mod coverage;
mod endpoint;
mod expect;
mod net_state;
mod netns;
mod network;
mod packet;
mod peer;
mod resolver_files;
mod scenario;
mod script;
mod servers;
mod suspend;
mod tool;
mod trial_error;
mod wire_check;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::address_family::Family;
use crate::network::Network;
use crate::scenario::{Case, Scenario};
use crate::tool::Run;
use crate::trial_error::{Result, Trouble, verdict};

/// Trials wait far more than they work, so there can be more of them than processors.
const THREADS: usize = 8;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let is_root = netns::become_root_of_a_new_user_namespace();
    match scenario::all() {
        Ok(cases) => {
            let tidy = coverage::every_reason_is_provoked(&cases);
            let mut trials = vec![Trial::ignorable_test("every-reason-is-provoked", || {
                verdict(tidy)
            })];
            let tidy = coverage::every_verdict_is_provoked(&cases);
            trials.push(Trial::ignorable_test("every-verdict-is-provoked", || {
                verdict(tidy)
            }));
            trials.extend(facts_trials(&is_root));
            trials.extend(cases.into_iter().map(|case| trial(case, is_root.clone())));
            libtest_mimic::run(&arguments, trials).exit_code()
        }
        Err(trouble) => {
            let trial = Trial::test("scenarios", move || Err(trouble.to_string().into()));
            libtest_mimic::run(&arguments, vec![trial]).exit_code()
        }
    }
}

fn trial(case: Case, is_root: Result<()>) -> Trial {
    Trial::ignorable_test(case.name.clone(), move || {
        verdict(is_root.and_then(|()| netns::apart(|| play(&case))))
    })
}

/// What the library says of a machine, for both families.
fn facts_trials(is_root: &Result<()>) -> Vec<Trial> {
    let families = [Family::V4, Family::V6];
    let both = families.iter().flat_map(|family| {
        net_state::CHECKS.map(|(name, check)| (format!("{name}/{family}"), *family, check))
    });
    let trial = |(name, family, check): (String, Family, net_state::Check)| {
        let is_root = is_root.clone();
        Trial::ignorable_test(name, move || {
            verdict(is_root.and_then(|()| netns::apart(|| check(family))))
        })
    };
    both.map(trial).collect()
}

fn play(case: &Case) -> Result<()> {
    let scenario = case.concrete()?;
    let network = Network::build(&scenario, case.family)?;
    let targets = network.targets.clone();
    if let Some(names) = &scenario.names {
        names.enter()?;
    }
    let run = tool::run(&scenario, &targets)?;
    let mut differences = scenario.expect.differences(&run, &targets);
    if let Some(mut wire) = network.stop()? {
        if let Some(names) = &scenario.names {
            wire.crossings.retain(|crossing| !names.asks(crossing));
        }
        differences.extend(wire_check::contradictions(&run, &wire, &targets));
        differences.extend(scenario.expect.requests.differences(&wire, &targets));
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(Trouble::Fail(story(&scenario, &run, &differences)))
}

/// All that is needed to understand a failure without running it again.
fn story(scenario: &Scenario, run: &Run, differences: &[String]) -> String {
    let Run {
        command,
        stdout,
        stderr,
        ..
    } = run;
    let differences = differences.join("\n  ");
    let about = scenario.about.trim();
    format!("{about}\n  {differences}\ncommand: {command}\nstdout:\n{stdout}stderr:\n{stderr}")
}
