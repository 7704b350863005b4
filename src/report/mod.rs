//! Human-readable reports: documents, rendered as text, Markdown or HTML after redaction of typed values. Shared parts
//! of the data formats.
//!
//! Each mode builds a [`Document`] from its result; each format renders it. No I/O.

pub mod document;
pub mod figure;
mod html;
pub(crate) mod human_numbers;
pub(crate) mod json;
pub(crate) mod machine_numbers;
mod markdown;
mod page;
mod redact;
#[cfg(test)]
pub(crate) mod schema;
mod text;
pub(crate) mod wording;

pub use document::Document;
pub use page::{MAX_WIDTH, MIN_WIDTH, Page};
pub use redact::{Redacted, Redactor};
pub(crate) use text::wrap;

#[cfg(test)]
pub(crate) use html::well_formed;

use crate::plan::DocumentFormat;
use crate::text::Text;

/// Version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Renders a document in a format.
pub fn render(
    document: &Document,
    format: DocumentFormat,
    page: &Page,
    redactor: &Redactor,
) -> String {
    match format {
        DocumentFormat::Text => text::render(document, page, redactor),
        DocumentFormat::Markdown => markdown::render(document, redactor),
        DocumentFormat::Html => html::render(document, redactor),
    }
}

/// Renders a document as text, without its signature: output follows.
pub(crate) fn render_part(document: &Document, page: &Page, redactor: &Redactor) -> String {
    text::render_part(document, page, redactor)
}

/// A text as one line, escaped.
pub(crate) fn line(text: &Text, redactor: &Redactor) -> String {
    text::line(text, redactor)
}
