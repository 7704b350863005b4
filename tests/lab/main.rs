//! The lab: provokes every outcome of a probe with real packets, in network namespaces of its own.
//!
//! Each file in `scenarios/` runs for IPv4 and IPv6. A trial builds its network in a new namespace, runs the tool in it
//! without privileges, and compares the tool's JSON with the expectations of the scenario. Where this machine lacks a
//! requirement, the trial is skipped with the reason; with `CI=true` that is a failure.

mod address_family;
mod capture_check;
mod coverage;
mod cpu_starvation;
mod endpoint;
mod expect;
mod net_state;
mod netns;
mod network;
mod packet;
mod peer;
mod resolver_files;
mod run_output;
mod scenario;
mod script;
mod servers;
mod tool;
mod trial_error;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use address_family::AddressFamily;
use network::Network;
use run_output::RunOutput;
use scenario::Scenario;
use scenario::load::{Case, all_cases};
use trial_error::{Result, TrialError, completion};

/// Trials wait more than they compute: more threads than CPUs.
const THREADS: usize = 8;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let is_root = netns::enter_user_namespace();
    let trials = match all_cases() {
        Ok(cases) => trials(cases, &is_root),
        Err(error) => vec![Trial::test("scenarios", move || {
            Err(error.to_string().into())
        })],
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// `is_root`: whether this process is root of a user namespace.
fn trials(cases: Vec<Case>, is_root: &Result<()>) -> Vec<Trial> {
    let reasons = coverage::every_reason_is_provoked(&cases);
    let verdicts = coverage::every_verdict_is_provoked(&cases);
    let mut trials = vec![
        Trial::ignorable_test("every-reason-is-provoked", || completion(reasons)),
        Trial::ignorable_test("every-verdict-is-provoked", || completion(verdicts)),
    ];
    trials.extend(net_state_trials(is_root));
    trials.extend(cases.into_iter().map(|case| scenario_trial(case, is_root)));
    trials
}

fn scenario_trial(case: Case, is_root: &Result<()>) -> Trial {
    namespace_trial(case.name.clone(), is_root, move || run_case(&case))
}

fn net_state_trials(is_root: &Result<()>) -> Vec<Trial> {
    let trials = AddressFamily::BOTH.iter().flat_map(|family| {
        net_state::CHECKS.map(|(name, check)| {
            namespace_trial(format!("{name}/{family}"), is_root, move || check(*family))
        })
    });
    trials.collect()
}

/// A trial on a thread of its own, which may change its namespaces.
fn namespace_trial(
    name: String,
    is_root: &Result<()>,
    run: impl FnOnce() -> Result<()> + Send + 'static,
) -> Trial {
    let is_root = is_root.clone();
    Trial::ignorable_test(name, move || {
        completion(is_root.and_then(|()| netns::on_own_thread(run)))
    })
}

fn run_case(case: &Case) -> Result<()> {
    let scenario = case.scenario()?;
    let network = Network::build(&scenario, case.family)?;
    let targets = network.targets.clone();
    let resolver = scenario.name_resolution.as_ref();
    if let Some(resolver) = resolver {
        resolver.mount()?;
    }
    let output = tool::run(&scenario, &targets)?;
    let expect = &scenario.expect;
    let mut differences = expect.differences(&output, &targets);
    if let Some(mut capture) = network.stop()? {
        if let Some(resolver) = resolver {
            capture.packets.retain(|packet| !resolver.is_query(packet));
        }
        let contradictions = capture_check::contradictions(&output, &capture, &targets);
        differences.extend(contradictions);
        differences.extend(expect.capture_differences(&capture, &targets));
    }
    if differences.is_empty() {
        return Ok(());
    }
    let message = failure_message(&scenario, &output, &differences);
    Err(TrialError::Fail(message))
}

fn failure_message(scenario: &Scenario, output: &RunOutput, differences: &[String]) -> String {
    let RunOutput {
        command_line,
        stdout,
        stderr,
        ..
    } = output;
    let differences = differences.join("\n  ");
    let description = scenario.description.trim();
    format!(
        "{description}\n  {differences}\ncommand: {command_line}\nstdout:\n{stdout}stderr:\n{stderr}"
    )
}
