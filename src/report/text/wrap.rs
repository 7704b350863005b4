//! Text that fits the page it is read on.

/// Breaks a line at spaces so that it fits into `columns`; further lines are indented.
pub(crate) fn wrap(line: &str, indent: usize, columns: usize) -> String {
    let mut text = String::new();
    let mut rest = line.trim_end();
    let mut room = columns;
    // A break within the first line's own indentation would gain nothing.
    let mut earliest = indent;
    while let Some(space) = last_break(rest, earliest, room) {
        text += rest[..space].trim_end();
        text += "\n";
        text += &" ".repeat(indent);
        rest = rest[space..].trim_start();
        room = columns.saturating_sub(indent);
        earliest = 0;
    }
    text + rest
}

/// A headline between dashes; those at its end are left out where it takes more than one line.
pub(super) fn headline(text: &str, columns: usize) -> String {
    let line = format!("--- {text} ---");
    if line.chars().count() <= columns {
        line
    } else {
        wrap(&format!("--- {text}"), 4, columns)
    }
}

/// Where to break a line that is longer than `room`: the last space past `earliest` that fits, or the next one after
/// a word that is too long.
fn last_break(line: &str, earliest: usize, room: usize) -> Option<usize> {
    line.chars().nth(room)?;
    let columns = line.char_indices().enumerate();
    let spaces = || {
        columns
            .clone()
            .filter(|(column, (_, c))| *c == ' ' && *column > earliest)
    };
    let fitting = spaces().take_while(|(column, _)| *column <= room).last();
    let best = fitting.or_else(|| spaces().next());
    best.map(|(_, (byte, _))| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_break_at_spaces_and_lose_nothing() {
        let line = format!("  {}", "word ".repeat(50));
        let wrapped = wrap(&line, 4, 60);
        assert!(wrapped.lines().all(|line| line.len() <= 60));
        assert!(
            wrapped
                .lines()
                .skip(1)
                .all(|line| line.starts_with("    word"))
        );
        let words = |text: &str| text.split_whitespace().count();
        assert_eq!(words(&wrapped), words(&line));
    }

    #[test]
    fn no_dashes_stand_alone() {
        assert_eq!(headline("a b", 11), "--- a b ---");
        assert_eq!(headline("a b", 10), "--- a b");
        assert_eq!(headline("abc def", 8), "--- abc\n    def");
    }

    #[test]
    fn any_script_can_be_broken() {
        for text in ["b\u{fc}cher ", "\u{65e5}\u{672c} ", "\u{65e5}"] {
            for indent in 0..5 {
                wrap(&format!("  {}", text.repeat(40)), indent, 41);
            }
        }
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole() {
        let line = "x".repeat(150);
        assert_eq!(wrap(&line, 2, 100), line);
        let wrapped = wrap(&format!("{line} and more {line} end"), 2, 100);
        assert_eq!(wrapped, format!("{line}\n  and more\n  {line}\n  end"));
    }
}
