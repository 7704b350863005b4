//! Text from outside, made safe for a terminal.

/// Makes text from outside safe for a terminal: what could move the cursor, hide or reorder text is
/// shown as an escape.
pub fn escape_controls(text: &str) -> String {
    let printable = |c: char| !c.is_control() && !is_formatting(c);
    if text.chars().all(printable) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            let plain = printable(c).then_some(c);
            let escaped = (!printable(c)).then(|| c.escape_unicode());
            plain.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}

/// Unicode's bidirectional controls and invisible characters (UAX #9, general category Cf).
fn is_formatting(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_drive_the_terminal() {
        assert_eq!(
            escape_controls("a\u{1b}[2Jb\u{202e}c"),
            "a\\u{1b}[2Jb\\u{202e}c"
        );
        assert_eq!(
            escape_controls("b\u{fc}cher.example"),
            "b\u{fc}cher.example"
        );
    }
}
