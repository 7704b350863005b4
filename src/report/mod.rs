//! Documents for people, rendered as text, Markdown or HTML; redaction of typed values before that.
//!
//! Each mode builds a [`Document`] from its result. A format is one file that renders it. Bytes out, no I/O.

pub mod document;
pub(crate) mod exact;
pub mod figure;
mod html;
pub(crate) mod json;
mod markdown;
pub(crate) mod numbers;
mod page;
mod redact;
#[cfg(test)]
pub(crate) mod schema;
mod text;
pub(crate) mod wording;

pub use document::Document;
pub use page::{NARROWEST, Page, WIDEST};
pub use redact::{Redactor, Shown};
pub(crate) use text::wrap;

#[cfg(test)]
pub(crate) use html::well_formed;

use crate::plan::DocumentFormat;
use crate::text::Text;

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A document in a format.
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

/// A document as text, without its signature: for output that goes on.
pub(crate) fn render_part(document: &Document, page: &Page, redactor: &Redactor) -> String {
    text::render_part(document, page, redactor)
}

/// A text as one line of a terminal.
pub(crate) fn line(text: &Text, redactor: &Redactor) -> String {
    text::line(text, redactor)
}
