//! Latency distribution as SVG.

use super::axes::{axis_unit, horizontal, horizontal_tick};
use super::markup::{Attributes, Markup, block, leaf, tag};
use crate::report::figure::LatencyChart;
use crate::report::human_numbers::{count, ms, percentile_name};

/// Height of the highest bar.
const HEIGHT: f64 = 140.0;

/// Height of a percentile label.
const LABEL_HEIGHT: f64 = 15.0;

/// Height of the axis labels.
const AXIS_HEIGHT: f64 = 24.0;

/// Minimum height of a bar: a single slow reply among thousands stays visible.
const MIN_HEIGHT: f64 = 2.0;

/// A chart while it is drawn.
struct Drawing<'a>(&'a LatencyChart);

/// The chart; `number` makes its ids unique on the page.
pub(super) fn figure(chart: &LatencyChart, number: usize) -> Markup {
    let drawing = Drawing(chart);
    block("figure", &[], [drawing.svg(number), drawing.caption()])
}

impl Drawing<'_> {
    fn top(&self) -> f64 {
        LABEL_HEIGHT * self.0.percentiles.len() as f64 + 8.0
    }

    fn bottom(&self) -> f64 {
        self.top() + HEIGHT
    }

    fn svg(&self, number: usize) -> Markup {
        let (title, text) = (
            format!("latency-{number}"),
            format!("latency-{number}-text"),
        );
        let bars = self.0.edges.windows(2).zip(&self.0.counts);
        let bars = bars.filter(|(_, count)| **count > 0);
        let parts = [
            tag("title", &[("id", &title)], "Latency distribution"),
            tag("desc", &[("id", &text)], self.in_words()),
            self.axes(),
            bars.map(|(edges, count)| self.bar(edges[0], edges[1], *count))
                .collect(),
            self.percentiles(),
        ];
        block(
            "svg",
            &[
                ("class", &"chart"),
                ("height", &(self.bottom() + AXIS_HEIGHT)),
                ("role", &"img"),
                ("aria-labelledby", &format_args!("{title} {text}")),
            ],
            parts,
        )
    }

    fn axes(&self) -> Markup {
        let (top, bottom) = (self.top(), self.bottom());
        let mut axes = horizontal("grid", &top.to_string());
        for (y, number) in [(top, self.0.peak()), (bottom, 0)] {
            let at: Attributes = &[("class", &"e"), ("x", &-8), ("y", &y), ("dy", &".35em")];
            // A 0 would overlap the unit of the horizontal axis.
            axes.push((number > 0).then(|| tag("text", at, number.to_string())));
        }
        axes.push(horizontal("axis", &bottom.to_string()));
        axes.push(axis_unit(bottom, "ms"));
        for (index, tick) in self.0.scale.ticks().iter().enumerate() {
            axes.push(horizontal_tick(tick, bottom, index % 2 == 1));
        }
        axes
    }

    fn height(&self, number: u64) -> f64 {
        (HEIGHT * number as f64 / self.0.peak() as f64).max(MIN_HEIGHT)
    }

    fn bar(&self, from: f64, to: f64, number: u64) -> Markup {
        let (left, right) = (self.0.scale.position(from), self.0.scale.position(to));
        let height = self.height(number);
        let probes = count(number, "probe");
        let words = format!("{} to {} ms: {probes}", ms(from), ms(to));
        tag(
            "rect",
            &[
                ("class", &"bar"),
                ("x", &format_args!("{:.2}%", left * 100.0)),
                ("y", &format_args!("{:.1}", self.bottom() - height)),
                ("width", &format_args!("{:.2}%", (right - left) * 100.0)),
                ("height", &format_args!("{height:.1}")),
            ],
            tag("title", &[], words),
        )
    }

    /// Lines, then labels in separate rows: nothing covers a label.
    fn percentiles(&self) -> Markup {
        let rows = || (1..).zip(&self.0.percentiles);
        let y = |row: u32| LABEL_HEIGHT * f64::from(row);
        let lines = rows().map(|(row, (_, us))| self.line(*us, y(row) - 9.0));
        let labels = rows().map(|(row, (percent, us))| self.label(*percent, *us, y(row)));
        lines.chain(labels).collect()
    }

    fn line(&self, us: f64, top: f64) -> Markup {
        let x = format!("{:.2}%", self.0.scale.position(us) * 100.0);
        let attributes: Attributes = &[
            ("class", &"percentile"),
            ("x1", &x),
            ("x2", &x),
            ("y1", &top),
            ("y2", &self.bottom()),
        ];
        leaf("line", attributes)
    }

    fn label(&self, percent: f64, us: f64, y: f64) -> Markup {
        let position = self.0.scale.position(us);
        let x = format!("{:.2}%", position * 100.0);
        let (class, offset) = if position > 0.6 {
            ("e strong", -5)
        } else {
            ("strong", 5)
        };
        let attributes: Attributes = &[("class", &class), ("x", &x), ("dx", &offset), ("y", &y)];
        let words = format!("{} {} ms", percentile_name(percent), ms(us));
        tag("text", attributes, words)
    }

    fn caption(&self) -> Markup {
        let what = self.0.what;
        let replies = self.0.figures.count;
        let peak = self.0.peak();
        let mut words = format!(
            "{what} of {replies} probes with a reply, on a logarithmic scale. The highest bar counts {peak}."
        );
        let is_enlarged = |count: &u64| *count > 0 && self.height(*count) <= MIN_HEIGHT;
        if self.0.counts.iter().any(is_enlarged) {
            words += " Very small bars are drawn higher than to scale.";
        }
        block("figcaption", &[], words)
    }

    fn in_words(&self) -> String {
        let (low, high) = (ms(self.0.figures.min), ms(self.0.figures.max));
        let mut words = format!("{} replies took {low} to {high} ms.", self.0.figures.count);
        for (percent, us) in &self.0.percentiles {
            words += &format!(" {}: {} ms.", percentile_name(*percent), ms(*us));
        }
        words
    }
}
