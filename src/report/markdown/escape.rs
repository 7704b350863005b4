//! Text in Markdown that means only itself.
//!
//! What a user or a peer wrote stands in a code span: there neither `CommonMark` nor GitHub's additions (links
//! without brackets, `@names`, `#numbers`, `:emoji:`, which a backslash does not stop) mean anything.

use crate::term::escape_controls;

/// Characters that can mean something within a line of `CommonMark` or of GitHub's dialect.
const MARKS: &str = "\\`*_[]<>|~&$";

/// Text from outside as a code span.
pub(super) fn code(text: &str) -> String {
    span(&escape_controls(text))
}

/// Text from outside as a code span in a table's cell.
///
/// A cell ends at a `|` even within a code span, and dialects disagree on what backslashes before it mean, so it
/// is written as other characters that would do harm.
pub(super) fn code_cell(text: &str) -> String {
    span(&escape_controls(text).replace('|', "\\u{7c}"))
}

/// A code span ends at a run of as many backticks as it began with (`CommonMark` 0.31, section 6.1).
fn span(text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0) + 1);
    // One space is taken off again at both ends, unless there is nothing else. No span is empty.
    let ends = |c| text.starts_with(c) || text.ends_with(c);
    let blank = text.trim_matches(' ').is_empty();
    let padded = text.is_empty() || !blank && (ends('`') || ends(' '));
    let pad = if padded { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Words of this program: special characters are escaped.
pub(super) fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if MARKS.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a code span shows (`CommonMark` 0.31, section 6.1); nothing where it ends before its end.
    fn shown(span: &str) -> Option<String> {
        let fence = span.len() - span.trim_start_matches('`').len();
        let body = span[fence..].strip_suffix(&span[..fence])?;
        let mut runs = body.split(|c| c != '`').map(str::len);
        if body.ends_with('`') || runs.any(|run| run == fence) {
            return None;
        }
        let inner = body.strip_prefix(' ').and_then(|it| it.strip_suffix(' '));
        let inner = inner.filter(|_| !body.trim_matches(' ').is_empty());
        Some(inner.unwrap_or(body).to_owned())
    }

    #[test]
    fn a_code_span_is_as_short_as_it_can_be() {
        assert_eq!(code("db.example:5432"), "`db.example:5432`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb"), "`a\\u{a}b`");
        assert_eq!(code_cell("a|b"), "`a\\u{7c}b`");
    }

    #[test]
    fn words_lose_no_character() {
        assert_eq!(prose("ip_local <a> | 2*3"), r"ip\_local \<a\> \| 2\*3");
        assert_eq!(prose("no reply, 3 SYNs (3/13)"), "no reply, 3 SYNs (3/13)");
    }

    proptest! {
        #[test]
        fn a_code_span_shows_what_was_put_in(text in "[a` |\\\\]{1,12}|\\PC{1,24}") {
            let plain = escape_controls(&text);
            prop_assert_eq!(shown(&code(&text)), Some(plain.clone()));
            let cell = plain.replace('|', "\\u{7c}");
            prop_assert_eq!(shown(&code_cell(&text)), Some(cell));
        }
    }
}
