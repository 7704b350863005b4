//! Tables as text: columns as wide as their cells, and what gives way on a narrow page.

use super::{Writer, wrap};
use crate::report::document::{Cell, Column, ColumnKind, Fit, Row, Table};

/// Between two columns.
const GAP: usize = 2;

/// No column of words is made narrower than this: an IPv4 address.
const NARROWEST_WORDS: usize = 15;

/// A note that has less room than this stands on a line of its own.
const NARROWEST_NOTE: usize = 24;

/// Indentation of what stands under a row.
const DETAILS: usize = 6;

/// A table that is laid out.
struct Layout<'a> {
    columns: &'a [Column],
    /// The columns shown.
    places: Vec<usize>,
    /// Of each of them but the note.
    widths: Vec<usize>,
    indent: usize,
    page: usize,
}

impl Writer<'_> {
    /// Of the columns that may be left out, those on the right go first, until the rest fits.
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
            while layout.excess() > 0 && layout.leave_one_out(fit) {}
        }
        layout.shrink_words();
        let mut text = String::new();
        if table.text_headings {
            text = layout.line(&headings);
        }
        for (row, cells) in table.rows.iter().zip(&rows) {
            text += &layout.line(cells);
            text += &self.blocks(&row.details, indent + DETAILS);
        }
        text
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let cells = row.cells.iter().map(|cell| match cell {
            Cell::Text(text) => self.show(text),
            Cell::Outcome(_, word) => (*word).to_owned(),
            Cell::State(state) => state.word().to_owned(),
            Cell::Sparkline(_) | Cell::Span(_) => String::new(),
        });
        cells.collect()
    }
}

fn columns_of(text: &str) -> usize {
    text.chars().count()
}

impl<'a> Layout<'a> {
    /// Columns as wide as the widest of their cells.
    fn new<'c>(
        columns: &'a [Column],
        rows: impl Iterator<Item = &'c Vec<String>>,
        (indent, page): (usize, usize),
    ) -> Self {
        let shown = |place: &usize| columns[*place].fit != Fit::Detail;
        let places: Vec<_> = (0..columns.len()).filter(shown).collect();
        let notes = places
            .iter()
            .filter(|it| columns[**it].kind == ColumnKind::Note);
        let mut widths = vec![0; places.len() - notes.count()];
        for row in rows {
            for (width, place) in widths.iter_mut().zip(&places) {
                *width = columns_of(&row[*place]).max(*width);
            }
        }
        Self {
            columns,
            places,
            widths,
            indent,
            page,
        }
    }

    /// Columns of the page up to the note.
    fn width(&self) -> usize {
        let gaps = GAP * self.widths.len().saturating_sub(1);
        self.indent + self.widths.iter().sum::<usize>() + gaps
    }

    fn excess(&self) -> usize {
        self.width().saturating_sub(self.page)
    }

    /// Whether there was one.
    fn leave_one_out(&mut self, fit: Fit) -> bool {
        let fits = |nth: &usize| self.columns[self.places[*nth]].fit == fit;
        let last = (0..self.widths.len()).rfind(fits);
        if let Some(nth) = last {
            self.places.remove(nth);
            self.widths.remove(nth);
        }
        last.is_some()
    }

    /// The widest column of words gives way; cells that are longer get a line of their own.
    fn shrink_words(&mut self) {
        let excess = self.excess();
        let columns = self.places.iter().zip(&mut self.widths);
        let words = columns.filter(|(it, _)| self.columns[**it].kind == ColumnKind::Words);
        if let Some((_, width)) = words.max_by_key(|(_, width)| **width) {
            *width = width
                .saturating_sub(excess)
                .max(NARROWEST_WORDS.min(*width));
        }
    }

    /// A row, with its end of line.
    fn line(&self, cells: &[String]) -> String {
        let (mut text, mut line) = (String::new(), " ".repeat(self.indent));
        let mut end = self.indent;
        for (nth, (place, width)) in self.places.iter().zip(&self.widths).enumerate() {
            let (cell, gap) = (&cells[*place], if nth > 0 { GAP } else { 0 });
            line += &" ".repeat(gap);
            line += &match self.columns[*place].kind {
                ColumnKind::Number => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            };
            end += gap + width;
            if columns_of(cell) > *width {
                text += line.trim_end();
                text += "\n";
                line = " ".repeat(end);
            }
        }
        let note = self
            .places
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
        if start + NARROWEST_NOTE.min(columns_of(note)) > self.page {
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
    fn a_wide_page_has_every_column() {
        assert_eq!(
            rendered(100),
            "  target                         sent  max ms  note\n\
             \x20 a                                10   7.000\n\
             \x20 database.eu-west.example:5432     9   7.000  no reply within the timeout\n"
        );
    }

    #[test]
    fn a_narrow_page_loses_columns_and_wraps_names_and_notes() {
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
