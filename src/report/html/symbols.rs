//! Symbols of outcomes: shape and colour. Shapes alone are distinct, for print and colour blindness.

use super::markup::{Markup, leaf, tag};
use crate::outcome::OutcomeKind;
use crate::report::wording;

/// Outcomes with a lane of their own in the timeline: failures and local errors.
pub(super) const LANE_OUTCOMES: [OutcomeKind; 6] = [
    OutcomeKind::ResetAfterConnect,
    OutcomeKind::Refused,
    OutcomeKind::Unreachable,
    OutcomeKind::NoReply,
    OutcomeKind::Local,
    OutcomeKind::Unfinished,
];

/// Style and SVG path of an outcome's symbol, centred at (0, 0), about six units in size.
fn shape(kind: OutcomeKind) -> (&'static str, &'static str) {
    match kind {
        OutcomeKind::Connected | OutcomeKind::Reply => {
            ("full", "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z")
        }
        OutcomeKind::ClosedAfterConnect => ("full", "M-2.6-2.6h5.2v5.2h-5.2z"),
        OutcomeKind::ResetAfterConnect => ("full", "M0-4.4L4.4 0L0 4.4L-4.4 0z"),
        OutcomeKind::Refused => ("line", "M-3.2-3.2L3.2 3.2M3.2-3.2L-3.2 3.2"),
        OutcomeKind::Unreachable => ("full", "M0-4L4.2 3.4H-4.2z"),
        OutcomeKind::NoReply => ("line", "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0z"),
        OutcomeKind::Local => ("line", "M-3-3h6v6h-6z"),
        OutcomeKind::Unfinished => ("line", "M-3.5 0h7"),
    }
}

/// Definitions of all symbols, drawn by reference.
pub(super) fn definitions() -> Markup {
    let shapes = OutcomeKind::ALL.iter().map(|kind| {
        let (style, path) = shape(*kind);
        leaf(
            "path",
            &[("id", &id(*kind)), ("class", &style), ("d", &path)],
        )
    });
    let shapes: Markup = shapes.collect();
    let hidden: super::markup::Attributes = &[
        ("class", &"shapes"),
        ("width", &0),
        ("height", &0),
        ("aria-hidden", &"true"),
    ];
    tag("svg", hidden, tag("defs", &[], shapes))
}

/// Id of an outcome's symbol, and its class, which has the colour.
pub(super) fn id(kind: OutcomeKind) -> String {
    format!("k-{}", kind.name())
}

/// A symbol inside text, hidden from screen readers: the word follows.
pub(super) fn inline(kind: OutcomeKind) -> Markup {
    let shape = leaf("use", &[("href", &format_args!("#{}", id(kind)))]);
    tag(
        "svg",
        &[
            ("class", &format_args!("symbol {}", id(kind))),
            ("viewBox", &"-6 -6 12 12"),
            ("aria-hidden", &"true"),
        ],
        shape,
    )
}

/// Symbol and word.
pub(super) fn named(kind: OutcomeKind) -> Markup {
    [
        inline(kind),
        Markup::from(" "),
        wording::outcome(kind).into(),
    ]
    .into()
}
