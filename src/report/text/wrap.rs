//! Line wrapping at spaces.

/// Wraps a line at spaces to `columns`; continuation lines are indented by `indent`.
pub(crate) fn wrap(line: &str, indent: usize, columns: usize) -> String {
    let mut text = String::new();
    let mut rest = line.trim_end();
    let mut room = columns;
    // Not within the indentation of the first line.
    let mut earliest = indent;
    while let Some(space) = break_offset(rest, earliest, room) {
        text += rest[..space].trim_end();
        text += "\n";
        text += &" ".repeat(indent);
        rest = rest[space..].trim_start();
        room = columns.saturating_sub(indent);
        earliest = 0;
    }
    text + rest
}

/// A headline between dashes; without the closing ones if it takes several lines.
pub(super) fn headline(text: &str, columns: usize) -> String {
    let line = format!("--- {text} ---");
    if line.chars().count() <= columns {
        line
    } else {
        wrap(&format!("--- {text}"), 4, columns)
    }
}

/// Byte offset of the line break in a line longer than `room`: the last space after `earliest` that fits, else the
/// first space after a word that is too long.
fn break_offset(line: &str, earliest: usize, room: usize) -> Option<usize> {
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
    fn long_lines_break_at_spaces_and_keep_all_words() {
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
    fn closing_dashes_need_a_single_line() {
        assert_eq!(headline("a b", 11), "--- a b ---");
        assert_eq!(headline("a b", 10), "--- a b");
        assert_eq!(headline("abc def", 8), "--- abc\n    def");
    }

    #[test]
    fn multibyte_text_does_not_panic() {
        for text in ["b\u{fc}cher ", "\u{65e5}\u{672c} ", "\u{65e5}"] {
            for indent in 0..5 {
                wrap(&format!("  {}", text.repeat(40)), indent, 41);
            }
        }
    }

    #[test]
    fn too_long_word_is_not_split() {
        let line = "x".repeat(150);
        assert_eq!(wrap(&line, 2, 100), line);
        let wrapped = wrap(&format!("{line} and more {line} end"), 2, 100);
        assert_eq!(wrapped, format!("{line}\n  and more\n  {line}\n  end"));
    }
}
