//! Man pages, man(7): of the program, and of each mode.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

/// Day of the last release, or of the first one to come.
const DATE: &str = "2026-11-30";

/// Pages about the same things.
const SEE_ALSO: &str = "ping(8), ss(8), tcpdump(8), traceroute(8), nft(8), tcp(7), ip(7)";

/// The page of the program, or of one of its modes. `command` is built. An error is one line.
pub(super) fn page(command: Command, mode: Option<&str>) -> Result<String, String> {
    let names: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
    let names = names.join(", ");
    let modes = command.get_subcommands().map(page_name);
    let modes: Vec<_> = modes.map(|it| format!("{it}(1)")).collect();
    let mut bytes = Vec::new();
    let others = if let Some(mode) = mode {
        let found = command.find_subcommand(mode);
        let found = found.ok_or_else(|| format!("{mode:?} is no mode: use {names}"))?;
        render(found.clone().name(page_name(found)), &mut bytes);
        "synack(1)".to_owned()
    } else {
        render(command, &mut bytes);
        modes.join(", ")
    };
    let see_also = format!("{others}, {SEE_ALSO}");
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]).text([roman(see_also)]);
    Ok(String::from_utf8_lossy(&bytes).into_owned() + &roff.render())
}

fn page_name(command: &Command) -> String {
    format!("synack-{}", command.get_name())
}

/// All sections but the last. Writing to memory does not fail.
fn render(mut command: Command, bytes: &mut Vec<u8>) {
    let usage = command.render_usage().to_string();
    let help = command.get_after_help().map(ToString::to_string);
    let has_modes = command.has_subcommands();
    let man = Man::new(command).date(DATE).manual("User Commands");
    let _ = man.render_title(bytes);
    let _ = man.render_name_section(bytes);
    bytes.extend(synopsis(&usage).render().bytes());
    let _ = man.render_description_section(bytes);
    let _ = man.render_options_section(bytes);
    if has_modes {
        let _ = man.render_subcommands_section(bytes);
    }
    bytes.extend(after(&help.unwrap_or_default()).render().bytes());
}

/// The lines of the usage, without `Usage:`.
fn synopsis(usage: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).control("nf", []);
    for line in usage.trim_start_matches("Usage: ").lines() {
        roff.text([bold(line.trim())]);
    }
    roff.control("fi", []);
    roff
}

/// What the help has after the options: examples, exit status, notes.
fn after(help: &str) -> Roff {
    let mut roff = Roff::new();
    let (examples, rest) = help.split_once("\n\n").unwrap_or((help, ""));
    if let Some(examples) = examples.strip_prefix("Examples:\n") {
        roff.control("SH", ["EXAMPLES"]);
        examples.lines().for_each(|line| example(&mut roff, line));
    }
    let (exits, notes): (Vec<_>, Vec<_>) = rest
        .lines()
        .filter(|it| !it.is_empty())
        .partition(|it| it.starts_with("Exit code: "));
    for exit in exits {
        roff.control("SH", ["EXIT STATUS"]);
        roff.text([roman(exit.trim_start_matches("Exit code: "))]);
    }
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]);
        for (index, note) in notes.into_iter().enumerate() {
            if index > 0 {
                roff.control("PP", []);
            }
            roff.text([roman(note)]);
        }
    }
    roff
}

/// A command, and what it asks.
fn example(roff: &mut Roff, line: &str) {
    let line = line.trim();
    let (command, meaning) = line.split_once("  ").unwrap_or((line, ""));
    let meaning: Vec<Inline> = vec![roman(meaning.trim())];
    roff.control("TP", []).text([bold(command)]).text(meaning);
}
