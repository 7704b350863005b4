//! Formats and files of the results.

use std::path::PathBuf;

use crate::text::CommandLine;

/// Outputs and their formats; `D` are the data formats of the mode.
#[derive(Clone, Debug)]
pub struct OutputPlan<D> {
    /// Format of standard output.
    pub stdout: Format<D>,
    /// Result files.
    pub files: Vec<ReportFile<D>>,
    /// Replace names and addresses by `target-1`, `router-1`, ...
    pub redact: bool,
    /// The command line, for the report.
    pub command_line: CommandLine,
}

/// A result file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile<D> {
    /// Path.
    pub path: PathBuf,
    /// Format.
    pub format: Format<D>,
}

/// Output format: a human-readable document, or machine-readable data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format<D> {
    /// Human-readable; available in every mode.
    Document(DocumentFormat),
    /// Machine-readable; each mode has its own.
    Data(D),
}

/// Formats of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentFormat {
    /// Plain text.
    Text,
    /// Markdown, for a ticket.
    Markdown,
    /// A self-contained HTML page with charts.
    Html,
}

/// The data formats of a mode.
pub trait DataFormat: Copy + 'static {
    /// File extensions and formats. Longer extensions first: `.summary.csv` before `.csv`.
    const EXTENSIONS: &'static [(&'static str, Self)];
}

/// Data formats of a mode with JSON only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonOnly {
    /// One object per line.
    Json,
}

impl DataFormat for JsonOnly {
    const EXTENSIONS: &'static [(&'static str, Self)] =
        &[(".json", Self::Json), (".jsonl", Self::Json)];
}

impl DocumentFormat {
    /// File extensions and formats.
    const EXTENSIONS: [(&'static str, Self); 5] = [
        (".txt", Self::Text),
        (".log", Self::Text),
        (".md", Self::Markdown),
        (".html", Self::Html),
        (".htm", Self::Html),
    ];
}

impl<D: DataFormat> Format<D> {
    /// The format for the extension of a file name.
    pub fn of_file(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let documents = DocumentFormat::EXTENSIONS.iter();
        let documents = documents.map(|(extension, format)| (*extension, Self::Document(*format)));
        let data = D::EXTENSIONS.iter();
        let data = data.map(|(extension, format)| (*extension, Self::Data(*format)));
        let mut known = data.chain(documents);
        let found = known.find(|(extension, _)| name.ends_with(extension));
        found.map(|(_, format)| format)
    }

    /// All known extensions.
    pub fn extensions() -> impl Iterator<Item = &'static str> {
        let documents = DocumentFormat::EXTENSIONS.iter().map(|it| it.0);
        documents.chain(D::EXTENSIONS.iter().map(|it| it.0))
    }
}

impl<D> Default for OutputPlan<D> {
    /// Text to standard output.
    fn default() -> Self {
        Self {
            stdout: Format::Document(DocumentFormat::Text),
            files: Vec::new(),
            redact: false,
            command_line: CommandLine::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_follow_the_file_extension() {
        let of = Format::<JsonOnly>::of_file;
        assert_eq!(of("a/B.JSON"), Some(Format::Data(JsonOnly::Json)));
        assert_eq!(of("x.html"), Some(Format::Document(DocumentFormat::Html)));
        assert_eq!(of("x.csv"), None);
        assert_eq!(of("html"), None);
    }
}
