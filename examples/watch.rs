//! Watches a port and says when it goes down or up: `cargo run --example watch -- db.example:5432`
//!
//! Without a target it watches a port of its own, which closes after a second, and ends when it has seen that.

use std::error::Error;
use std::io::{self, Write};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use synack::Probe;

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
    let Some(target) = std::env::args().nth(1) else {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let target = listener.local_addr()?.to_string();
        thread::spawn(move || {
            thread::sleep(Duration::from_secs(1));
            drop(listener);
        });
        return Ok(watch(&target, true)?);
    };
    Ok(watch(&target, false)?)
}

fn watch(target: &str, until_down: bool) -> Result<(), synack::Error> {
    let mut was_up = None;
    let probe = Probe::new(target).interval(Duration::from_millis(200));
    probe.watch(|attempt| {
        let is_up = attempt.succeeded() && !attempt.late;
        if was_up.replace(is_up) != Some(is_up) {
            let state = if is_up { "up" } else { "down" };
            // A reader that left ends it.
            if writeln!(io::stdout(), "{target} is {state}: {attempt}").is_err() {
                return ControlFlow::Break(());
            }
        }
        if until_down && !is_up {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })
}
