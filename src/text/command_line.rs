//! The command line with the role of each word, for redaction.

use std::fmt;

/// Words of a command line. Redaction replaces all but [`Role::Plain`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CommandLine(pub Vec<Word>);

/// One word: an option, a value, or both (`--output=FILE`, `-oFILE`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Word {
    /// The option in the same word: `--output=`; else empty.
    pub prefix: String,
    /// The value, not quoted.
    pub value: String,
    /// Role of the value.
    pub role: Role,
}

/// Role of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The command, an option, a number, a keyword: not redacted.
    Plain,
    /// A TARGET.
    Target,
    /// A source address, possibly with ports.
    Source,
    /// A file name.
    File,
    /// Other user input, such as a payload.
    Private,
}

impl Word {
    /// A word with [`Role::Plain`].
    pub fn plain(value: impl Into<String>) -> Self {
        Self {
            prefix: String::new(),
            value: value.into(),
            role: Role::Plain,
        }
    }
}

impl CommandLine {
    /// A command of plain words.
    pub fn of(words: &str) -> Self {
        Self(words.split(' ').map(Word::plain).collect())
    }
}

impl fmt::Display for CommandLine {
    /// Quoted for a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.iter();
        let words = words.map(|word| shell_quote(&format!("{}{}", word.prefix, word.value)));
        f.write_str(&words.collect::<Vec<_>>().join(" "))
    }
}

/// Quotes a word for a POSIX shell, if needed.
pub fn shell_quote(word: &str) -> String {
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
    fn command_is_quoted_for_a_shell() {
        let words = ["synack", "-n", "3", "it's:80"].map(Word::plain);
        assert_eq!(
            CommandLine(words.into()).to_string(),
            r"synack -n 3 'it'\''s:80'"
        );
    }
}
