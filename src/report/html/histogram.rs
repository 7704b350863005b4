//! Picture 2: how long answers took, on a logarithmic scale, with the percentiles that exist.

use super::heading;
use super::markup::{Attributes, Markup, block, leaf, tag};
use super::scale::LogScale;
use super::timeline::{below, horizontal, named_tick};
use crate::hosts::Protocol;
use crate::report::TargetReport;
use crate::report::numbers::{count, ms, percentile_name};
use crate::stats::{Figures, Statistics};

/// The fewest and the most bars, unless the clock is too coarse for so many.
const BARS: (u64, u64) = (12, 80);

/// No bar is narrower than this many microseconds, which are what the histogram counts in: narrower ones would
/// hold now more, now fewer of them, and show a comb that is not there.
const NARROWEST: f64 = 3.0;

/// Fewer values are no distribution.
const FEWEST: u64 = 5;

/// Percentiles marked.
const MARKED: usize = 6;

/// Height of the bars, of a percentile's name, and of the values below.
const HEIGHT: f64 = 140.0;
const NAME: f64 = 15.0;
const AXIS: f64 = 24.0;

/// The least height of a bar: a single slow answer among thousands must be seen.
const LEAST: f64 = 2.0;

struct Picture<'a> {
    target: &'a TargetReport<'a>,
    figures: Figures,
    scale: LogScale,
    edges: Vec<f64>,
    counts: Vec<u64>,
    percentiles: Vec<(f64, f64)>,
}

/// Nothing where few probes were answered.
pub(super) fn section(target: &TargetReport, number: usize) -> Option<Markup> {
    let picture = Picture::of(target)?;
    let figure = [picture.svg(number), picture.caption()];
    Some(
        [
            heading("How long answers took"),
            block("figure", &[], figure),
        ]
        .into(),
    )
}

impl<'a> Picture<'a> {
    fn of(target: &'a TargetReport<'a>) -> Option<Self> {
        let values = &target.recorder.connect;
        let figures = values.figures().filter(|it| it.count >= FEWEST)?;
        let scale = LogScale::around(figures.min, figures.max, 1.2);
        let digits = Statistics::digits(target.info.targets.len());
        let edges = edges(scale, digits, bars(figures.count));
        let wanted = target.info.plan.display.percentiles.iter().take(MARKED);
        let percentiles = wanted
            .filter_map(|percent| Some((*percent, values.percentile(*percent)?)))
            .collect();
        Some(Self {
            target,
            figures,
            scale,
            counts: values.counts_between(&edges),
            edges,
            percentiles,
        })
    }

    fn top(&self) -> f64 {
        NAME * self.percentiles.len() as f64 + 8.0
    }

    fn bottom(&self) -> f64 {
        self.top() + HEIGHT
    }

    fn peak(&self) -> u64 {
        self.counts.iter().copied().max().unwrap_or(0).max(1)
    }

    fn svg(&self, number: usize) -> Markup {
        let (title, text) = (
            format!("how-long-{number}"),
            format!("how-long-{number}-text"),
        );
        let bars = self.edges.windows(2).zip(&self.counts[1..]);
        let bars = bars.filter(|(_, count)| **count > 0);
        let parts = [
            tag("title", &[("id", &title)], "How long answers took"),
            tag("desc", &[("id", &text)], self.in_words()),
            self.axes(),
            bars.map(|(edges, count)| self.bar(edges[0], edges[1], *count))
                .collect(),
            self.percentiles(),
        ];
        let attributes: Attributes = &[
            ("class", &"chart"),
            ("height", &(self.bottom() + AXIS)),
            ("role", &"img"),
            ("aria-labelledby", &format_args!("{title} {text}")),
        ];
        block("svg", attributes, parts)
    }

    fn axes(&self) -> Markup {
        let (top, bottom) = (self.top(), self.bottom());
        let mut axes = horizontal("grid", &top.to_string());
        for (y, number) in [(top, self.peak()), (bottom, 0)] {
            let at: Attributes = &[("class", &"e"), ("x", &-8), ("y", &y), ("dy", &".35em")];
            // The zero would stand where the unit of the other axis does.
            axes.push((number > 0).then(|| tag("text", at, number.to_string())));
        }
        axes.push(horizontal("axis", &bottom.to_string()));
        axes.push(below(bottom, "ms"));
        for (index, tick) in self.scale.ticks().iter().enumerate() {
            axes.push(named_tick(tick, bottom, index % 2 == 1));
        }
        axes
    }

    fn height(&self, number: u64) -> f64 {
        (HEIGHT * number as f64 / self.peak() as f64).max(LEAST)
    }

    fn bar(&self, from: f64, to: f64, number: u64) -> Markup {
        let (left, right) = (self.scale.place(from), self.scale.place(to));
        let height = self.height(number);
        let probes = count(number, "probe");
        let words = format!("{} to {} ms: {probes}", ms(from), ms(to));
        let attributes: Attributes = &[
            ("class", &"bar"),
            ("x", &format_args!("{:.2}%", left * 100.0)),
            ("y", &format_args!("{:.1}", self.bottom() - height)),
            ("width", &format_args!("{:.2}%", (right - left) * 100.0)),
            ("height", &format_args!("{height:.1}")),
        ];
        tag("rect", attributes, tag("title", &[], words))
    }

    /// Lines first, then their names, each in a row of its own, so that nothing covers a name.
    fn percentiles(&self) -> Markup {
        let rows = || (1..).zip(&self.percentiles);
        let y = |row: u32| NAME * f64::from(row);
        let lines = rows().map(|(row, (_, us))| self.line(*us, y(row) - 9.0));
        let names = rows().map(|(row, (percent, us))| self.name(*percent, *us, y(row)));
        lines.chain(names).collect()
    }

    fn line(&self, us: f64, top: f64) -> Markup {
        let x = format!("{:.2}%", self.scale.place(us) * 100.0);
        let attributes: Attributes = &[
            ("class", &"percentile"),
            ("x1", &x),
            ("x2", &x),
            ("y1", &top),
            ("y2", &self.bottom()),
        ];
        leaf("line", attributes)
    }

    fn name(&self, percent: f64, us: f64, y: f64) -> Markup {
        let place = self.scale.place(us);
        let x = format!("{:.2}%", place * 100.0);
        let (class, aside) = if place > 0.6 {
            ("e strong", -5)
        } else {
            ("strong", 5)
        };
        let attributes: Attributes = &[("class", &class), ("x", &x), ("dx", &aside), ("y", &y)];
        let words = format!("{} {} ms", percentile_name(percent), ms(us));
        tag("text", attributes, words)
    }

    fn caption(&self) -> Markup {
        let what = match self.target.target.protocol {
            Protocol::Tcp => "Connect times",
            _ => "Times to the answer",
        };
        let answers = self.figures.count;
        let peak = self.peak();
        let mut words = format!(
            "{what} of {answers} answered probes, on a logarithmic scale. The highest bar counts {peak}."
        );
        let is_raised = |count: &u64| *count > 0 && self.height(*count) <= LEAST;
        if self.counts.iter().any(is_raised) {
            words += " Bars of very few are drawn higher than they are, so that they can be seen.";
        }
        block("figcaption", &[], words)
    }

    fn in_words(&self) -> String {
        let (low, high) = (ms(self.figures.min), ms(self.figures.max));
        let mut words = format!("{} answers took {low} to {high} ms.", self.figures.count);
        for (percent, us) in &self.percentiles {
            words += &format!(" {}: {} ms.", percentile_name(*percent), ms(*us));
        }
        words
    }
}

/// The more values, the finer: few values in many bars would be a fence, no shape.
fn bars(values: u64) -> u32 {
    let bars = (4 * values.isqrt()).clamp(BARS.0, BARS.1);
    u32::try_from(bars).unwrap_or(1)
}

/// Edges of bars that look equally wide on the scale.
fn edges(scale: LogScale, digits: u8, most: u32) -> Vec<f64> {
    let coarse = 1.0 + 2.0 * 10_f64.powi(-i32::from(digits));
    let edge = |number: u32, bars: u32| scale.value(f64::from(number) / f64::from(bars));
    let is_fine = |bars: &u32| {
        let (low, next) = (edge(0, *bars), edge(1, *bars));
        next - low >= NARROWEST && next / low >= coarse
    };
    let bars = (1..=most).rev().find(is_fine).unwrap_or(1);
    (0..=bars).map(|number| edge(number, bars)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_many_as_the_clock_can_tell_apart() {
        let bars =
            |low, high, digits| edges(LogScale::around(low, high, 1.2), digits, 80).len() - 1;
        assert_eq!(bars(400.0, 1_015_000.0, 3), 80);
        assert!(bars(400.0, 450.0, 3) > 10);
        assert!(bars(16.0, 60.0, 3) < 12);
        assert!(bars(400.0, 40_000.0, 1) < 40);
        assert_eq!(bars(1.0, 1.0, 3), 1);
        assert_eq!([5, 40, 100, 1_000_000].map(super::bars), [12, 24, 40, 80]);
    }
}
