//! Is it up, and if not, what rejects it? `cargo run --example once -- db.example:5432`
//!
//! Without a target it probes a port of its own, open and then closed.

use std::error::Error;
use std::io::{self, Write};
use std::net::TcpListener;
use std::process::ExitCode;

use synack::{Outcome, Probe, UnreachableBy};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    if let Some(target) = std::env::args().nth(1) {
        return report(&target);
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let target = listener.local_addr()?.to_string();
    report(&target)?;
    drop(listener);
    report(&target)
}

fn report(target: &str) -> Result<(), Box<dyn Error>> {
    let attempt = Probe::new(target).once()?;
    let who = match attempt.outcome {
        Outcome::Connected(_) | Outcome::Reply => "it answers",
        Outcome::Refused(_) => "nothing listens, or a firewall forges a RST",
        Outcome::Unreachable(UnreachableBy::Icmp(_)) => "a router or firewall rejects it",
        Outcome::NoReply => "dropped on the way, or the host is down",
        Outcome::Local(_) => "this machine could not send it",
        _ => "see the outcome",
    };
    writeln!(io::stdout(), "{target}: {attempt} ({who})")?;
    Ok(())
}
