//! Documents as plain text, wrapped at spaces to the page width.

mod sparkline;
mod table;
mod wrap;

pub(crate) use wrap::wrap;

use super::document::{Block, Document, Fact, Figure, List, Section};
use super::figure::{Histogram, Timeline};
use super::human_numbers::ms;
use super::page::Page;
use super::redact::Redactor;
use crate::term::escape_controls;
use crate::text;
use crate::text::Text;
use crate::verdict::statement::Statement;

/// Indentation under a heading.
const INDENT: usize = 2;

/// Width of the names of facts.
const NAME_WIDTH: usize = 12;

/// Maximum length of a histogram bar.
const MAX_BAR: u64 = 40;

/// Renders a document.
pub(super) fn render(document: &Document, page: &Page, redactor: &Redactor) -> String {
    let writer = Writer { page, redactor };
    let title = format!(
        "{}, {}",
        writer.show(&document.subject),
        writer.show(&document.scope)
    );
    let mut text = wrap::headline(&title, page.columns) + "\n";
    text += &writer.blocks(&document.blocks, INDENT);
    text += "\n";
    for line in &document.signature {
        text += &writer.wrapped(line, 0, INDENT);
    }
    text
}

/// Renders a document without its signature.
pub(super) fn render_part(document: &Document, page: &Page, redactor: &Redactor) -> String {
    let part = Document {
        signature: Vec::new(),
        ..document.clone()
    };
    render(&part, page, redactor)
}

/// A text on one line, control characters escaped.
pub(super) fn line(text: &Text, redactor: &Redactor) -> String {
    escape_controls(&redactor.text(text))
}

/// Renders blocks; `indent` is their indentation.
struct Writer<'a> {
    page: &'a Page,
    redactor: &'a Redactor,
}

impl Writer<'_> {
    fn show(&self, text: &Text) -> String {
        line(text, self.redactor)
    }

    /// An empty line follows each block with a heading.
    fn blocks(&self, blocks: &[Block], indent: usize) -> String {
        let mut text = String::new();
        let mut needs_gap = false;
        for block in blocks {
            let shown = self.block(block, indent);
            if needs_gap && !shown.is_empty() && !shown.starts_with('\n') {
                text += "\n";
            }
            needs_gap = match block {
                Block::Verdict(_) | Block::Section(_) => true,
                _ => needs_gap && shown.is_empty(),
            };
            text += &shown;
        }
        text
    }

    fn block(&self, block: &Block, indent: usize) -> String {
        match block {
            Block::Verdict(verdict) => self.verdict(verdict),
            Block::Section(section) => self.section(section),
            Block::Paragraph(text) | Block::Note(text) => self.wrapped(text, indent, indent),
            Block::List(List { items, .. }) => self.items(items, indent),
            Block::Facts(facts) => facts.iter().map(|it| self.fact(it, indent)).collect(),
            Block::Table(table) => self.table(table, indent),
            Block::Figure(Figure::Timeline(timeline)) => self.timeline(timeline, indent),
            Block::Figure(Figure::Histogram(histogram)) => {
                format!("\n{}", histogram_lines(histogram))
            }
            Block::Figure(Figure::Latencies(_)) | Block::Detail(_) => String::new(),
            Block::Brief(blocks) => self.blocks(blocks, indent),
        }
    }

    /// A wrapped line: `indent` of the first line, `hanging` of the others.
    fn wrapped(&self, text: &Text, indent: usize, hanging: usize) -> String {
        let line = format!("{:indent$}{}", "", self.show(text));
        wrap(&line, hanging, self.page.columns) + "\n"
    }

    fn items(&self, items: &[Text], indent: usize) -> String {
        let items = items.iter();
        items
            .map(|item| self.wrapped(item, indent, indent + INDENT))
            .collect()
    }

    fn verdict(&self, verdict: &Statement) -> String {
        let headline = text!["Verdict: ", verdict.headline.clone()];
        let mut text = format!("\n{}", self.wrapped(&headline, 0, INDENT));
        for paragraph in &verdict.meaning {
            text += &self.wrapped(paragraph, INDENT, INDENT);
        }
        for (heading, items) in verdict.lists() {
            if !items.is_empty() {
                text += &format!("{heading}\n{}", self.items(&items, INDENT));
            }
        }
        text
    }

    fn section(&self, section: &Section) -> String {
        let heading = self.wrapped(&section.heading, 0, INDENT);
        format!("\n{heading}{}", self.blocks(&section.blocks, INDENT))
    }

    fn fact(&self, fact: &Fact, indent: usize) -> String {
        let names = std::iter::once(fact.name).chain(std::iter::repeat(""));
        let lines = names.zip(&fact.values).map(|(name, value)| {
            let line = format!("{:indent$}{name:<NAME_WIDTH$}  {}", "", self.show(value));
            wrap(&line, indent + NAME_WIDTH + 2, self.page.columns) + "\n"
        });
        lines.collect()
    }

    /// A sparkline, if the page shows Unicode.
    fn timeline(&self, timeline: &Timeline, indent: usize) -> String {
        let room = self.page.columns.saturating_sub(indent + NAME_WIDTH + 2);
        let line = sparkline::line(&timeline.slices, room).filter(|_| self.page.unicode);
        line.map_or_else(String::new, |line| {
            format!("{:indent$}{:<NAME_WIDTH$}  {line}\n", "", "over time")
        })
    }
}

/// Buckets, each with its count and a bar.
pub(super) fn histogram_lines(histogram: &Histogram) -> String {
    let below = Some(("below".to_owned(), histogram.below)).filter(|it| it.1 > 0);
    let buckets = histogram.buckets.iter();
    let buckets = buckets.map(|(edge, count)| (ms(*edge), *count));
    let rows: Vec<_> = below.into_iter().chain(buckets).collect();
    let most = rows.iter().map(|row| row.1).max().unwrap_or(0).max(1);
    let mut text = "  from ms         count   connect times\n".to_owned();
    for (label, count) in rows {
        let bar = "#".repeat(usize::try_from((count * MAX_BAR).div_ceil(most)).unwrap_or(0));
        text += format!("  {label:>10}  {count:>9}  {bar}").trim_end();
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_length_is_proportional_to_count() {
        let histogram = Histogram {
            buckets: vec![(1500.0, 1), (4000.0, 2)],
            below: 4,
        };
        let text = histogram_lines(&histogram);
        let bars: Vec<_> = text.lines().map(|line| line.matches('#').count()).collect();
        assert_eq!(bars, [0, 40, 10, 20]);
        assert!(text.contains("     below          4"), "{text}");
    }
}
