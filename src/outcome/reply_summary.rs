//! Short text summary of a reply, stored inline in the sample.

use std::fmt;

use arrayvec::ArrayString;

/// Maximum length in bytes: what fits on a probe's line.
const MAX_LENGTH: usize = 56;

/// Summary of a reply: `NXDOMAIN`, `stratum 3`. Printable ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplySummary(ArrayString<MAX_LENGTH>);

impl ReplySummary {
    /// Truncates `text`; characters other than printable ASCII become `?`.
    pub fn new(text: &str) -> Self {
        let mut summary = ArrayString::new();
        for c in text.chars().take(MAX_LENGTH) {
            let printable = c == ' ' || c.is_ascii_graphic();
            summary.push(if printable { c } else { '?' });
        }
        Self(summary)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ReplySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for ReplySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_truncated_and_sanitised() {
        assert_eq!(ReplySummary::new("stratum 3").as_str(), "stratum 3");
        assert_eq!(
            ReplySummary::new("\x1b[31mred\n\u{e9}").as_str(),
            "?[31mred??"
        );
        assert_eq!(
            ReplySummary::new(&"\u{20ac}".repeat(500)).as_str().len(),
            MAX_LENGTH
        );
    }
}
