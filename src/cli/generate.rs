//! The man page and the completions, made from the definition of the command line.

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::args::{Args, Generated};

/// The text of what is asked for.
pub(super) fn text(what: Generated) -> String {
    let mut bytes = Vec::new();
    match what {
        Generated::Man => man(&mut bytes),
        Generated::Bash => complete(Shell::Bash, &mut bytes),
        Generated::Zsh => complete(Shell::Zsh, &mut bytes),
        Generated::Fish => complete(Shell::Fish, &mut bytes),
        Generated::Powershell => complete(Shell::PowerShell, &mut bytes),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn complete(shell: Shell, bytes: &mut Vec<u8>) {
    generate(shell, &mut Args::command(), "synack", bytes);
}

fn man(bytes: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = Man::new(Args::command()).render(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_man_page() {
        insta::assert_snapshot!("man", text(Generated::Man));
    }

    #[test]
    fn the_completions_for_bash() {
        insta::assert_snapshot!("bash", text(Generated::Bash));
    }

    #[test]
    fn every_shell_knows_the_options() {
        use Generated::{Bash, Fish, Powershell, Zsh};
        for shell in [Bash, Zsh, Fish, Powershell] {
            let text = text(shell);
            // A run's, and those of modes.
            for option in ["in-flight", "max-hops", "redact"] {
                assert!(text.contains(option), "{shell:?}: {option}");
            }
        }
    }
}
