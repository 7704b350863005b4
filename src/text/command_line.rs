//! The command as it was typed, with the role of each word.

use std::fmt;

/// Words of a command line. Redaction replaces those that reveal something and keeps the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CommandLine(pub Vec<Word>);

/// One word, or the part of one behind its option (`--output=FILE`, `-oFILE`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Word {
    /// What stands before the value in the same word: `--output=`; empty in most.
    pub prefix: String,
    /// The value, not quoted.
    pub value: String,
    /// What the value is.
    pub role: Role,
}

/// What a word of the command line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The command, an option, a number, a keyword: reveals nothing.
    Plain,
    /// A TARGET.
    Target,
    /// A source address, possibly with ports.
    Source,
    /// The name of a file.
    File,
    /// Anything else that the user wrote, such as a payload.
    Private,
}

impl Word {
    /// A word that reveals nothing.
    pub fn plain(value: impl Into<String>) -> Self {
        Self {
            prefix: String::new(),
            value: value.into(),
            role: Role::Plain,
        }
    }
}

impl CommandLine {
    /// A command that this program runs by itself.
    pub fn of(words: &str) -> Self {
        Self(words.split(' ').map(Word::plain).collect())
    }
}

impl fmt::Display for CommandLine {
    /// As it can be pasted into a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.iter();
        let words = words.map(|word| quoted(&format!("{}{}", word.prefix, word.value)));
        f.write_str(&words.collect::<Vec<_>>().join(" "))
    }
}

/// A word, quoted where a shell needs it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.,:/=[]%@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_into_a_shell() {
        let words = ["synack", "-n", "3", "it's:80"].map(Word::plain);
        assert_eq!(
            CommandLine(words.into()).to_string(),
            r"synack -n 3 'it'\''s:80'"
        );
    }
}
