//! Tables, scrolled sideways on a narrow page.

use super::markup::{Attributes, Markup, block, leaf, tag};
use super::{Writer, sparkline, state_badge, symbols};
use crate::report::document::{Cell, Column, ColumnKind, Row, Table};
use crate::report::figure::RangeBar;

/// Maximum number of rows: browsers open larger files slowly.
const MAX_ROWS: usize = 500;

/// Size of a range bar.
const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 12.0;

impl Writer<'_> {
    /// A table; its first column names the rows. `tabindex` makes it scroll by keyboard.
    pub(super) fn table(&self, table: &Table) -> Markup {
        let headings = table.columns.iter().map(|column| {
            let attributes: Attributes = &[("scope", &"col"), ("class", &class(column))];
            tag("th", attributes, self.text(&column.heading))
        });
        let headings: Markup = headings.collect();
        let rows = table
            .rows
            .iter()
            .take(MAX_ROWS)
            .map(|row| self.row(table, row));
        let parts = [
            block("thead", &[], tag("tr", &[], headings)),
            block("tbody", &[], rows.collect::<Markup>()),
        ];
        let attributes: Attributes = &[
            ("class", &"scroll"),
            ("role", &"group"),
            ("aria-label", &table.name),
            ("tabindex", &0),
        ];
        let mut markup = Markup::default();
        if !table.caption.is_empty() {
            // Outside the scrolled element: always fully visible.
            let caption: Attributes = &[("class", &"quiet note")];
            markup.push(block("p", caption, self.text(&table.caption)));
        }
        markup.push(block("div", attributes, block("table", &[], parts)));
        markup.push(left_out(table.rows.len()));
        markup
    }

    fn row(&self, table: &Table, row: &Row) -> Markup {
        let cells = row.cells.iter().zip(&table.columns).enumerate();
        let cells = cells.map(|(place, (cell, column))| {
            let content = self.cell(cell);
            match (place, &row.anchor) {
                (0, Some(anchor)) => tag(
                    "th",
                    &[("scope", &"row")],
                    tag("a", &[("href", &format_args!("#{anchor}"))], content),
                ),
                (0, None) => tag("th", &[("scope", &"row")], content),
                _ => tag("td", &[("class", &class(column))], content),
            }
        });
        block("tr", &[], cells.collect::<Markup>())
    }

    fn cell(&self, cell: &Cell) -> Markup {
        match cell {
            Cell::Text(text) => self.text(text),
            Cell::Outcome(kind, _) => symbols::named(*kind),
            Cell::State(state) => state_badge::named(*state),
            Cell::Sparkline(it) => sparkline::svg(it),
            Cell::Range(bar) => bar.map(range_bar).into(),
        }
    }
}

fn class(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Words => "t",
        ColumnKind::Number => "n",
        ColumnKind::Note => "wide",
    }
}

fn left_out(rows: usize) -> Markup {
    let more = rows.saturating_sub(MAX_ROWS);
    let note = (more > 0).then(|| {
        let words =
            format!("{more} more rows are omitted; the JSON form of this report has all of them.");
        block("p", &[("class", &"quiet")], words)
    });
    note.into()
}

/// A range as a bar on the common scale of all rows.
fn range_bar(bar: RangeBar) -> Markup {
    let x = bar.from * WIDTH;
    let width = ((bar.to - bar.from) * WIDTH).max(2.0);
    let (x, width) = (format!("{:.1}", x.min(WIDTH - 2.0)), format!("{width:.1}"));
    let rect: Attributes = &[
        ("x", &x),
        ("y", &"2"),
        ("width", &width),
        ("height", &(HEIGHT - 4.0)),
        ("fill", &"currentColor"),
    ];
    let svg: Attributes = &[
        ("width", &WIDTH),
        ("height", &HEIGHT),
        ("role", &"img"),
        ("aria-label", &"from the fastest to the slowest reply"),
    ];
    tag("svg", svg, leaf("rect", rect))
}
