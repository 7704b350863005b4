//! Axes in SVG.

use super::markup::{Attributes, Markup, leaf, tag};
use crate::report::figure::scale::Tick;

/// A horizontal line across the chart.
pub(super) fn horizontal(class: &str, y: &str) -> Markup {
    leaf(
        "line",
        &[("class", &class), ("x2", &"100%"), ("y1", &y), ("y2", &y)],
    )
}

/// Unit of the horizontal axis, at its left end.
pub(super) fn axis_unit(bottom: f64, unit: &str) -> Markup {
    let at: Attributes = &[("class", &"e"), ("x", &-8), ("y", &(bottom + 17.0))];
    tag("text", at, unit)
}

/// A tick of the horizontal axis with its label. `optional` labels are hidden on a narrow page.
pub(super) fn horizontal_tick(tick: &Tick, bottom: f64, optional: bool) -> Markup {
    let x = format!("{:.2}%", tick.position * 100.0);
    let line: Attributes = &[
        ("class", &"axis"),
        ("x1", &x),
        ("x2", &x),
        ("y1", &bottom),
        ("y2", &(bottom + 4.0)),
    ];
    // Labels at the ends stay within the chart.
    let anchor = match tick.position {
        ..0.05 => "",
        0.95.. => "e",
        _ => "m",
    };
    let class = if optional {
        format!("{anchor} roomy")
    } else {
        anchor.to_owned()
    };
    let label: Attributes = &[("class", &class), ("x", &x), ("y", &(bottom + 17.0))];
    [leaf("line", line), tag("text", label, tick.label.as_str())].into()
}
