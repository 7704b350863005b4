//! The `synack` command: run, and turn the result into an exit code.

use std::process::ExitCode;

use synack::cli::{self, Command};
use synack::demo;
use synack::modes::{diagnose, trace};
use synack::ping::{self, RunError, Verdict};
use synack::term::{Output, complain};

/// Some target did not answer, or a check failed.
const FAILED: u8 = 1;

/// The run could not be made.
const NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let mut output = Output::new();
    let result = match cli::parse(std::env::args_os()) {
        Ok(Command::Ping(plan)) => ended(ping::run(*plan, &mut output)),
        Ok(Command::Trace(plan)) => ended(trace::run(*plan, &mut output)),
        Ok(Command::Diagnose(plan)) => ended(diagnose::run(*plan, &mut output)),
        Ok(Command::Demo) => demo(&mut output),
        Ok(Command::Print(text)) => Ok(print(&mut output, &text)),
        Err(message) => Err(message),
    };
    result.unwrap_or_else(|message| {
        complain(&message);
        NOT_RUN.into()
    })
}

fn ended(result: Result<Verdict, RunError>) -> Result<ExitCode, String> {
    match result {
        Ok(Verdict::Success) => Ok(ExitCode::SUCCESS),
        Ok(Verdict::Failure) => Ok(FAILED.into()),
        Err(error) => Err(error.to_string()),
    }
}

/// That some of its targets fail is what they are for.
fn demo(output: &mut Output) -> Result<ExitCode, String> {
    let result = demo::run(output).map_err(|error| error.to_string());
    result.map(|()| ExitCode::SUCCESS)
}

/// Help or version.
fn print(output: &mut Output, text: &str) -> ExitCode {
    output.write(text);
    output.flush();
    output
        .failure()
        .map_or(ExitCode::SUCCESS, |_| NOT_RUN.into())
}
