//! Runs the tool as an ordinary user would and reads what it says.

use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::endpoint::Place;
use crate::netns;
use crate::scenario::{During, IcmpRight, Mode, Scenario, Tool};
use crate::suspend::Turns;
use crate::trial_error::{Context, Result, Trouble};

/// Far more than any scenario takes; only a tool that hangs gets here.
const PATIENCE: Duration = Duration::from_secs(30);

/// One finished run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) command: String,
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Every line of the output, parsed.
    pub(crate) lines: Vec<Value>,
}

impl Run {
    /// The objects of one `type`.
    pub(crate) fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.lines.iter().filter(move |line| line["type"] == kind)
    }
}

/// Runs it in the namespace of the calling thread.
pub(crate) fn run(scenario: &Scenario, targets: &[Place]) -> Result<Run> {
    let mut command = command(&scenario.tool, targets);
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .or_skip("starting setpriv")?;
    let stdout = lines_of(child.stdout.take().context("no stdout")?);
    let stderr = child.stderr.take().context("no stderr")?;
    let stderr = thread::spawn(move || text_of(stderr));
    let turns = scenario.tool.turns.map(|plan| Turns::of(&child, plan));
    let (during, turns) = (scenario.during.as_ref(), turns.transpose()?);
    let (text, status) = follow(&mut child, &stdout, during, turns)?;
    let stderr = stderr.join().unwrap_or_default();
    let Some(status) = status else {
        return Err(hangs(&shown, &text, &stderr));
    };
    Ok(Run {
        lines: parse(&text, &stderr)?,
        command: shown,
        exit: status.code(),
        stdout: text,
        stderr,
    })
}

/// Everything that capabilities allow is taken away: the tool must do without. One may be left.
fn command(tool: &Tool, targets: &[Place]) -> Command {
    let mut command = Command::new("setpriv");
    let kept = match tool.icmp {
        IcmpRight::Raw => "--bounding-set=-all,+net_raw",
        IcmpRight::PingSocket | IcmpRight::None => "--bounding-set=-all",
    };
    command.args([kept, "--inh-caps=-all", "--"]);
    if let Some(limit) = tool.open_files {
        command.args(["prlimit", &format!("--nofile={limit}:{limit}"), "--"]);
    }
    if let Some(limit) = tool.open_files_at_first {
        command.args(["prlimit", &format!("--nofile={limit}:"), "--"]);
    }
    command.arg(binary());
    let count = tool.count.to_string();
    match tool.mode {
        None => {
            command.args(["--json", "-n", &count]);
            command.args(["-w", &tool.warmup.to_string(), "-W", &tool.timeout])
        }
        // Nobody here knows the routers' names.
        Some(Mode::Trace) => command.args(["trace", "--json", "--no-names", "-n", &count]),
        Some(Mode::Diagnose) => command.args(["diagnose", "--json"]),
    };
    command.args(&tool.args);
    command.args(asked(tool, targets));
    command
}

/// The targets as they are typed.
fn asked(tool: &Tool, targets: &[Place]) -> Vec<String> {
    match (&tool.name, tool.mode, targets) {
        (Some(name), _, [first, ..]) => vec![first.called(name)],
        (None, Some(_), [first, ..]) => vec![first.to_string()],
        _ => targets.iter().map(ToString::to_string).collect(),
    }
}

/// The binary under test; the variable is for trying the lab on another build.
fn binary() -> String {
    env::var("SYNACK_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_synack").to_owned())
}

fn lines_of(stdout: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(io::Result::ok);
        // Nobody listens any more once the tool was killed.
        lines.map(|line| sender.send(line)).all(|sent| sent.is_ok());
    });
    receiver
}

fn text_of(mut stderr: impl Read) -> String {
    let mut bytes = Vec::new();
    // Whatever came before an error is still worth showing.
    let _ = stderr.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads to the end of the output; without a status the tool had to be killed.
fn follow(
    child: &mut Child,
    stdout: &Receiver<String>,
    during: Option<&During>,
    mut turns: Option<Turns>,
) -> Result<(String, Option<ExitStatus>)> {
    let deadline = Instant::now() + PATIENCE;
    let mut text = String::new();
    let mut probes = 0;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let turn = turns.as_ref().map_or(left, Turns::left);
        match stdout.recv_timeout(turn.min(left)) {
            Ok(line) => {
                text += &(line.clone() + "\n");
                if [r#""type":"probe""#, r#""type":"trace-probe""#]
                    .iter()
                    .any(|it| line.contains(it))
                {
                    probes += 1;
                    interfere(during, probes, child)?;
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                turns.map_or(Ok(()), Turns::end)?;
                let status = child.wait().context("waiting for the tool")?;
                return Ok((text, Some(status)));
            }
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {
                turns.as_mut().map_or(Ok(()), Turns::next)?;
            }
            Err(RecvTimeoutError::Timeout) => {
                child.kill().context("killing the tool")?;
                child.wait().context("waiting for the killed tool")?;
                return Ok((text, None));
            }
        }
    }
}

fn interfere(during: Option<&During>, probes: usize, child: &Child) -> Result<()> {
    let Some(during) = during.filter(|during| during.after_probes == probes) else {
        return Ok(());
    };
    if let Some(signal) = &during.signal {
        let signal: Signal = signal.parse().context("naming a signal")?;
        let id = i32::try_from(child.id()).context("a process id")?;
        kill(Pid::from_raw(id), signal).context("sending a signal")?;
    }
    netns::shell(&format!("tool={}\n{}", child.id(), during.script))
}

fn hangs(command: &str, stdout: &str, stderr: &str) -> Trouble {
    Trouble::Fail(format!(
        "killed after {PATIENCE:?}: {command}\nstdout:\n{stdout}stderr:\n{stderr}"
    ))
}

fn parse(text: &str, stderr: &str) -> Result<Vec<Value>> {
    let lines = text.lines().map(serde_json::from_str);
    let parsed: std::result::Result<_, _> = lines.collect();
    parsed.context(format!("not JSON:\n{text}stderr:\n{stderr}"))
}
