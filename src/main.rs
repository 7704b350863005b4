//! The `synack` command: run, and turn the result into an exit code.

use std::process::ExitCode;

use synack::cli::{self, Command};
use synack::demo;
use synack::ping::{self, Verdict};
use synack::term::{Output, complain};

/// Some target did not answer.
const NOT_ANSWERED: u8 = 1;

/// The run could not be made.
const NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let mut output = Output::new();
    let result = match cli::parse(std::env::args_os()) {
        Ok(Command::Ping(plan)) => ping::run(*plan, &mut output),
        Ok(Command::Demo) => demo::run(&mut output),
        Ok(Command::Print(text)) => return print(&mut output, &text),
        Err(message) => {
            complain(&message);
            return NOT_RUN.into();
        }
    };
    match result {
        Ok(Verdict::EveryTargetAnswered) => ExitCode::SUCCESS,
        Ok(Verdict::SomeTargetSilent) => NOT_ANSWERED.into(),
        Err(error) => {
            complain(&error.to_string());
            NOT_RUN.into()
        }
    }
}

/// Help or version.
fn print(output: &mut Output, text: &str) -> ExitCode {
    output.write(text);
    output.flush();
    output
        .failure()
        .map_or(ExitCode::SUCCESS, |_| NOT_RUN.into())
}
