//! What `--generate` makes.

use clap::ValueEnum;
use clap_complete::Shell;

/// What `--generate` makes.
#[derive(Clone, Debug)]
pub(super) enum Generated {
    /// The man page of the program, or of a mode.
    Man(Option<String>),
    /// Completions.
    Completions(Shell),
}

impl Generated {
    /// Shells with completions that are tested.
    pub(super) const SHELLS: [&str; 4] = ["bash", "zsh", "fish", "powershell"];

    /// `man`, `man-trace`, `bash`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "man" {
            return Ok(Self::Man(None));
        }
        if let Some(mode) = text.strip_prefix("man-") {
            return Ok(Self::Man(Some(mode.to_owned())));
        }
        let is_known = Self::SHELLS.contains(&text);
        let shell = Shell::from_str(text, false).ok().filter(|_| is_known);
        let shells = Self::SHELLS.join(", ");
        shell
            .map(Self::Completions)
            .ok_or_else(|| format!("use man, man-MODE, {shells}"))
    }
}
