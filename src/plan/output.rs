//! Formats, files, and what is shown.

use std::path::PathBuf;

use crate::text::CommandLine;

/// Where results go and in which format; `D` are the data formats of the mode.
#[derive(Clone, Debug)]
pub struct OutputPlan<D> {
    /// Format of standard output.
    pub screen: Format<D>,
    /// Result files.
    pub files: Vec<ReportFile<D>>,
    /// Replace names and addresses by `target-1`, `router-1`, ...
    pub redact: bool,
    /// The command as it was typed.
    pub command_line: CommandLine,
}

/// A result file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile<D> {
    /// Its path.
    pub path: PathBuf,
    /// Its format.
    pub format: Format<D>,
}

/// A format of results: a document for people, or data for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format<D> {
    /// For people; every mode has all of them.
    Document(DocumentFormat),
    /// For programs; each mode has its own.
    Data(D),
}

/// Formats of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentFormat {
    /// Plain text.
    Text,
    /// Markdown, for a ticket.
    Markdown,
    /// A page of its own, with pictures.
    Html,
}

/// The data formats of a mode. A mode has no other ones: what it cannot write is no value of its type.
pub trait DataFormat: Copy + 'static {
    /// File extensions, each with its format. A longer one comes before its end (`.summary.csv` before `.csv`).
    const EXTENSIONS: &'static [(&'static str, Self)];
}

/// Data formats of a mode that has JSON alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonOnly {
    /// An object per line.
    Json,
}

impl DataFormat for JsonOnly {
    const EXTENSIONS: &'static [(&'static str, Self)] =
        &[(".json", Self::Json), (".jsonl", Self::Json)];
}

impl DocumentFormat {
    /// File extensions, each with its format.
    const EXTENSIONS: [(&'static str, Self); 5] = [
        (".txt", Self::Text),
        (".log", Self::Text),
        (".md", Self::Markdown),
        (".html", Self::Html),
        (".htm", Self::Html),
    ];
}

impl<D: DataFormat> Format<D> {
    /// The format that the extension of a file name stands for.
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

    /// Every extension that has a format.
    pub fn extensions() -> impl Iterator<Item = &'static str> {
        let documents = DocumentFormat::EXTENSIONS.iter().map(|it| it.0);
        documents.chain(D::EXTENSIONS.iter().map(|it| it.0))
    }
}

impl<D> Default for OutputPlan<D> {
    /// Text to standard output.
    fn default() -> Self {
        Self {
            screen: Format::Document(DocumentFormat::Text),
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
    fn a_mode_has_its_own_data_formats_and_all_documents() {
        let of = Format::<JsonOnly>::of_file;
        assert_eq!(of("a/B.JSON"), Some(Format::Data(JsonOnly::Json)));
        assert_eq!(of("x.html"), Some(Format::Document(DocumentFormat::Html)));
        assert_eq!(of("x.csv"), None);
        assert_eq!(of("html"), None);
    }
}
