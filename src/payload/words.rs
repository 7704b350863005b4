//! Small pieces of wording.

use crate::outcome::ReplySummary;

/// A number with its noun: `1 byte`, `2 bytes`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// The beginning of a peer's text. Not read as UTF-8: only ASCII is kept anyway.
pub(super) fn text(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(64); // more than fits
    shown.map(|byte| char::from(*byte)).collect()
}

/// The beginning of a peer's text as all that is said.
pub(super) fn said(bytes: &[u8]) -> ReplySummary {
    ReplySummary::new(&text(bytes))
}

/// The first line of a text, without its end; LF and CR LF both end one.
pub(super) fn line(bytes: &[u8]) -> &[u8] {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or(bytes);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "byte"), "1 byte");
        assert_eq!(counted(0, "own byte"), "0 own bytes");
    }

    #[test]
    fn a_peer_s_text_ends_at_its_line() {
        assert_eq!(line(b"one\r\ntwo"), b"one");
        assert_eq!(line(b""), b"");
        assert_eq!(said(b"caf\xc3\xa9 \x1b[0m").as_str(), "caf?? ?[0m");
    }
}
