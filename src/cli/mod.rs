//! What the user typed, turned into a validated [`Plan`]. The only room that knows clap.

mod args;
mod deferred;
mod generate;
mod modes;
mod options;
mod values;

use std::ffi::OsString;
use std::iter;

use clap::Parser;
use clap::error::ErrorKind;

use crate::hosts::resolve::Family;
use crate::hosts::{Host, Protocol, TargetSpec, parse as parse_target};
use crate::plan::{DiagnosePlan, NamePlan, Plan, Source, TracePlan};
use crate::platform;
use crate::report::{WIDEST, wrap};
use crate::term::safe;
use crate::verdict::diagnosis::Code;
use crate::verdict::explain;
use args::{Args, Mode};
use deferred::Deferred;
use modes::Common;

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    /// Probe targets.
    Ping(Box<Plan>),
    /// Look at the path to a target.
    Trace(Box<TracePlan>),
    /// Find out what is wrong with a target.
    Diagnose(Box<DiagnosePlan>),
    /// Show how probes can end, on loopback.
    Demo,
    /// Print this text: help or version.
    Print(String),
}

/// Reads a command line. An error is one line that names what was wrong.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command_line = command_line(&arguments);
    let help = help(&arguments);
    match Args::try_parse_from(values::join_histogram(arguments)) {
        Ok(Args {
            mode: Some(Mode::Demo),
            ..
        }) => Ok(Command::Demo),
        Ok(Args {
            mode: Some(Mode::Explain { code }),
            ..
        }) => explained(code.as_deref()).map(Command::Print),
        Ok(Args {
            mode: Some(Mode::Trace(Deferred(args))),
            ..
        }) => {
            let (target, names) = single(&args.common)?;
            let plan = args.plan(target, names, command_line)?;
            Ok(Command::Trace(Box::new(plan)))
        }
        Ok(Args {
            mode: Some(Mode::Diagnose(Deferred(args))),
            ..
        }) => {
            let (target, names) = single(&args.common)?;
            let plan = args.plan(target, names, command_line)?;
            Ok(Command::Diagnose(Box::new(plan)))
        }
        Ok(Args {
            generate: Some(what),
            ..
        }) => Ok(Command::Print(generate::text(what))),
        Ok(args) => plan(args, command_line).map(|plan| Command::Ping(Box::new(plan))),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Command::Print(error.render().to_string()))
            }
            _ => Err(one_line(&error, help)),
        },
    }
}

/// The text of a code, or the list of all.
fn explained(code: Option<&str>) -> Result<String, String> {
    let text = match code {
        None => explain::all() + &verdicts(),
        Some(code) => explain::about(code)
            .or_else(|| verdict(code))
            .ok_or_else(|| {
                format!("{code:?} is no outcome or reason: synack explain lists them all")
            })?,
    };
    let lines = text.lines().map(|line| {
        let indent = line.len() - line.trim_start().len();
        wrap(line, indent, WIDEST) + "\n"
    });
    Ok(lines.collect())
}

/// Verdicts of the modes that no probe ends with: each code, and what it means.
fn verdict_texts() -> impl Iterator<Item = (&'static str, String)> {
    let of_paths = explain::path::CODES
        .iter()
        .copied()
        .zip(iter::repeat("trace"));
    let of_walks = Code::explained().zip(iter::repeat("diagnose"));
    of_paths.chain(of_walks).map(|((code, meaning), mode)| {
        let text = format!("{code}, a verdict of synack {mode}\n  {meaning}\n\n");
        (code, text)
    })
}

fn verdicts() -> String {
    verdict_texts().map(|(_, text)| text).collect()
}

/// What a verdict of a mode means, whichever has it.
fn verdict(code: &str) -> Option<String> {
    let texts = verdict_texts().filter(|(name, _)| *name == code);
    let text: String = texts.map(|(_, text)| text).collect();
    (!text.is_empty()).then_some(text)
}

/// clap's first paragraph holds what was wrong; the rest is usage that `--help` tells better.
fn one_line(error: &clap::Error, help: &str) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.split_whitespace().collect();
    let line = words.join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    format!("{} (see {help})", safe(line))
}

/// What tells of the options that a command line may have: a mode stands first, and has its own.
fn help(arguments: &[OsString]) -> &'static str {
    match arguments.get(1).and_then(|it| it.to_str()) {
        Some("trace") => "synack trace --help",
        Some("diagnose") => "synack diagnose --help",
        _ => "synack --help",
    }
}

/// The command as typed, quoted where a shell would need it.
fn command_line(arguments: &[OsString]) -> String {
    let quoted = arguments.iter().skip(1).map(|argument| {
        let text = argument.to_string_lossy();
        let plain = |c: char| c.is_alphanumeric() || "-_.,:/=[]%@+".contains(c);
        if !text.is_empty() && text.chars().all(plain) {
            text.into_owned()
        } else {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
    });
    let words: Vec<_> = std::iter::once("synack".to_owned()).chain(quoted).collect();
    words.join(" ")
}

fn plan(args: Args, command_line: String) -> Result<Plan, String> {
    let targets = targets(&args.targets, plain(args.whom.udp))?;
    args.how.check(&targets)?;
    let family = family(
        args.whom.version.family(),
        args.how.source.as_ref(),
        &targets,
    )?;
    let names = args.whom.names(family)?;
    let checks = args.checks.plan();
    let pace = args.when.pace(checks.until.is_some(), args.how.hold)?;
    let (sockets, content) = args.how.plans(pace.interval);
    Ok(Plan {
        targets,
        names,
        pace,
        sockets,
        content,
        checks,
        trace_after: args.printed.trace_after(),
        output: args.printed.plan(),
        command_line,
    })
}

/// What a target without a scheme is.
fn plain(udp: bool) -> Protocol {
    if udp { Protocol::Udp } else { Protocol::Tcp }
}

/// The one target of a mode that looks at one, and which of its addresses.
fn single(common: &Common) -> Result<(TargetSpec, NamePlan), String> {
    let zone = |name: &str| platform::interface_index(name);
    let target = parse_target(&common.target, plain(common.udp), zone);
    let target = target.map_err(|error| error.to_string())?;
    if target.len() > 1 {
        return Err(format!(
            "{:?} names {} ports: this mode looks at one",
            common.target,
            target.len()
        ));
    }
    let family = family(
        common.version.family(),
        common.source(),
        std::slice::from_ref(&target),
    )?;
    let names = NamePlan {
        family,
        ..NamePlan::default()
    };
    Ok((target, names))
}

fn targets(texts: &[String], plain: Protocol) -> Result<Vec<TargetSpec>, String> {
    let zone = |name: &str| platform::interface_index(name);
    let parsed = texts.iter().map(|text| parse_target(text, plain, zone));
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

/// The family asked for, or the one that a source address implies; typed addresses must be of it.
fn family(
    asked: Family,
    source: Option<&Source>,
    targets: &[TargetSpec],
) -> Result<Family, String> {
    let from_source = source.map(|source| Family::of(source.address));
    let family = match from_source {
        Some(implied) if asked != Family::Any && implied != asked => {
            return Err("the source address given with -S is of the other IP version".to_owned());
        }
        Some(implied) => implied,
        None => asked,
    };
    for target in targets {
        if let Host::Address { text, address } = &target.host
            && !family.admits(*address)
        {
            let (is, asked) = if address.is_ipv4() {
                ("IPv4", "IPv6")
            } else {
                ("IPv6", "IPv4")
            };
            return Err(format!(
                "{text} is an {is} address, but -4, -6 or -S ask for {asked}"
            ));
        }
    }
    Ok(family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Close, Limit};

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn planned(line: &str) -> Plan {
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
        let pace = planned("synack h:1").pace;
        assert_eq!(pace.limit, Limit::Count(4));
        assert_eq!(pace.interval.as_secs(), 1);
        assert_eq!((pace.warmup, pace.timeout.as_secs()), (1, 4));
    }

    #[test]
    fn ping_s_and_psping_s_letters_both_hold() {
        assert_eq!(planned("synack -c 7 h:1").pace.limit, Limit::Count(7));
        assert_eq!(planned("synack -n 7 h:1").pace.limit, Limit::Count(7));
        assert_eq!(planned("synack -t h:1").pace.limit, Limit::Forever);
    }

    #[test]
    fn a_fast_run_closes_by_rst_unless_told_otherwise() {
        assert_eq!(planned("synack h:1").sockets.close, Close::Fin);
        assert_eq!(planned("synack -i 9ms h:1").sockets.close, Close::Rst);
        assert_eq!(
            planned("synack -i 0 --close fin h:1").sockets.close,
            Close::Fin
        );
    }

    #[test]
    fn verdicts_of_the_modes_are_explained_too() {
        for (code, mode) in [("forged-rst", "trace"), ("port-filtered", "diagnose")] {
            let Ok(Command::Print(text)) = parsed(&format!("synack explain {code}")) else {
                panic!("{code}");
            };
            assert!(text.contains(code) && text.contains(mode), "{text}");
        }
        assert!(parsed("synack explain nonsense").is_err());
    }

    #[test]
    fn the_command_line_can_be_pasted_into_a_shell() {
        let arguments = ["/usr/bin/synack", "-n", "3", "it's:80"].map(OsString::from);
        assert_eq!(command_line(&arguments), r"synack -n 3 'it'\''s:80'");
    }
}
