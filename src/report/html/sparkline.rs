//! A sparkline in a table cell, as SVG.

use super::markup::{Markup, leaf, tag};
use crate::outcome::OutcomeClass;
use crate::report::figure::Sparkline;
use crate::report::figure::scale::LogScale;
use crate::stats::TimeSlice;

/// Size of the SVG.
const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 20.0;

/// Bars: full height for failures, height by latency for replies.
pub(super) fn svg(sparkline: &Sparkline) -> Markup {
    let (slices, scale) = (&sparkline.slices, sparkline.scale);
    if slices.is_empty() {
        return "-".into();
    }
    let step = WIDTH / slices.len() as f64;
    let (mut ok, mut failed, mut other) = (String::new(), String::new(), String::new());
    for (index, slice) in slices.iter().enumerate() {
        let Some(slice) = slice else { continue };
        let x = (index as f64 + 0.5) * step;
        let bar = format!("M{x:.0} {HEIGHT}V{:.0}", top(slice, scale));
        match slice.worst() {
            OutcomeClass::Succeeded => ok += &bar,
            OutcomeClass::Failed => failed += &bar,
            OutcomeClass::Local | OutcomeClass::Unfinished => other += &bar,
        }
    }
    let paths = [("ok", ok), ("failed", failed), ("aside", other)];
    let drawn = paths.iter().filter(|(_, path)| !path.is_empty());
    let drawn: Markup = drawn
        .map(|(class, path)| leaf("path", &[("class", class), ("d", path)]))
        .collect();
    let label = description(slices);
    tag(
        "svg",
        &[
            ("class", &"spark"),
            ("viewBox", &format_args!("0 0 {WIDTH} {HEIGHT}")),
            ("preserveAspectRatio", &"none"),
            (
                "stroke-width",
                &format_args!("{:.1}", (step * 0.7).min(5.0)),
            ),
            ("role", &"img"),
            ("aria-label", &label),
        ],
        drawn,
    )
}

fn top(slice: &TimeSlice, scale: LogScale) -> f64 {
    let slowest = slice.latency().map(|(_, slowest)| slowest);
    match (slice.worst(), slowest) {
        (OutcomeClass::Succeeded, Some(us)) => HEIGHT - 3.0 - scale.position(us) * (HEIGHT - 7.0),
        (OutcomeClass::Succeeded, None) => HEIGHT - 3.0,
        _ => 0.0,
    }
}

fn description(slices: &[Option<TimeSlice>]) -> String {
    let failed = slices
        .iter()
        .flatten()
        .filter(|slice| slice.worst() == OutcomeClass::Failed);
    match (failed.count(), slices.len()) {
        (0, _) => "no failure".to_owned(),
        (failed, all) => format!("failures in {failed} of {all} slices of the run"),
    }
}
