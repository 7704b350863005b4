//! The command line as typed, with the role of each word: a redacted report can show it.

use std::ffi::OsString;

use clap::{Arg, Command, CommandFactory};

use super::args::Args;
use super::values::numbers;
use crate::text::{CommandLine, Role, Word};

/// The command line. Roles are determined only with `--redact`: that builds the definition of all options again.
pub(super) fn typed(arguments: &[OsString]) -> CommandLine {
    let words = arguments.iter().skip(1);
    let words: Vec<_> = words.map(|it| it.to_string_lossy().into_owned()).collect();
    let mut typed = vec![Word::plain("synack")];
    if words.iter().any(|word| word == "--redact") {
        typed.extend(with_roles(&words));
    } else {
        typed.extend(words.into_iter().map(Word::plain));
    }
    CommandLine(typed)
}

fn with_roles(words: &[String]) -> Vec<Word> {
    let mut command = Args::command();
    command.build();
    let mode = words.first().and_then(|word| command.find_subcommand(word));
    let (options, skipped) = match mode {
        Some(mode) => (mode, 1),
        None => (&command, 0),
    };
    let (plain, rest) = words.split_at(skipped);
    let mut typed: Vec<_> = plain.iter().map(Word::plain).collect();
    let (mut expected, mut only_targets, mut previous) = (None, false, "");
    for word in rest {
        let (typed_word, next) = match expected.take() {
            Some(role) => (value("", word, role), None),
            None if only_targets => (value("", word, Role::Target), None),
            None if is_histogram(previous) && numbers(word).is_some() => (Word::plain(word), None),
            None => option_or_target(options, word),
        };
        typed.push(typed_word);
        only_targets |= next.is_none() && word == "--";
        expected = next;
        previous = word;
    }
    typed
}

/// `-H` may precede its numbers, see [`super::values::join_histogram`].
fn is_histogram(word: &str) -> bool {
    matches!(word, "-H" | "--histogram")
}

/// A word that is not the value of the previous one; and the role of the next word, if that is its value.
fn option_or_target(options: &Command, word: &str) -> (Word, Option<Role>) {
    let name = word
        .strip_prefix("--")
        .map(|it| it.split('=').next().unwrap_or(it));
    if let Some(name) = name {
        let option = options
            .get_arguments()
            .find(|it| it.get_long() == Some(name));
        return match word.split_once('=') {
            Some((name, text)) => (value(&format!("{name}="), text, role(option)), None),
            None => (Word::plain(word), option.and_then(next_role)),
        };
    }
    if let Some(letters) = word.strip_prefix('-').filter(|it| !it.is_empty()) {
        return cluster(options, letters);
    }
    (value("", word, Role::Target), None)
}

/// `-qn`, `-oFILE`, `-n 4`.
fn cluster(options: &Command, letters: &str) -> (Word, Option<Role>) {
    for (at, letter) in letters.char_indices() {
        let option = options.get_arguments().find(|it| {
            let aliases = it.get_all_short_aliases().unwrap_or_default();
            it.get_short() == Some(letter) || aliases.contains(&letter)
        });
        let takes_value = option.is_some_and(|it| it.get_action().takes_values());
        let (before, text) = letters.split_at(at + letter.len_utf8());
        if takes_value && !text.is_empty() {
            let text = text.strip_prefix('=').unwrap_or(text);
            let prefix = format!("-{}", &letters[..letters.len() - text.len()]);
            return (value(&prefix, text, role(option)), None);
        }
        if takes_value {
            return (
                Word::plain(format!("-{before}")),
                option.and_then(next_role),
            );
        }
    }
    (Word::plain(format!("-{letters}")), None)
}

/// The role of the word after an option.
fn next_role(option: &Arg) -> Option<Role> {
    let separate = option.get_action().takes_values() && !option.is_require_equals_set();
    separate.then(|| role(Some(option)))
}

fn role(option: Option<&Arg>) -> Role {
    match option.map(|it| it.get_id().as_str()) {
        Some("output") => Role::File,
        Some("source") => Role::Source,
        Some("payload") | None => Role::Private,
        Some(_) => Role::Plain,
    }
}

fn value(prefix: &str, text: &str, role: Role) -> Word {
    // Protocol names need no redaction.
    let named = role == Role::Private && crate::payload::AppProtocol::from_name(text).is_some();
    Word {
        prefix: prefix.to_owned(),
        value: text.to_owned(),
        role: if named { Role::Plain } else { role },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(line: &str) -> Vec<(String, String, Role)> {
        let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
        let words = typed(&arguments).0.into_iter();
        words
            .filter(|it| it.role != Role::Plain)
            .map(|it| (it.prefix, it.value, it.role))
            .collect()
    }

    #[test]
    fn each_word_that_reveals_something_has_its_role() {
        for (line, expected) in [
            ("synack --redact -n 4 h:1", vec![("", "h:1", Role::Target)]),
            (
                "synack --redact -qoh.html h:1 k:2",
                vec![
                    ("-qo", "h.html", Role::File),
                    ("", "h:1", Role::Target),
                    ("", "k:2", Role::Target),
                ],
            ),
            (
                "synack --redact --output h.md -S 10.0.0.1 h:1",
                vec![
                    ("", "h.md", Role::File),
                    ("", "10.0.0.1", Role::Source),
                    ("", "h:1", Role::Target),
                ],
            ),
            (
                "synack diagnose --redact --output=h.md --payload=text:x udp://h:1",
                vec![
                    ("--output=", "h.md", Role::File),
                    ("--payload=", "text:x", Role::Private),
                    ("", "udp://h:1", Role::Target),
                ],
            ),
            (
                "synack trace --redact --payload dns -c 2 h:1",
                vec![("", "h:1", Role::Target)],
            ),
            ("synack --redact -H 20 h:1", vec![("", "h:1", Role::Target)]),
            (
                "synack --redact 1e5 -- -h:1",
                vec![("", "1e5", Role::Target), ("", "-h:1", Role::Target)],
            ),
            ("synack -o h.html h:1", vec![]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(prefix, value, role)| (prefix.to_owned(), value.to_owned(), role))
                .collect();
            assert_eq!(roles(line), expected, "{line}");
        }
    }
}
