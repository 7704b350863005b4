//! Escaping for Markdown.
//!
//! Untrusted text goes into a code span. There neither `CommonMark` nor GitHub's extensions apply (autolinks, `@names`,
//! `#numbers`, `:emoji:`); a backslash does not disable those.

use crate::term::escape_controls;

/// Special characters within a line, in `CommonMark` and GitHub Flavored Markdown.
const SPECIAL: &str = "\\`*_[]<>|~&$";

/// Untrusted text as a code span.
pub(super) fn code(text: &str) -> String {
    span(&escape_controls(text))
}

/// Untrusted text as a code span in a table cell.
///
/// A cell ends at `|`, also within a code span; dialects differ on backslashes before it. It is therefore written as an
/// escape.
pub(super) fn code_cell(text: &str) -> String {
    span(&escape_controls(text).replace('|', "\\u{7c}"))
}

/// A code span ends at a run of as many backticks as it began with (`CommonMark` 0.31, section 6.1).
fn span(text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0) + 1);
    // Renderers strip one space at both ends, except from blank spans. An empty span is not possible.
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
        if SPECIAL.contains(c) {
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

    /// Content of a code span (`CommonMark` 0.31, section 6.1); absent if it ends early.
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
    fn code_spans_use_the_shortest_fence() {
        assert_eq!(code("db.example:5432"), "`db.example:5432`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb"), "`a\\u{a}b`");
        assert_eq!(code_cell("a|b"), "`a\\u{7c}b`");
    }

    #[test]
    fn prose_is_escaped() {
        assert_eq!(prose("ip_local <a> | 2*3"), r"ip\_local \<a\> \| 2\*3");
        assert_eq!(prose("no reply, 3 SYNs (3/13)"), "no reply, 3 SYNs (3/13)");
    }

    proptest! {
        #[test]
        fn code_spans_round_trip(text in "[a` |\\\\]{1,12}|\\PC{1,24}") {
            let plain = escape_controls(&text);
            prop_assert_eq!(shown(&code(&text)), Some(plain.clone()));
            let cell = plain.replace('|', "\\u{7c}");
            prop_assert_eq!(shown(&code_cell(&text)), Some(cell));
        }
    }
}
