//! The command line, parsed into a validated plan. The only room that uses clap.

mod args;
mod command_line;
mod deferred_args;
mod diagnose;
mod explain;
mod generate;
mod generated;
mod listed;
mod man;
mod ping;
mod single_target;
mod targets;
mod trace;
mod values;

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::modes::diagnose::DiagnosePlan;
use crate::modes::ping::PingPlan;
use crate::modes::trace::TracePlan;
use crate::term::escape_controls;
use crate::text::CommandLine;
use args::{Args, Mode};
use deferred_args::Deferred;

/// A mode with its plan.
#[derive(Debug)]
pub enum Command {
    /// Probe targets.
    Ping(Box<PingPlan>),
    /// Trace the path to a target.
    Trace(Box<TracePlan>),
    /// Diagnose a target.
    Diagnose(Box<DiagnosePlan>),
    /// Show outcomes on loopback.
    Demo,
    /// Print this text: help, version, an explanation.
    Print(String),
}

/// Parses a command line. An error is one line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command_line = command_line::typed(&arguments);
    let mode = arguments.get(1).cloned().unwrap_or_default();
    match Args::try_parse_from(values::join_histogram(arguments)) {
        Ok(args) => command(args, command_line),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Command::Print(error.render().to_string()))
            }
            _ => Err(one_line(&error, &mode)),
        },
    }
}

fn command(args: Args, command_line: CommandLine) -> Result<Command, String> {
    if let Some(what) = args.generate {
        return Ok(Command::Print(generate::text(&what)?));
    }
    Ok(match args.mode {
        None => Command::Ping(Box::new(args.ping.plan(&args.targets, command_line)?)),
        Some(Mode::Trace(Deferred(args))) => Command::Trace(Box::new(args.plan(command_line)?)),
        Some(Mode::Diagnose(Deferred(args))) => {
            Command::Diagnose(Box::new(args.plan(command_line)?))
        }
        Some(Mode::Demo) => Command::Demo,
        Some(Mode::Explain { name, json }) => Command::Print(explain::text(name.as_deref(), json)?),
    })
}

/// The first paragraph of clap's message, which has the error, and the help of the mode; `mode` is the first argument.
fn one_line(error: &clap::Error, mode: &OsStr) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.split_whitespace().collect();
    let line = words.join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    let mode = Args::command()
        .find_subcommand(mode)
        .map(|mode| format!("{} ", mode.get_name()));
    let mode = mode.unwrap_or_default();
    format!("{} (see synack {mode}--help)", escape_controls(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{CloseMode, Limit};

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn planned(line: &str) -> PingPlan {
        match parsed(line) {
            Ok(Command::Ping(plan)) => *plan,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_help_text() {
        let Ok(Command::Print(help)) = parsed("synack --help") else {
            panic!("help");
        };
        insta::assert_snapshot!("help", help);
    }

    #[test]
    fn the_help_texts_of_modes() {
        for mode in ["trace", "diagnose"] {
            let Ok(Command::Print(help)) = parsed(&format!("synack {mode} --help")) else {
                panic!("help");
            };
            insta::assert_snapshot!(format!("help_{mode}"), help);
        }
    }

    #[test]
    fn an_error_names_the_help_that_helps() {
        for (line, help) in [
            ("synack --flows 2 h:1", "(see synack --help)"),
            ("synack trace --flow 2 h:1", "(see synack trace --help)"),
            (
                "synack diagnose --flows 2 h:1",
                "(see synack diagnose --help)",
            ),
            ("synack demo h:1", "(see synack demo --help)"),
        ] {
            let error = parsed(line).expect_err("an error");
            assert!(error.ends_with(help), "{line}: {error}");
        }
    }

    #[test]
    fn no_line_of_a_help_text_is_broken_in_its_examples() {
        for line in [
            "synack --help",
            "synack trace --help",
            "synack diagnose --help",
        ] {
            let Ok(Command::Print(help)) = parsed(line) else {
                panic!("help");
            };
            let examples = help.split("Examples:").nth(1).expect("examples");
            let examples = examples.split("\n\n").next().expect("their lines");
            let broken = examples
                .lines()
                .skip(1)
                .find(|it| !it.starts_with("  synack "));
            assert_eq!(broken, None, "{line}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_documentation() {
        let schedule = planned("synack h:1").schedule;
        assert_eq!(schedule.limit, Limit::Count(4));
        assert_eq!(schedule.interval.as_secs(), 1);
        assert_eq!((schedule.warmup, schedule.timeout.as_secs()), (1, 4));
    }

    #[test]
    fn ping_s_and_psping_s_letters_both_hold() {
        assert_eq!(planned("synack -c 7 h:1").schedule.limit, Limit::Count(7));
        assert_eq!(planned("synack -n 7 h:1").schedule.limit, Limit::Count(7));
        assert_eq!(planned("synack -t h:1").schedule.limit, Limit::Forever);
    }

    #[test]
    fn a_fast_run_closes_by_rst_unless_told_otherwise() {
        assert_eq!(planned("synack h:1").sockets.close, CloseMode::Fin);
        assert_eq!(planned("synack -i 9ms h:1").sockets.close, CloseMode::Rst);
        assert_eq!(
            planned("synack -i 0 --close fin h:1").sockets.close,
            CloseMode::Fin
        );
    }

    #[test]
    fn verdicts_of_the_modes_are_explained_too() {
        for (name, subject) in [("forged-reset", "cause"), ("PORT-filtered", "verdict")] {
            let Ok(Command::Print(text)) = parsed(&format!("synack explain {name}")) else {
                panic!("{name}");
            };
            let heading = format!("{}, a {subject}\n", name.to_lowercase());
            assert!(text.starts_with(&heading), "{text}");
        }
        assert!(parsed("synack explain nonsense").is_err());
    }
}
