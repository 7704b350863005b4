//! Documents as Markdown for tickets: tables in the syntax of GitHub, GitLab and Jira.
//!
//! Text from users and peers is in code spans, which contain no markup.

mod escape;

use super::Redactor;
use super::document::{
    Block, Cell, Column, ColumnKind, Document, Fact, Figure, Fit, List, Row, Section, Table,
};
use super::text::histogram_lines;
use crate::text::{Span, Text};
use crate::verdict::statement::Statement;
use escape::{code, code_cell, prose};

/// Levels of headings (`CommonMark` 0.31, section 4.2).
const MAX_LEVEL: usize = 6;

/// Renders a document.
pub(super) fn render(document: &Document, redactor: &Redactor) -> String {
    let writer = Writer { redactor };
    let subject = writer.show(&document.subject, code);
    let scope = writer.show(&document.scope, code);
    let mut blocks = vec![format!("## {subject}, {scope}")];
    blocks.extend(writer.blocks(&document.blocks, 3));
    let signature = document.signature.iter();
    blocks.extend(signature.map(|line| writer.show(line, code)));
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n\n") + "\n"
}

/// Renders blocks; `level` is the level of their headings.
struct Writer<'a> {
    redactor: &'a Redactor,
}

impl Writer<'_> {
    /// A text; `escape` is applied to its values.
    fn show(&self, text: &Text, escape: fn(&str) -> String) -> String {
        let spans = text.spans().iter().map(|span| match span {
            Span::Words(words) => prose(words),
            Span::Value(it) if it.is_plain() => self.redactor.value(it).to_string(),
            Span::Value(it) => escape(&self.redactor.value(it)),
        });
        spans.collect()
    }

    fn prose(&self, text: &Text) -> String {
        self.show(text, code)
    }

    fn blocks(&self, blocks: &[Block], level: usize) -> Vec<String> {
        let blocks = blocks.iter();
        blocks.flat_map(|block| self.block(block, level)).collect()
    }

    fn block(&self, block: &Block, level: usize) -> Vec<String> {
        match block {
            Block::Verdict(verdict) => self.verdict(verdict, level),
            Block::Section(section) => self.section(section, level),
            Block::Paragraph(text) | Block::Note(text) => vec![self.prose(text)],
            Block::List(list) => vec![self.list(list)],
            Block::Facts(facts) => vec![self.facts(facts)],
            Block::Table(table) => self.table(table, level),
            Block::Figure(Figure::Histogram(histogram)) => {
                // Digits and `#` only: nothing that ends the fence.
                vec![format!("```text\n{}```", histogram_lines(histogram))]
            }
            Block::Figure(Figure::Timeline(_) | Figure::Latencies(_)) | Block::Detail(_) => {
                Vec::new()
            }
            Block::Brief(blocks) => self.blocks(blocks, level),
        }
    }

    fn verdict(&self, verdict: &Statement, level: usize) -> Vec<String> {
        let title = format!("Verdict: {}", self.prose(&verdict.headline));
        let mut blocks = vec![heading(level, &title)];
        blocks.extend(verdict.meaning.iter().map(|it| self.prose(it)));
        for (title, items) in verdict.lists() {
            if !items.is_empty() {
                let items = items.iter().map(|it| self.prose(it));
                blocks.extend([heading(level, title), bullets(items, false)]);
            }
        }
        blocks
    }

    fn section(&self, section: &Section, level: usize) -> Vec<String> {
        let mut blocks = vec![heading(level, &self.prose(&section.heading))];
        blocks.extend(self.blocks(&section.blocks, level + 1));
        blocks
    }

    fn list(&self, list: &List) -> String {
        bullets(list.items.iter().map(|it| self.prose(it)), list.ordered)
    }

    fn facts(&self, facts: &[Fact]) -> String {
        let lines = facts.iter().flat_map(|fact| {
            let values = fact.values.iter();
            values.map(|value| format!("{}: {}", fact.name, self.prose(value)))
        });
        bullets(lines, false)
    }

    fn table(&self, table: &Table, level: usize) -> Vec<String> {
        let columns = table.columns.iter().enumerate();
        let columns: Vec<_> = columns
            .filter(|(_, column)| column.fit != Fit::Detail)
            .collect();
        let cells = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let headings = columns
            .iter()
            .map(|(_, column)| self.prose(&column.heading));
        let mut lines = vec![cells(headings.collect())];
        lines.push(cells(
            columns
                .iter()
                .map(|(_, column)| alignment(column))
                .collect(),
        ));
        for row in &table.rows {
            let shown = columns.iter().map(|(place, _)| self.cell(row, *place));
            lines.push(cells(shown.collect()));
        }
        let mut blocks = vec![self.prose(&table.caption), lines.join("\n")];
        for row in table.rows.iter().filter(|row| !row.details.is_empty()) {
            blocks.push(heading(level, &self.cell(row, 0)));
            blocks.extend(self.blocks(&row.details, level + 1));
        }
        blocks
    }

    fn cell(&self, row: &Row, place: usize) -> String {
        match row.cells.get(place) {
            Some(Cell::Text(text)) => self.show(text, code_cell),
            Some(Cell::Outcome(_, word)) => (*word).to_owned(),
            Some(Cell::State(state)) => state.words().to_owned(),
            Some(Cell::Sparkline(_) | Cell::Range(_)) | None => String::new(),
        }
    }
}

fn heading(level: usize, title: &str) -> String {
    format!("{} {title}", "#".repeat(level.min(MAX_LEVEL)))
}

fn alignment(column: &Column) -> String {
    let numbers = column.kind == ColumnKind::Number;
    (if numbers { "---:" } else { "---" }).to_owned()
}

fn bullets(items: impl Iterator<Item = String>, ordered: bool) -> String {
    let items = (1..).zip(items).map(|(number, item)| {
        if ordered {
            format!("{number}. {item}")
        } else {
            format!("- {item}")
        }
    });
    items.collect::<Vec<_>>().join("\n")
}
