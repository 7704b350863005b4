//! Listeners on loopback, and the command with its output.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No run in these tests takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run printed and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

/// The command, ready for arguments; nothing of the caller's environment changes what it prints.
pub(crate) fn synack() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synack"));
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.stdin(Stdio::null());
    command
}

/// Runs the command with these arguments, separated by spaces.
pub(crate) fn run(arguments: &str) -> Outcome {
    let mut command = synack();
    command.args(arguments.split_whitespace());
    finish(start(&mut command))
}

/// Starts a command whose output is kept.
pub(crate) fn start(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the command starts")
}

/// Waits for the end of a run, but not for ever.
pub(crate) fn finish(mut child: Child) -> Outcome {
    let id = child.id();
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if waiting.recv_timeout(PATIENCE).is_err() {
            signal(id, "KILL");
        }
    });
    let errors = child.stderr.take().map(read_in_background);
    let stdout = child.stdout.take().map(read_in_background);
    let status = child.wait().expect("the command ends");
    let collect = |reader: Option<thread::JoinHandle<String>>| {
        reader.map_or_else(String::new, |reader| reader.join().expect("a reader ends"))
    };
    let (stdout, stderr) = (collect(stdout), collect(errors));
    let _ = done.send(());
    watchdog.join().expect("the watchdog ends");
    Outcome {
        stdout,
        stderr,
        code: status.code(),
    }
}

fn read_in_background(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = from.read_to_end(&mut text);
        String::from_utf8(text).expect("output is UTF-8")
    })
}

/// Sends a signal by name, as a person would.
pub(crate) fn signal(id: u32, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), id.to_string()])
        .stderr(Stdio::null())
        .status();
    status.expect("kill(1) runs");
}

/// Keeps a condition under watch until it holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} never happened");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A port on loopback whose connections are handed to `then`. Its accept queue is long enough for a probe at
/// full speed: a full one drops SYNs, and each costs a second.
pub(crate) fn listener(then: impl FnMut(TcpStream) + Send + 'static) -> SocketAddr {
    let (socket, address) = closed();
    socket.listen(4096).expect("a listener");
    let listener = TcpListener::from(socket);
    thread::spawn(move || listener.incoming().flatten().for_each(then));
    address
}

/// A port that accepts and holds connections.
pub(crate) fn holding() -> SocketAddr {
    let mut held = Vec::new();
    listener(move |stream| held.push(stream))
}

/// A port that accepts, waits for the other side's end, and closes.
pub(crate) fn patient() -> SocketAddr {
    listener(|mut stream| {
        thread::spawn(move || {
            let _ = stream.read_to_end(&mut Vec::new());
        });
    })
}

/// A port on which nothing listens, and which nobody else can take while the guard lives.
pub(crate) fn closed() -> (socket2::Socket, SocketAddr) {
    let socket =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    socket.bind(&any.into()).expect("a port on loopback");
    let address = socket.local_addr().expect("its address");
    (socket, address.as_socket().expect("an IP address"))
}

impl Outcome {
    /// The JSON objects on stdout, one for each line.
    pub(crate) fn json(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).expect("a line of JSON");
        self.stdout.lines().map(parse).collect()
    }

    /// The JSON objects of one type.
    pub(crate) fn of_type(&self, wanted: &str) -> Vec<Value> {
        let is_wanted = |object: &Value| object["type"] == wanted;
        self.json().into_iter().filter(is_wanted).collect()
    }

    /// The summary of the only target.
    pub(crate) fn summary(&self) -> Value {
        let summaries = self.of_type("summary");
        assert_eq!(summaries.len(), 1, "one summary: {self:?}");
        summaries.into_iter().next().expect("one summary")
    }
}
