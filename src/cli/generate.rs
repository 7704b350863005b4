//! Man pages and completions, made from the definition of the command line.

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::args::{Args, modes};
use super::generated::Generated;
use super::{listed, man};

/// The text. An error is one line.
pub(super) fn text(what: &Generated) -> Result<String, String> {
    match what {
        Generated::Man(mode) => man::page(command(), mode.as_deref()),
        Generated::Completions(shell) => Ok(completions(*shell)),
    }
}

fn completions(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut command(), "synack", &mut bytes);
    let script = String::from_utf8_lossy(&bytes).into_owned();
    match shell {
        Shell::Fish => fish(&script),
        Shell::Zsh => zsh(&script),
        _ => script,
    }
}

/// The script of `clap_complete` for fish, with other conditions: its own take a target for a mode, and offer no value of an
/// option that stands apart from it. Values of positional arguments are not in it.
fn fish(script: &str) -> String {
    let modes = modes().join(" ");
    let start = script.find("complete -c").expect("completions");
    let names = listed::explained().join(" ");
    format!(
        "function __fish_synack_needs_command\n    not __fish_seen_subcommand_from {modes}\nend\n\n\
         function __fish_synack_using_subcommand\n    __fish_seen_subcommand_from $argv\nend\n\n{}\
         complete -c synack -n \"__fish_synack_using_subcommand explain\" -f -a \"{names}\"\n",
        &script[start..]
    )
}

/// The script of `clap_complete` for zsh, in which the first word is a mode or a host, and options may follow a host: its own
/// takes a mode for a target.
fn zsh(script: &str) -> String {
    let lines = script.lines().filter(|it| !it.starts_with("'::targets"));
    let script = lines.collect::<Vec<_>>().join("\n") + "\n";
    let describe = "_describe -t commands 'synack commands' commands \"$@\"";
    assert!(
        script.contains("$line[2]") && script.contains(describe),
        "clap_complete has changed"
    );
    let script = script.replace("$line[2]", "$line[1]");
    let script = script.replace(describe, &format!("{describe}\n    _hosts"));
    let start = script.find("    _arguments ").expect("options");
    let end = script.find("\":: :_synack_commands").expect("modes");
    let modes = modes().join("|");
    format!(
        "{}    if (( ! ${{words[(I)({modes})]}} )); then\n{}'*: :_synack_commands' && ret=0\n        return ret\n    fi\n{}",
        &script[..start],
        &script[start..end],
        &script[start..]
    )
}

/// The command line with all modes.
fn command() -> Command {
    let mut command = Args::command();
    command.build();
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> String {
        super::text(&Generated::parse(name).expect(name)).expect(name)
    }

    #[test]
    fn the_man_pages() {
        for name in ["man", "man-trace", "man-diagnose"] {
            insta::assert_snapshot!(name, text(name));
        }
    }

    #[test]
    fn every_mode_has_a_man_page() {
        for mode in modes() {
            let page = text(&format!("man-{mode}"));
            assert!(page.contains(&format!("synack\\-{mode} \\- ")), "{mode}");
        }
    }

    #[test]
    fn the_completions() {
        for shell in ["bash", "zsh", "fish"] {
            insta::assert_snapshot!(shell, text(shell));
        }
    }

    #[test]
    fn every_shell_knows_options_and_values() {
        for shell in ["bash", "zsh", "fish", "powershell"] {
            let text = text(shell);
            // A run's, and those of modes.
            for option in ["in-flight", "max-hops", "redact"] {
                assert!(text.contains(option), "{shell}: {option}");
            }
            // PowerShell's script completes no values.
            for value in ["admin-prohibited", "memcached", "port-filtered"] {
                assert!(
                    shell == "powershell" || text.contains(value),
                    "{shell}: {value}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_offered_is_named() {
        let mode = Generated::parse("man-ping").expect("a man page");
        let error = super::text(&mode).expect_err("no mode");
        assert!(error.contains("trace, "), "{error}");
        let error = Generated::parse("tcsh").expect_err("no such shell");
        assert!(error.contains("bash, "), "{error}");
    }
}
