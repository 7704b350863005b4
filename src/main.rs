//! The `synack` command: arguments, mode, exit status.

use std::process::ExitCode;

use synack::cli::{self, Command};
use synack::modes::{demo, diagnose, ping, trace};
use synack::session::ExitStatus;
use synack::term::{Output, print_diagnostic};

fn main() -> ExitCode {
    let mut output = Output::new();
    let status = cli::parse(std::env::args_os()).and_then(|command| run(command, &mut output));
    let status = status.unwrap_or_else(|message| {
        print_diagnostic(&message);
        ExitStatus::NotRun
    });
    status.into()
}

/// Runs a mode. An error is one line.
fn run(command: Command, output: &mut Output) -> Result<ExitStatus, String> {
    let result = match command {
        Command::Ping(plan) => ping::run(*plan, output),
        Command::Trace(plan) => trace::run(*plan, output),
        Command::Diagnose(plan) => diagnose::run(*plan, output),
        Command::Demo => demo::run(output),
        Command::Print(text) => return Ok(print(&text, output)),
    };
    result.map_err(|error| error.to_string())
}

/// Prints help, version, an explanation.
fn print(text: &str, output: &mut Output) -> ExitStatus {
    output.write(text);
    output.flush();
    match output.failure() {
        None => ExitStatus::Success,
        Some(_) => ExitStatus::NotRun,
    }
}
