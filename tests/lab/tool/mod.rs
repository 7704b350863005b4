//! Runs the tool without privileges and collects its output.

mod command;

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::cpu_starvation::CpuStarvation;
use crate::endpoint::Endpoint;
use crate::netns;
use crate::run_output::RunOutput;
use crate::scenario::{MidRunEvent, Scenario};
use crate::trial_error::{Context, Result, TrialError};

/// Only a hanging tool reaches it.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Runs the tool in the namespace of the calling thread.
pub(crate) fn run(scenario: &Scenario, targets: &[Endpoint]) -> Result<RunOutput> {
    let mut command = command::command(&scenario.tool, targets);
    let command_line = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .or_skip("starting setpriv")?;
    let stdout = lines_of(child.stdout.take().context("no stdout")?);
    let stderr = child.stderr.take().context("no stderr")?;
    let stderr = thread::spawn(move || text_of(stderr));
    let duty_cycle = scenario.tool.cpu_starvation;
    let starvation = duty_cycle.map(|it| CpuStarvation::start(&child, it));
    let (event, starvation) = (scenario.event.as_ref(), starvation.transpose()?);
    let (text, status) = wait(&mut child, &stdout, event, starvation)?;
    let stderr = stderr.join().unwrap_or_default();
    let Some(status) = status else {
        return Err(timed_out(&command_line, &text, &stderr));
    };
    Ok(RunOutput {
        lines: parse_lines(&text, &stderr)?,
        command_line,
        exit_code: status.code(),
        stdout: text,
        stderr,
    })
}

fn lines_of(stdout: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(io::Result::ok);
        // The receiver is dropped once the tool has been killed.
        lines.map(|line| sender.send(line)).all(|sent| sent.is_ok());
    });
    receiver
}

fn text_of(mut stderr: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read before an error is kept.
    let _ = stderr.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads stdout to its end. `None`: the tool was killed at the time limit.
fn wait(
    child: &mut Child,
    stdout: &Receiver<String>,
    event: Option<&MidRunEvent>,
    mut starvation: Option<CpuStarvation>,
) -> Result<(String, Option<ExitStatus>)> {
    let deadline = Instant::now() + TIME_LIMIT;
    let mut text = String::new();
    let mut probes = 0;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let until_signal = starvation.as_ref().map_or(left, CpuStarvation::time_left);
        match stdout.recv_timeout(until_signal.min(left)) {
            Ok(line) => {
                text += &(line.clone() + "\n");
                if is_probe(&line) {
                    probes += 1;
                    run_event(event, probes, child)?;
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                starvation.map_or(Ok(()), CpuStarvation::end)?;
                let status = child.wait().context("waiting for the tool")?;
                return Ok((text, Some(status)));
            }
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {
                starvation.as_mut().map_or(Ok(()), CpuStarvation::toggle)?;
            }
            Err(RecvTimeoutError::Timeout) => {
                child.kill().context("killing the tool")?;
                child.wait().context("waiting for the killed tool")?;
                return Ok((text, None));
            }
        }
    }
}

fn is_probe(line: &str) -> bool {
    let types = [r#""type":"probe""#, r#""type":"trace-probe""#];
    types.iter().any(|it| line.contains(it))
}

fn run_event(event: Option<&MidRunEvent>, probes: usize, child: &Child) -> Result<()> {
    let Some(event) = event.filter(|event| event.after_probes == probes) else {
        return Ok(());
    };
    if let Some(signal) = &event.signal {
        let signal: Signal = signal.parse().context("signal name")?;
        let id = i32::try_from(child.id()).context("a process id")?;
        kill(Pid::from_raw(id), signal).context("sending a signal")?;
    }
    netns::shell(&format!("tool={}\n{}", child.id(), event.script))
}

fn timed_out(command_line: &str, stdout: &str, stderr: &str) -> TrialError {
    TrialError::Fail(format!(
        "killed after {TIME_LIMIT:?}: {command_line}\nstdout:\n{stdout}stderr:\n{stderr}"
    ))
}

fn parse_lines(stdout: &str, stderr: &str) -> Result<Vec<Value>> {
    let lines = stdout.lines().map(serde_json::from_str);
    let parsed: std::result::Result<_, _> = lines.collect();
    parsed.context(format!("not JSON:\n{stdout}stderr:\n{stderr}"))
}
