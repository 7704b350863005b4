//! Runs the command and collects its output.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No run takes this long.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Output and exit code of a run.
#[derive(Debug)]
pub(crate) struct RunOutput {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

/// The command without arguments, with an environment that does not change its output.
pub(crate) fn synack() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synack"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.stdin(Stdio::null());
    command
}

/// Runs the command with these arguments, separated by spaces.
pub(crate) fn run(arguments: &str) -> RunOutput {
    let mut command = synack();
    command.args(arguments.split_whitespace());
    finish(start(&mut command))
}

/// Starts the command with pipes for stdout and stderr.
pub(crate) fn start(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the command starts")
}

/// Waits for the end of a run. Kills it at the time limit.
pub(crate) fn finish(mut child: Child) -> RunOutput {
    let id = child.id();
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if waiting.recv_timeout(TIME_LIMIT).is_err() {
            signal(id, "KILL");
        }
    });
    let stderr = child.stderr.take().map(read_in_background);
    let stdout = child.stdout.take().map(read_in_background);
    let status = child.wait().expect("the command ends");
    let collect = |reader: Option<thread::JoinHandle<String>>| {
        reader.map_or_else(String::new, |reader| reader.join().expect("a reader ends"))
    };
    let (stdout, stderr) = (collect(stdout), collect(stderr));
    let _ = done.send(());
    watchdog.join().expect("the watchdog ends");
    RunOutput {
        stdout,
        stderr,
        code: status.code(),
    }
}

fn read_in_background(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        String::from_utf8(text).expect("output is UTF-8")
    })
}

/// Sends a signal by name, as kill(1) does.
pub(crate) fn signal(id: u32, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), id.to_string()])
        .stderr(Stdio::null())
        .status();
    status.expect("kill(1) runs");
}

/// Polls a condition until it holds. Panics at the time limit.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < TIME_LIMIT, "{what}: time limit reached");
        thread::sleep(Duration::from_millis(5));
    }
}

impl RunOutput {
    /// The JSON objects on stdout, one per line.
    pub(crate) fn json(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).expect("a line of JSON");
        self.stdout.lines().map(parse).collect()
    }

    /// The JSON objects of one `type`.
    pub(crate) fn of_type(&self, line_type: &str) -> Vec<Value> {
        let is_of_type = |object: &Value| object["type"] == line_type;
        self.json().into_iter().filter(is_of_type).collect()
    }

    /// The only summary.
    pub(crate) fn summary(&self) -> Value {
        let summaries = self.of_type("summary");
        assert_eq!(summaries.len(), 1, "one summary: {self:?}");
        summaries.into_iter().next().expect("one summary")
    }
}
