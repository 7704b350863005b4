//! A few words about an answer, kept in the sample itself.

use std::fmt;

use arrayvec::ArrayString;

/// Bytes kept of what an answer said; more would not fit on a probe's line anyway.
const LONGEST: usize = 56;

/// What an answer said, in a few words: `NXDOMAIN`, `stratum 3`. Printable ASCII, whatever the peer sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplySummary(ArrayString<LONGEST>);

impl ReplySummary {
    /// Keeps the beginning of `text`; what is not printable ASCII becomes `?`.
    pub fn new(text: &str) -> Self {
        let mut said = ArrayString::new();
        for c in text.chars().take(LONGEST) {
            let printable = c == ' ' || c.is_ascii_graphic();
            said.push(if printable { c } else { '?' });
        }
        Self(said)
    }

    /// As text.
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
    fn a_peer_s_words_are_short_and_harmless() {
        assert_eq!(ReplySummary::new("stratum 3").as_str(), "stratum 3");
        assert_eq!(
            ReplySummary::new("\x1b[31mred\n\u{e9}").as_str(),
            "?[31mred??"
        );
        assert_eq!(
            ReplySummary::new(&"\u{20ac}".repeat(500)).as_str().len(),
            LONGEST
        );
    }
}
