//! Tables that a narrow page can scroll sideways.

use super::markup::{Attributes, Markup, block, tag};

/// A table column: its heading, and the class of its cells.
pub(super) type Column = (String, &'static str);

/// A table whose first column names the rows. It can be scrolled with the keyboard as well.
pub(super) fn table(
    name: &str,
    caption: &str,
    columns: &[Column],
    rows: Vec<Vec<Markup>>,
) -> Markup {
    let headings = columns.iter().map(|(heading, class)| {
        let attributes: Attributes = &[("scope", &"col"), ("class", class)];
        tag("th", attributes, heading.as_str())
    });
    let headings: Markup = headings.collect();
    let rows: Markup = rows.into_iter().map(|cells| row(columns, cells)).collect();
    let parts = [
        block("thead", &[], tag("tr", &[], headings)),
        block("tbody", &[], rows),
    ];
    let attributes: Attributes = &[
        ("class", &"scroll"),
        ("role", &"group"),
        ("aria-label", &name),
        ("tabindex", &0),
    ];
    let table = block("div", attributes, block("table", &[], parts));
    if caption.is_empty() {
        return table;
    }
    // Outside of what scrolls, so that it can be read whole.
    let caption = block("p", &[("class", &"quiet note")], caption);
    [caption, table].into()
}

fn row(columns: &[Column], cells: Vec<Markup>) -> Markup {
    let cells = cells.into_iter().zip(columns).enumerate();
    let cells = cells.map(|(index, (cell, (_, class)))| match index {
        0 => tag("th", &[("scope", &"row")], cell),
        _ if class.is_empty() => tag("td", &[], cell),
        _ => tag("td", &[("class", class)], cell),
    });
    block("tr", &[], cells.collect::<Markup>())
}
