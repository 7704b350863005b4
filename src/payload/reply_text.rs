//! Text for reply summaries.

use crate::outcome::ReplySummary;

/// A number with its noun: `1 byte`, `2 bytes`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// The beginning of a reply's text, one character per byte; [`ReplySummary`] keeps ASCII only.
pub(super) fn lossy(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(64); // more than a summary holds
    shown.map(|byte| char::from(*byte)).collect()
}

/// A summary of a reply's text.
pub(super) fn summary(bytes: &[u8]) -> ReplySummary {
    ReplySummary::new(&lossy(bytes))
}

/// The first line without its LF or CR LF.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
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
    fn a_summary_is_the_first_line() {
        assert_eq!(first_line(b"one\r\ntwo"), b"one");
        assert_eq!(first_line(b""), b"");
        assert_eq!(summary(b"caf\xc3\xa9 \x1b[0m").as_str(), "caf?? ?[0m");
    }
}
