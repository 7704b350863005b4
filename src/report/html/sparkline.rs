//! A run in a cell of a table, as SVG.

use super::markup::{Attributes, Markup, leaf, tag};
use crate::outcome::OutcomeClass;
use crate::report::figure::Sparkline;
use crate::report::figure::scale::LogScale;
use crate::stats::TimeSlice;

/// Size of the picture.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 20.0;

/// Failures reach from top to bottom, replies as high as they are slow.
pub(super) fn picture(sparkline: &Sparkline) -> Markup {
    let (line, scale) = (&sparkline.slices, sparkline.scale);
    if line.is_empty() {
        return "-".into();
    }
    let step = WIDTH / line.len() as f64;
    let (mut fine, mut failed, mut aside) = (String::new(), String::new(), String::new());
    for (index, slice) in line.iter().enumerate() {
        let Some(slice) = slice else { continue };
        let x = (index as f64 + 0.5) * step;
        let bar = format!("M{x:.0} {HEIGHT}V{:.0}", top(slice, scale));
        match slice.worst() {
            OutcomeClass::Succeeded => fine += &bar,
            OutcomeClass::Failed => failed += &bar,
            OutcomeClass::Local | OutcomeClass::Unfinished => aside += &bar,
        }
    }
    let paths = [("ok", fine), ("failed", failed), ("aside", aside)];
    let drawn = paths.iter().filter(|(_, path)| !path.is_empty());
    let drawn: Markup = drawn
        .map(|(class, path)| leaf("path", &[("class", class), ("d", path)]))
        .collect();
    let words = in_words(line);
    let attributes: Attributes = &[
        ("class", &"spark"),
        ("viewBox", &format_args!("0 0 {WIDTH} {HEIGHT}")),
        ("preserveAspectRatio", &"none"),
        (
            "stroke-width",
            &format_args!("{:.1}", (step * 0.7).min(5.0)),
        ),
        ("role", &"img"),
        ("aria-label", &words),
    ];
    tag("svg", attributes, drawn)
}

fn top(slice: &TimeSlice, scale: LogScale) -> f64 {
    let slowest = slice.latency().map(|(_, slowest)| slowest);
    match (slice.worst(), slowest) {
        (OutcomeClass::Succeeded, Some(us)) => HEIGHT - 3.0 - scale.place(us) * (HEIGHT - 7.0),
        (OutcomeClass::Succeeded, None) => HEIGHT - 3.0,
        _ => 0.0,
    }
}

fn in_words(line: &[Option<TimeSlice>]) -> String {
    let slices = line.iter().flatten();
    let failed = slices.filter(|slice| slice.worst() == OutcomeClass::Failed);
    match (failed.count(), line.len()) {
        (0, _) => "no failure".to_owned(),
        (failed, all) => format!("failures in {failed} of {all} parts of the run"),
    }
}
