//! Escapes control and formatting characters of untrusted text.

/// Escapes characters that could move the cursor, or hide or reorder text.
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

/// Bidirectional controls and invisible characters (UAX #9, general category Cf).
fn is_formatting(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_are_escaped() {
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
