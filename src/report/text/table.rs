//! Tables as text: columns as wide as their cells; on a narrow page columns are dropped and shrunk.

use super::{Writer, wrap};
use crate::report::document::{Cell, Column, ColumnKind, Fit, Row, Table};

/// Spaces between two columns.
const GAP: usize = 2;

/// Minimum width of a shrunk column of words: an IPv4 address.
const MIN_WORDS_WIDTH: usize = 15;

/// Minimum width of a note beside its row; a narrower one gets a line of its own.
const MIN_NOTE_WIDTH: usize = 24;

/// Indentation of the details under a row.
const DETAIL_INDENT: usize = 6;

/// Layout of a table.
struct Layout<'a> {
    columns: &'a [Column],
    /// Indices of the columns shown.
    shown: Vec<usize>,
    /// Their widths, without the note.
    widths: Vec<usize>,
    indent: usize,
    page: usize,
}

impl Writer<'_> {
    /// Drops optional columns from the right until the table fits.
    pub(super) fn table(&self, table: &Table, indent: usize) -> String {
        let headings: Vec<_> = table
            .columns
            .iter()
            .map(|it| self.show(&it.heading))
            .collect();
        let rows: Vec<_> = table.rows.iter().map(|row| self.cells(row)).collect();
        let lines = table
            .text_headings
            .then_some(&headings)
            .into_iter()
            .chain(&rows);
        let mut layout = Layout::new(&table.columns, lines, (indent, self.page.columns));
        for fit in [Fit::Wide, Fit::Medium] {
            while layout.excess() > 0 && layout.drop_column(fit) {}
        }
        layout.shrink_words();
        let mut text = String::new();
        if table.text_headings {
            text = layout.line(&headings);
        }
        for (row, cells) in table.rows.iter().zip(&rows) {
            text += &layout.line(cells);
            text += &self.blocks(&row.details, indent + DETAIL_INDENT);
        }
        text
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let cells = row.cells.iter().map(|cell| match cell {
            Cell::Text(text) => self.show(text),
            Cell::Outcome(_, word) => (*word).to_owned(),
            Cell::State(state) => state.words().to_owned(),
            Cell::Sparkline(_) | Cell::Range(_) => String::new(),
        });
        cells.collect()
    }
}

fn width_of(text: &str) -> usize {
    text.chars().count()
}

impl<'a> Layout<'a> {
    /// Columns as wide as the widest of their cells.
    fn new<'c>(
        columns: &'a [Column],
        rows: impl Iterator<Item = &'c Vec<String>>,
        (indent, page): (usize, usize),
    ) -> Self {
        let is_shown = |index: &usize| columns[*index].fit != Fit::Detail;
        let shown: Vec<_> = (0..columns.len()).filter(is_shown).collect();
        let notes = shown
            .iter()
            .filter(|it| columns[**it].kind == ColumnKind::Note);
        let mut widths = vec![0; shown.len() - notes.count()];
        for row in rows {
            for (width, index) in widths.iter_mut().zip(&shown) {
                *width = width_of(&row[*index]).max(*width);
            }
        }
        Self {
            columns,
            shown,
            widths,
            indent,
            page,
        }
    }

    /// Width of the table without the note.
    fn width(&self) -> usize {
        let gaps = GAP * self.widths.len().saturating_sub(1);
        self.indent + self.widths.iter().sum::<usize>() + gaps
    }

    fn excess(&self) -> usize {
        self.width().saturating_sub(self.page)
    }

    /// Drops the rightmost column of this kind; false if there is none.
    fn drop_column(&mut self, fit: Fit) -> bool {
        let fits = |nth: &usize| self.columns[self.shown[*nth]].fit == fit;
        let last = (0..self.widths.len()).rfind(fits);
        if let Some(nth) = last {
            self.shown.remove(nth);
            self.widths.remove(nth);
        }
        last.is_some()
    }

    /// Shrinks the widest column of words; longer cells get a line of their own.
    fn shrink_words(&mut self) {
        let excess = self.excess();
        let columns = self.shown.iter().zip(&mut self.widths);
        let words = columns.filter(|(it, _)| self.columns[**it].kind == ColumnKind::Words);
        if let Some((_, width)) = words.max_by_key(|(_, width)| **width) {
            *width = width
                .saturating_sub(excess)
                .max(MIN_WORDS_WIDTH.min(*width));
        }
    }

    /// One row as lines.
    fn line(&self, cells: &[String]) -> String {
        let (mut text, mut line) = (String::new(), " ".repeat(self.indent));
        let mut end = self.indent;
        for (nth, (index, width)) in self.shown.iter().zip(&self.widths).enumerate() {
            let (cell, gap) = (&cells[*index], if nth > 0 { GAP } else { 0 });
            line += &" ".repeat(gap);
            line += &match self.columns[*index].kind {
                ColumnKind::Number => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            };
            end += gap + width;
            if width_of(cell) > *width {
                text += line.trim_end();
                text += "\n";
                line = " ".repeat(end);
            }
        }
        let note = self
            .shown
            .get(self.widths.len())
            .map_or("", |it| &cells[*it]);
        text + &self.with_note(&line, note) + "\n"
    }

    fn with_note(&self, line: &str, note: &str) -> String {
        let start = self.width() + GAP;
        if note.is_empty() {
            return line.trim_end().to_owned();
        }
        let indent = self.indent + 2 * GAP;
        let below = wrap(&format!("{:indent$}{note}", ""), indent, self.page);
        let below = format!("{}\n{below}", line.trim_end());
        if start + MIN_NOTE_WIDTH.min(width_of(note)) > self.page {
            return below;
        }
        let beside = wrap(&format!("{line}{:GAP$}{note}", ""), start, self.page);
        if beside.lines().count() <= below.lines().count() {
            beside
        } else {
            below
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Page, Redactor};

    fn table() -> Table {
        let row = |name: &str, count: &str, note: &str| {
            Row::new([name, count, "7.000", note].map(Cell::words).into())
        };
        Table {
            name: "Test",
            caption: "".into(),
            columns: vec![
                Column::words("target"),
                Column::number("sent"),
                Column::number("max ms").only(Fit::Wide),
                Column::note("note"),
            ],
            rows: vec![
                row("a", "10", ""),
                row(
                    "database.eu-west.example:5432",
                    "9",
                    "no reply within the timeout",
                ),
            ],
            text_headings: true,
        }
    }

    fn rendered(columns: usize) -> String {
        let page = Page {
            columns,
            unicode: false,
            colour: false,
        };
        let redactor = Redactor::off();
        let writer = Writer {
            page: &page,
            redactor: &redactor,
        };
        writer.table(&table(), 2)
    }

    #[test]
    fn wide_page_shows_all_columns() {
        assert_eq!(
            rendered(100),
            "  target                         sent  max ms  note\n\
             \x20 a                                10   7.000\n\
             \x20 database.eu-west.example:5432     9   7.000  no reply within the timeout\n"
        );
    }

    #[test]
    fn narrow_page_drops_columns_and_wraps_names_and_notes() {
        assert_eq!(
            rendered(30),
            "  target                  sent\n      note\n\
             \x20 a                         10\n\
             \x20 database.eu-west.example:5432\n\
             \x20                            9\n\
             \x20     no reply within the\n      timeout\n"
        );
    }
}
