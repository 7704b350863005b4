//! Text that fits the page it is read on.

/// The widest a summary gets: what a ticket shows without scrolling.
pub const WIDEST: usize = 100;

/// The narrowest page that text is broken for; below it the terminal may do as it likes.
pub const NARROWEST: usize = 40;

/// Breaks a line at spaces so that it fits into `columns`; further lines are indented.
pub(super) fn wrap(line: &str, indent: usize, columns: usize) -> String {
    let mut text = String::new();
    let mut rest = line.trim_end();
    while rest.chars().count() > columns.saturating_sub(usize::from(!text.is_empty()) * indent) {
        let room = columns.saturating_sub(usize::from(!text.is_empty()) * indent);
        let limit = rest
            .char_indices()
            .nth(room)
            .map_or(rest.len(), |(at, _)| at);
        let start = if text.is_empty() {
            indent.min(limit)
        } else {
            0
        };
        let Some(space) = rest[start..limit].rfind(' ') else {
            break;
        };
        text += rest[..start + space].trim_end();
        text += "\n";
        text += &" ".repeat(indent);
        rest = rest[start + space..].trim_start();
    }
    text + rest
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
    fn a_word_that_is_too_long_stays_whole() {
        let line = "x".repeat(150);
        assert_eq!(wrap(&line, 2, 100), line);
    }
}
