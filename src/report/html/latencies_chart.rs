//! Distribution of latencies as SVG, with the percentiles that exist.

use super::axes::{below, horizontal, named_tick};
use super::markup::{Attributes, Markup, block, leaf, tag};
use crate::report::figure::LatencyChart;
use crate::report::numbers::{count, ms, percentile_name};

/// Height of the bars, of a percentile's name, and of the values below.
const HEIGHT: f64 = 140.0;
const NAME: f64 = 15.0;
const AXIS: f64 = 24.0;

/// The least height of a bar: a single slow answer among thousands must be seen.
const LEAST: f64 = 2.0;

/// A chart being drawn.
struct Drawing<'a>(&'a LatencyChart);

/// The chart; `number` makes its names unique on the page.
pub(super) fn figure(chart: &LatencyChart, number: usize) -> Markup {
    let drawing = Drawing(chart);
    block("figure", &[], [drawing.svg(number), drawing.caption()])
}

impl Drawing<'_> {
    fn top(&self) -> f64 {
        NAME * self.0.percentiles.len() as f64 + 8.0
    }

    fn bottom(&self) -> f64 {
        self.top() + HEIGHT
    }

    fn svg(&self, number: usize) -> Markup {
        let (title, text) = (
            format!("how-long-{number}"),
            format!("how-long-{number}-text"),
        );
        let bars = self.0.edges.windows(2).zip(&self.0.counts);
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
        for (y, number) in [(top, self.0.peak()), (bottom, 0)] {
            let at: Attributes = &[("class", &"e"), ("x", &-8), ("y", &y), ("dy", &".35em")];
            // The zero would stand where the unit of the other axis does.
            axes.push((number > 0).then(|| tag("text", at, number.to_string())));
        }
        axes.push(horizontal("axis", &bottom.to_string()));
        axes.push(below(bottom, "ms"));
        for (index, tick) in self.0.scale.ticks().iter().enumerate() {
            axes.push(named_tick(tick, bottom, index % 2 == 1));
        }
        axes
    }

    fn height(&self, number: u64) -> f64 {
        (HEIGHT * number as f64 / self.0.peak() as f64).max(LEAST)
    }

    fn bar(&self, from: f64, to: f64, number: u64) -> Markup {
        let (left, right) = (self.0.scale.place(from), self.0.scale.place(to));
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
        let rows = || (1..).zip(&self.0.percentiles);
        let y = |row: u32| NAME * f64::from(row);
        let lines = rows().map(|(row, (_, us))| self.line(*us, y(row) - 9.0));
        let names = rows().map(|(row, (percent, us))| self.name(*percent, *us, y(row)));
        lines.chain(names).collect()
    }

    fn line(&self, us: f64, top: f64) -> Markup {
        let x = format!("{:.2}%", self.0.scale.place(us) * 100.0);
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
        let place = self.0.scale.place(us);
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
        let what = self.0.what;
        let answers = self.0.figures.count;
        let peak = self.0.peak();
        let mut words = format!(
            "{what} of {answers} answered probes, on a logarithmic scale. The highest bar counts {peak}."
        );
        let is_raised = |count: &u64| *count > 0 && self.height(*count) <= LEAST;
        if self.0.counts.iter().any(is_raised) {
            words += " Bars of very few are drawn higher than they are, so that they can be seen.";
        }
        block("figcaption", &[], words)
    }

    fn in_words(&self) -> String {
        let (low, high) = (ms(self.0.figures.min), ms(self.0.figures.max));
        let mut words = format!("{} answers took {low} to {high} ms.", self.0.figures.count);
        for (percent, us) in &self.0.percentiles {
            words += &format!(" {}: {} ms.", percentile_name(*percent), ms(*us));
        }
        words
    }
}
