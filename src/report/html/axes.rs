//! Lines and names of axes.

use super::markup::{Attributes, Markup, leaf, tag};
use crate::report::figure::scale::Tick;

/// A line across the picture.
pub(super) fn horizontal(class: &str, y: &str) -> Markup {
    leaf(
        "line",
        &[("class", &class), ("x2", &"100%"), ("y1", &y), ("y2", &y)],
    )
}

/// What an axis measures, below its left end.
pub(super) fn below(bottom: f64, unit: &str) -> Markup {
    let at: Attributes = &[("class", &"e"), ("x", &-8), ("y", &(bottom + 17.0))];
    tag("text", at, unit)
}

/// A value of the horizontal axis. Every other one gives way on a narrow page.
pub(super) fn named_tick(tick: &Tick, bottom: f64, gives_way: bool) -> Markup {
    let x = format!("{:.2}%", tick.place * 100.0);
    let line: Attributes = &[
        ("class", &"axis"),
        ("x1", &x),
        ("x2", &x),
        ("y1", &bottom),
        ("y2", &(bottom + 4.0)),
    ];
    // Names at the ends must not stick out.
    let side = match tick.place {
        ..0.05 => "",
        0.95.. => "e",
        _ => "m",
    };
    let class = if gives_way {
        format!("{side} roomy")
    } else {
        side.to_owned()
    };
    let name: Attributes = &[("class", &class), ("x", &x), ("y", &(bottom + 17.0))];
    [leaf("line", line), tag("text", name, tick.label.as_str())].into()
}
